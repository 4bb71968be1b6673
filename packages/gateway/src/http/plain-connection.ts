/**
 * A connection whose signed requests are read and answered without node:http, which costs a third
 * of a cancel. Only plain requests are: at the first one that is not, or that does not arrive
 * whole, the connection goes to node:http for good, with every byte of what it has not answered.
 * Owns the socket until then.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Socket } from "node:net";
import { assert } from "@countermand/core/assert";
import type { Answer } from "../sequencer/sequencer.ts";
import { endGently } from "./last-answer.ts";
import {
  KEEP_ALIVE_TIMEOUT_MS,
  PIPELINED_MAX,
  PLAIN_CHECK_MS,
  PLAIN_HEAD_PIECES_MAX,
} from "./limits.ts";
import { type PlainHead, readPlainHead } from "./plain-head.ts";
import { type ArrivedRequest, answerLines } from "./responses.ts";
import type { Target } from "./signed-endpoint.ts";

/** What a connection may ask of the server it belongs to. */
export interface PlainRoutes {
  /** Null for a request that is not read here. */
  find(method: string, url: string): Target | null;
  serve(request: ArrivedRequest, target: Target): void;
  /** The answer left, of a request that was read at that time. */
  answered(target: Target, httpStatus: number, startedMs: number): void;
  /** Of a clock that is never set. */
  monotonicMs(): number;
  /** The line of the header Date. */
  dateLine(): string;
  isClosing(): boolean;
  /** Gives the socket to node:http. `hasEnded`: its client will send nothing more. */
  handOver(connection: PlainConnection, unread: Buffer, hasEnded: boolean): void;
  ended(connection: PlainConnection): void;
}

