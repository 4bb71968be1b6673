/**
 * A closed load over WebSockets: a number of messages outstanding on each socket. Frames by hand on
 * bare sockets, because the load must cost far less than what it measures.
 */
import type { Socket } from "node:net";
import { LatencyHistogram, type LoadResult, openSocket } from "./http-load.ts";

/**
 * What is sent, and what is made of the answers. Indices run from 0 to `count` - 1; of several
 * sockets each sends those whose index leaves its own as the rest.
 */
export interface SocketScript {
  readonly count: number;
  readonly message: (index: number) => string;
  /** Throws unless it is the expected answer; that ends the load. */
  readonly answered: (index: number, text: string) => void;
}

const REPLY = /^\{"type":"reply","id":"(\d+)",/;
const TEXT_FRAME = 0x81;
const MASKED = 0x80;
const MASK_BYTES = 4;

/** One socket after its handshake; hands over each text message. */
export class FrameSocket {
  readonly #socket: Socket;
  onText: (text: string) => void = () => {};
  onEnd: (error: Error) => void = () => {};
  #received: Buffer;

  private constructor(socket: Socket, received: Buffer) {
    this.#socket = socket;
    this.#received = received;
    socket.on("data", (chunk: Buffer) => {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      this.#takeFrames();
    });
    socket.on("error", (error) => this.onEnd(error));
    socket.on("close", () => this.onEnd(new Error("the server closed a socket")));
  }

  static async open(port: number, handshake: Buffer): Promise<FrameSocket> {
    const socket = await openSocket(port);
    socket.write(handshake);
    const received = await new Promise<Buffer>((resolve, reject) => {
      let head = Buffer.alloc(0);
      const take = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf("\r\n\r\n");
        if (end === -1) return;
        socket.off("data", take);
        const status = head.subarray(9, 12).toString("latin1");
        if (status === "101") resolve(head.subarray(end + 4));
        else reject(new Error(`the handshake was answered ${head.toString("latin1")}`));
      };
      socket.on("data", take);
      socket.once("error", reject);
    });
    return new FrameSocket(socket, received);
  }

  send(frame: Buffer): void {
    this.#socket.write(frame);
  }

  close(): void {
    this.onEnd = () => {};
    this.#socket.destroy();
  }

  #takeFrames(): void {
    let at = 0;
    for (;;) {
      const left = this.#received.length - at;
      if (left < 2) break;
      const short = (this.#received[at + 1] ?? 0) & 0x7f;
      const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (left < headBytes) break;
      const length =
        short < 126
          ? short
          : short === 126
            ? this.#received.readUInt16BE(at + 2)
            : Number(this.#received.readBigUInt64BE(at + 2));
      if (left < headBytes + length) break;
      const from = at + headBytes;
      at = from + length;
      if (this.#received[from - headBytes] === TEXT_FRAME) {
        this.onText(this.#received.toString("latin1", from, at));
      }
    }
    this.#received = this.#received.subarray(at);
  }
}

/** A text message of a client as a frame: masked, as the standard asks for, by zeros. */
export function clientFrame(text: string): Buffer {
  const content = Buffer.from(text, "latin1");
  const headBytes = content.length < 126 ? 2 : 4;
  const frame = Buffer.alloc(headBytes + MASK_BYTES + content.length);
  frame[0] = TEXT_FRAME;
  if (headBytes === 2) {
    frame[1] = MASKED | content.length;
  } else {
    frame[1] = MASKED | 126;
    frame.writeUInt16BE(content.length, 2);
  }
  content.copy(frame, headBytes + MASK_BYTES);
  return frame;
}

/** Sends all, `depth` outstanding on each socket; resolves when the last one is answered. */
export async function runSocketLoad(
  sockets: readonly FrameSocket[],
  script: SocketScript,
  depth: number,
): Promise<LoadResult> {
  const latencies = new LatencyHistogram();
  const sentMs = new Float64Array(script.count);
  const frames = Array.from({ length: script.count }, (_, index) => {
    return clientFrame(script.message(index));
  });
  const next = sockets.map((_socket, at) => at);
  let answered = 0;
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    const send = (socket: FrameSocket, at: number): void => {
      const index = next[at] ?? script.count;
      const frame = frames[index];
      if (frame === undefined) return;
      sentMs[index] = performance.now();
      next[at] = index + sockets.length;
      socket.send(frame);
    };
    for (const [at, socket] of sockets.entries()) {
      socket.onEnd = reject;
      socket.onText = (text) => {
        const index = Number(REPLY.exec(text)?.[1] ?? Number.NaN) % script.count;
        if (Number.isNaN(index)) return; // A push.
        latencies.add(performance.now() - (sentMs[index] ?? 0));
        try {
          script.answered(index, text);
        } catch (error) {
          reject(error as Error);
        }
        answered += 1;
        if (answered === script.count) resolve();
        else send(socket, at);
      };
      for (let count = 0; count < depth; count += 1) send(socket, at);
    }
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const { count } = script;
  return { count, seconds, perSecond: count / seconds, ...latencies.percentiles() };
}
