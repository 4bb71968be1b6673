/**
 * The floors: what remains when everything is left out that a gateway does beyond the inevitable.
 *
 * `hmac`: a bare node:http server that checks the same signature over the same string and answers.
 * `composite`: that, and a cancel in a map, a record of 200 bytes and, before the answer, the
 * flush of the commit it belongs to. One commit at a time is under way; what arrives meanwhile
 * forms the next.
 *
 * `echo`: the WebSocket library alone, which answers each message as a command is answered.
 *
 * `fan-out`: `ws` alone, which sends a message to every socket as often as a request says.
 *
 * Run: `npx node bench/floor-server.ts hmac`, `npx node bench/floor-server.ts composite FILE ORDERS`,
 * `npx node bench/floor-server.ts echo` or `npx node bench/floor-server.ts fan-out BYTES`.
 */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { fdatasync, openSync, write } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { SANDBOX_KEYS } from "../packages/gateway/src/sandbox.ts";

/** Number of the first order the composite floor holds; the others follow it. */
export const FLOOR_FIRST_ORDER_NO = 22_000_000_001;

const RECORD_BYTES = 200;
/** A push of an order, roughly. */
const PUSH_BYTES = 600;
const KEEP_ALIVE_TIMEOUT_MS = 72_000;
const ACCEPTED = Buffer.from('{"code":0}');
const REFUSED = Buffer.from('{"code":1}');
const NO_SIGNATURE = Buffer.alloc(32);

type Work = (body: Buffer, done: (accepted: boolean) => void) => void;

/** Group commit on one file: a write and an fdatasync for all records that wait. */
class RecordFile {
  readonly #descriptor: number;
  #records: Buffer[] = [];
  #waiting: (() => void)[] = [];
  #committing = false;

  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  append(record: Buffer, durable: () => void): void {
    this.#records.push(record);
    this.#waiting.push(durable);
    if (this.#committing) return;
    this.#committing = true;
    setImmediate(() => this.#commit());
  }

  #commit(): void {
    const waiting = this.#waiting;
    const bytes = Buffer.concat(this.#records);
    this.#records = [];
    this.#waiting = [];
    write(this.#descriptor, bytes, 0, bytes.length, null, (writeError) => {
      if (writeError !== null) throw writeError;
      fdatasync(this.#descriptor, (syncError) => {
        if (syncError !== null) throw syncError;
        for (const durable of waiting) durable();
        if (this.#waiting.length > 0) this.#commit();
        else this.#committing = false;
      });
    });
  }
}

if (process.argv[1] === import.meta.filename) main();

function main(): void {
  const [mode, path = "", orderCount = "0"] = process.argv.slice(2);
  const work = mode === "composite" ? cancelWork(path, Number(orderCount)) : answerAtOnce;
  const options = { keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS };
  const server =
    mode === "fan-out" ? fanOutServer(Number(path)) : createServer(options, handler(work));
  if (mode === "echo") echoOn(server);
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`floor ready http://127.0.0.1:${port}\n`);
  });
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}

/** Every message is answered with its id; a push goes before the answer, as it does of a cancel. */
function echoOn(server: Server): void {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  const push = Buffer.from(`{"type":"order","data":"${" ".repeat(PUSH_BYTES)}"}`);
  sockets.on("connection", (socket) => {
    socket.on("message", (message: Buffer) => {
      const { id } = JSON.parse(message.toString("utf8")) as { id: string };
      socket.send(push, { binary: false });
      socket.send(Buffer.from(`{"type":"reply","id":"${id}","code":0}`), { binary: false });
    });
  });
}

/** `POST /5` sends five messages to every socket, then answers. */
function fanOutServer(messageBytes: number): Server {
  const message = Buffer.alloc(messageBytes, "x");
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer((request, response) => {
    const count = Number(request.url?.slice(1));
    for (let n = 0; n < count; n += 1) {
      for (const socket of sockets.clients) socket.send(message, { binary: false });
    }
    answer(response, 200, ACCEPTED);
  });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, () => {});
  });
  return server;
}

function answerAtOnce(_body: Buffer, done: (accepted: boolean) => void): void {
  done(true);
}

function cancelWork(path: string, orderCount: number): Work {
  const file = new RecordFile(path);
  const open = new Map<string, { readonly orderNo: string; isOpen: boolean }>();
  for (let n = 0; n < orderCount; n += 1) {
    const orderNo = String(FLOOR_FIRST_ORDER_NO + n);
    open.set(orderNo, { orderNo, isOpen: true });
  }
  return (body, done) => {
    const { order_no } = JSON.parse(body.toString("latin1")) as { order_no: string };
    const order = open.get(order_no);
    if (order === undefined) return done(false);
    open.delete(order_no);
    order.isOpen = false;
    const record = Buffer.alloc(RECORD_BYTES, " ");
    record.write(`canceled ${order_no}`, "latin1");
    file.append(record, () => done(true));
  };
}

function handler(work: Work): (request: IncomingMessage, response: ServerResponse) => void {
  const keys = new Map(
    SANDBOX_KEYS.map(({ apiKey, secret }) => [apiKey, createSecretKey(Buffer.from(secret))]),
  );
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const { headers, method = "", url = "" } = request;
      const key = keys.get(String(headers["x-api-key"]));
      const timestamp = String(headers["x-api-timestamp"]);
      const sent = Buffer.from(String(headers["x-api-signature"]), "base64");
      if (key === undefined) return answer(response, 401, REFUSED);
      const expected = createHmac("sha256", key)
        .update(`${method}|${url}|${timestamp}|`)
        .update(body)
        .digest();
      const matches = timingSafeEqual(expected, sent.length === 32 ? sent : NO_SIGNATURE);
      if (!matches) return answer(response, 401, REFUSED);
      work(body, (accepted) =>
        answer(response, accepted ? 200 : 404, accepted ? ACCEPTED : REFUSED),
      );
    });
  };
}

function answer(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}