const NOTHING = Buffer.alloc(0);
const IDLE_CHECKS_MAX = Math.ceil(KEEP_ALIVE_TIMEOUT_MS / PLAIN_CHECK_MS);
/** The end of a head. */
const KEEP_ALIVE = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_TIMEOUT_MS / 1000}\r\n\r\n`;
const CLOSE = "Connection: close\r\n\r\n";

export class PlainConnection {
  readonly socket: Socket;
  readonly #routes: PlainRoutes;
  readonly #listeners: readonly (readonly [string, (chunk: Buffer) => void])[];
  /** Requests without an answer that has left, oldest first: answers leave in this order. */
  readonly #waiting: PlainRequest[] = [];
  /** Came in and is not acted on yet. */
  #unread: Buffer = NOTHING;
  /** Bytes of the first request that is unread; 0 while that is not known. */
  #neededBytes = 0;
  #headPieces = 0;
  /** Of the request before, if it named nothing but its path: most clients repeat themselves. */
  #lastTarget: Target | null = null;
  /** Looks since it last did anything. */
  #checkCount = 0;
  #hasServed = false;
  #isPaused = false;
  /** What comes next is for node:http, once all that waits is answered. */
  #isLeaving = false;
  /** Nothing more is read here. */
  #isGone = false;
  #hasEnded = false;

  constructor(socket: Socket, routes: PlainRoutes) {
    this.socket = socket;
    this.#routes = routes;
    this.#listeners = [
      ["data", (chunk) => this.#take(chunk)],
      ["end", () => this.#end()],
      ["drain", () => this.#readOn()],
      ["error", () => socket.destroy()],
      ["close", () => routes.ended(this)],
    ];
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  /**
   * Called every PLAIN_CHECK_MS. A request that is there in part goes to node:http at the second
   * look, however busily the rest drips in; what is idle too long, or does not read, is closed.
   */
  check(): void {
    this.#checkCount += 1;
    if (this.#waiting.length > 0 || this.#checkCount < 2) return;
    const isSlow = this.#unread.length > 0 && !this.#isPaused;
    if (isSlow || !this.#hasServed) this.#leave();
    else if (this.#checkCount > IDLE_CHECKS_MAX) this.socket.destroy();
  }

  /** The server stops: closed at once if nothing is under way, else behind the last answer. */
  closeIfIdle(): void {
    if (this.#waiting.length > 0 || this.#unread.length > 0) return;
    if (this.socket.writableLength === 0) this.socket.destroy();
    else this.#endSocket();
  }

  /** An answer of a request that waits is there. */
  flush(): void {
    let text = "";
    let isAscii = true;
    let first = this.#waiting[0];
    while (first !== undefined && first.given !== null) {
      const { given } = first;
      this.#waiting.shift();
      const bodyBytes = Buffer.byteLength(given.body);
      const isLast = this.#waiting.length === 0 && this.#routes.isClosing();
      text += answerLines(first.headers, given, first.more, bodyBytes);
      text += this.#routes.dateLine() + (isLast ? CLOSE : KEEP_ALIVE) + given.body;
      isAscii &&= bodyBytes === given.body.length;
      this.#routes.answered(first.target, given.httpStatus, first.startedMs);
      first = this.#waiting[0];
    }
    if (text === "" || this.socket.destroyed) return;
    this.#checkCount = 0;
    // Text of ASCII alone, as nearly all is, is written at half the cost. Headers are nothing else.
    this.socket.write(text, isAscii ? "latin1" : "utf8");
    this.#readOn();
    if (this.#waiting.length === 0) this.#allAnswered();
  }

  #allAnswered(): void {
    if (this.#routes.isClosing()) this.#endSocket();
    else if (this.#isLeaving) this.#handOver();
    else if (this.#hasEnded) this.#end();
  }

  #take(chunk: Buffer): void {
    if (this.#unread.length === 0) {
      this.#checkCount = 0;
      this.#unread = chunk;
    } else {
      this.#unread = Buffer.concat([this.#unread, chunk]);
    }
    this.#read();
  }

  #end(): void {
    this.#hasEnded = true;
    if (this.#waiting.length > 0) return;
    if (this.#unread.length > 0) this.#leave();
    else this.#endSocket();
  }

  #endSocket(): void {
    this.#isGone = true;
    this.#unread = NOTHING;
    endGently(this.socket);
  }

  #read(): void {
    while (this.#readNext());
  }

  /** Whether there may be another one to read. */
  #readNext(): boolean {
    const bytes = this.#unread;
    if (this.#isLeaving || this.#isGone) return false;
    if (bytes.length === 0 || bytes.length < this.#neededBytes) return false;
    if (this.#waiting.length >= PIPELINED_MAX || this.socket.writableNeedDrain) {
      this.#pause();
      return false;
    }
    const head = readPlainHead(bytes);
    if (head === "partial") {
      this.#headPieces += 1;
      if (this.#headPieces === PLAIN_HEAD_PIECES_MAX) this.#leave();
      return false;
    }
    const target = head === null ? null : this.#find(head);
    if (head === null || target === null) {
      this.#leave();
      return false;
    }
    this.#neededBytes = head.headBytes + head.bodyBytes;
    if (bytes.length < this.#neededBytes) return false;
    const isAll = bytes.length === this.#neededBytes;
    this.#unread = isAll ? NOTHING : bytes.subarray(this.#neededBytes);
    const body = bytes.subarray(head.headBytes, this.#neededBytes);
    this.#neededBytes = 0;
    this.#headPieces = 0;
    this.#hasServed = true;
    const startedMs = this.#routes.monotonicMs();
    const request = new PlainRequest(this, head.headers, body, target, startedMs);
    this.#waiting.push(request);
    this.#routes.serve(request, target);
    return true;
  }

  #find({ method, url }: PlainHead): Target | null {
    const last = this.#lastTarget;
    if (last !== null && url === last.path && method === last.route.method) return last;
    const target = this.#routes.find(method, url);
    const isBare = target !== null && target.path === target.route.path && target.rawQuery === "";
    this.#lastTarget = isBare ? target : null;
    return target;
  }

  #pause(): void {
    this.#isPaused = true;
    this.socket.pause();
  }

  #readOn(): void {
    if (!this.#isPaused || this.socket.writableNeedDrain) return;
    if (this.#waiting.length >= PIPELINED_MAX) return;
    this.#isPaused = false;
    this.socket.resume();
    this.#read();
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    if (this.#waiting.length === 0) this.#handOver();
    else this.socket.pause();
  }

  #handOver(): void {
    if (this.#isGone || this.socket.destroyed) return;
    this.#isGone = true;
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener);
    const unread = this.#unread;
    this.#unread = NOTHING;
    this.#routes.handOver(this, unread, this.#hasEnded);
  }
}

class PlainRequest implements ArrivedRequest {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly target: Target;
  readonly startedMs: number;
  readonly #connection: PlainConnection;
  #given: Answer | null = null;
  #more: readonly string[] = [];

  constructor(
    connection: PlainConnection,
    headers: IncomingHttpHeaders,
    body: Buffer,
    target: Target,
    startedMs: number,
  ) {
    this.#connection = connection;
    this.headers = headers;
    this.body = body;
    this.target = target;
    this.startedMs = startedMs;
  }

  get socket(): Socket {
    return this.#connection.socket;
  }

  /** Its answer; null while there is none. */
  get given(): Answer | null {
    return this.#given;
  }

  get more(): readonly string[] {
    return this.#more;
  }

  answer(answer: Answer, more: readonly string[] = []): void {
    assert(this.#given === null, "a request is answered once");
    this.#given = answer;
    this.#more = more;
    this.#connection.flush();
  }

  cut(): void {
    this.socket.destroy();
  }
}
