/**
 * Everything that a server says on one TCP connection, read to its end: for requests whose answers
 * must be counted.
 */
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { PATIENCE_MS } from "../e2e/changes.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Conversation {
  /** Final ones, in the order in which they came. */
  readonly answers: readonly HttpAnswer[];
  /** Statuses of interim answers (1xx). */
  readonly interim: readonly number[];
  /** Bytes that are no whole answer. */
  readonly rest: Buffer;
}

/** Opens a connection. */
export type Dial = () => Socket;

export function plainDial(port: number): Dial {
  return () => connect({ port, host: "127.0.0.1", noDelay: true });
}

/** To a server whose certificate nobody vouches for. */
export function tlsDial(port: number): Dial {
  return () => tlsConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
}

/**
 * Sends the pieces, each in a turn of its own, and reads until the server closes. What is sent must
 * make it close: this side never does. Rejects when it stays open.
 */
export function converse(dial: Dial, pieces: readonly Buffer[]): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    const socket = dial();
    const chunks: Buffer[] = [];
    let isLate = false;
    socket.setTimeout(PATIENCE_MS, () => {
      isLate = true;
      socket.destroy();
    });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    // A reset is one way to close on what was not read.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      const received = Buffer.concat(chunks);
      if (isLate) reject(new Error(`still open after: ${received.toString("latin1")}`));
      else resolve(readAnswers(received));
    });
    socket.on(openEvent(socket), () => void sendInTurns(socket, pieces));
  });
}

/** What a connection says when something can be sent on it. */
export function openEvent(socket: Socket): "connect" | "secureConnect" {
  return isTls(socket) ? "secureConnect" : "connect";
}

export function isTls(socket: Socket): boolean {
  return "encrypted" in socket;
}

/** One turn between two pieces, so that the reader sees them apart. */
export async function sendInTurns(socket: Socket, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    if (!socket.writable) return;
    await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
  }
}

/** The bytes in pieces of that length; the last may be shorter. */
export function inPieces(bytes: Buffer, length: number): Buffer[] {
  const count = Math.ceil(bytes.length / length);
  return Array.from({ length: count }, (_, index) => {
    return bytes.subarray(index * length, (index + 1) * length);
  });
}

const STATUS_LINE = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: [^\r\n]*)?$/;

function readAnswers(bytes: Buffer): Conversation {
  const answers: HttpAnswer[] = [];
  const interim: number[] = [];
  for (let from = 0; ; ) {
    const end = bytes.indexOf("\r\n\r\n", from);
    if (end === -1) return { answers, interim, rest: bytes.subarray(from) };
    const [statusLine = "", ...lines] = bytes.toString("latin1", from, end).split("\r\n");
    const status = Number(STATUS_LINE.exec(statusLine)?.[1]);
    if (Number.isNaN(status)) return { answers, interim, rest: bytes.subarray(from) };
    const headers = headersIn(lines);
    const bodyEnd = end + 4 + bodyLength(status, headers, bytes.length - end - 4);
    if (bodyEnd > bytes.length) return { answers, interim, rest: bytes.subarray(from) };
    if (status < 200) interim.push(status);
    else answers.push({ status, headers, body: bytes.toString("utf8", end + 4, bodyEnd) });
    from = bodyEnd;
    if (status === 101) return { answers, interim, rest: bytes.subarray(from) };
  }
}

function headersIn(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** Without a length it goes on to the end of the connection. */
function bodyLength(status: number, headers: ReadonlyMap<string, string>, left: number): number {
  if (status < 200 || status === 204 || status === 304) return 0;
  const length = headers.get("content-length");
  return length === undefined ? left : Number(length);
}
