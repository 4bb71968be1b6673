/**
 * Bytes on a bare TCP socket, and the HTTP answers that come back: for requests no client would
 * make.
 */
import { connect, type Socket } from "node:net";
import { PATIENCE_MS } from "./changes.ts";
import type { SignedRequest } from "./signed-client.ts";

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface Exchange {
  readonly answers: readonly RawAnswer[];
  /** The gateway ended the connection. */
  readonly closed: boolean;
}

/** The bytes of a request, headers as given and in the order given. */
export function rawRequest(
  requestLine: string,
  headers: readonly (readonly [name: string, value: string])[],
  body: string | Buffer = "",
): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${requestLine}\r\nHost: localhost\r\n${lines}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body as string)]);
}

/** A signed request as bytes; `more` headers come last. */
export function rawSigned(
  signed: SignedRequest,
  more: readonly (readonly [name: string, value: string])[] = [],
): Buffer {
  const length: [string, string][] =
    signed.body.length > 0 ? [["Content-Length", String(signed.body.length)]] : [];
  return rawRequest(
    `${signed.method} ${signed.target} HTTP/1.1`,
    [...Object.entries(signed.headers), ...length, ...more],
    signed.body,
  );
}

/**
 * Sends pieces one after the other, each as a packet of its own, and collects answers until there
 * are `expected` of them or the gateway closes the connection.
 */
export function exchange(
  port: number,
  pieces: readonly (Buffer | string)[],
  expected: number,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let closed = false;
    const finish = (): void => {
      socket.destroy();
      resolve({ answers: answersIn(received), closed });
    };
    socket.setTimeout(PATIENCE_MS, () => reject(new Error("the gateway did not answer in time")));
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (answersIn(received).length >= expected) finish();
    });
    // A reset after the answer is the gateway's way to refuse what it did not read.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      closed = true;
      finish();
    });
    socket.on("connect", () => void sendPieces(socket, pieces));
  });
}

async function sendPieces(socket: Socket, pieces: readonly (Buffer | string)[]): Promise<void> {
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, () => resolve()));
  }
}

/** The whole answers that the bytes hold; what is left over is not whole yet. */
function answersIn(bytes: Buffer): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let from = 0; ; ) {
    const end = bytes.indexOf("\r\n\r\n", from);
    if (end === -1) return answers;
    const [statusLine = "", ...lines] = bytes.toString("latin1", from, end).split("\r\n");
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get("content-length") ?? 0);
    const bodyEnd = end + 4 + length;
    if (bytes.length < bodyEnd) return answers;
    const status = Number(statusLine.split(" ")[1]);
    answers.push({ status, headers, body: bytes.toString("utf8", end + 4, bodyEnd) });
    from = bodyEnd;
  }
}
