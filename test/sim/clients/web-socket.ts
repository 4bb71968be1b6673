/** A WebSocket of a simulated client, over one connection after the other. */
import { Connection } from "../world/network.ts";
import type { World } from "../world/world.ts";
import { FrameReader, frameBytes, type HttpAnswer, HttpReader, Opcode } from "./wire-readers.ts";

export interface WebSocketListener {
  opened(): void;
  /** The handshake had another answer than 101; the connection is gone then. */
  refused(answer: HttpAnswer): void;
  received(text: string): void;
  /** By whichever side, and also where there was none. */
  gone(): void;
}

export class WebSocketClient {
  readonly #world: World;
  readonly #port: number;
  readonly #listener: WebSocketListener;
  #connection: Connection | null = null;
  #isOpen = false;
  #http = new HttpReader();
  #frames = new FrameReader();

  constructor(world: World, port: number, listener: WebSocketListener) {
    this.#world = world;
    this.#port = port;
    this.#listener = listener;
  }

  /** Whether it has a connection, open or about to be. */
  get isConnected(): boolean {
    return this.#connection !== null;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Precondition: it is not connected. The headers are those beside what every handshake has. */
  connect(target: string, headers: readonly string[] = []): void {
    this.#http = new HttpReader();
    this.#frames = new FrameReader();
    const connection: Connection = new Connection(this.#world, this.#port, {
      onBytes: (bytes) => this.#read(bytes),
      onGone: () => {
        if (this.#connection === connection) this.#gone();
      },
    });
    this.#connection = connection;
    const lines = [
      `GET ${target} HTTP/1.1`,
      "Host: sim",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: c2ltdWxhdGVkIGNsaWVudA==",
      ...headers,
    ];
    connection.send(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  }

  send(text: Buffer): void {
    this.#connection?.send(frameBytes(Opcode.Text, text));
  }

  /** Stops reading, or goes on. */
  read(isReading: boolean): void {
    this.#connection?.read(isReading);
  }

  cut(): void {
    this.#connection?.cut();
    this.#gone();
  }

  #gone(): void {
    this.#connection = null;
    this.#isOpen = false;
    this.#listener.gone();
  }

  #read(bytes: Buffer): void {
    if (this.#isOpen) {
      this.#readFrames(bytes);
      return;
    }
    const [answer] = this.#http.push(bytes);
    if (answer === undefined) return;
    if (answer.status !== 101) {
      this.#listener.refused(answer);
      this.cut();
      return;
    }
    this.#isOpen = true;
    this.#listener.opened();
    this.#readFrames(this.#http.rest());
  }

  #readFrames(bytes: Buffer): void {
    for (const { opcode, payload } of this.#frames.push(bytes)) {
      if (this.#connection === null) return;
      if (opcode === Opcode.Text) this.#listener.received(payload.toString("utf8"));
      if (opcode === Opcode.Ping) this.#connection?.send(frameBytes(Opcode.Pong, payload));
      if (opcode === Opcode.Close) this.cut();
    }
  }
}
