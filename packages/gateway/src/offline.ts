/** What the command line does without a gateway: with data directories, receipts, certificates. */
export { hasArchivedOrders, orderStories, type SoughtOrder } from "./audit/order-story.ts";
export { type Backup, BackupExistsError, backUp } from "./journal/backup.ts";
export { JournalError } from "./journal/journal.ts";
export { type JournalVerdict, verifyJournal } from "./journal/verify.ts";
export { certificateLife, endsSoon } from "./ops/certificate-life.ts";
export {
  journalProblem,
  type ReceiptStatement,
  type ReceiptVerdict,
  verifyReceipt,
} from "./receipts/receipt-verification.ts";
export { type ArchivedPartition, archiveJournal } from "./retention/archive-journal.ts";
export { restoreJournal } from "./retention/restore-journal.ts";
