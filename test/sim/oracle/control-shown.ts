/** What an operator is shown of what he holds back: his own doing, for he alone does it. */
import { promised } from "./violation.ts";

export interface BlockMeant {
  readonly id: number;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly kills: boolean;
  readonly state: "active" | "released";
}

interface BlockRow {
  readonly block_id: number;
  readonly state: string;
  readonly scope: Readonly<Record<string, unknown>>;
  readonly blocked: { readonly operator: string; readonly reason: string };
  readonly released: object | null;
  readonly kill: Readonly<Record<string, unknown>> | null;
}

/** One block by its number. */
export function requireBlock(text: string, meant: BlockMeant): void {
  const { data } = JSON.parse(text) as { readonly data: BlockRow };
  const { id, scope, kills, state } = meant;
  const { block_id, blocked, kill, released } = data;
  const isReleased = state === "released";
  const isItself = block_id === id && data.state === state && (released !== null) === isReleased;
  promised(isItself, `block ${id} is ${state}: ${text}`);
  const isOf = JSON.stringify(sorted(data.scope)) === JSON.stringify(sorted(scope));
  promised(isOf, `block ${id} is of ${JSON.stringify(scope)}: ${text}`);
  const isBy = blocked.operator === "sim" && blocked.reason === "simulated";
  promised(isBy && (kill !== null) === kills, `block ${id} kills, or does not: ${text}`);
  if (kill === null) return;
  const isOver = kill["state"] === "finished";
  promised(isOver === (kill["left"] === 0), `what is left of block ${id}: ${text}`);
  promised(isOver || !isReleased, `block ${id} is released, and cancels: ${text}`);
}

/** All of a state, newest first; no other operator holds anything back. */
export function requireListed(text: string, listed: string, { id, state }: BlockMeant): void {
  const { data } = JSON.parse(text) as { readonly data: { readonly blocks: readonly BlockRow[] } };
  const ids = data.blocks.map(({ block_id }) => block_id);
  const isSorted = ids.every((each, at) => at === 0 || each < (ids[at - 1] ?? 0));
  promised(isSorted, `blocks are listed newest first: ${text}`);
  const isOf = data.blocks.every((row) => listed === "all" || row.state === listed);
  promised(isOf, `blocks that are ${listed}: ${text}`);
  const isListed = listed === "all" || listed === state;
  promised(ids.includes(id) === isListed, `block ${id} is ${state}, listed ${listed}: ${text}`);
  const active = data.blocks.filter((row) => row.state === "active").length;
  const most = state === "active" ? 1 : 0;
  promised(active <= most, `${most} blocks are active: ${text}`);
}

/** What was set of a market holds in it, and nothing in the others. */
export function requireModes(text: string, market: string, mode: string): void {
  const { data } = JSON.parse(text) as {
    readonly data: {
      readonly markets: readonly { market: string; holds: string; mode: string }[];
    };
  };
  for (const row of data.markets) {
    const meant = row.market === market ? mode : "open";
    const isRight = row.holds === meant && row.mode === meant;
    promised(isRight, `${row.market} is ${meant}: ${text}`);
  }
}

function sorted(scope: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(scope).sort(([one], [other]) => one.localeCompare(other));
}
