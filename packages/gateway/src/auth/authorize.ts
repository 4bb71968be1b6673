/** Whether a key may do what its request asks for, once its signature was found good. */
import { type Fault, fault, type Need, needText } from "@countermand/contract";
import type { StoredKey } from "./key-store.ts";

/** Null when it may. For what acts for one account. */
export function accessFault(key: StoredKey, need: Need): Fault | null {
  const missing = permissionFault(key, need);
  if (missing !== null) return missing;
  if (key.accounts.length !== 1) {
    return fault("DROP_COPY_ONLY", "a key of several accounts has the order stream alone");
  }
  if (need.isAccountWide && key.caller.portfolioIds !== undefined) {
    return fault(
      "ACCOUNT_WIDE",
      "this is about the whole account, and the key has portfolios of it",
    );
  }
  return null;
}

export function permissionFault({ permissions }: StoredKey, need: Need): Fault | null {
  for (const permission of need.anyOf) {
    if (permissions.has(permission)) return null;
  }
  return fault("PERMISSION_MISSING", needText(need));
}
