/** Cancels many orders in batches, and says of each what became of it. */
import type { CancelResult, ReplyMessage } from "@countermand/client";
import { NO_ANSWER } from "../link/pending-commands.ts";
import { wordText } from "./order-words.ts";

/** The gateway's limit of one batch. */
const BATCH_MAX = 5;
/** Batches under way at a time: the order stream must keep its place beside them. */
const BATCHES_AT_ONCE = 4;
const RETRY_MS = 1_000;
const RATE_LIMITED = "rate_limited";

/** What became of one order of a run. */
export interface CancelOutcome {
  readonly orderNo: string;
  readonly isAccepted: boolean;
  /** Why not; "" where it was accepted. */
  readonly problem: string;
  /** No answer came, which is no refusal. */
  readonly isUnknown: boolean;
}

/** What a run came to, in one line. */
export function runText(outcomes: readonly CancelOutcome[]): string {
  const count = (is: (outcome: CancelOutcome) => boolean) => outcomes.filter(is).length;
  const acceptedCount = count(({ isAccepted }) => isAccepted);
  const unknownCount = count(({ isUnknown }) => isUnknown);
  const refusedCount = outcomes.length - acceptedCount - unknownCount;
  return [
    `${acceptedCount} of ${outcomes.length} cancels accepted`,
    ...(refusedCount > 0 ? [`${refusedCount} refused`] : []),
    ...(unknownCount > 0 ? [`${unknownCount} not answered`] : []),
  ].join(", ");
}

export interface CancelRunPort {
  readonly cancelBatch: (orders: readonly { readonly order_no: string }[]) => Promise<ReplyMessage>;
  readonly delay: (ms: number) => Promise<void>;
  /** One batch is done. */
  readonly told: (outcomes: readonly CancelOutcome[]) => void;
}

/** Resolves when every order has its outcome, which were told before; they come in any order. */
export async function cancelRun(
  orderNos: readonly string[],
  { cancelBatch, delay, told }: CancelRunPort,
): Promise<void> {
  const batches: string[][] = [];
  for (let at = 0; at < orderNos.length; at += BATCH_MAX) {
    batches.push(orderNos.slice(at, at + BATCH_MAX));
  }
  const worker = async (): Promise<void> => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      const orders = batch.map((order_no) => ({ order_no }));
      let reply = await cancelBatch(orders);
      while (reply.code !== 0 && reply.reason === RATE_LIMITED) {
        await delay(RETRY_MS);
        reply = await cancelBatch(orders);
      }
      told(batchOutcomes(batch, reply));
    }
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, worker));
}

/** One outcome per order asked for, in their order. A whole refusal is every order's. */
export function batchOutcomes(
  orderNos: readonly string[],
  reply: ReplyMessage,
): readonly CancelOutcome[] {
  const results = reply.code === 0 ? (reply.data as readonly CancelResult[]) : [];
  return orderNos.map((orderNo, index) => {
    const result: Reasons = results[index]?.result ?? reply;
    const isAccepted = result.code === 0;
    return {
      orderNo,
      isAccepted,
      problem: isAccepted ? "" : notDoneText("not cancelled", result),
      isUnknown: NO_ANSWER.has(result.reason ?? ""),
    };
  });
}

interface Reasons {
  readonly code: number;
  readonly reason?: string;
  readonly details?: string;
  readonly message?: string;
}

/** Why something was not done; no answer is no refusal. */
export function notDoneText(refused: string, failure: Reasons): string {
  const { reason = "", details = "", message = "" } = failure;
  const said = details === "" ? message : details;
  const text = reason === "" ? said : `${wordText(reason)}: ${said}`;
  return NO_ANSWER.has(reason) ? text : `${refused}. ${text}`;
}
