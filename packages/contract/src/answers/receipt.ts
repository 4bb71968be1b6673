/**
 * The statement of a cancel's receipt, and where it goes in an answer. The journal position of a
 * cancel has its hash only when it is durable, after its answer was composed: so the answer is
 * composed, and remembered, with a mark, and whoever sends it puts the receipt in the mark's place.
 */
import { formatDecimal, type Order, type UnixMs } from "@countermand/core/model";
import { MARKET_WORDS, ORDER_SIDE_WORDS } from "../names.ts";
import { jsonString } from "./json-text.ts";

/** The one kind there is: what X-Receipt and `receipt` of a socket command say. */
export const RECEIPT_KIND = "ed25519";

/** What the mark in an answer says of its receipt. */
export interface ReceiptMark {
  readonly orderId: string;
  readonly issuedAtMs: UnixMs;
}

/** The member of an answer, with its mark as the value. */
export function receiptMember({ orderId, issuedAtMs }: ReceiptMark): string {
  return `${MARK_START}${orderId}:${issuedAtMs}"`;
}

const MARK_START = '"receipt":"at:';
/** Cannot be part of a text: in a text, the quotation marks around the colon are escaped. */
const MARK = /"receipt":"at:([0-9]+):([0-9]+)"/g;

export function hasReceiptMarks(body: string): boolean {
  return body.includes(MARK_START);
}

export function receiptMarks(body: string): ReceiptMark[] {
  return [...body.matchAll(MARK)].map(([, orderId = "", issuedAtMs]) => ({
    orderId,
    issuedAtMs: Number(issuedAtMs) as UnixMs,
  }));
}

/** The answer with a receipt in the place of each mark, in their order. */
export function fillReceipts(body: string, receipts: readonly string[]): string {
  let index = 0;
  return body.replace(MARK, () => {
    const receipt = receipts[index] ?? "";
    index += 1;
    return `"receipt":${jsonString(receipt)}`;
  });
}

/** Where the journal has the event that closed the order, and which event that is. */
export interface ReceiptPlace {
  readonly partition: string;
  readonly seq: number;
  /** SHA-256 of the event in the chain, in hexadecimal. */
  readonly hash: string;
}

/**
 * The content of a receipt, the same text for the same arguments.
 * Precondition: the order was cancelled, and is as the event there left it.
 */
export function encodeReceiptStatement(
  order: Order,
  place: ReceiptPlace,
  keyId: string,
  issuedAtMs: UnixMs,
): string {
  return (
    `{"order_no":${jsonString(order.orderId)}` +
    `,"account_code":${jsonString(order.account)}` +
    `,"reference_id":${jsonString(order.clOrdId)}` +
    `,"market":"${MARKET_WORDS.wordOf(order.market)}"` +
    `,"symbol":${jsonString(order.symbol)}` +
    `,"order_side":"${ORDER_SIDE_WORDS.wordOf(order.side)}"` +
    `,"qty":${formatDecimal(order.orderQty)}` +
    `,"execute_qty":${formatDecimal(order.cumQty)}` +
    `,"cancelled_qty":${formatDecimal(order.orderQty - order.cumQty)}` +
    `,"cancel_reason":"${order.cancelReason}"` +
    `,"cancelled_at_ms":${order.updatedAtMs}` +
    `,"stream_seq":${order.streamSeq}` +
    `,"partition":${jsonString(place.partition)}` +
    `,"journal_seq":${place.seq}` +
    `,"event_hash":"${place.hash}"` +
    `,"key_id":${jsonString(keyId)}` +
    `,"issued_at_ms":${issuedAtMs}}`
  );
}
