/** What the operator API shows of blocks and modes. Times are Unix milliseconds. */
import { MARKET_GROUP_NAMES, type MarketGroup } from "@countermand/core/model";
import { encodeNotice } from "../answers/stream.ts";
import type { OperatorScope } from "./control-requests.ts";
import type { MarketMode } from "./operator-words.ts";

/** Who decided something, when and why. */
export interface ActRow {
  readonly atMs: number;
  readonly operator: string;
  readonly reason: string;
  readonly requestId?: string;
}

export interface BlockRow {
  readonly blockId: number;
  readonly scope: OperatorScope;
  readonly blocked: ActRow;
  readonly released: ActRow | null;
  readonly kill: {
    readonly done: number;
    readonly already: number;
    readonly tooLate: number;
    readonly failed: number;
    readonly left: number;
  } | null;
}

export interface ModeAnswerRow {
  readonly mode: MarketMode;
  readonly act: ActRow | null;
}

/** JSON text of one block. */
export function encodeBlock(block: BlockRow): string {
  return JSON.stringify(blockJson(block));
}

export function encodeBlocks(blocks: readonly BlockRow[]): string {
  return JSON.stringify({ blocks: blocks.map(blockJson) });
}

/** Rows as they were set, and what holds of both in each market. */
export function encodeModes(
  overall: ModeAnswerRow,
  markets: ReadonlyMap<MarketGroup, ModeAnswerRow & { readonly holds: MarketMode }>,
): string {
  return JSON.stringify({
    all: modeJson(overall),
    markets: MARKET_GROUP_NAMES.flatMap((group) => {
      const row = markets.get(group);
      return row === undefined ? [] : [{ market: group, holds: row.holds, ...modeJson(row) }];
    }),
  });
}

/**
 * The answer of `GET /health/ready`: what holds something back is left out while it holds back
 * nothing.
 */
export function encodeReady(
  modes: ReadonlyMap<MarketGroup, MarketMode>,
  blocks: number,
  isDiskFull: boolean,
): string {
  const restricted = [...modes].filter(([, mode]) => mode !== "open");
  return JSON.stringify({
    status: "ready",
    ...(restricted.length > 0 && { modes: Object.fromEntries(restricted) }),
    ...(blocks > 0 && { blocks }),
    ...(isDiskFull && { disk: "full" }),
  });
}

/** Told on every order stream when a market takes something else from now on. */
export function encodeModeNotice(market: MarketGroup, mode: MarketMode): string {
  return encodeNotice("MODE_CHANGED", MODE_SENTENCES[mode](market), [
    ["market", `"${market}"`],
    ["mode", `"${mode}"`],
  ]);
}

const MODE_SENTENCES: { readonly [M in MarketMode]: (market: MarketGroup) => string } = {
  open: (market) => `${market} takes orders again`,
  cancel_only: (market) => `${market} takes cancels only, until an operator opens it`,
  halted: (market) =>
    `${market} is halted until an operator opens it: nothing trades, cancels work`,
};

function blockJson({ blockId, scope, blocked, released, kill }: BlockRow) {
  return {
    block_id: blockId,
    state: released === null ? "active" : "released",
    scope: scopeJson(scope),
    blocked: actJson(blocked),
    released: released === null ? null : actJson(released),
    kill:
      kill === null
        ? null
        : {
            state: kill.left > 0 ? "cancelling" : "finished",
            done: kill.done,
            already: kill.already,
            too_late: kill.tooLate,
            failed: kill.failed,
            left: kill.left,
          },
  };
}

function scopeJson({ apiKey, account, portfolioId, marketGroup }: OperatorScope) {
  const parts = {
    ...(marketGroup !== null && { market: marketGroup }),
    ...(account !== null && { account }),
    ...(portfolioId !== null && { portfolio_id: portfolioId }),
    ...(apiKey !== null && { api_key: apiKey }),
  };
  return Object.keys(parts).length === 0 ? { gateway: true } : parts;
}

function modeJson({ mode, act }: ModeAnswerRow) {
  return { mode, set: act === null ? null : actJson(act) };
}

export function actJson({ atMs, operator, reason, requestId }: ActRow) {
  const act = { at: atMs, operator, reason };
  return requestId === undefined ? act : { ...act, request_id: requestId };
}
