/** Lists of an account's orders as operators are told them: each shows one moment. */
import type { OrdersState } from "../clients/requests.ts";
import { ordersAt, type Told } from "./orders.ts";
import { type OrderRow, rowDifference } from "./told.ts";
import { promised } from "./violation.ts";

/** What an operator has asked for. */
export interface ListAsked {
  readonly account: string;
  readonly state: OrdersState;
  readonly page: number;
  readonly size: number;
  /** Where the account's stream was known to be when it was asked for. */
  readonly knownSeq: number;
}

interface ListTold {
  readonly asked: ListAsked;
  readonly text: string;
}

interface Sources {
  readonly streamOf: (account: string) => readonly Told[];
  /** Whether an order was archived with the journal's old events. */
  readonly isForgotten: (orderNo: string) => boolean;
}

export class AccountLists {
  readonly #told: ListTold[] = [];

  told(asked: ListAsked, text: string): void {
    this.#told.push({ asked, text });
  }

  /** Precondition: what was durable when they were told is in the streams. How many they were. */
  check(sources: Sources): number {
    const told = this.#told.splice(0);
    for (const each of told) requireMoment(each, sources);
    return told.length;
  }
}

function requireMoment({ asked, text }: ListTold, { streamOf, isForgotten }: Sources): void {
  const { account, knownSeq } = asked;
  const stream = streamOf(account);
  const { data } = JSON.parse(text) as { data: { total_records: number; orders: OrderRow[] } };
  let difference: string | null = "there is no such moment";
  for (let seq = knownSeq; seq <= stream.length && difference !== null; seq += 1) {
    const kept = ordersAt(stream, seq).filter(({ order_no }) => !isForgotten(order_no));
    difference = pageDifference(data, kept.filter(stateFilter(asked.state)).reverse(), asked);
  }
  const what = `an operator's list of ${account}, ${asked.state}, page ${asked.page}`;
  promised(difference === null, `${what}, is of no one moment: ${difference}: ${text}`);
}

/** One whose cancel a venue has not answered is open still, whatever it has traded. */
export function stateFilter(state: OrdersState): (told: Told) => boolean {
  if (state === "all") return () => true;
  return ({ isCancelPending, outstand_qty }) => {
    return (outstand_qty > 0n || isCancelPending) === (state === "open");
  };
}

function pageDifference(
  { total_records: total, orders }: { total_records: number; orders: readonly OrderRow[] },
  all: readonly Told[],
  { page, size }: ListAsked,
): string | null {
  const meant = all.slice((page - 1) * size, page * size);
  if (total !== all.length) return `there are ${all.length}`;
  if (orders.length !== meant.length) return `${meant.length} are on the page`;
  for (const [index, told] of meant.entries()) {
    const difference = rowDifference(orders[index] as OrderRow, told);
    if (difference !== null) return `${told.order_no}: ${difference}`;
  }
  return null;
}
