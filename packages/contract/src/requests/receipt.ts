/** Whether a request asks for a signed receipt: the header X-Receipt, or `receipt` on the socket. */
import { RECEIPT_KIND } from "../answers/receipt.ts";
import { type Fault, fault } from "../errors.ts";
import type { JsonValue } from "../json-exact.ts";
import { shown } from "../shown.ts";
import { kindOf } from "./fields.ts";

/** "" counts as absent. What cannot be had is refused: a receipt is never silently left out. */
export function asksForReceipt(kind: JsonValue | undefined, isCancel: boolean): boolean | Fault {
  if (kind === undefined || kind === "") return false;
  if (kind !== RECEIPT_KIND) {
    const sent = typeof kind === "string" ? shown(kind) : kindOf(kind);
    return fault("RECEIPT_NOT_TAKEN", `the kind of receipt must be ${RECEIPT_KIND}, not ${sent}`);
  }
  return isCancel ? true : fault("RECEIPT_NOT_TAKEN", "only cancels of named orders have receipts");
}
