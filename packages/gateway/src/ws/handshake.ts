/**
 * A request to become a WebSocket, of either stream. Owns the connection until it has become one or
 * is refused: one of the two happens, and once.
 */
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Fault, fault, LIMITS } from "@countermand/contract";
import { WebSocketServer } from "ws";
import { CLOSE_ANSWER_MS } from "../stream/limits.ts";
import { FRAME_PIECES_MAX, MESSAGE_PARTS_MAX, TCP_KEEP_ALIVE_MS } from "./limits.ts";
import { refuseUpgrade, requestIdHeaders } from "./refuse-upgrade.ts";
import { StreamSocket } from "./stream-connection.ts";

export class Handshake {
  readonly request: IncomingMessage;
  /** Under the WebSocket, once it is one. */
  readonly socket: Duplex;
  /** Without the query. */
  readonly path: string;
  /** As it was sent, without "?". */
  readonly rawQuery: string;
  /** What came behind the request already. */
  readonly #head: Buffer;

  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    this.request = request;
    this.socket = socket;
    this.#head = head;
    const url = request.url ?? "";
    const mark = url.indexOf("?");
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.rawQuery = mark === -1 ? "" : url.slice(mark + 1);
    // The client may vanish at any time before the socket has its next owner.
    socket.on("error", destroyThis);
  }

  /** RFC 6455 section 4.2.1: what a request must carry to become a WebSocket. */
  formFault(): Fault | null {
    const { headers } = this.request;
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
      return fault("BODY_NOT_TAKEN", "a handshake has no body, only a query string");
    }
    return null;
  }

  /** Answers as HTTP, without an upgrade. */
  refuse(refusal: Fault): void {
    refuseUpgrade(this.request, this.socket, refusal);
  }

  /** Null: the client has gone, or the library found fault with the handshake and it is refused. */
  complete(): StreamSocket | null {
    const { socket } = this;
    if (socket instanceof Socket) socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    let completed: StreamSocket | null = null;
    // The library calls back within this call, or never.
    UPGRADER.handleUpgrade(this.request, this.socket, this.#head, (webSocket) => {
      completed = webSocket;
    });
    return completed;
  }
}

const HANDSHAKE_KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Not a closure: it stays on the socket, and would keep the handshake's request in memory. */
function destroyThis(this: Duplex): void {
  this.destroy();
}

const SOCKET_OPTIONS = {
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  maxPayload: LIMITS.messageBytesMax.value,
  maxFragments: MESSAGE_PARTS_MAX,
  maxBufferedChunks: FRAME_PIECES_MAX,
  /** Milliseconds until a socket is cut whose peer began a close, or broke the protocol. */
  closeTimeout: CLOSE_ANSWER_MS,
  WebSocket: StreamSocket,
};

/** Keeps no sockets: whoever completes a handshake owns what comes of it. */
const UPGRADER = new WebSocketServer<typeof StreamSocket>(SOCKET_OPTIONS);
UPGRADER.on("headers", (headers: string[], request: IncomingMessage) => {
  headers.push(...requestIdHeaders(request));
});
// What is left of the handshake's form that the library checks.
UPGRADER.on("wsClientError", (error, socket, request) => {
  refuseUpgrade(request, socket, fault("MALFORMED_REQUEST", error.message));
});
