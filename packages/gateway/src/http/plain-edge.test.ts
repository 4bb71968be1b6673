/**
 * Plain requests are read without node:http, and nobody can tell: the same bytes are sent to a
 * server that reads them so and to one that leaves everything to node:http.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { connect as secureConnect } from "node:tls";
import fc from "fast-check";
import type { TlsFiles } from "../secret-settings.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { readBody } from "./body-reader.ts";
import { HttpServer } from "./http-server.ts";
import { PIPELINED_MAX } from "./limits.ts";
import { type ArrivedRequest, sendAnswer, sendLastFault } from "./responses.ts";
import type { SignedEndpoint, Target } from "./signed-endpoint.ts";
import { selfSigned } from "./tls-fixture.ts";
import { NOTHING_UNSIGNED } from "./unsigned-fixture.ts";

const ORDERS = "/trade/v1/orders";
const LAST = "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** Answers each signed request with what it saw of it, at once or when a test says so. */
class Mirror {
  readonly server: HttpServer;
  /** Requests that did not pass node:http. */
  plainCount = 0;
  readonly answered: string[] = [];
  /** Of each of them. */
  readonly tookMs: number[] = [];
  nowMs = 1_000;
  readonly held: (() => void)[] = [];

  private constructor(server: HttpServer) {
    this.server = server;
  }

  static async open(
    t: TestContext,
    { readsPlain = true, holds = false, tls = null as TlsFiles | null } = {},
  ): Promise<Mirror> {
    const give = (answer: () => void): void => {
      if (holds) mirror.held.push(answer);
      else answer();
    };
    const handle = (request: IncomingMessage, response: ServerResponse, target: Target): void => {
      readBody(request, (body) => {
        if ("error" in body) sendLastFault(request, response, body);
        else give(() => sendAnswer(request, response, ...given(request.headers, target, body)));
      });
    };
    const take = (request: ArrivedRequest, target: Target): void => {
      mirror.plainCount += 1;
      const answer = given(request.headers, target, request.body);
      give(() => request.answer(...answer));
    };
    const server = await HttpServer.create({
      signed: { handle, take } as unknown as SignedEndpoint,
      admits: () => true,
      tls,
      sandbox: true,
      console: { handle: () => {} },
      onAnswered: (route, httpStatus, tookMs) => {
        mirror.answered.push(`${route} ${httpStatus}`);
        mirror.tookMs.push(tookMs);
      },
      monotonicMs: () => mirror.nowMs,
      readsPlain,
      unsigned: NOTHING_UNSIGNED,
    });
    const mirror = new Mirror(server);
    await server.listen("127.0.0.1", 0);
    t.after(() => server.close(Promise.resolve()));
    return mirror;
  }

  connect(): Socket {
    const { port } = this.server.server.address() as AddressInfo;
    return connect({ port, host: "127.0.0.1", noDelay: true });
  }

  /** Sends the pieces and ends; resolves with all that comes back. */
  async exchange(pieces: readonly string[], gap: () => Promise<unknown> = setImmediate) {
    const socket = this.connect();
    const received = textOf(socket);
    socket.on("error", () => {}); // A refusal may leave while the rest is still sent.
    for (const piece of pieces) {
      socket.write(piece, "latin1");
      await gap();
    }
    socket.end();
    return await received;
  }
}

/** What it amounts to: two readers of the same bytes must agree on all of it. */
function seen(headers: IncomingMessage["headers"], target: Target, body: Buffer) {
  const { path, rawQuery, route, segment } = target;
  const facts = { path, rawQuery, route: route.name, segment, headers: { ...headers } };
  return { httpStatus: 200, body: JSON.stringify({ ...facts, body: body.toString("base64") }) };
}

/** What it saw, with the status that was asked for, and further headers with all but success. */
function given(...request: Parameters<typeof seen>): [answer: Answer, more?: readonly string[]] {
  const answer = seen(...request);
  const httpStatus = Number(request[0]["x-status"] ?? 200);
  if (httpStatus === 200) return [answer];
  const isWait = httpStatus === 429;
  return [
    { ...answer, httpStatus, ...(isWait && { retryAfterSeconds: 7 }) },
    ["X-RateLimit-Limit", "5", "X-RateLimit-Remaining", "0"],
  ];
}

function textOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(text));
  });
}

