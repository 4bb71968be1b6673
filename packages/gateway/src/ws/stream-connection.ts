/**
 * One socket after its handshake: owns it, the session that sends on it and the commands read from
 * it.
 */
import type { Duplex } from "node:stream";
import {
  type BudgetState,
  CLOSE_CODES,
  type ErrorName,
  encodeStreamError,
  type Fault,
  LIMITS,
  type SocketCommand,
  type StreamQuery,
} from "@countermand/contract";
import { at } from "@countermand/core/assert";
import { WebSocket } from "ws";
import type { Caller } from "../auth/key-store.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { AccountFeed } from "../stream/account-feed.ts";
import type { ReplayTurns } from "../stream/replay-turns.ts";
import {
  type SessionObserver,
  StreamSession,
  type StreamSessionOptions,
  type StreamStart,
} from "../stream/stream-session.ts";
import { type StreamView, tagOf } from "../stream/stream-view.ts";
import type { Clock } from "../sys/clock.ts";
import {
  CommandSession,
  type CommandSessionOptions,
  type TradeCommands,
} from "./command-session.ts";
import type { CommandTurns } from "./command-turns.ts";
import { HeldTexts } from "./held-texts.ts";
import { FRAME_PIECES_MAX, MESSAGE_PARTS_MAX } from "./limits.ts";
import { portOnShared, type SharedSocket } from "./shared-port.ts";

/** What the library closes for without a word, and what is wrong then. */
const TOO_MUCH: ReadonlyMap<number, readonly [ErrorName, details: string]> = new Map([
  [
    CLOSE_CODES.MESSAGE_TOO_BIG,
    ["MESSAGE_TOO_BIG", `a message has at most ${LIMITS.messageBytesMax.value} bytes`],
  ],
  [
    CLOSE_CODES.TOO_MANY_PARTS,
    [
      "TOO_MANY_PARTS",
      `a message has at most ${MESSAGE_PARTS_MAX} frames, a frame ${FRAME_PIECES_MAX} pieces`,
    ],
  ],
]);

/** Says why before it closes for a message that is too much; the library alone would not. */
export class StreamSocket extends WebSocket {
  /** Whoever closes it, the library included: what was sent before goes first. */
  beforeClose: () => void = () => undefined;
  /** Writes between two texts: a control frame of the library itself must not be in one. */
  between: (write: () => void) => void = (write) => write();

  override pong(...args: Parameters<WebSocket["pong"]>): void {
    this.between(() => super.pong(...args));
  }

  override close(code?: number, reason?: string | Buffer): void {
    this.beforeClose();
    // An echo of the peer's own close carries a reason, be it an empty one.
    const isOurs = reason === undefined && this.readyState === WebSocket.OPEN;
    const problem = isOurs ? TOO_MUCH.get(code ?? 0) : undefined;
    if (problem !== undefined) this.send(encodeStreamError(...problem));
    super.close(code, reason);
  }
}

/** One account's stream on the socket. */
export interface CarriedStream {
  readonly view: StreamView;
  readonly feed: AccountFeed;
  readonly observer: SessionObserver;
  readonly start: StreamStart;
}

export interface StreamConnectionOptions {
  readonly webSocket: StreamSocket;
  /** The socket below it. */
  readonly socket: Duplex;
  readonly caller: Caller;
  readonly query: StreamQuery;
  /** The name of the gateway's history; null where nobody asks for it. */
  readonly history: string | null;
  /** Of each account whose stream it carries; at least one. */
  readonly streams: readonly CarriedStream[];
  readonly turns: ReplayTurns;
  readonly commandTurns: CommandTurns;
  readonly trade: TradeCommands;
  readonly awaited: AwaitedAnswers;
  /** Why the key may not do this, or null. */
  readonly permits: (op: SocketCommand["op"]) => Fault | null;
  readonly clock: Clock;
  readonly frameFault?: StreamSessionOptions["frameFault"];
  readonly budgets: () => readonly BudgetState[];
  readonly onAnswered: CommandSessionOptions["onAnswered"];
  readonly onBug: (error: Error) => void;
  /** The socket is gone. Once. Closed: the client said so with a close frame of its own. */
  readonly onEnded: (how: "closed" | "lost") => void;
}

export class StreamConnection {
  readonly sessions: readonly (readonly [StreamView, StreamSession])[];
  readonly #options: StreamConnectionOptions;
  readonly #commands: CommandSession;
  readonly #held: HeldTexts;

