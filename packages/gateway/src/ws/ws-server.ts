/**
 * The order stream's sockets, from the handshake to the end: takes their places, answers what
 * {@link StreamAdmission} decides, opens them, and stops all at once. A refused handshake is
 * answered as HTTP before any upgrade.
 *
 * A handshake that changes something (it may send commands, or its loss cancels orders) is claimed
 * first, so that its bytes open one connection and no more; one whose loss cancels orders joins its
 * group then. Both wait for the disk. Meanwhile the client may vanish, the disk fall silent and the
 * server begin to stop: however it ends, what was taken is given back once.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type Fault, fault, isFault, OP_NEEDS, type StreamQuery } from "@countermand/contract";
import type { Account } from "@countermand/core/model";
import type { Authenticator } from "../auth/authenticate.ts";
import { accessFault } from "../auth/authorize.ts";
import type { Caller, KeyStore } from "../auth/key-store.ts";
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
import type { Clock } from "../sys/clock.ts";
import type { FrameFault } from "../venue/fault-board.ts";
import type { TradeCommands } from "./command-session.ts";
import { CommandTurns } from "./command-turns.ts";
import { Handshake } from "./handshake.ts";
import { KeyWatch } from "./key-watch.ts";
import { OpenSockets } from "./open-sockets.ts";
import { type Place, SocketPlaces } from "./socket-places.ts";
import { type Admitted, DRAINING, StreamAdmission } from "./stream-admission.ts";
import {
  type CarriedStream,
  StreamConnection,
  type StreamConnectionOptions,
  type StreamSocket,
} from "./stream-connection.ts";

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

/** Whoever was let in, until the connection is gone. */
interface Guest extends Admitted {
  readonly place: Place;
}

export class OrderStreamServer {
  readonly #options: OrderStreamServerOptions;
  readonly #turns: ReplayTurns;
  readonly #commandTurns: CommandTurns;
  readonly #room = new SnapshotRoom();
  readonly #places = new SocketPlaces();
  readonly #keys: KeyWatch;
  readonly #open: OpenSockets<StreamConnection>;
  readonly #admission: StreamAdmission;

  constructor(options: OrderStreamServerOptions) {
    const { authenticator, clock, guard, histories, sessions } = options;
    this.#options = options;
    this.#turns = new ReplayTurns(clock);
    this.#commandTurns = new CommandTurns(clock);
    this.#keys = new KeyWatch(options);
    this.#open = new OpenSockets(clock);
    this.#admission = new StreamAdmission({
      authenticator,
      sessions,
      histories,
      guard,
      places: this.#places,
      keys: this.#keys,
      isClosing: () => this.#open.isClosing,
    });
  }

  /** Takes the server's upgrades; no other listener may. */
  attach(server: Server): void {
    server.on("upgrade", (request, socket, head) => this.handleUpgrade(request, socket, head));
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const handshake = new Handshake(request, socket, head);
    const admitted = this.#admission.decideAdmission(handshake);
    if (isFault(admitted)) {
      handshake.refuse(admitted);
      return;
    }
    const guest = { ...admitted, place: this.#places.take(admitted.placeOf) };
    if (guest.worksOnce) this.#claim(handshake, guest);
    else this.#complete(handshake, guest);
  }

  /** Something about a key was changed: its streams end at once if it is good no more. */
  keyChanged(apiKey: string): void {
    this.#keys.changed(apiKey);
  }

  /**
   * Says on every socket that the server stops, and closes it; resolves when all are gone, after
   * STOP_MS at the latest. New handshakes are refused from now on.
   */
  close(): Promise<void> {
    this.#options.guard.close();
    return this.#open.close();
  }

  #claim(handshake: Handshake, guest: Guest): void {
    const { authenticator, awaited, onBug, sequencer } = this.#options;
    const { account } = guest.authenticated.caller;
    const identity = authenticator.identityOf(guest.authenticated);
    awaited.await(sequencer.claimOnce(account, identity), {
      give: (claim) => this.#claimed(claim, handshake, guest),
      // The handshake may be used up by now.
      giveUp: (details) => refuse(handshake, guest, fault("OUTCOME_UNKNOWN", details)),
      onBug,
    });
  }

  #claimed(claim: Claim, handshake: Handshake, guest: Guest): void {
    const { onDisconnect } = guest.query;
    const refusal = this.#admission.decideClaimed(claim, guest);
    if (refusal !== null) refuse(handshake, guest, refusal);
    else if (onDisconnect === null) this.#complete(handshake, guest);
    else this.#join(handshake, guest, onDisconnect);
  }

  #join(handshake: Handshake, guest: Guest, { group, graceMs }: Watched): void {
    const { awaited, guard, onBug } = this.#options;
    awaited.await(guard.joined(guest.authenticated.caller, group, graceMs), {
      give: () => this.#complete(handshake, guest),
      // It is watched when the disk answers, and nobody is connected.
      giveUp: (details) => this.#refuseJoined(handshake, guest, fault("OUTCOME_UNKNOWN", details)),
      onBug,
    });
  }

  #complete(handshake: Handshake, guest: Guest): void {
    if (this.#open.isClosing) {
      // It was on its way when the stop began: nobody would end it any more.
      this.#refuseJoined(handshake, guest, DRAINING);
      return;
    }
    const { socket } = handshake;
    const webSocket = handshake.complete();
    if (webSocket === null) this.#left(guest, "lost");
    else this.#start(webSocket, socket, guest);
  }

  #start(webSocket: StreamSocket, socket: Duplex, guest: Guest): void {
    const { authenticated } = guest;
    const connection = this.#connectionOf(webSocket, socket, guest, (how) => {
      leaveSession?.();
      this.#keys.ended(connection);
      this.#left(guest, how);
      this.#open.ended(connection);
    });
    const leaveSession = authenticated.onEnd?.(() => connection.terminate());
    this.#open.opened(connection);
    for (const [view, session] of connection.sessions) this.#options.hub.join(view, session);
    this.#keys.opened(connection, authenticated);
    connection.start();
    this.#keys.begun(connection);
  }

  #connectionOf(
    webSocket: StreamSocket,
    socket: Duplex,
    guest: Guest,
    onEnded: StreamConnectionOptions["onEnded"],
  ): StreamConnection {
    const { awaited, budgets, clock, frameFault, histories, trade } = this.#options;
    const { onAnswered, onBug } = this.#options;
    const { query, starts } = guest;
    const { caller, key } = guest.authenticated;
    return new StreamConnection({
      webSocket,
      socket,
      caller,
      query,
      history: query.history ? histories.current : null,
      streams: [...starts].map(([account, start]) => this.#streamOf(guest, account, start)),
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
      onEnded,
    });
  }

  #streamOf(
    { authenticated, placeOf, starts }: Guest,
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

  /** Of one that has joined its group, if it has one. */
  #refuseJoined(handshake: Handshake, guest: Guest, refusal: Fault): void {
    this.#left(guest, "lost");
    handshake.refuse(refusal);
  }

  #left({ authenticated, place, query }: Guest, how: "closed" | "lost"): void {
    const { onDisconnect } = query;
    place.leave();
    if (onDisconnect !== null) {
      this.#options.guard.left(authenticated.caller, onDisconnect.group, how);
    }
  }
}

type Watched = NonNullable<StreamQuery["onDisconnect"]>;

/** Of one that has joined no group yet. */
function refuse(handshake: Handshake, { place }: Guest, refusal: Fault): void {
  place.leave();
  handshake.refuse(refusal);
}
