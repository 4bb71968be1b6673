/** What the command line does with a data directory or a receipt, without a gateway. */
export { orderStories, type SoughtOrder } from "./audit/order-story.ts";
export { type JournalVerdict, verifyJournal } from "./journal/verify.ts";
export {
  journalProblem,
  type ReceiptStatement,
  type ReceiptVerdict,
  verifyReceipt,
} from "./receipts/receipt-verification.ts";
