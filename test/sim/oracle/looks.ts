/**
 * What a client is told when it only looks: at its dead-man's switches, at what operators hold back
 * and at how much it could trade. Each is of one moment between the question and its answer.
 */
import type { Answer, Command, Estimate, Key, Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import type { Block, Blocks } from "./blocks.ts";
import { exchangeOf } from "./days.ts";
import type { Model } from "./model.ts";
import { chargeOn, instrumentOf, LISTED, ONE, type Units } from "./money.ts";
import type { Switches } from "./switches.ts";
import type { Windows } from "./windows.ts";

interface SwitchRow {
  readonly scope: string;
  readonly value: string;
  readonly state: string;
  readonly timeout: number;
  readonly fires_at: number;
  readonly fires_in_ms: number;
  readonly fired_at: number;
  readonly blocks: boolean;
}

interface Restrictions {
  readonly markets: readonly { readonly market: string; readonly mode: string }[];
  readonly blocks: readonly { readonly market: string; readonly portfolio_id: string }[];
  readonly halted_symbols: readonly string[];
}

export interface LooksOptions {
  readonly model: Model;
  readonly switches: Switches;
  readonly blocks: Blocks;
  readonly windows: Windows;
}

const LOOKS = ["deadMans", "restrictions", "estimate"] as const;
export type Look = Extract<Command, { readonly kind: (typeof LOOKS)[number] }>;

export function isLook(command: Command): command is Look {
  return LOOKS.some((kind) => kind === command.kind);
}

export class Looks {
  readonly #model: Model;
  readonly #switches: Switches;
  readonly #blocks: Blocks;
  readonly #windows: Windows;

  constructor({ model, switches, blocks, windows }: LooksOptions) {
    this.#model = model;
    this.#switches = switches;
    this.#blocks = blocks;
    this.#windows = windows;
  }

  /** What the model is asked about it as long as it is under way. */
  questions({ id, key }: Request, look: Look): [string, () => Iterable<string>][] {
    switch (look.kind) {
      case "deadMans":
        return [[`${id}/0`, () => [this.#switches.shown(key.account)]]];
      case "estimate":
        return [[`${id}/0`, () => [JSON.stringify(this.#meansOf(key, look))]]];
      case "restrictions":
        return [];
    }
  }

  /** What is wrong with the answer, or null. */
  problem(request: Request, look: Look, answer: Answer): string | null {
    const envelope = JSON.parse(answer.text) as Envelope;
    const right = [...this.#windows.right(`${request.id}/0`)];
    switch (look.kind) {
      case "deadMans":
        return switchesProblem(envelope, right);
      case "estimate": {
        const problems = right.map((means) => {
          return estimateProblem(envelope, look, JSON.parse(means) as Means);
        });
        return problems.includes(null) ? null : problems.join(" or ");
      }
      case "restrictions":
        return this.#restrictionsProblem(request, envelope, answer.atMs);
    }
  }

  #meansOf({ account }: Key, { symbol, side }: Estimate): Means {
    const { currency } = instrumentOf(symbol);
    const free =
      side === "buy"
        ? this.#model.freeCash(account, currency)
        : this.#model.sellable(account, symbol);
    const { tick, lot } = this.#model.grids.of(symbol);
    return { free: String(free), tick: String(tick), lot: String(lot) };
  }

  /** All that surely held is shown, and nothing that surely did not. */
  #restrictionsProblem(request: Request, { code, data }: Envelope, atMs: number): string | null {
    if (code !== 0) return "it is not refused";
    const { markets, blocks, halted_symbols: halted } = data as Restrictions;
    const { key } = request;
    const held = this.#blocks.heldDuring(request.sentAtMs, atMs);
    const checks: [what: string, shown: number, isMeant: (block: Block) => boolean][] = [
      ...["usex", "crypto", "hkex"].flatMap((market) => {
        return ["cancel_only", "halted"].map((mode): (typeof checks)[number] => {
          const rows = markets.filter((row) => exchangeOf(row.market) === market);
          const shown = rows.some((row) => row.mode === mode) ? 1 : 0;
          return [`${market} ${mode}`, shown, (block) => block.what === `${market} ${mode}`];
        });
      }),
      ...instrumentChecks(halted),
      ["blocks", blocks.length, (block) => isPlain(block) && reaches(block, key)],
    ];
    for (const [what, shown, isMeant] of checks) {
      const [least, most] = [held.surely, held.perhaps].map((all) => all.filter(isMeant).length);
      // One that has gone for good is not shown as halted.
      if (shown < (least ?? 0) && what !== LISTED.symbol)
        return `${what}: ${shown} of ${least} are shown`;
      if (shown > (most ?? 0)) return `${what}: ${shown} are shown, ${most} can be`;
    }
    return null;
  }
}

function instrumentChecks(halted: readonly string[]) {
  return ["AAPL", "DODO-USDT", "00700", LISTED.symbol].map(
    (symbol): [string, number, (block: Block) => boolean] => {
      return [symbol, halted.includes(symbol) ? 1 : 0, (block) => block.symbol === symbol];
    },
  );
}

/** It is of accounts, portfolios and keys. */
function isPlain({ market, symbol }: Block): boolean {
  return market === null && symbol === null;
}

/** A key of the whole account is told of a portfolio that is blocked in that account. */
function reaches({ account, apiKey, portfolio }: Block, key: Key): boolean {
  if (account !== null && account !== key.account) return false;
  if (apiKey !== null && apiKey !== key.apiKey) return false;
  if (portfolio === null) return true;
  return key.portfolios?.includes(portfolio) ?? (account !== null || apiKey !== null);
}

function switchesProblem({ code, data }: Envelope, right: readonly string[]): string | null {
  if (code !== 0) return "it is not refused";
  const { switches, timestamp } = data as {
    readonly timestamp: number;
    readonly switches: readonly SwitchRow[];
  };
  for (const each of switches) {
    const { scope, state, timeout, fires_at, fires_in_ms: left } = each;
    const isArmed = state === "armed";
    if (each.blocks === isArmed) return `${scope} blocks, and is ${state}`;
    if (!isArmed && fires_at === 0 && left === 0) continue;
    const isRight = isArmed && fires_at - timestamp === left && left <= timeout * 1_000;
    if (!isRight) return `${scope} fires in ${left} ms`;
  }
  const shown = switches.map(({ scope, value, state, timeout, fired_at }) => {
    return `${scope} ${value} ${state} ${timeout} ${fired_at}`;
  });
  return right.includes(shown.sort().join(", ")) ? null : `expected ${right.join(" or ")}`;
}

/** In whole numbers, as text. */
interface Means {
  readonly free: string;
  readonly tick: string;
  readonly lot: string;
}

const QTY_MAX: Readonly<Record<string, Units>> = {
  AAPL: 100_000_000n * ONE,
  "DODO-USDT": 10_000_000n * ONE,
  "00700": 100_000_000n * ONE,
};
const OFF_TICK = 11030104;

/** It is whole lots, they can be had, and one lot more cannot. */
function estimateProblem({ code, data }: Envelope, asked: Estimate, means: Means): string | null {
  const { symbol, side, price } = asked;
  const [free, tick, lot] = [BigInt(means.free), BigInt(means.tick), BigInt(means.lot)];
  const isOff = price !== null && price % tick !== 0n;
  if (code === OFF_TICK || isOff) return code === OFF_TICK && isOff ? null : "its price is on tick";
  if (code !== 0) return "it is not refused";
  const qty = unitsOf((data as { readonly qty: number }).qty);
  const most = ((QTY_MAX[symbol] ?? 0n) / lot) * lot;
  const budget = free < 0n ? 0n : (free * BigInt(asked.percent)) / 100n;
  const costs = (units: Units): Units => {
    if (side === "sell" || price === null) return units;
    const amount = (units * price) / ONE;
    return amount + chargeOn(instrumentOf(symbol).market, "buy", amount);
  };
  if (qty % lot !== 0n) return "it is not whole lots";
  if (qty > 0n && costs(qty) > budget) return `${qty} costs ${costs(qty)} of ${budget}`;
  const isAll = qty === most || costs(qty + lot) > budget;
  return isAll && qty <= most ? null : `more can be had for ${budget}`;
}

/** Of a number of the wire, which has no more than eight decimals. */
function unitsOf(value: number): Units {
  return BigInt(value.toFixed(8).replace(".", ""));
}