/**
 * Without the date, and without what node:http says before an answer: to a request that is sent
 * behind others it says so in the midst of their answers.
 */
function comparable(text: string): string {
  return text.replaceAll(/\r\nDate: [^\r]*|HTTP\/1\.1 100 Continue\r\n\r\n/g, "");
}

function statuses(text: string): string[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? "");
}

const cancel = (body: string, more = "") =>
  `DELETE ${ORDERS} HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

const piece = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(cancel("{}"), cancel('{"order_no":"1"}')) },
  {
    weight: 6,
    arbitrary: fc
      .record({
        method: fc.constantFrom("GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH", "get"),
        target: fc.constantFrom(
          ORDERS,
          `${ORDERS}/batch`,
          `${ORDERS}/22000000001`,
          `${ORDERS}?page_index=1&x=%20"<>`,
          `http://x${ORDERS}`,
          `${ORDERS}#f`,
          `${ORDERS} x`,
          "//trade/v1/orders",
          "*",
          "/time",
          "/nowhere",
          `${ORDERS}?\xe4`,
        ),
        version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", ""),
        host: fc.constantFrom("Host: x", "Host: x", "Host: x", "hOST:", "X-No-Host: x"),
        lines: fc.array(
          fc.constantFrom(
            "Host: x",
            "Content-Length: 2",
            "content-length: 2",
            "Content-Length: 02",
            "Content-Length: +2",
            "Content-Length: -2",
            "Content-Length: 2, 2",
            "Content-Length: 0",
            "Content-Length : 2",
            "Content-Length:\t2 ",
            "Content-Length: 99999",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding : chunked",
            "Connection: keep-alive",
            "Connection: close",
            "Connection: te",
            "Upgrade: websocket",
            "Expect: 100-continue",
            "Expect: more",
            "X-Request-Id: one two",
            "X-Request-Id: \xe4",
            " folded",
            "X-Empty:",
            "X-A: \x7f",
            "X-B: a\nb",
            "X-C: a\rb",
            "__proto__: x",
            "X(): y",
            "Set-Cookie: a",
            `X-Long: ${"x".repeat(9_000)}`,
          ),
          { maxLength: 4 },
        ),
        end: fc.constantFrom("\r\n", "\r\n", "\r\n", "\n"),
        body: fc.constantFrom(
          "{}",
          "{}",
          "",
          "2\r\n{}\r\n0\r\n\r\n",
          "2;x\r\n{}\r\n0\r\n\r\n",
          "z",
        ),
      })
      .map(({ method, target, version, host, lines, end, body }) => {
        return [`${method} ${target} ${version}`, host, ...lines, "", body].join(end);
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("\r\n", "GARBAGE\r\n\r\n", "\0", "GET", "DELETE /trade"),
  },
);

test("plain edge: what it makes of any bytes is what node:http makes of them", async (t) => {
  const plain = await Mirror.open(t);
  const other = await Mirror.open(t, { readsPlain: false });
  const cuts = fc.array(fc.nat(400), { maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), cuts, async (all, at) => {
      const bytes = all.join("") + LAST;
      const bounds = [0, ...at.sort((a, b) => a - b), bytes.length];
      const pieces = bounds.slice(1).map((to, index) => bytes.slice(bounds[index] ?? 0, to));
      const [one, two] = await Promise.all([plain.exchange(pieces), other.exchange([bytes])]);
      assert.equal(comparable(one), comparable(two));
    }),
    { numRuns: 400 },
  );
  assert.ok(plain.plainCount > 50, `${plain.plainCount} requests were plain`);
  assert.equal(other.plainCount, 0);
});

test("plain edge: the head of an answer is node:http's, whatever the answer is", async (t) => {
  const plain = await Mirror.open(t);
  const other = await Mirror.open(t, { readsPlain: false });
  const asked = [200, 400, 401, 403, 404, 409, 413, 415, 429, 500, 503].flatMap((status) => {
    return ["", "X-Request-Id: one\r\n"].map((more) =>
      cancel("{}", `X-Status: ${status}\r\n${more}`),
    );
  });
  const bytes = asked.join("") + LAST;
  const [one, two] = await Promise.all([plain.exchange([bytes]), other.exchange([bytes])]);
  assert.equal(comparable(one), comparable(two));
  assert.equal(plain.plainCount, asked.length);
});

