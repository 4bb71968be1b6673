/**
 * The order stream's sockets: who may connect, and the stop of all at once. Owns every socket from
 * its handshake to its end. A refused handshake is answered as HTTP before any upgrade.
 */
import type { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
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
  OP_NEEDS,
  STREAM_NEED,
  STREAM_PATH,
  type StreamQuery,
} from "@countermand/contract";
import { at } from "@countermand/core/assert";
import type { Account } from "@countermand/core/model";
import { WebSocketServer } from "ws";
import type { Authenticated, Authenticator } from "../auth/authenticate.ts";
import { accessFault, permissionFault } from "../auth/authorize.ts";
import type { Caller, KeyStore, StoredKey } from "../auth/key-store.ts";
import type { Budgets } from "../limits/budgets.ts";
import type { DisconnectGuard } from "../safety/disconnect-guard.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { Claim, Sequencer } from "../sequencer/sequencer.ts";
import { GatewayFeed, type GatewayFeedOptions } from "../stream/gateway-feed.ts";
import type { Histories } from "../stream/histories.ts";
import { ReplayTurns } from "../stream/replay-turns.ts";
import { SnapshotRoom } from "../stream/snapshot-room.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { StreamStart } from "../stream/stream-session.ts";
import type { StreamView } from "../stream/stream-view.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { unvouchedDetails } from "../trade/written-answer.ts";
import type { FrameFault } from "../venue/fault-board.ts";
import type { TradeCommands } from "./command-session.ts";
import { CommandTurns } from "./command-turns.ts";
import {
  KEY_CHECK_MS,
  SOCKETS_MAX,
  SOCKETS_PER_ACCOUNT_MAX,
  STOP_MS,
  TCP_KEEP_ALIVE_MS,
} from "./limits.ts";
import { refuseUpgrade, requestIdHeaders } from "./refuse-upgrade.ts";
import { SOCKET_OPTIONS } from "./socket-options.ts";
import {
  type CarriedStream,
  StreamConnection,
  type StreamConnectionOptions,
  type StreamSocket,
} from "./stream-connection.ts";
import { streamStarts } from "./stream-starts.ts";

export interface OrderStreamServerOptions {
  readonly authenticator: Pick<Authenticator, "authenticate" | "identityOf">;
  readonly keys: Pick<KeyStore, "goodUntilMs">;
  /** Lets pages of the console in, at a path of their own; null where there is no console. */
  readonly sessions: Pick<Authenticator, "authenticate"> | null;
  readonly sequencer: Pick<Sequencer, "claimOnce" | "read" | "partitions">;
  readonly archive: GatewayFeedOptions["archive"];
  readonly trade: TradeCommands;
  readonly awaited: AwaitedAnswers;
  readonly hub: StreamHub;
  readonly histories: Pick<Histories, "current" | "sharedSeq">;
  readonly guard: DisconnectGuard;
  readonly clock: Clock;
  /** What becomes of a frame of a caller; nothing by default. */
  readonly frameFault?: (caller: Caller, seq: number) => FrameFault | null;
  /** Null where there are none. */
  readonly budgets: Budgets | null;
  /** Counts the commands that were answered. */
  readonly onAnswered: StreamConnectionOptions["onAnswered"];
  /** A command ended in a bug: its outcome is unknown, the process must stop. */
  readonly onBug: (error: Error) => void;
}

/** A handshake that may be completed. */
interface Admitted {
  readonly authenticated: Authenticated;
  readonly query: StreamQuery;
  /** One, or those of a drop copy, each with where its stream begins. */
  readonly starts: ReadonlyMap<Account, StreamStart>;
  /** Whose place it takes. */
  readonly placeOf: Account;
  /** Whoever has the bytes of the handshake could open it again, so it works once. */
  readonly worksOnce: boolean;
}

export class OrderStreamServer {
  readonly #options: OrderStreamServerOptions;
  readonly #turns: ReplayTurns;
  readonly #commandTurns: CommandTurns;
  readonly #room = new SnapshotRoom();
  readonly #webSockets = new WebSocketServer<typeof StreamSocket>(SOCKET_OPTIONS);
  /** Each with how it was let in. */
  readonly #connections = new Map<StreamConnection, Authenticated>();
  /** Of connections whose keys expire. */
  readonly #keyTimers = new Map<StreamConnection, Cancelable>();
  /** Sockets per account, handshakes under way included. */
  readonly #places = new Map<Account, number>();
  #placeCount = 0;
  #closing: Promise<void> | null = null;
  #onLastEnded: (() => void) | null = null;

