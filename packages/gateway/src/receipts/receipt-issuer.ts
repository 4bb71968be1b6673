/**
 * Makes receipts of cancels that are durable, and puts them into answers. A receipt follows from
 * the journal's event and the time at which it was first asked for: it is the same for a repeated
 * request, also after a restart.
 */
import {
  encodeReceiptStatement,
  fillReceipts,
  type ReceiptMark,
  receiptMarks,
} from "@countermand/contract";
import { type Account, decodeDeskEvent, type OrderId } from "@countermand/core/model";
import { ARCHIVE_UNAVAILABLE } from "../archive/archive-error.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { RecentReports } from "../archive/recent-reports.ts";
import type { ReceiptKeys } from "./receipt-keys.ts";

export interface ReceiptIssuerOptions {
  readonly keys: ReceiptKeys;
  readonly archive: Pick<OrderArchive, "closingEvent">;
  readonly recent: Pick<RecentReports, "closedPlace">;
}

export class ReceiptIssuer {
  readonly #options: ReceiptIssuerOptions;

  constructor(options: ReceiptIssuerOptions) {
    this.#options = options;
  }

  /** An answer to the account, which is durable, with its receipts. */
  async filled(account: Account, body: string): Promise<string> {
    const marks = receiptMarks(body);
    const receipts = await Promise.all(marks.map((mark) => this.#receipt(account, mark)));
    return fillReceipts(body, receipts);
  }

  /** "" while it cannot be made: the cancel is done all the same, and may be asked for again. */
  async #receipt(account: Account, { orderId, issuedAtMs }: ReceiptMark): Promise<string> {
    const { archive, keys, recent } = this.#options;
    try {
      const held = recent.closedPlace(account, orderId as OrderId);
      const found = await archive.closingEvent(account, orderId as OrderId, held);
      if (found === null) return "";
      const event = decodeDeskEvent(found.payload);
      // The cancel was on its way to the venue, and a fill won.
      if (event.type !== "ExecutionReported" || event.order.phase !== "Canceled") return "";
      return keys.signed(encodeReceiptStatement(event.order, found, keys.keyId, issuedAtMs));
    } catch (error) {
      if ((error as { code?: unknown }).code === ARCHIVE_UNAVAILABLE) return "";
      throw error;
    }
  }
}
