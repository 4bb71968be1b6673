/** The answer of a cancel-all: what it came to, counts of everything, and the orders one by one. */
import { LIMITS } from "../limits.ts";
import { jsonString } from "./json-text.ts";

export type CancelAllWord = "done" | "already" | "too_late" | "failed";

export interface CancelAllElement {
  readonly orderNo: string;
  /** "" when it has none. */
  readonly referenceId: string;
  readonly outcome: CancelAllWord;
  /** The venue has not answered its cancel yet: it works on until then, and may still fill. */
  readonly isPending: boolean;
  /** JSON text: `{"code":0}` or an encoded error. */
  readonly resultJson: string;
}

export interface CancelAllCounts {
  readonly done: number;
  readonly already: number;
  readonly tooLate: number;
  readonly failed: number;
  /** Of those done and already: the venue has not answered yet. */
  readonly pending: number;
}

/** What the whole came to, for who reads nothing else. */
export type CancelAllOutcome =
  /** No open order matched. */
  | "nothing_open"
  /** None that matched works any more. */
  | "done"
  /** Some work on. */
  | "not_all"
  /** All work on. */
  | "nothing_worked"
  | "preview";

/** The order in which orders are listed: what needs attention comes first. */
const LISTED_FIRST: readonly CancelAllWord[] = ["failed", "too_late", "already", "done"];

/** The elements that an answer has room for, in the order in which it lists them. */
export function listedFirst<Item extends { readonly outcome: CancelAllWord }>(
  items: readonly Item[],
): readonly Item[] {
  const listed: Item[] = [];
  for (const outcome of LISTED_FIRST) {
    for (const item of items) {
      if (listed.length === LIMITS.cancelAllListedMax.value) return listed;
      if (item.outcome === outcome) listed.push(item);
    }
  }
  return listed;
}

/** `data` of the answer. `listed` may be fewer than were matched; the counts are of all. */
export function encodeCancelAllData(
  outcome: CancelAllOutcome,
  { done, already, tooLate, failed, pending }: CancelAllCounts,
  listed: readonly CancelAllElement[],
): string {
  const matched = done + already + tooLate + failed;
  return (
    `{"outcome":"${outcome}","matched":${matched},"done":${done},"already":${already},` +
    `"too_late":${tooLate},"failed":${failed},${pending > 0 ? `"pending":${pending},` : ""}` +
    `"listed":${listed.length},` +
    `"orders":[${listed.map(encodeElement).join(",")}]}`
  );
}

function encodeElement(element: CancelAllElement): string {
  const { orderNo, referenceId, outcome, resultJson, isPending } = element;
  return (
    `{"order_no":"${orderNo}","reference_id":${jsonString(referenceId)},` +
    `"outcome":"${outcome}","result":${resultJson}${isPending ? ',"pending":"cancel"' : ""}}`
  );
}
