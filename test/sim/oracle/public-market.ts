/**
 * The public market (docs/protocol/market-data.md): each command that changes a symbol's book, or
 * trades in it, is one version of it. Whatever a reader holds at a `seq` is the version with that
 * number, counted from where its epoch began.
 */
import { decimal, INSTRUMENTS, type Units } from "./money.ts";
import { promised } from "./violation.ts";

export type Level = readonly [price: Units, qty: Units, orders: number];

export interface Trade {
  readonly execId: string;
  readonly price: Units;
  readonly qty: Units;
  readonly aggressorSide: "buy" | "sell";
  /** By the exchange's clock. */
  readonly atMs: number;
}

interface Version {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Of the symbol so far. */
  readonly tradeCount: number;
}

/** A book as a reader holds it: numbers of the wire, best price first. */
export interface HeldBook {
  readonly bids: readonly (readonly number[])[];
  readonly asks: readonly (readonly number[])[];
}

/** What a reader has from one message. */
export interface Shown {
  readonly epoch: number;
  readonly symbol: string;
  readonly seq: number;
  readonly text: string;
  /** How many prices of each side it is shown, and what it holds after the message. */
  readonly book: (HeldBook & { readonly levels: number }) | null;
  /** Those of the message, and since which `seq`; null: the last ones there are. */
  readonly trades: { readonly rows: readonly object[]; readonly afterSeq: number | null } | null;
}

/** A symbol at one of its versions: with all trades that are told still, oldest first. */
export interface SymbolMoment {
  readonly book: HeldBook;
  readonly trades: readonly Trade[];
}

/** Trades in the first message of a subscription. */
const SNAPSHOT_TRADES = 50;

export class PublicMarket {
  readonly #versions = new Map<string, Version[]>();
  readonly #trades = new Map<string, Trade[]>();
  /** How many trades were cut from the journal. */
  readonly #cutCounts = new Map<string, number>();
  /** Versions at which an epoch of a symbol may have begun. */
  readonly #bases = new Map<string, number[]>();
  /** The version of each symbol that some reader has surely seen. */
  readonly #seen = new Map<string, number>();
  readonly #shown: Shown[] = [];

  constructor() {
    const empty = { bids: [], asks: [], tradeCount: 0 };
    for (const { symbol } of INSTRUMENTS) this.#versions.set(symbol, [empty]);
  }

  /** A command is done: what the book is now, and what has traded. */
  note(symbol: string, book: Pick<Version, "bids" | "asks">, trades: readonly Trade[]): void {
    const versions = this.#versionsOf(symbol);
    const all = this.#tradesOf(symbol);
    all.push(...trades);
    const last = versions.at(-1);
    const isSame = JSON.stringify(shownBook(last)) === JSON.stringify(shownBook(book));
    if (isSame && trades.length === 0) return;
    versions.push({ ...book, tradeCount: all.length });
  }

  /** Trades before this one are told no more; null: all that there were. */
  cut(firstExecId: number | null): void {
    for (const [symbol, trades] of this.#trades) {
      const first = trades.findIndex(({ execId }) => Number(execId) >= (firstExecId ?? 0));
      this.#cutCounts.set(symbol, firstExecId === null || first === -1 ? trades.length : first);
    }
  }

  /** Checked at the next look, when the journal has been read. */
  show(shown: Shown): void {
    this.#shown.push(shown);
  }

  /** How many messages there were. */
  check(): number {
    const told = this.#shown.splice(0);
    for (const shown of told) {
      const key = `${shown.epoch} ${shown.symbol}`;
      const versions = this.#versionsOf(shown.symbol);
      const known = this.#bases.get(key) ?? versions.map((_, index) => index);
      const fitting = known.filter((base) => this.#differenceAt(base, shown) === null);
      const difference = this.#differenceAt(known.at(-1) ?? 0, shown);
      promised(fitting.length > 0, `public market at ${shown.seq}: ${difference}: ${shown.text}`);
      this.#bases.set(key, fitting);
      const seen = Math.max(this.seen(shown.symbol), Math.min(...fitting) + shown.seq);
      this.#seen.set(shown.symbol, seen);
    }
    return told.length;
  }

  /** The best prices of the latest version. */
  latest(symbol: string, levels: number): HeldBook {
    return shownBook(this.#versionsOf(symbol).at(-1), levels);
  }

  /** The number of the latest version. */
  last(symbol: string): number {
    return this.#versionsOf(symbol).length - 1;
  }

  /** One that was published: what the journal has may not be yet. */
  seen(symbol: string): number {
    return this.#seen.get(symbol) ?? 0;
  }

  moment(symbol: string, at: number): SymbolMoment {
    const version = this.#versionsOf(symbol)[at];
    const from = this.#cutCounts.get(symbol) ?? 0;
    const trades = this.#tradesOf(symbol).slice(from, version?.tradeCount ?? 0);
    return { book: shownBook(version), trades };
  }

  #differenceAt(base: number, { symbol, seq, book, trades }: Shown): string | null {
    const version = this.#versionsOf(symbol)[base + seq];
    if (version === undefined) return "nothing durable has come so far";
    if (book !== null) {
      const { bids, asks, levels } = book;
      const [has, expected] = [{ bids, asks }, shownBook(version, levels)].map((each) => {
        return JSON.stringify(each);
      });
      if (has !== expected) return `the book is ${has}, expected ${expected}`;
    }
    if (trades === null) return null;
    const { rows, afterSeq } = trades;
    const from =
      afterSeq === null
        ? Math.max(this.#cutCounts.get(symbol) ?? 0, version.tradeCount - SNAPSHOT_TRADES)
        : (this.#versionsOf(symbol)[base + afterSeq]?.tradeCount ?? 0);
    const meant = this.#tradesOf(symbol).slice(from, version.tradeCount).map(tradeShown);
    const [has, expected] = [rows, meant].map((each) => JSON.stringify(each));
    return has === expected ? null : `the trades are ${has}, expected ${expected}`;
  }

  #versionsOf(symbol: string): Version[] {
    return this.#versions.get(symbol) ?? [];
  }

  #tradesOf(symbol: string): Trade[] {
    const found = this.#trades.get(symbol) ?? [];
    this.#trades.set(symbol, found);
    return found;
  }
}

function shownBook(
  version: Pick<Version, "bids" | "asks"> | undefined,
  levels = Number.POSITIVE_INFINITY,
): HeldBook {
  const shown = (side: readonly Level[] = []) => {
    return side.slice(0, levels).map(([price, qty, orders]) => {
      return [number(price), number(qty), orders];
    });
  };
  return { bids: shown(version?.bids), asks: shown(version?.asks) };
}

function tradeShown({ execId, price, qty, aggressorSide }: Trade): object {
  return {
    exec_id: execId,
    price: number(price),
    qty: number(qty),
    aggressor_side: aggressorSide,
  };
}

/** As the wire has it; 0 for none. */
export function number(units: Units = 0n): number {
  return Number(decimal(units));
}