  constructor(options: OrderStreamServerOptions) {
    this.#options = options;
    this.#turns = new ReplayTurns(options.clock);
    this.#commandTurns = new CommandTurns(options.clock);
    this.#webSockets.on("headers", (headers: string[], request: IncomingMessage) => {
      headers.push(...requestIdHeaders(request));
    });
    // What is left of the handshake's form that the library checks.
    this.#webSockets.on("wsClientError", (error, socket, request) => {
      refuseUpgrade(request, socket, fault("MALFORMED_REQUEST", error.message));
    });
  }

  /** Takes the server's upgrades; no other listener may. */
  attach(server: Server): void {
    server.on("upgrade", (request, socket, head) => this.handleUpgrade(request, socket, head));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // The client may vanish at any time before the socket has its owner.
    socket.on("error", destroyThis);
    const admitted = this.#admit(request);
    if (isFault(admitted)) {
      refuseUpgrade(request, socket, admitted);
      return;
    }
    this.#takePlace(admitted.placeOf);
    if (!admitted.worksOnce) {
      this.#complete(request, socket, head, admitted);
      return;
    }
    const { authenticator, awaited, onBug, sequencer } = this.#options;
    const { account } = admitted.authenticated.caller;
    const identity = authenticator.identityOf(admitted.authenticated);
    awaited.await(sequencer.claimOnce(account, identity), {
      give: (claim) => this.#claimed(claim, request, socket, head, admitted),
      // The handshake may be used up by now.
      giveUp: (details) => {
        this.#leavePlace(admitted.placeOf);
        refuseUpgrade(request, socket, fault("OUTCOME_UNKNOWN", details));
      },
      onBug,
    });
  }

  /** Something about a key was changed: its streams end at once if it is good no more. */
  keyChanged(apiKey: string): void {
    for (const [connection, authenticated] of this.#connections) {
      if (connection.apiKey === apiKey) this.#watchKey(connection, authenticated);
    }
  }

  /**
   * Says on every socket that the server stops, and closes it; resolves when all are gone, after
   * STOP_MS at the latest. New handshakes are refused from now on.
   */
  close(): Promise<void> {
    this.#options.guard.close();
    this.#closing ??= this.#stopAll();
    return this.#closing;
  }

  #admit(request: IncomingMessage): Admitted | Fault {
    const url = request.url ?? "";
    const mark = url.indexOf("?");
    const path = mark === -1 ? url : url.slice(0, mark);
    const rawQuery = mark === -1 ? "" : url.slice(mark + 1);
    const refused = this.#formFault(request, path);
    if (refused !== null) return refused;
    const isPage = path === CONSOLE_STREAM_PATH;
    const authenticator = isPage ? this.#options.sessions : this.#options.authenticator;
    if (authenticator === null) return fault("UNKNOWN_PATH", PLACES);
    const authenticated = authenticator.authenticate({
      method: HANDSHAKE_METHOD,
      path,
      rawQuery,
      headers: request.headers,
      body: NO_BODY,
      socket: request.socket,
    });
    if (isFault(authenticated)) return authenticated;
    const { key } = authenticated;
    const missing = permissionFault(key, STREAM_NEED);
    if (missing !== null) return missing;
    const asked = isPage ? pageQuery(rawQuery, authenticated.caller) : rawQuery;
    if (typeof asked !== "string") return asked;
    const query = decodeStreamQuery(asked);
    if (isFault(query)) return query;
    // A page asks for commands whatever its key may do; each of them is looked at when it comes.
    const refusal = isPage ? pageFault(query) : actingFault(key, query);
    if (refusal !== null) return refusal;
    const starts = streamStarts(key.accounts, query, this.#options.histories);
    if (isFault(starts)) return starts;
    const placeOf = at(key.accounts, 0);
    const crowded = this.#crowdFault(placeOf) ?? this.#groupFault(authenticated.caller, query);
    const worksOnce = !isPage && (query.commands || query.onDisconnect !== null);
    return crowded ?? { authenticated, query, starts, placeOf, worksOnce };
  }

  /** What is wrong before anybody looks who is asking. */
  #formFault(request: IncomingMessage, path: string): Fault | null {
    if (path !== STREAM_PATH && path !== CONSOLE_STREAM_PATH) return fault("UNKNOWN_PATH", PLACES);
    if (this.#closing !== null) return fault("DRAINING", "the gateway is stopping");
    if (request.method !== "GET") return fault("METHOD_NOT_ALLOWED", "a handshake is a GET");
    return handshakeFault(request);
  }

  #crowdFault(account: Account): Fault | null {
    if (this.#placeCount >= SOCKETS_MAX) {
      return fault("OVERLOADED", `${SOCKETS_MAX} connections are open`);
    }
    if ((this.#places.get(account) ?? 0) < SOCKETS_PER_ACCOUNT_MAX) return null;
    return fault("RATE_LIMITED", `${SOCKETS_PER_ACCOUNT_MAX} connections of this account are open`);
  }

  #groupFault(caller: Caller, { onDisconnect }: StreamQuery): Fault | null {
    if (onDisconnect === null) return null;
    if (this.#options.guard.hasRoom(caller, onDisconnect.group)) return null;
    return fault("RATE_LIMITED", "too many groups of this account are watched");
  }

  #claimed(
    claim: Claim,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    admitted: Admitted,
  ): void {
    const { caller } = admitted.authenticated;
    const { onDisconnect } = admitted.query;
    const refusal = this.#claimRefusal(claim, admitted);
    if (refusal !== null) {
      this.#leavePlace(admitted.placeOf);
      refuseUpgrade(request, socket, refusal);
      return;
    }
    if (onDisconnect === null) {
      this.#complete(request, socket, head, admitted);
      return;
    }
    const { awaited, guard, onBug } = this.#options;
    awaited.await(guard.joined(caller, onDisconnect.group, onDisconnect.graceMs), {
      give: () => this.#complete(request, socket, head, admitted),
      // It is watched when the disk answers, and nobody is connected.
      giveUp: (details) => {
        this.#left(admitted, "lost");
        refuseUpgrade(request, socket, fault("OUTCOME_UNKNOWN", details));
      },
      onBug,
    });
  }

  #claimRefusal(claim: Claim, { authenticated, query }: Admitted): Fault | null {
    if (claim.result === "used") {
      return fault("HANDSHAKE_USED", "this signed handshake has opened a connection before");
    }
    if (claim.result !== "claimed") {
      return fault("TIMESTAMP_OUT_OF_WINDOW", unvouchedDetails(claim));
    }
    if (this.#goodUntilMs(authenticated) === null) {
      return fault("KEY_NO_LONGER_GOOD", "the key was revoked or has expired");
    }
    if (this.#closing !== null) return fault("DRAINING", "the gateway is stopping");
    // Again: others may have joined since it was admitted.
    return this.#groupFault(authenticated.caller, query);
  }

  #complete(request: IncomingMessage, socket: Duplex, head: Buffer, admitted: Admitted): void {
    let isOpen = false;
    if (this.#closing !== null) {
      // It was on its way when the stop began: nobody would end it any more.
      this.#left(admitted, "lost");
      refuseUpgrade(request, socket, fault("DRAINING", "the gateway is stopping"));
      return;
    }
    if (socket instanceof Socket) socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      isOpen = true;
      this.#open(webSocket, socket, admitted);
    });
    // The client has gone, or the library found fault with the handshake.
    if (!isOpen) this.#left(admitted, "lost");
  }

  #open(webSocket: StreamSocket, socket: Duplex, admitted: Admitted): void {
    const { awaited, budgets, clock, frameFault, histories, hub, trade } = this.#options;
    const { onAnswered, onBug } = this.#options;
    const { authenticated, query, starts } = admitted;
    const { caller, key } = authenticated;
    const connection = new StreamConnection({
      webSocket,
      socket,
      caller,
      query,
      history: query.history ? histories.current : null,
      streams: [...starts].map(([account, start]) => this.#streamOf(admitted, account, start)),
      turns: this.#turns,
      commandTurns: this.#commandTurns,
      trade,
      awaited,
      permits: (op) => accessFault(key, OP_NEEDS[op]),
      clock,
      ...(frameFault !== undefined && { frameFault: (seq) => frameFault(caller, seq) }),
      budgets: () => budgets?.statesOf(caller) ?? [],
      onAnswered,
      onBug,
      onEnded: (how) => {
        leave?.();
        this.#ended(connection, admitted, how);
      },
    });
    const leave = authenticated.onEnd?.(() => connection.terminate());
    this.#connections.set(connection, authenticated);
    for (const [view, session] of connection.sessions) hub.join(view, session);
    connection.start();
    this.#watchKey(connection, authenticated);
  }

  #streamOf(
    { authenticated, placeOf, starts }: Admitted,
    account: Account,
    start: StreamStart,
  ): CarriedStream {
    const { portfolioIds } = authenticated.caller;
    const { archive, hub, sequencer } = this.#options;
    const view: StreamView = {
      account,
      isTagged: starts.size > 1,
      isFirst: account === placeOf,
      ...(portfolioIds !== undefined && { portfolioIds }),
    };
    const feed = new GatewayFeed({
      view,
      hub,
      sequencer,
      archive,
      turns: this.#turns,
      room: this.#room,
    });
    return { view, feed, observer: hub.observerOf(account), start };
  }

  /** Until when whoever signed the handshake may stay; null: no more. */
  #goodUntilMs({ caller, credential }: Authenticated): number | null {
    const { clock, keys } = this.#options;
    return keys.goodUntilMs(caller.apiKey, credential, clock.wallMs());
  }

  /** Looks again when the key or its secret ends; or in between, because real time may jump. */
  #watchKey(connection: StreamConnection, authenticated: Authenticated): void {
    const { clock } = this.#options;
    this.#keyTimers.get(connection)?.cancel();
    this.#keyTimers.delete(connection);
    const untilMs = this.#goodUntilMs(authenticated);
    if (untilMs === null) {
      connection.endKey();
      return;
    }
    if (!Number.isFinite(untilMs)) return;
    const delayMs = Math.min(untilMs - clock.wallMs(), KEY_CHECK_MS);
    this.#keyTimers.set(
      connection,
      clock.after(delayMs, () => this.#watchKey(connection, authenticated)),
    );
  }

  #ended(connection: StreamConnection, admitted: Admitted, how: "closed" | "lost"): void {
    this.#connections.delete(connection);
    this.#keyTimers.get(connection)?.cancel();
    this.#keyTimers.delete(connection);
    this.#left(admitted, how);
    if (this.#connections.size === 0) this.#onLastEnded?.();
  }

  async #stopAll(): Promise<void> {
    if (this.#connections.size === 0) return;
    const allEnded = new Promise<void>((resolve) => {
      this.#onLastEnded = resolve;
    });
    for (const connection of this.#connections.keys()) connection.stop();
    const deadline = this.#options.clock.after(STOP_MS, () => {
      for (const connection of this.#connections.keys()) connection.terminate();
    });
    await allEnded;
    deadline.cancel();
  }

  #left({ authenticated, placeOf, query }: Admitted, how: "closed" | "lost"): void {
    const { onDisconnect } = query;
    this.#leavePlace(placeOf);
    if (onDisconnect !== null) {
      this.#options.guard.left(authenticated.caller, onDisconnect.group, how);
    }
  }

  #takePlace(account: Account): void {
    this.#placeCount += 1;
    this.#places.set(account, (this.#places.get(account) ?? 0) + 1);
  }

  #leavePlace(account: Account): void {
    this.#placeCount -= 1;
    const count = (this.#places.get(account) ?? 0) - 1;
    if (count > 0) this.#places.set(account, count);
    else this.#places.delete(account);
  }
}

