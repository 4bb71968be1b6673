/** A book of the market stream: a fold of its snapshot and deltas. */
import { compareDecimals } from "@countermand/client";

/** Price, quantity, number of orders. */
export type Level = readonly [price: string, qty: string, orders: number];

export interface DepthMessage {
  readonly type: string;
  readonly seq: number;
  readonly prev_seq?: number;
  readonly data: { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
}

export interface Depth {
  readonly seq: number;
  /** Best price first. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The book after a message; null where messages before it are missing: subscribe again. */
export function foldDepth(book: Depth | null, message: DepthMessage): Depth | null {
  const { type, seq, prev_seq, data } = message;
  if (type === "snapshot") return { seq, bids: data.bids, asks: data.asks };
  if (type !== "delta" || book === null || prev_seq !== book.seq) return null;
  return { seq, bids: fold(book.bids, data.bids, -1), asks: fold(book.asks, data.asks, 1) };
}

function fold(levels: readonly Level[], changes: readonly Level[], sign: 1 | -1): Level[] {
  const byPrice = new Map(levels.map((level) => [level[0], level]));
  for (const change of changes) {
    if (change[1] === "0") byPrice.delete(change[0]);
    else byPrice.set(change[0], change);
  }
  return [...byPrice.values()].sort(([a], [b]) => sign * compareDecimals(a, b));
}
