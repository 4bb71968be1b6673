/**
 * A reader of the order stream that costs little: thousands of them fit into one process. It checks
 * that positions have neither gaps nor repeats, and keeps nothing else.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type Key, sign } from "../../test/e2e/signed-client.ts";
import { frame, Opcode } from "../../test/hostile/raw-web-socket.ts";

const STREAM_PATH = "/ws/trade/v1";
const ORDER = /^\{"type":"order","seq":(\d+),/;
const HEAD_BYTES = 32;

export interface LightStreamOptions {
  readonly port: number;
  readonly key: Key;
  /** Everything later is replayed; null: live only. */
  readonly afterSeq: number | null;
  /** An order event came. */
  readonly onOrder?: (seq: number) => void;
}

export class LightStream {
  /** Position of the last order event; null before the first. */
  lastSeq: number | null;
  orderCount = 0;
  /** Events that were left out or came twice. */
  faultCount = 0;
  /** Of the server's close frame; null without one. */
  closeCode: number | null = null;
  readonly socket: Socket;
  readonly closed: Promise<void>;
  readonly #onOrder: (seq: number) => void;
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket, { afterSeq, onOrder = () => undefined }: LightStreamOptions) {
    this.socket = socket;
    this.lastSeq = afterSeq;
    this.#onOrder = onOrder;
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Resolves when the handshake is answered; rejects when it is refused. */
  static open(options: LightStreamOptions): Promise<LightStream> {
    const { port, key, afterSeq } = options;
    const target = afterSeq === null ? STREAM_PATH : `${STREAM_PATH}?after_seq=${afterSeq}`;
    const { headers } = sign(key, "CONNECT", target);
    const rows = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const stream = new LightStream(socket, options);
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `${rows.join("")}\r\n`,
    );
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed before the handshake")));
      socket.once("data", (first: Buffer) => {
        const end = first.indexOf("\r\n\r\n");
        if (!first.toString("latin1", 0, 12).endsWith(" 101") || end === -1) {
          socket.destroy();
          reject(new Error(first.toString("latin1")));
          return;
        }
        socket.on("error", () => undefined);
        socket.on("data", (chunk: Buffer) => stream.#take(chunk));
        stream.#take(first.subarray(end + 4));
        resolve(stream);
      });
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    let bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    for (;;) {
      if (bytes.length < 2) break;
      const short = (bytes[1] ?? 0) & 0x7f;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < start) break;
      const length =
        short === 126 ? bytes.readUInt16BE(2) : short === 127 ? bytes.readUInt32BE(6) : short;
      if (bytes.length < start + length) break;
      this.#frame((bytes[0] ?? 0) & 0x0f, bytes, start, start + length);
      bytes = bytes.subarray(start + length);
    }
    // A copy: a few bytes must not keep the whole packet.
    this.#received = bytes.length === 0 ? bytes : Buffer.from(bytes);
  }

  #frame(opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === Opcode.Ping) {
      this.socket.write(frame({ opcode: Opcode.Pong, payload: bytes.subarray(start, end) }));
    } else if (opcode === Opcode.Close) {
      this.closeCode = end - start >= 2 ? bytes.readUInt16BE(start) : 1005;
      this.socket.end(frame({ opcode: Opcode.Close, payload: bytes.subarray(start, start + 2) }));
    } else if (opcode === Opcode.Text) {
      const seq = ORDER.exec(
        bytes.toString("latin1", start, Math.min(end, start + 2 * HEAD_BYTES)),
      )?.[1];
      if (seq !== undefined) this.#order(Number(seq));
    }
  }

  #order(seq: number): void {
    if (this.lastSeq !== null && seq !== this.lastSeq + 1) this.faultCount += 1;
    this.lastSeq = seq;
    this.orderCount += 1;
    this.#onOrder(seq);
  }
}

/** Opens so many, some at a time. */
export async function openMany(
  count: number,
  options: (index: number) => LightStreamOptions,
  atATime = 100,
): Promise<LightStream[]> {
  const streams: LightStream[] = [];
  let next = 0;
  const openOne = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      streams[index] = await LightStream.open(options(index));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atATime, count) }, openOne));
  return streams;
}

/** Resolves when it is so; looks a hundred times a second. Rejects after `patienceMs`. */
export async function untilTrue(
  what: string,
  isTrue: () => boolean,
  patienceMs = 120_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
