/** Successful REST answers. Failures are in errors.ts. */
import type { CancelElement } from "../requests/cancel.ts";
import { jsonString } from "./json-text.ts";
import { type ReceiptMark, receiptMember } from "./receipt.ts";

/** The whole answer of an accepted cancel; also the result of a batch element that went well. */
export const ACCEPTED = '{"code":0}';

/** Success with data, given as JSON text. */
export function encodeSuccess(dataJson: string): string {
  return `{"code":0,"data":${dataJson}}`;
}

/** A cancel that carries a receipt's mark: with data, if that was asked for. */
export function encodeReceipted(dataJson: string | null, receipt: ReceiptMark): string {
  const data = dataJson === null ? "" : `,"data":${dataJson}`;
  return `{"code":0${data},${receiptMember(receipt)}}`;
}

/** The answer of a placed order. */
export function encodePlaced(orderId: string): string {
  return `{"code":0,"data":{"order_no":"${orderId}"}}`;
}

/** The answer of `GET /time`. */
export function encodeTime(nowMs: number): string {
  return `{"code":0,"data":{"timestamp":${nowMs}}}`;
}

/** What a batch answers for one of its elements. */
export interface BatchAnswer {
  /** `order_no`: as asked, resolved or placed; "" when there is none. */
  readonly orderNo: string;
  /** `reference_id`; null leaves the field out. A batch of places always has it. */
  readonly referenceId: string | null;
  /** JSON text: {@link ACCEPTED} or an encoded error. */
  readonly resultJson: string;
  /** JSON text of `data`, for clients that asked for a representation; null leaves it out. */
  readonly dataJson: string | null;
  /** The receipt of a cancel that was asked for one; null leaves it out. */
  readonly receipt?: ReceiptMark | null;
}

/** A processed batch: one element per request element, in request order. */
export function encodeBatch(answers: readonly BatchAnswer[]): string {
  return encodeSuccess(`[${answers.map(encodeBatchAnswer).join(",")}]`);
}

/** The `reference_id` that a cancel's element carries: only when it was asked by that alone. */
export function cancelElementReference(element: CancelElement): string | null {
  return element.orderNo === "" && element.referenceId !== "" ? element.referenceId : null;
}

function encodeBatchAnswer(answer: BatchAnswer): string {
  let text = `{"order_no":${jsonString(answer.orderNo)}`;
  if (answer.referenceId !== null) text += `,"reference_id":${jsonString(answer.referenceId)}`;
  text += `,"result":${answer.resultJson}`;
  if (answer.dataJson !== null) text += `,"data":${answer.dataJson}`;
  if (answer.receipt) text += `,${receiptMember(answer.receipt)}`;
  return `${text}}`;
}
