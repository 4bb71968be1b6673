/**
 * One socket after its handshake: owns it, the session that sends on it and the commands read from
 * it.
 */
import type { Duplex } from "node:stream";
import {
  type BudgetState,
  CLOSE_CODES,
  encodeStreamError,
  LIMITS,
  type StreamQuery,
} from "@countermand/contract";
import { WebSocket } from "ws";
import type { Caller } from "../auth/key-store.ts";
import type { AccountFeed } from "../stream/account-feed.ts";
import type { ReplayTurns } from "../stream/replay-turns.ts";
import {
  type SessionObserver,
  type StreamPort,
  StreamSession,
  type StreamSessionOptions,
  type StreamStart,
} from "../stream/stream-session.ts";
import type { Clock } from "../sys/clock.ts";
import { CommandSession, type TradeCommands } from "./command-session.ts";

/**
 * Says why before it closes for a message that is too big; the library alone would close without.
 */
export class StreamSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    // An echo of the peer's own close carries a reason, be it an empty one.
    const isOurs = reason === undefined && this.readyState === WebSocket.OPEN;
    if (code === CLOSE_CODES.MESSAGE_TOO_BIG && isOurs) {
      const details = `a message has at most ${LIMITS.messageBytesMax.value} bytes`;
      this.send(encodeStreamError("MESSAGE_TOO_BIG", details));
    }
    super.close(code, reason);
  }
}

export interface StreamConnectionOptions {
  readonly webSocket: StreamSocket;
  /** The socket below it. */
  readonly socket: Duplex;
  readonly caller: Caller;
  readonly query: StreamQuery;
  readonly feed: AccountFeed;
  readonly observer: SessionObserver;
  readonly turns: ReplayTurns;
  readonly trade: TradeCommands;
  readonly admits: () => boolean;
  readonly clock: Clock;
  readonly frameFault?: StreamSessionOptions["frameFault"];
  readonly budgets: () => readonly BudgetState[];
  readonly onBug: (error: Error) => void;
  /** The socket is gone. Once. Closed: the client said so with a close frame of its own. */
  readonly onEnded: (how: "closed" | "lost") => void;
}

export class StreamConnection {
  readonly session: StreamSession;
  readonly #webSocket: StreamSocket;
  readonly #commands: CommandSession;

  constructor(options: StreamConnectionOptions) {
    const { webSocket, query, clock, onEnded } = options;
    this.#webSocket = webSocket;
    const port = streamPort(options, () => this.#written());
    this.session = new StreamSession({
      start: startOf(query),
      heartbeatMs: query.heartbeatSeconds * 1000,
      feed: options.feed,
      port,
      observer: options.observer,
      turns: options.turns,
      clock,
      ...(options.frameFault !== undefined && { frameFault: options.frameFault }),
      budgets: options.budgets,
    });
    this.#commands = new CommandSession({
      caller: options.caller,
      isEnabled: query.commands,
      trade: options.trade,
      admits: options.admits,
      clock,
      port: {
        send: (text) => this.session.send(text),
        fail: (error, details, closeCode) => this.session.fail(error, details, closeCode),
        bufferedBytes: () => port.bufferedBytes(),
        pause: () => webSocket.pause(),
        resume: () => webSocket.resume(),
      },
      onBug: options.onBug,
    });
    this.#listen(onEnded);
  }

  /** Answers what is under way, says that the server stops, and closes. */
  stop(): void {
    this.#commands.stop(() => this.session.shutDown());
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  #listen(onEnded: StreamConnectionOptions["onEnded"]): void {
    const webSocket = this.#webSocket;
    webSocket.on("message", (content: Buffer, isBinary: boolean) => {
      this.session.alive();
      this.#commands.received(content, isBinary);
    });
    webSocket.on("ping", () => this.session.alive());
    webSocket.on("pong", () => this.session.alive());
    // The peer broke the protocol, or its socket did: the library closes, a 'close' follows.
    webSocket.on("error", () => this.#ended());
    webSocket.on("close", (code: number) => {
      // A session that has ended already was ended by us, or by a fault.
      const isClosed = this.session.mode !== "closed" && GOODBYES.has(code);
      this.#ended();
      onEnded(isClosed ? "closed" : "lost");
    });
  }

  #written(): void {
    this.session.written();
    this.#commands.written();
  }

  #ended(): void {
    this.session.ended();
    this.#commands.ended();
  }
}

/** Close codes of a client that means it; 1005 is a close frame without a code. */
const GOODBYES: ReadonlySet<number> = new Set([1000, 1001, 1005]);

const TEXT = { binary: false, compress: false } as const;

function streamPort(
  { webSocket, socket }: Pick<StreamConnectionOptions, "webSocket" | "socket">,
  onWritten: () => void,
): StreamPort {
  return {
    send: (messages) => {
      if (webSocket.readyState !== WebSocket.OPEN) return; // What the peer will not read.
      socket.cork();
      for (const [index, message] of messages.entries()) {
        const isLast = index === messages.length - 1;
        if (isLast) webSocket.send(message, TEXT, onWritten);
        else webSocket.send(message, TEXT);
      }
      socket.uncork();
    },
    bufferedBytes: () => webSocket.bufferedAmount,
    ping: () => webSocket.ping(),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };
}

function startOf({ afterSeq, snapshot }: StreamQuery): StreamStart {
  if (afterSeq !== undefined) return { from: "seq", afterSeq };
  return snapshot ? { from: "snapshot" } : { from: "latest" };
}
