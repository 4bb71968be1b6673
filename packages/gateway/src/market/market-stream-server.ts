/**
 * The market stream's sockets: who may connect, and the stop of all at once. Public: a handshake
 * needs no signature. Owns every socket from its handshake to its end.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import {
  decodeMarketStreamQuery,
  type Fault,
  fault,
  isFault,
  MARKET_STREAM_PATH,
  type MarketStreamQuery,
} from "@countermand/contract";
import { WebSocket } from "ws";
import type { Clock } from "../sys/clock.ts";
import { Handshake } from "../ws/handshake.ts";
import { OpenSockets } from "../ws/open-sockets.ts";
import type { StreamSocket } from "../ws/stream-connection.ts";
import { BufferRoom } from "./buffer-room.ts";
import { MARKET_SOCKETS_MAX } from "./limits.ts";
import type { MarketDataHub } from "./market-data-hub.ts";
import { type MarketPort, MarketSession } from "./market-session.ts";

export interface MarketStreamServerOptions {
  readonly hub: MarketDataHub;
  readonly clock: Clock;
}

export class MarketStreamServer {
  readonly #options: MarketStreamServerOptions;
  readonly #open: OpenSockets;
  readonly #room = new BufferRoom();
  #sentCount = 0;
  #conflatedCount = 0;

  constructor(options: MarketStreamServerOptions) {
    this.#options = options;
    this.#open = new OpenSockets(options.clock);
  }

  /** Sessions that are open. */
  get sessionCount(): number {
    return this.#open.size;
  }

  /** Messages of every kind handed to sockets since the start. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Times a subscription lost messages because its reader was too slow, since the start. */
  get conflatedCount(): number {
    return this.#conflatedCount;
  }

  /** Precondition: the request's path is the market stream's. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const handshake = new Handshake(request, socket, head);
    const query = this.#decideAdmission(handshake);
    if (isFault(query)) {
      handshake.refuse(query);
      return;
    }
    const webSocket = handshake.complete();
    if (webSocket !== null) this.#start(webSocket, socket, query);
  }

  /**
   * Says on every socket that the server stops, and closes it; resolves when all are gone, after
   * STOP_MS at the latest. New handshakes are refused from now on.
   */
  close(): Promise<void> {
    return this.#open.close();
  }

  #decideAdmission(handshake: Handshake): MarketStreamQuery | Fault {
    const { path, rawQuery, request } = handshake;
    if (path !== MARKET_STREAM_PATH) {
      return fault("UNKNOWN_PATH", `market data is at ${MARKET_STREAM_PATH}`);
    }
    if (this.#open.isClosing) return fault("DRAINING", "the gateway is stopping");
    if (request.method !== "GET") return fault("METHOD_NOT_ALLOWED", "a handshake is a GET");
    const formFault = handshake.formFault();
    if (formFault !== null) return formFault;
    if (this.#open.size >= MARKET_SOCKETS_MAX) {
      return fault("OVERLOADED", `${MARKET_SOCKETS_MAX} connections are open`);
    }
    return decodeMarketStreamQuery(rawQuery);
  }

  #start(webSocket: StreamSocket, socket: Duplex, { heartbeatSeconds }: MarketStreamQuery): void {
    const { hub, clock } = this.#options;
    const session = new MarketSession({
      hub,
      clock,
      port: marketPort(webSocket, socket, () => session.written()),
      room: this.#room,
      heartbeatMs: heartbeatSeconds * 1000,
      observer: {
        sent: (messageCount) => {
          this.#sentCount += messageCount;
        },
        conflated: () => {
          this.#conflatedCount += 1;
        },
      },
    });
    const connection = {
      stop: () => session.shutDown(),
      terminate: () => webSocket.terminate(),
    };
    this.#open.opened(connection);
    webSocket.on("message", (content: Buffer, isBinary: boolean) => {
      session.received(content, isBinary);
    });
    webSocket.on("ping", () => session.alive());
    webSocket.on("pong", () => session.alive());
    // The peer broke the protocol, or its socket did: the library closes, a 'close' follows.
    webSocket.on("error", () => session.ended());
    webSocket.on("close", () => {
      session.ended();
      this.#open.ended(connection);
    });
    session.start();
  }
}

const TEXT = { binary: false, compress: false } as const;

function marketPort(webSocket: StreamSocket, socket: Duplex, onWritten: () => void): MarketPort {
  let isPingWaiting = false;
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
    ping: () => {
      // A reader that does not read would be left one more with each heartbeat, for ever.
      if (isPingWaiting) return;
      isPingWaiting = true;
      webSocket.ping(undefined, undefined, () => {
        isPingWaiting = false;
      });
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };
}
