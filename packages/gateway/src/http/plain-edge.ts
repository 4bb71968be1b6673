/**
 * The connections of a server whose requests are read without node:http, each until it is handed
 * over. The server stays the listener: what it counts, limits and closes goes for them as well.
 */
import type { Server } from "node:http";
import { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { assert } from "@countermand/core/assert";
import { httpDate } from "../sys/clock.ts";
import { PLAIN_CHECK_MS } from "./limits.ts";
import { PlainConnection, type PlainRoutes } from "./plain-connection.ts";

export interface PlainEdgeOptions
  extends Pick<PlainRoutes, "find" | "serve" | "answered" | "isClosing" | "monotonicMs"> {
  readonly wallMs: () => number;
}

type Taking = (socket: Socket) => void;

export class PlainEdge implements PlainRoutes {
  readonly find: PlainRoutes["find"];
  readonly serve: PlainRoutes["serve"];
  readonly answered: PlainRoutes["answered"];
  readonly isClosing: PlainRoutes["isClosing"];
  readonly monotonicMs: PlainRoutes["monotonicMs"];
  readonly #wallMs: () => number;
  readonly #connections = new Set<PlainConnection>();
  readonly #taking: Taking;
  readonly #checking: NodeJS.Timeout;
  #dateSecond = 0;
  #dateLine = "";

  /** Takes the connections of the server in the place of node:http. */
  constructor(server: Server, options: PlainEdgeOptions) {
    this.find = options.find;
    this.serve = options.serve;
    this.answered = options.answered;
    this.isClosing = options.isClosing;
    this.monotonicMs = options.monotonicMs;
    this.#wallMs = options.wallMs;
    const isSecure = (server as unknown) instanceof SecureServer;
    const event = isSecure ? "secureConnection" : "connection";
    // The first one, added as the server was made, is that of node:http.
    const [taking] = server.listeners(event) as Taking[];
    assert(taking !== undefined, "node:http takes the connections of its server");
    this.#taking = taking.bind(server);
    server.removeListener(event, taking);
    server.on(event, (socket: Socket) => {
      this.#connections.add(new PlainConnection(socket, this));
    });
    this.#checking = setInterval(() => this.check(), PLAIN_CHECK_MS).unref();
  }

  /** Looks for connections that are slow or idle. */
  check(): void {
    for (const connection of this.#connections) connection.check();
  }

  /** Closes those without a request; the others close behind their last answer. */
  closeIdle(): void {
    for (const connection of this.#connections) connection.closeIfIdle();
  }

  close(): void {
    clearInterval(this.#checking);
    for (const { socket } of this.#connections) socket.destroy();
  }

  dateLine(): string {
    const wallMs = this.#wallMs();
    const second = Math.floor(wallMs / 1000);
    if (second !== this.#dateSecond) {
      this.#dateSecond = second;
      this.#dateLine = `Date: ${httpDate(wallMs)}\r\n`;
    }
    return this.#dateLine;
  }

  handOver(connection: PlainConnection, unread: Buffer, hasEnded: boolean): void {
    const { socket } = connection;
    this.#connections.delete(connection);
    this.#taking(socket);
    // The parser takes the socket's bytes past the stream from now on: these come before them.
    if (unread.length > 0) socket.emit("data", unread);
    if (socket.isPaused()) socket.resume();
    if (hasEnded) socket.emit("end");
  }

  ended(connection: PlainConnection): void {
    this.#connections.delete(connection);
  }
}
