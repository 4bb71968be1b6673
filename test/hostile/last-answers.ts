/**
 * Clients that go on sending what nobody reads any more, while the last answer of their connection
 * is on its way: a server that closes on unread bytes resets the connection, and the answer is lost
 * to all but the quick.
 */
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { PATIENCE_MS } from "../e2e/changes.ts";

export interface LastAnswer {
  readonly name: string;
  /** What makes the server close. */
  readonly start: string;
  readonly status: number;
}

/** Written behind the end of the server's side, a piece in a turn: enough to hear of a reset. */
const PIECES = 8;
/** A machine that stands still for as long as the server waits tells nothing: once more. */
const TRIES = 3;
const PIECE = Buffer.alloc(4_096, 0x78);

const HEAD = "HTTP/1.1\r\nHost: x\r\n";
const UPGRADE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";

/** On every listener. */
export const LAST_ANSWERS: readonly LastAnswer[] = [
  { name: "no HTTP", start: "\0\0\0\0\r\n\r\n", status: 400 },
  {
    name: "a length that is none",
    start: `DELETE /x ${HEAD}Content-Length: 1x\r\n\r\n`,
    status: 400,
  },
  {
    name: "a body of 2 MB",
    start: `DELETE /x ${HEAD}Content-Length: 2000000\r\n\r\n`,
    status: 413,
  },
  { name: "two hosts", start: `GET /x ${HEAD}Host: y\r\n\r\n`, status: 400 },
  { name: "headers without end", start: `GET /x ${HEAD}X: ${"x".repeat(20_000)}`, status: 431 },
];

/** On the listener of traders. */
export const TRADE_LAST_ANSWERS: readonly LastAnswer[] = [
  { name: "a method not taken", start: `PATCH /trade/v1/orders ${HEAD}\r\n`, status: 405 },
  {
    name: "a handshake without a key",
    start: `GET /ws/trade/v1 ${HEAD}${UPGRADE}\r\n`,
    status: 401,
  },
  {
    name: "an unsigned request that is the last",
    start: `DELETE /trade/v1/orders ${HEAD}Connection: close\r\n\r\n`,
    status: 401,
  },
];

/**
 * Reads the answer to its end, goes on sending, and only then closes: says what it got, and how the
 * connection ended.
 */
export async function toldAtLast(port: number, answer: LastAnswer): Promise<string> {
  let told = "";
  for (let tries = 0; tries < TRIES && !told.endsWith(" closed"); tries += 1) {
    told = await toldOnce(port, answer);
  }
  return told;
}

function toldOnce(port: number, { start }: LastAnswer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let received = "";
    let ended = "closed";
    socket.setTimeout(PATIENCE_MS, () => reject(new Error(`still open: ${received}`)));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      ended = error.code ?? error.message;
    });
    socket.on("end", () => void goOn());
    socket.on("close", () => {
      const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((each) => each[1]);
      resolve(`${statuses.join(" ")} ${ended}`);
    });
    socket.write(start, "latin1");
    const goOn = async (): Promise<void> => {
      for (let count = 0; count < PIECES && socket.writable; count += 1) {
        socket.write(PIECE);
        await setImmediate();
      }
      socket.end();
    };
  });
}