  constructor(options: StreamConnectionOptions) {
    const { webSocket, socket, query, clock } = options;
    this.#options = options;
    this.#held = new HeldTexts(socket, () => this.#moved());
    webSocket.beforeClose = () => this.#held.flushAll();
    webSocket.between = (write) => this.#held.between(write);
    this.sessions = options.streams.map(
      (stream) => [stream.view, this.#sessionOf(stream)] as const,
    );
    this.#commands = new CommandSession({
      caller: options.caller,
      isEnabled: query.commands,
      permits: options.permits,
      trade: options.trade,
      turns: options.commandTurns,
      awaited: options.awaited,
      clock,
      port: {
        send: (text) => this.#first.send(text),
        fail: (error, details, closeCode) => this.#first.fail(error, details, closeCode),
        bufferedBytes: () => this.#bufferedBytes(),
        pause: () => webSocket.pause(),
        resume: () => webSocket.resume(),
      },
      onAnswered: options.onAnswered,
      onBug: options.onBug,
    });
    this.#listen();
  }

  get apiKey(): string {
    return this.#options.caller.apiKey;
  }

  /** Begins to send. Called once, in the turn of the handshake. */
  start(): void {
    for (const [, session] of this.sessions) session.start();
    for (const [, session] of this.sessions) session.follow();
  }

  /** Answers what is under way, says that the server stops, and closes. */
  stop(): void {
    this.#commands.stop(() => this.#first.shutDown());
  }

  /** Answers what is under way, says that the key is good no more, and closes. */
  endKey(): void {
    this.#commands.stop(() => {
      const details = "the key of this connection was revoked or has expired";
      this.#first.fail("KEY_NO_LONGER_GOOD", details, CLOSE_CODES.KEY_NO_LONGER_GOOD);
    });
  }

  terminate(): void {
    this.#options.webSocket.terminate();
  }

  /** What is of the connection itself is told once: the first session tells it. */
  get #first(): StreamSession {
    return at(this.sessions, 0)[1];
  }

  /** Bytes that wait for the network, or for the end of the turn. */
  #bufferedBytes(): number {
    return this.#options.webSocket.bufferedAmount + this.#held.byteCount;
  }

  #sessionOf({ view, feed, observer, start }: CarriedStream): StreamSession {
    const { budgets, clock, frameFault, history, query, streams, turns, webSocket } = this.#options;
    const shared = sharedSocket(webSocket, this.#held);
    const onWritten = () => this.#written(session);
    const session: StreamSession = new StreamSession({
      start,
      heartbeatMs: query.heartbeatSeconds * 1000,
      tag: tagOf(view),
      history,
      tellsLive: query.live,
      feed,
      port:
        streams.length > 1
          ? portOnShared(shared, onWritten)
          : {
              ...shared,
              send: (messages) => void shared.send(messages, onWritten),
              bufferedBytes: () => this.#bufferedBytes(),
            },
      observer,
      turns,
      clock,
      ...(frameFault !== undefined && { frameFault }),
      // A drop copy has nothing to place or cancel with.
      ...(streams.length === 1 && { budgets }),
    });
    return session;
  }

  #alive(): void {
    for (const [, session] of this.sessions) session.alive();
  }

  #listen(): void {
    const { onEnded, webSocket } = this.#options;
    webSocket.on("message", (content: Buffer, isBinary: boolean) => {
      this.#alive();
      this.#commands.received(content, isBinary);
    });
    webSocket.on("ping", () => this.#alive());
    webSocket.on("pong", () => this.#alive());
    // The peer broke the protocol, or its socket did: the library closes, a 'close' follows.
    webSocket.on("error", () => this.#ended());
    webSocket.on("close", (code: number) => {
      // A session that has ended already was ended by us, or by a fault.
      const isClosed = this.#first.mode !== "closed" && GOODBYES.has(code);
      this.#ended();
      onEnded(isClosed ? "closed" : "lost");
    });
  }

  #moved(): void {
    for (const [, session] of this.sessions) session.moved();
  }

  #written(session: StreamSession): void {
    session.written();
    this.#commands.written();
  }

  #ended(): void {
    for (const [, session] of this.sessions) session.ended();
    this.#commands.ended();
  }
}

/** Close codes of a client that means it; 1005 is a close frame without a code. */
const GOODBYES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

function sharedSocket(webSocket: StreamSocket, held: HeldTexts): SharedSocket {
  return {
    send: (messages, onWritten) => {
      if (webSocket.readyState !== WebSocket.OPEN) return false; // What the peer will not read.
      held.hold(messages, onWritten);
      return true;
    },
    isOpen: () => webSocket.readyState === WebSocket.OPEN,
    ping: () => {
      held.flush();
      // Who is in the middle of a long text shows by reading it that he is there.
      if (!held.isOnLongWay) webSocket.ping();
    },
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };
}
