/**
 * Operators that are signed in with a browser. A session has the name that its operator's acts are
 * journaled under; it was given with the token or by a key when the code was made, and no page can
 * change it. Sessions are in memory only: a restart may have changed the token.
 */
import { randomBytes } from "node:crypto";
import { OPERATOR_NEED } from "@countermand/contract";
import type { AddressList } from "../auth/address-list.ts";
import { permissionFault } from "../auth/authorize.ts";
import type { KeyStore } from "../auth/key-store.ts";
import type { Clock } from "../sys/clock.ts";
import { ConsoleSessions } from "./console-sessions.ts";
import { SignInCodes } from "./sign-in-codes.ts";

/** Who holds a session. */
export interface OperatorHolder {
  readonly operator: string;
  /** Of a key that is bound to some; null: any. */
  readonly addresses: AddressList | null;
}

export interface OperatorConsole {
  readonly codes: SignInCodes;
  readonly sessions: ConsoleSessions<OperatorHolder>;
}

const BY_TOKEN = "token ";
const BY_KEY = "key ";

/** The name under which codes and sessions know an operator; `apiKey` of one that signs. */
export function holderName(operator: string, apiKey: string | null): string {
  return apiKey === null ? `${BY_TOKEN}${operator}` : `${BY_KEY}${apiKey}`;
}

export function openOperatorConsole(
  clock: Clock,
  keys: Pick<KeyStore, "findSince">,
): OperatorConsole {
  const instance = randomBytes(4).toString("hex");
  const sessions = new ConsoleSessions<OperatorHolder>({
    keys: { findSince: (name, wallMs, sinceMs) => holderOf(name, keys, wallMs, sinceMs) },
    clock,
    file: { read: () => ({ instance, sessions: [] }), write: async () => {} },
    cookieWord: "operator",
    onNotKept: () => {},
  });
  return { codes: new SignInCodes(() => clock.monotonicMs()), sessions };
}

/** A session by a key ends with the key, and with the secret that it began with. */
function holderOf(
  name: string,
  keys: Pick<KeyStore, "findSince">,
  wallMs: number,
  sinceMs: number,
): OperatorHolder | null {
  if (name.startsWith(BY_TOKEN)) return { operator: name.slice(BY_TOKEN.length), addresses: null };
  const apiKey = name.slice(BY_KEY.length);
  const key = keys.findSince(apiKey, wallMs, sinceMs);
  if (key === null || permissionFault(key, OPERATOR_NEED) !== null) return null;
  return { operator: apiKey, addresses: key.addresses };
}
