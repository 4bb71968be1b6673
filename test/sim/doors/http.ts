/** `node:http` of a simulated process: Node's own server, on the world's network. */
import { EventEmitter } from "node:events";
import { type RequestListener, Server, type ServerOptions } from "node:http";
import type { SimSocket } from "../world/network.ts";
import { theWorld } from "../world/world.ts";

export { Server } from "node:http";

export function createServer(options: ServerOptions, handler: RequestListener): Server {
  return new SimServer(options, handler);
}

class SimServer extends Server {
  #port = 0;
  #isListening = false;
  #isClosing = false;
  readonly #sockets = new Set<SimSocket>();
  readonly #answering = new Map<object, number>();
  readonly #ends = new EventEmitter();

  constructor(options: ServerOptions, handler: RequestListener) {
    super(options, handler);
    // It would look for connections out of time by the machine's clock.
    this.removeAllListeners("listening");
    Object.defineProperty(this, "listening", { get: () => this.#isListening });
    this.on("connection", (socket: unknown) => this.#joined(socket as SimSocket));
    this.on("request", (request, response) => {
      const { socket } = request;
      this.#answering.set(socket, (this.#answering.get(socket) ?? 0) + 1);
      response.once("close", () => {
        this.#answering.set(socket, (this.#answering.get(socket) ?? 1) - 1);
      });
    });
  }

  override listen(...given: unknown[]): this {
    const world = theWorld();
    const [first] = given;
    const asked = typeof first === "number" ? first : (first as { port: number }).port;
    this.#port = asked > 0 ? asked : world.newPort();
    this.#isListening = true;
    const onListening = given.find((each) => typeof each === "function");
    if (onListening !== undefined) this.once("listening", onListening as () => void);
    world.listeners.set(this.#port, this);
    world.after(0, () => this.emit("listening"));
    return this;
  }

  override address() {
    return { address: "127.0.0.1", family: "IPv4", port: this.#port };
  }

  override close(onClosed?: (error?: Error) => void): this {
    const world = theWorld();
    world.listeners.delete(this.#port);
    this.#isListening = false;
    this.#isClosing = true;
    if (onClosed !== undefined) this.#ends.once("closed", () => onClosed());
    world.after(0, () => this.#tellIfClosed());
    return this;
  }

  override closeIdleConnections(): void {
    for (const socket of this.#sockets) {
      // Node knows of those alone that its own parser reads.
      const isRead = "parser" in socket;
      if (isRead && (this.#answering.get(socket) ?? 0) === 0) socket.destroy();
    }
  }

  override closeAllConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #joined(socket: SimSocket): void {
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      this.#answering.delete(socket);
      this.#tellIfClosed();
    });
  }

  #tellIfClosed(): void {
    if (this.#isClosing && this.#sockets.size === 0) this.#ends.emit("closed");
  }
}