test("plain edge: requests that are sent without waiting are answered in their order", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const socket = mirror.connect();
  const received = textOf(socket);
  socket.write(Array.from({ length: 4 }, (_, n) => cancel(`${n}`)).join(""));
  while (mirror.held.length < 4) await setImmediate();
  const [first, ...others] = mirror.held;
  for (const give of others.reverse()) give();
  assert.deepEqual(mirror.answered, [], "they wait for the first");
  mirror.nowMs += 40;
  first?.();
  socket.write(LAST);
  const bodies = [...(await received).matchAll(/"body":"([^"]*)"/g)].map(([, body]) => body);
  assert.deepEqual(bodies, ["MA==", "MQ==", "Mg==", "Mw=="]);
  assert.deepEqual(mirror.answered.slice(0, 4), Array(4).fill("cancelOrder 200"));
  assert.deepEqual(mirror.tookMs.slice(0, 4), Array(4).fill(40));
});

test("plain edge: takes a bounded number of requests whose answers are outstanding", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const socket = mirror.connect();
  const received = textOf(socket);
  const count = 3 * PIPELINED_MAX;
  socket.write(cancel("{}").repeat(count) + LAST);
  let givenCount = 0;
  while (givenCount < count) {
    await setImmediate();
    assert.ok(mirror.held.length <= PIPELINED_MAX);
    for (const give of mirror.held.splice(0)) {
      give();
      givenCount += 1;
    }
  }
  assert.deepEqual(statuses(await received), [...Array(count).fill("200"), "404"]);
  assert.equal(mirror.plainCount, count);
});

