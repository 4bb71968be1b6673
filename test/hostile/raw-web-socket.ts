/**
 * A WebSocket of bytes: sends what no library would, and takes apart what comes back itself.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { Changes } from "../e2e/changes.ts";
import { type Key, sign } from "../e2e/signed-client.ts";
import { FrameReader } from "../sim/clients/wire-readers.ts";

export interface FrameForm {
  readonly opcode: number;
  readonly payload?: Buffer | string;
  /** True by default. */
  readonly fin?: boolean;
  /** Bits RSV1 to RSV3 as they stand in the first byte; 0 by default. */
  readonly reserved?: number;
  /** True by default, as a client must. */
  readonly isMasked?: boolean;
  /** The length as it is said, where that is not the payload's. */
  readonly length?: bigint;
}

export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** The bytes of a frame. */
export function frame(form: FrameForm): Buffer {
  const payload = Buffer.from((form.payload ?? "") as string);
  const { fin = true, isMasked = true, reserved = 0 } = form;
  const length = form.length ?? BigInt(payload.length);
  const first = (fin ? 0x80 : 0) | reserved | form.opcode;
  const maskBit = isMasked ? 0x80 : 0;
  const mask = randomBytes(4);
  const masked = isMasked ? payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : payload;
  const head = Buffer.concat([Buffer.from([first]), lengthBytes(length, maskBit)]);
  return Buffer.concat([head, isMasked ? mask : Buffer.alloc(0), masked]);
}

/** The payload of a close. */
export function closing(code: number, reason: Buffer | string = ""): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason as string)]);
}

function lengthBytes(length: bigint, maskBit: number): Buffer {
  if (length < 126n) return Buffer.from([maskBit | Number(length)]);
  if (length < 65_536n) {
    const bytes = Buffer.from([maskBit | 126, 0, 0]);
    bytes.writeUInt16BE(Number(length), 1);
    return bytes;
  }
  const bytes = Buffer.from([maskBit | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** What a server sent, frame by frame. */
export class RawWebSocket {
  readonly socket: Socket;
  /** The texts of its text frames. */
  readonly messages: string[] = [];
  pongCount = 0;
  /** Of the server's close frame; null without one, 1005 when it has none. */
  closeCode: number | null = null;
  /** Resolves when the connection is gone, with the close code. */
  readonly closed: Promise<number | null>;
  readonly #frames = new FrameReader();
  readonly #changes = new Changes();

  private constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#changes.tell();
        resolve(this.closeCode);
      });
    });
  }

  /** Rejects when the handshake is refused. Without a key it is not signed. */
  static async open(url: string, target: string, key: Key | null): Promise<RawWebSocket> {
    const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", noDelay: true });
    socket.on("error", () => undefined);
    const headers = key === null ? {} : sign(key, "CONNECT", target).headers;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
        `${lines.join("")}\r\n`,
    );
    const made = new RawWebSocket(socket);
    await made.#handshake();
    return made;
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  /** Resolves when `isTrue`; rejects when the connection ends before, or in vain. */
  async until(what: string, isTrue: () => boolean): Promise<void> {
    const unseen = (why: string) => new Error(`not seen: ${what}, the connection ${why}`);
    await this.#changes.until(
      () => isTrue() || null,
      unseen,
      () => this.socket.destroyed,
    );
  }

  /** Ends it without a word. */
  destroy(): void {
    this.socket.destroy();
  }

  async #handshake(): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    const head = await new Promise<string>((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        rest = Buffer.concat([rest, chunk]);
        const end = rest.indexOf("\r\n\r\n");
        if (end === -1) return;
        this.socket.off("data", onData);
        resolve(rest.toString("latin1", 0, end));
        rest = rest.subarray(end + 4);
      };
      this.socket.on("data", onData);
      this.socket.once("close", () => reject(new Error("the handshake was not answered")));
    });
    if (!head.startsWith("HTTP/1.1 101 ")) {
      this.socket.destroy();
      throw new Error(`the handshake was refused: ${head}`);
    }
    this.socket.on("data", (chunk: Buffer) => this.#readFrames(chunk));
    this.#readFrames(rest);
  }

  #readFrames(bytes: Buffer): void {
    for (const { opcode, payload } of this.#frames.push(bytes)) this.#take(opcode, payload);
    this.#changes.tell();
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.Text) this.messages.push(payload.toString("utf8"));
    else if (opcode === Opcode.Pong) this.pongCount += 1;
    else if (opcode === Opcode.Close) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
      // As a client should: the server closes the connection first.
      this.socket.write(frame({ opcode: Opcode.Close, payload: payload.subarray(0, 2) }));
    }
  }
}
