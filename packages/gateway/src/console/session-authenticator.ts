/**
 * Who sent a request of the console's page: its cookie, and that it comes from the page itself. It
 * stands where signatures stand for programs, so that what follows is the same for both.
 */
import { createHash, randomBytes } from "node:crypto";
import { CSRF_HEADER, type Fault, fault, HANDSHAKE_METHOD, isFault } from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";
import type { AddressList } from "../auth/address-list.ts";
import {
  type Authenticated,
  type Authenticator,
  FINGERPRINT_CHARACTERS,
  type RawRequest,
} from "../auth/authenticate.ts";
import { type AddressedRequest, clientAddress } from "../auth/client-address.ts";
import type { RequestIdentity } from "../sequencer/sequencer.ts";
import { cookieValue, hasCookie, siteFault } from "./browser-request.ts";
import { type ConsoleSessions, isSameToken, type OpenSession } from "./console-sessions.ts";

const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export class SessionAuthenticator implements Pick<Authenticator, "authenticate" | "identityOf"> {
  readonly #sessions: ConsoleSessions;
  readonly #wallMs: () => number;
  readonly #addressHeader: string | null;

  constructor(sessions: ConsoleSessions, wallMs: () => number, addressHeader: string | null) {
    this.#sessions = sessions;
    this.#wallMs = wallMs;
    this.#addressHeader = addressHeader;
  }

  authenticate({ method, headers, socket }: RawRequest): Authenticated | Fault {
    const session = this.session(method, { headers, socket });
    if (isFault(session)) return session;
    const { key, onEnd } = session;
    return {
      key,
      caller: key.caller,
      sentAtMs: this.#wallMs() as UnixMs,
      signature: "",
      onEnd,
    };
  }

  /** The session behind a request of the page. */
  session(method: string, request: AddressedRequest): OpenSession | Fault {
    return pageSession(this.#sessions, method, request, this.#addressHeader);
  }

  /** Each request is one of its own: what must not act twice is named by its command's id. */
  identityOf({ caller, sentAtMs }: Authenticated): RequestIdentity {
    const fingerprint = createHash("sha256")
      .update(`console\0${caller.apiKey}\0`)
      .update(randomBytes(16))
      .digest("base64url")
      .slice(0, FINGERPRINT_CHARACTERS);
    return { fingerprint, contentDigest: "", expiresAtMs: sentAtMs };
  }
}

/** Whether a page asks that has never been signed in: its question for a session is no mistake. */
export function isFirstVisit(
  { cookieName }: Pick<ConsoleSessions, "cookieName">,
  headers: RawRequest["headers"],
): boolean {
  return siteFault(headers, false) === null && !hasCookie(headers, cookieName);
}

/** The session behind a request of a page, or why it is none of the page's own. */
export function pageSession<Holder extends { readonly addresses: AddressList | null }>(
  sessions: ConsoleSessions<Holder>,
  method: string,
  request: AddressedRequest,
  addressHeader: string | null,
): OpenSession<Holder> | Fault {
  const { headers } = request;
  const isRead = READS.has(method);
  const refused = siteFault(headers, !isRead);
  if (refused !== null) return refused;
  const session = sessions.use(cookieValue(headers, sessions.cookieName));
  if (session === null) return fault("SIGNED_OUT", "");
  // A key that is bound to addresses is bound to them in a browser, too.
  if (session.key.addresses?.has(clientAddress(request, addressHeader)) === false) {
    return fault("ADDRESS_NOT_ALLOWED", "the key is not taken from the address you send from");
  }
  // A handshake cannot carry the header; browsers always send its Origin, which was checked.
  if (isRead || method === HANDSHAKE_METHOD) return session;
  const token = headers[CSRF_HEADER];
  return typeof token === "string" && isSameToken(token, session.csrfToken)
    ? session
    : fault("CSRF_TOKEN_INVALID", "");
}
