/**
 * Clients that send so slowly that a request never ends (slow-loris): each holds a connection, and
 * the server must take it back.
 */
import { connect } from "node:net";
import { PATIENCE_MS } from "../e2e/changes.ts";
import { type Key, sign } from "../e2e/signed-client.ts";

export interface SlowClient {
  readonly name: string;
  /** What is sent at once. */
  readonly start: string;
  /** What is sent after it, over and over, one byte at a time. */
  readonly drip: string;
  /** The answers it gets: one for each request that it began. */
  readonly statuses: readonly number[];
}

export interface Ended {
  readonly name: string;
  /** HTTP statuses of all answers that it got. */
  readonly statuses: readonly number[];
  /** Milliseconds from the connection to its end. */
  readonly ms: number;
}

/** Milliseconds after which none of them has its connection any more. */
export const SLOW_MS_MAX = 15_000;
const DRIP_MS = 250;
const ORDERS = "/trade/v1/orders";

/** One of each kind, with signatures of their own. */
export function slowClients(key: Key): SlowClient[] {
  const signed = (method: string, path: string, length: string): string => {
    const { headers } = sign(key, method, path, "{}");
    const rows = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${rows.join("")}${length}\r\n`;
  };
  const declared = "Content-Length: 10000\r\n";
  const chunked = "Transfer-Encoding: chunked\r\n";
  const time = "GET /time HTTP/1.1\r\nHost: localhost\r\n";
  return [
    { name: "nothing at all", start: "", drip: "", statuses: [408] },
    { name: "a request line", start: "", drip: `GET /${"x".repeat(1_000)}`, statuses: [408] },
    { name: "headers without end", start: time, drip: "X-Padding: x\r\n", statuses: [408] },
    {
      name: "headers of a signed request",
      start: signed("DELETE", ORDERS, "").slice(0, -2),
      drip: "X: x\r\n",
      statuses: [408],
    },
    { name: "a head that stops", start: time, drip: "", statuses: [408] },
    { name: "empty lines", start: "", drip: "\r\n", statuses: [408] },
    { name: "a body", start: signed("DELETE", ORDERS, declared), drip: " ", statuses: [408] },
    {
      name: "a body that stops",
      start: `${signed("POST", ORDERS, declared)}{`,
      drip: "",
      statuses: [408],
    },
    {
      name: "a body of a long way",
      start: signed("POST", `${ORDERS}/quantity`, declared),
      drip: " ",
      statuses: [408],
    },
    {
      name: "chunks",
      start: signed("DELETE", ORDERS, chunked),
      drip: "1\r\n \r\n",
      statuses: [408],
    },
    {
      name: "the size of a chunk",
      start: signed("PUT", ORDERS, chunked),
      drip: "0",
      statuses: [408],
    },
    {
      name: "trailers",
      start: `${signed("PUT", ORDERS, chunked)}0\r\n`,
      drip: "X: x\r\n",
      statuses: [408],
    },
    {
      name: "a body for nobody",
      start: `POST /nowhere HTTP/1.1\r\nHost: x\r\n${declared}\r\n`,
      drip: " ",
      statuses: [408],
    },
    {
      name: "a body that is not asked for",
      start: `${time}${declared}\r\n`,
      drip: " ",
      statuses: [200],
    },
    {
      name: "a second request",
      start: `${time}\r\n${time}`,
      drip: "X: x\r\n",
      statuses: [200, 408],
    },
    {
      name: "a handshake",
      start: "GET /ws/trade/v1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n",
      drip: "X: x\r\n",
      statuses: [408],
    },
  ];
}

/**
 * Resolves when the server has closed the connection; rejects when it keeps it. The client never
 * closes its side, and goes on behind the end of the server's.
 */
export function untilClosed(port: number, client: SlowClient): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    let received = "";
    let sent = 0;
    let drip: NodeJS.Timeout | undefined;
    let { drip: bytes } = client;
    const dripOn = (): void => {
      if (bytes === "" || !socket.writable) return;
      socket.write(bytes.charAt(sent % bytes.length));
      sent += 1;
    };
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`${client.name}: still open after ${PATIENCE_MS} ms, got: ${received}`));
    }, PATIENCE_MS);
    socket.on("connect", () => {
      socket.write(client.start);
      drip = setInterval(dripOn, DRIP_MS);
    });
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
    });
    // Who sends nothing would not see that nobody is there any more.
    socket.on("end", () => {
      bytes = "x";
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearInterval(drip);
      clearTimeout(late);
      const ms = performance.now() - startedMs;
      const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((each) =>
        Number(each[1]),
      );
      resolve({ name: client.name, statuses, ms });
    });
  });
}