/** Not a closure: it stays on the socket, and would keep the handshake's request in memory. */
function destroyThis(this: Duplex): void {
  this.destroy();
}

const NO_BODY = new Uint8Array(0);
const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** What a stream that does more than tell needs of its key. */
function actingFault(key: StoredKey, { commands, onDisconnect }: StreamQuery): Fault | null {
  const refused = commands ? accessFault(key, COMMANDS_NEED) : null;
  return refused ?? (onDisconnect === null ? null : accessFault(key, ON_DISCONNECT_NEED));
}

/**
 * What a page asks of its stream, without the key that it takes itself to be signed in with: all
 * pages have one cookie, and another may have signed the browser in with another key since.
 */
function pageQuery(rawQuery: string, { apiKey }: Caller): string | Fault {
  const own = `${PAGE_KEY}${encodeURIComponent(apiKey)}`;
  const parts = rawQuery.split("&");
  const isOthers = parts.some((part) => part.startsWith(PAGE_KEY) && part !== own);
  if (isOthers) return fault("SIGNED_OUT", "this browser is signed in with another key now");
  return parts.filter((part) => part !== own).join("&");
}

const PAGE_KEY = "api_key=";

/** A page's handshake may be repeated by its browser, and so nothing of it is watched. */
function pageFault({ onDisconnect }: StreamQuery): Fault | null {
  if (onDisconnect === null) return null;
  return fault("INVALID_STREAM_PARAMETER", "cancel_on_disconnect needs a signed handshake");
}

const PLACES = `WebSockets are at ${STREAM_PATH} and ${MARKET_STREAM_PATH}`;

/** RFC 6455 section 4.2.1: what a request must carry to become a WebSocket. */
function handshakeFault({ headers }: IncomingMessage): Fault | null {
  if (headers.upgrade?.toLowerCase() !== "websocket") {
    return fault("UPGRADE_REQUIRED", "Upgrade must be websocket");
  }
  if (headers["sec-websocket-version"] !== "13") {
    return fault("UPGRADE_REQUIRED", "Sec-WebSocket-Version must be 13");
  }
  if (!HANDSHAKE_KEY.test(headers["sec-websocket-key"] ?? "")) {
    return fault("MALFORMED_REQUEST", "Sec-WebSocket-Key must be 16 bytes in Base64");
  }
  const length = headers["content-length"] ?? "0";
  if (length !== "0" || headers["transfer-encoding"] !== undefined) {
    return fault("BODY_NOT_TAKEN", "a handshake is signed by its query string");
  }
  return null;
}
