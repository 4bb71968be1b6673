/**
 * Clients that go in the middle of something, over TLS, on both listeners: each of their places is
 * free again. The gateway has sixteen a listener, so that a single lost one is seen.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { connect as secureConnect, type TLSSocket } from "node:tls";
import { selfSigned } from "../../packages/gateway/src/http/tls-fixture.ts";
import { eventually } from "../e2e/changes.ts";
import { freePort } from "../e2e/free-port.ts";
import { GATEWAY_ENTRY, Workplace } from "../e2e/gateway-process.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";

const FILES_MAX = 176;
const PLACES = 16;

const HELLO = Buffer.from("16030100c8010000c40303", "hex");
const HOST = "Host: a\r\n";
const TIME = `GET /time HTTP/1.1\r\n${HOST}\r\n`;
const TOKEN = `Authorization: Bearer ${OPERATOR_TOKEN}\r\n`;
const upgrade = (path: string) =>
  `GET ${path} HTTP/1.1\r\n${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n` +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/** On a connection below TLS. */
const RAW: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(HELLO),
  (socket) => socket.write(HELLO, () => socket.resetAndDestroy()),
  (socket) => socket.end(TIME),
];

/** What is sent of a request before its sender ends, or is gone. */
const SENT: readonly string[] = [
  "",
  TIME.slice(0, 20),
  `POST /trade/v1/orders HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\n{`,
  `POST /operator/v1/kill HTTP/1.1\r\n${HOST}${TOKEN}Content-Length: 9\r\n\r\n{`,
  `POST /trade/v1/orders HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
  `POST /console/v1/session HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\n{`,
  `GET /openapi.json HTTP/1.1\r\n${HOST}\r\n`.repeat(9),
  upgrade("/market/v1/stream").slice(0, 60),
  upgrade("/market/v1/stream"),
  upgrade("/trade/v1/stream"),
  upgrade("/console/v1/stream"),
  `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`,
];

const opened = (port: number) => connect(port, "127.0.0.1").on("error", () => {});
const secured = (port: number) =>
  secureConnect({ port, host: "127.0.0.1", rejectUnauthorized: false }).on("error", () => {});

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.resume().once("close", () => resolve()));
}

async function leave(port: number, act: (socket: Socket) => void): Promise<void> {
  const socket = opened(port);
  const gone = closed(socket);
  await once(socket, "connect");
  act(socket);
  await gone;
}

/** False: the gateway has not heard of all yet who left, and let nobody in. */
async function hasLeft(port: number, act: (socket: TLSSocket) => void): Promise<boolean> {
  const socket = secured(port);
  const gone = closed(socket);
  const isIn = new Promise<boolean>((resolve) => {
    socket.once("secureConnect", () => resolve(true)).once("close", () => resolve(false));
  });
  if (!(await isIn)) return false;
  act(socket);
  await gone;
  return true;
}

function leaveSecured(port: number, act: (socket: TLSSocket) => void): Promise<void> {
  return eventually("place", () => hasLeft(port, act));
}

/** As many at once as there are places. */
async function allAnswered(port: number): Promise<boolean> {
  const sockets = Array.from({ length: PLACES }, () => secured(port));
  const gone = sockets.map(closed);
  const answers = sockets.map((socket) => {
    socket.write(TIME.replace("\r\n\r\n", `\r\n${TOKEN}\r\n`));
    return new Promise<boolean>((resolve) => {
      socket.once("data", () => resolve(true)).once("close", () => resolve(false));
    });
  });
  const isAll = (await Promise.all(answers)).every((is) => is);
  for (const socket of sockets) socket.end();
  // The gateway has heard of it.
  await Promise.all(gone);
  return isAll;
}

test("connections: who goes in the middle of anything leaves his place", async (t) => {
  const place = Workplace.of(t);
  const { cert, key } = selfSigned();
  writeFileSync(place.path("cert.pem"), cert);
  writeFileSync(place.path("key.pem"), key);
  const operatorPort = await freePort();
  const script = `ulimit -n ${FILES_MAX}; exec "$0" "$@"`;
  const gateway = place.run("sh", ["-c", script, process.execPath, GATEWAY_ENTRY], {
    COUNTERMAND_PORT: "0",
    COUNTERMAND_DATA_DIR: place.path("data"),
    COUNTERMAND_SANDBOX_MARKET: "off",
    COUNTERMAND_TLS_CERT_FILE: place.path("cert.pem"),
    COUNTERMAND_TLS_KEY_FILE: place.path("key.pem"),
    COUNTERMAND_OPERATOR_PORT: String(operatorPort),
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
  });
  const url = await gateway.seen("the ready line", ({ stdout }) => {
    return /^countermand ready (https:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
  });
  for (const port of [Number(new URL(url).port), operatorPort]) {
    const ways: (() => Promise<void>)[] = RAW.map((act) => () => leave(port, act));
    for (const text of SENT) {
      ways.push(() => leaveSecured(port, (socket) => socket.end(text)));
      const go = (socket: TLSSocket) => void socket.write(text, () => socket.destroy());
      ways.push(() => leaveSecured(port, go));
    }
    for (const go of ways) await Promise.all([go(), go(), go()]);
    await eventually(`${PLACES} places`, () => allAnswered(port));
  }
  assert.equal(gateway.exit, null, gateway.stderr);
});