test("plain edge: a request that follows on a connection may be for node:http", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const socket = mirror.connect();
  const received = textOf(socket);
  const chunked = `DELETE ${ORDERS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
  socket.write(`${cancel("{}")}${chunked}2\r\n{}\r\n0\r\n\r\n${cancel("{}")}`);
  while (mirror.held.length < 1) await setImmediate();
  assert.equal(mirror.held.length, 1, "node:http has it when the first is answered");
  mirror.held.shift()?.();
  while (mirror.held.length < 2) await setImmediate();
  for (const give of mirror.held) give();
  socket.write(LAST);
  assert.deepEqual(statuses(await received), ["200", "200", "200", "404"]);
  assert.equal(mirror.plainCount, 1);
});

test("plain edge: an upgrade behind a request goes its way when that is answered", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  mirror.server.server.on("upgrade", (_request, socket: Duplex, head: Buffer) => {
    socket.end(`upgraded ${head}`);
  });
  const socket = mirror.connect();
  const received = textOf(socket);
  const upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  socket.write(`${cancel("{}")}GET /ws/trade/v1 HTTP/1.1\r\n${upgrade}rest`);
  while (mirror.held.length < 1) await setImmediate();
  mirror.held.shift()?.();
  const text = await received;
  assert.deepEqual(statuses(text), ["200"]);
  assert.match(text, /upgraded rest$/);
});

test("plain edge: over TLS as well, and so is what follows for node:http", async (t) => {
  const mirror = await Mirror.open(t, { tls: selfSigned() });
  const { port } = mirror.server.server.address() as AddressInfo;
  const socket = secureConnect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  const received = textOf(socket);
  const request = cancel('{"order_no":"1"}');
  socket.write(request.slice(0, -5));
  await once(socket, "secureConnect");
  socket.write(request.slice(-5) + request + LAST);
  assert.deepEqual(statuses(await received), ["200", "200", "404"]);
  assert.equal(mirror.plainCount, 2);
});

test("plain edge: a body that is slow to come goes to node:http, however it drips", async (t) => {
  const mirror = await Mirror.open(t);
  const socket = mirror.connect();
  const received = textOf(socket);
  const request = cancel("[1234567890]");
  socket.write(request.slice(0, -10));
  await once(mirror.server.server, "connection");
  for (let at = request.length - 10; at < request.length; at += 1) {
    await setImmediate();
    mirror.server.checkConnections();
    socket.write(request.slice(at, at + 1));
  }
  socket.write(LAST);
  assert.deepEqual(statuses(await received), ["200", "404"]);
  assert.equal(mirror.plainCount, 0);
});

test("plain edge: a connection that says nothing goes to node:http, a served one stays", async (t) => {
  const mirror = await Mirror.open(t);
  const [silent, served] = [mirror.connect(), mirror.connect()];
  const received = [textOf(silent), textOf(served)];
  served.write(cancel("{}"));
  await once(served, "data");
  for (let count = 0; count < 3; count += 1) mirror.server.checkConnections();
  for (const socket of [silent, served]) socket.write(cancel("{}") + LAST);
  assert.deepEqual((await Promise.all(received)).map(statuses), [
    ["200", "404"],
    ["200", "200", "404"],
  ]);
  assert.equal(mirror.plainCount, 2);
});

/** Two connections: one whose answer has left, and one whose request is under way. */
async function idleAndBusy(mirror: Mirror) {
  const [idle, busy] = [mirror.connect(), mirror.connect()];
  const received = [textOf(idle), textOf(busy)];
  for (const [index, socket] of [idle, busy].entries()) {
    socket.write(cancel("{}"));
    while (mirror.held.length <= index) await setImmediate();
  }
  mirror.held.shift()?.();
  return { idle, busy, received };
}

test("plain edge: an idle connection is closed in time, one with a request under way is not", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const { busy, received } = await idleAndBusy(mirror);
  for (let count = 0; count < 100; count += 1) mirror.server.checkConnections();
  const closed = await Promise.race([received[0], received[1]]);
  assert.deepEqual(statuses(closed ?? ""), ["200"]);
  mirror.held.shift()?.();
  busy.write(LAST);
  assert.deepEqual(statuses((await received[1]) ?? ""), ["200", "404"]);
});

test("plain edge: answers leave although the client has said that it sends no more", async (t) => {
  for (const readsPlain of [true, false]) {
    const mirror = await Mirror.open(t, { holds: true, readsPlain });
    const socket = mirror.connect();
    const received = textOf(socket);
    socket.end(cancel("{}") + cancel("[]"));
    while (mirror.held.length < 2) await setImmediate();
    for (let turns = 0; turns < 10; turns += 1) await setImmediate();
    for (const give of mirror.held.toReversed()) give();
    assert.deepEqual(statuses(await received), ["200", "200"]);
  }
});

test("plain edge: a client that vanishes takes nobody's answers with it", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const socket = mirror.connect();
  socket.write(cancel("{}"));
  while (mirror.held.length < 1) await setImmediate();
  socket.resetAndDestroy();
  const [, gone] = [await once(socket, "close"), mirror.held.shift()];
  await setImmediate();
  gone?.();
  assert.deepEqual(statuses(await mirrorAnswer(mirror)), ["200", "404"]);
});

async function mirrorAnswer(mirror: Mirror): Promise<string> {
  const socket = mirror.connect();
  const received = textOf(socket);
  socket.write(cancel("{}") + LAST);
  while (mirror.held.length < 1) await setImmediate();
  mirror.held.shift()?.();
  return await received;
}

test("plain edge: a stop lets answers leave, says that they are the last, and closes the rest", async (t) => {
  const mirror = await Mirror.open(t, { holds: true });
  const { idle, received } = await idleAndBusy(mirror);
  await once(idle, "data");
  const closed = mirror.server.close(new Promise(() => {}));
  assert.match((await received[0]) ?? "", /\r\nConnection: keep-alive\r\n/);
  mirror.held.shift()?.();
  assert.match((await received[1]) ?? "", /\r\nConnection: close\r\n/);
  await closed;
});

test("plain edge: an echoed name and text beyond ASCII leave as they should", async (t) => {
  const mirror = await Mirror.open(t);
  const body = Buffer.from('{"x":"ä"}').toString("latin1");
  const text = await mirror.exchange([cancel(body, "X-Request-Id: a b\r\n"), LAST]);
  assert.match(text, /\r\nX-Request-Id: a b\r\n/);
  assert.match(text, new RegExp(`"body":"${Buffer.from(body, "latin1").toString("base64")}"`));
});

test("plain edge: a request that node:http reads takes as long as its answer is held back", async (t) => {
  const mirror = await Mirror.open(t, { holds: true, readsPlain: false });
  const socket = mirror.connect();
  const received = textOf(socket);
  socket.write(cancel("{}"));
  while (mirror.held.length < 1) await setImmediate();
  mirror.nowMs += 25;
  mirror.held[0]?.();
  socket.write(LAST);
  await received;
  assert.deepEqual(mirror.tookMs.slice(0, 1), [25]);
});
