/**
 * The world's network: connections of bytes between a client and a server, in pieces of any size,
 * each after a while. A reader that does not read fills the system's buffer, then the writer waits.
 */
import { Duplex } from "node:stream";
import type { Life } from "./scheduler.ts";
import type { World } from "./world.ts";

/** The server's end of a connection. */
export class SimSocket extends Duplex {
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 50_000;
  readonly remoteFamily = "IPv4";
  readonly encrypted = false;
  readonly #link: Connection;

  constructor(link: Connection) {
    super({ allowHalfOpen: true });
    this.#link = link;
  }

  override _read(): void {
    // Bytes are pushed when they arrive.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#link.fromServer(chunk, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.#link.fromServer(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#link.serverEnded();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#link.serverEnded();
    done(error);
  }

  // What a TCP socket has besides, and a server calls.
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
}

export interface ConnectionEvents {
  readonly onBytes: (bytes: Buffer) => void;
  /** The connection is gone, however it went. Once. */
  readonly onGone: () => void;
}

/** A connection as its client has it. */
export class Connection {
  readonly #world: World;
  readonly #events: ConnectionEvents;
  readonly #life: Life;
  #socket: SimSocket | null = null;
  #toServerEndMs = 0;
  #toClientEndMs = 0;
  #isGone = false;
  #isReading = true;
  #waiting: Buffer[] = [];
  #bufferedBytes = 0;
  #blocked: (() => void) | null = null;

  /** Connects; nobody there is told as a connection that is gone. */
  constructor(world: World, port: number, events: ConnectionEvents) {
    this.#world = world;
    this.#events = events;
    this.#life = world.life;
    world.connections.add(this);
    const latencyMs = this.#latencyMs();
    // No byte overtakes the connection.
    this.#toServerEndMs = world.nowMs + latencyMs;
    world.scheduler.at(this.#toServerEndMs, null, () => {
      const server = world.listeners.get(port);
      if (server === undefined || this.#life.isOver || world.isCutOff) {
        this.#gone();
        return;
      }
      this.#socket = new SimSocket(this);
      this.#socket.on("error", () => undefined);
      server.emit("connection", this.#socket);
    });
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Sends bytes in pieces. */
  send(bytes: Buffer): void {
    const { random } = this.#world;
    const isCrumbs = random.chance(this.#world.crumbPercent / 100);
    // A message of a socket in more than 256 pieces is refused.
    const crumb = Math.max(3, Math.ceil(bytes.length / 50));
    for (let at = 0; at < bytes.length; ) {
      const left = bytes.length - at;
      const isRest = !isCrumbs && random.chance(0.9);
      const length = isRest ? left : random.between(1, isCrumbs ? Math.min(left, crumb) : left);
      const piece = bytes.subarray(at, at + length);
      this.#toServer(() => this.#socket?.push(piece));
      at += length;
    }
  }

  /** The client goes away without a word. */
  cut(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#world.connections.delete(this);
    this.#toServer(() => {
      this.#socket?.push(null);
      this.#socket?.destroy();
    });
    this.#release();
  }

  /** Reads on, or no more until it is told to. */
  read(isReading: boolean): void {
    this.#isReading = isReading;
    if (isReading) this.#hand();
  }

  /** From the server's end. */
  fromServer(chunk: Buffer, done: () => void): void {
    if (this.#isGone || this.#life.isOver) {
      done();
      return;
    }
    this.#bufferedBytes += chunk.length;
    this.#toClient(() => {
      this.#waiting.push(chunk);
      this.#hand();
    });
    if (this.#bufferedBytes < this.#world.bufferBytes) this.#world.after(0, done);
    else this.#blocked = done;
  }

  serverEnded(): void {
    this.#toClient(() => this.#gone());
  }

  /** The server's process is gone: what is on its way may still arrive, then nothing does. */
  serverDied(): void {
    this.#toClient(() => this.#gone());
  }

  #hand(): void {
    if (!this.#isReading || this.#isGone) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const chunk of waiting) {
      this.#bufferedBytes -= chunk.length;
      if (!this.#isGone) this.#events.onBytes(chunk);
    }
    if (this.#bufferedBytes < this.#world.bufferBytes) this.#release();
  }

  #release(): void {
    const blocked = this.#blocked;
    this.#blocked = null;
    if (blocked !== null && !this.#life.isOver) this.#world.scheduler.after(0, this.#life, blocked);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#world.connections.delete(this);
    this.#events.onGone();
  }

  #toServer(run: () => void): void {
    const atMs = Math.max(this.#toServerEndMs, this.#world.nowMs + this.#latencyMs());
    this.#toServerEndMs = atMs;
    // It happens in the server's process: not when that is gone.
    this.#world.scheduler.at(atMs, this.#life, run);
  }

  #toClient(run: () => void): void {
    const atMs = Math.max(this.#toClientEndMs, this.#world.nowMs + this.#latencyMs());
    this.#toClientEndMs = atMs;
    this.#world.scheduler.at(atMs, null, run);
  }

  #latencyMs(): number {
    const { random } = this.#world;
    return 0.02 + random.fraction() * (random.chance(0.05) ? 20 : 0.5);
  }
}
