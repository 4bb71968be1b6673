/**
 * Who may open an order stream. Decides and does nothing: the server takes the places and answers
 * the handshakes.
 */
import {
  COMMANDS_NEED,
  CONSOLE_STREAM_PATH,
  decodeStreamQuery,
  type Fault,
  fault,
  HANDSHAKE_METHOD,
  isFault,
  MARKET_STREAM_PATH,
  ON_DISCONNECT_NEED,
  STREAM_NEED,
  STREAM_PATH,
  type StreamQuery,
} from "@countermand/contract";
import { at } from "@countermand/core/assert";
import type { Account } from "@countermand/core/model";
import type { Authenticated, Authenticator } from "../auth/authenticate.ts";
import { accessFault, permissionFault } from "../auth/authorize.ts";
import type { Caller, StoredKey } from "../auth/key-store.ts";
import type { DisconnectGuard } from "../safety/disconnect-guard.ts";
import type { Claim } from "../sequencer/sequencer.ts";
import type { Histories } from "../stream/histories.ts";
import type { StreamStart } from "../stream/stream-session.ts";
import { unvouchedDetails } from "../trade/written-answer.ts";
import type { Handshake } from "./handshake.ts";
import type { KeyWatch } from "./key-watch.ts";
import type { SocketPlaces } from "./socket-places.ts";
import { streamStarts } from "./stream-starts.ts";

export interface StreamAdmissionOptions {
  readonly authenticator: Pick<Authenticator, "authenticate">;
  /** Lets pages of the console in, at a path of their own; null where there is no console. */
  readonly sessions: Pick<Authenticator, "authenticate"> | null;
  readonly histories: Pick<Histories, "sharedSeq">;
  readonly guard: Pick<DisconnectGuard, "hasRoom">;
  readonly places: Pick<SocketPlaces, "crowdFault">;
  readonly keys: Pick<KeyWatch, "isGood">;
  readonly isClosing: () => boolean;
}

/** A handshake that may be completed. */
export interface Admitted {
  readonly authenticated: Authenticated;
  readonly query: StreamQuery;
  /** One, or those of a drop copy, each with where its stream begins. */
  readonly starts: ReadonlyMap<Account, StreamStart>;
  /** Whose place it takes. */
  readonly placeOf: Account;
  /** Whoever has the bytes of the handshake could open it again, so it works once. */
  readonly worksOnce: boolean;
}

export const DRAINING = fault("DRAINING", "the gateway is stopping");

export class StreamAdmission {
  readonly #options: StreamAdmissionOptions;

  constructor(options: StreamAdmissionOptions) {
    this.#options = options;
  }

  /** A handshake has come. The order of the checks is what a doubly wrong one is told. */
  decideAdmission(handshake: Handshake): Admitted | Fault {
    const refused = this.#formFault(handshake);
    if (refused !== null) return refused;
    const isPage = handshake.path === CONSOLE_STREAM_PATH;
    const authenticated = this.#authenticate(handshake, isPage);
    if (isFault(authenticated)) return authenticated;
    const { caller, key } = authenticated;
    const missing = permissionFault(key, STREAM_NEED);
    if (missing !== null) return missing;
    const query = isPage
      ? pageQuery(handshake.rawQuery, caller)
      : signedQuery(handshake.rawQuery, key);
    if (isFault(query)) return query;
    const starts = streamStarts(key.accounts, query, this.#options.histories);
    if (isFault(starts)) return starts;
    const placeOf = at(key.accounts, 0);
    const crowded = this.#options.places.crowdFault(placeOf) ?? this.#groupFault(caller, query);
    const worksOnce = !isPage && (query.commands || query.onDisconnect !== null);
    return crowded ?? { authenticated, query, starts, placeOf, worksOnce };
  }

  /** One that works once was claimed, and time has passed: why it is not completed, or null. */
  decideClaimed(claim: Claim, { authenticated, query }: Admitted): Fault | null {
    if (claim.result === "used") {
      return fault("HANDSHAKE_USED", "this signed handshake has opened a connection before");
    }
    if (claim.result !== "claimed") {
      return fault("TIMESTAMP_OUT_OF_WINDOW", unvouchedDetails(claim));
    }
    if (!this.#options.keys.isGood(authenticated)) {
      return fault("KEY_NO_LONGER_GOOD", "the key was revoked or has expired");
    }
    if (this.#options.isClosing()) return DRAINING;
    // Again: others may have joined since it was admitted.
    return this.#groupFault(authenticated.caller, query);
  }

  /** What is wrong before anybody looks who is asking. */
  #formFault(handshake: Handshake): Fault | null {
    const { path, request } = handshake;
    if (path !== STREAM_PATH && path !== CONSOLE_STREAM_PATH) return UNKNOWN_PATH;
    if (this.#options.isClosing()) return DRAINING;
    if (request.method !== "GET") return fault("METHOD_NOT_ALLOWED", "a handshake is a GET");
    return handshake.formFault();
  }

  #authenticate({ path, rawQuery, request }: Handshake, isPage: boolean): Authenticated | Fault {
    const authenticator = isPage ? this.#options.sessions : this.#options.authenticator;
    if (authenticator === null) return UNKNOWN_PATH;
    const { headers, socket } = request;
    const method = HANDSHAKE_METHOD;
    return authenticator.authenticate({ method, path, rawQuery, headers, body: NO_BODY, socket });
  }

  #groupFault(caller: Caller, { onDisconnect }: StreamQuery): Fault | null {
    if (onDisconnect === null) return null;
    if (this.#options.guard.hasRoom(caller, onDisconnect.group)) return null;
    return fault("RATE_LIMITED", "too many groups of this account are watched");
  }
}

const UNKNOWN_PATH = fault(
  "UNKNOWN_PATH",
  `WebSockets are at ${STREAM_PATH} and ${MARKET_STREAM_PATH}`,
);
const NO_BODY = new Uint8Array(0);

/** What a program asks of its stream; one that does more than tell needs more of its key. */
function signedQuery(rawQuery: string, key: StoredKey): StreamQuery | Fault {
  const query = decodeStreamQuery(rawQuery);
  if (isFault(query)) return query;
  const refused = query.commands ? accessFault(key, COMMANDS_NEED) : null;
  if (refused !== null) return refused;
  return (query.onDisconnect === null ? null : accessFault(key, ON_DISCONNECT_NEED)) ?? query;
}

/**
 * What a page asks of its stream. It asks for commands whatever its key may do: each of them is
 * looked at when it comes. Its handshake may be repeated by its browser, so nothing is watched.
 */
function pageQuery(rawQuery: string, caller: Caller): StreamQuery | Fault {
  const asked = withoutPageKey(rawQuery, caller);
  if (typeof asked !== "string") return asked;
  const query = decodeStreamQuery(asked);
  if (isFault(query) || query.onDisconnect === null) return query;
  return fault("INVALID_STREAM_PARAMETER", "cancel_on_disconnect needs a signed handshake");
}

/**
 * Without the key that the page takes itself to be signed in with: all pages have one cookie, and
 * another may have signed the browser in with another key since.
 */
function withoutPageKey(rawQuery: string, { apiKey }: Caller): string | Fault {
  const own = `${PAGE_KEY}${encodeURIComponent(apiKey)}`;
  const parts = rawQuery.split("&");
  const isOthers = parts.some((part) => part.startsWith(PAGE_KEY) && part !== own);
  if (isOthers) return fault("SIGNED_OUT", "this browser is signed in with another key now");
  return parts.filter((part) => part !== own).join("&");
}

const PAGE_KEY = "api_key=";
