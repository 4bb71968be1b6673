import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { MARKET_STREAM_PATH, STREAM_PATH } from "@countermand/contract";
import { HttpServer, type HttpServerOptions } from "./http-server.ts";
import { ANSWERING_MAX } from "./limits.ts";
import { sendAnswer } from "./responses.ts";
import type { SignedEndpoint, Target } from "./signed-endpoint.ts";
import { selfSigned } from "./tls-fixture.ts";
import { NOTHING_UNSIGNED } from "./unsigned-fixture.ts";

const ORDERS = "/trade/v1/orders";
const DONE = { httpStatus: 200, body: '{"code":0}' };

const WAYS = { "without node:http": true, "by node:http": false };

const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const UPGRADE = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** A server whose signed requests are answered when a test says so. */
class Edge {
  readonly #held: (() => void)[] = [];
  #onHeld: () => void = () => {};
  readonly #server: HttpServer;

  private constructor(server: HttpServer) {
    this.#server = server;
  }

  static async open(
    t: TestContext,
    hasRoom = true,
    readsPlain = true,
    more: Partial<HttpServerOptions> = {},
  ): Promise<Edge> {
    const hold = (give: () => void): void => {
      edge.#held.push(give);
      edge.#onHeld();
    };
    const handle: SignedEndpoint["handle"] = (request, response, target) => {
      edge.targets.push(target);
      edge.ways.push("by node:http");
      request.resume();
      hold(() => sendAnswer(request, response, DONE));
    };
    const take: SignedEndpoint["take"] = (request, target) => {
      edge.targets.push(target);
      edge.ways.push("without node:http");
      hold(() => request.answer(DONE));
    };
    const server = await HttpServer.create({
      signed: { handle, take } as unknown as SignedEndpoint,
      admits: () => hasRoom,
      tls: null,
      sandbox: true,
      console: { handle: () => {} },
      onAnswered: () => {},
      monotonicMs: () => 0,
      readsPlain,
      unsigned: NOTHING_UNSIGNED,
      ...more,
    });
    server.server.on("upgrade", (_request, socket) => void socket.end(SWITCHED));
    const edge = new Edge(server);
    server.server.on("tlsClientError", ({ code }: NodeJS.ErrnoException) => {
      edge.handshakeErrors.push(code);
    });
    await server.listen("127.0.0.1", 0);
    t.after(() => server.close(Promise.resolve()));
    return edge;
  }

  /** Resolves when so many requests wait for their answers. */
  async held(count: number): Promise<void> {
    while (this.#held.length < count) {
      await new Promise<void>((resolve) => {
        this.#onHeld = resolve;
      });
    }
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Resolves when it has stopped, which it does not wait for beyond the deadline. */
  stop(deadline: Promise<void>): Promise<void> {
    return this.#server.close(deadline);
  }

  /** What signed requests were for. */
  readonly targets: Target[] = [];

  /** How these were read. */
  readonly ways: (keyof typeof WAYS)[] = [];

  /** Why handshakes of TLS have failed so far. */
  readonly handshakeErrors: (string | undefined)[] = [];

  /** The server's side of the next connection. */
  async connection(): Promise<Socket> {
    const [socket] = await once(this.#server.server, "connection");
    return socket as Socket;
  }

  /** Answers a request that waits, the first one unless told. */
  release(index = 0): void {
    const [give] = this.#held.splice(index, 1);
    give?.();
  }

  /** A client's connection, and all that comes back until the server ends it. */
  client(): { readonly socket: Socket; readonly received: Promise<string> } {
    const { port } = this.#server.server.address() as AddressInfo;
    const socket = connect({ port, host: "127.0.0.1" });
    const received = new Promise<string>((resolve, reject) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });
    return { socket, received };
  }

  /**
   * Sends a request in plain form, which does not ask that the connection be closed: the client
   * closes it behind the answer.
   */
  ask(line: string, body = ""): Promise<string> {
    const { socket, received } = this.client();
    socket.once("data", () => socket.end());
    const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
    socket.write(`${line} HTTP/1.1\r\nHost: x\r\n${length}\r\n${body}`, "latin1");
    return received;
  }

  /** Sends bytes, and others when the first answer is there; resolves with all that comes back. */
  send(bytes: string, later = ""): Promise<string> {
    const { socket, received } = this.client();
    socket.once("data", () => socket.write(later, "latin1"));
    socket.write(bytes, "latin1");
    return received;
  }
}

/** What has its answer at once, and is handed on to nobody. */
async function refused(edge: Edge, line: string, body = ""): Promise<string> {
  const handedOn = edge.held(1).then(() => assert.fail(`${line} was handed on`));
  return await Promise.race([edge.ask(line, body), handedOn]);
}

function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? "");
}

function reasons(received: string): string[] {
  return [...received.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason ?? "");
}

test("edge: an error further down the connection is not the answer of a request before it", async (t) => {
  const edge = await Edge.open(t);
  const place = `POST ${ORDERS} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
  const received = edge.send(`${place}${place}GARBAGE\r\n\r\n`);
  await edge.held(2);
  await setImmediate(); // Now the third one was read as well, as far as it goes.
  // The second request's answer waits for the first one's, and the error for both.
  edge.release();
  edge.release();
  assert.deepEqual(statuses(await received), ["200", "200", "400"]);
});

test("edge: a handshake does not overtake the answers before it, nor is it done behind them", async (t) => {
  for (const path of [STREAM_PATH, MARKET_STREAM_PATH]) {
    const edge = await Edge.open(t, true, false);
    const asked = `DELETE ${ORDERS} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const handshake = `GET ${path} HTTP/1.1\r\n${UPGRADE}`;
    const early = edge.send(`${asked}${handshake}${asked}`);
    await edge.held(1);
    edge.release();
    assert.match(await early, /HTTP\/1\.1 426 .*^Connection: close\r$/ms);
    assert.deepEqual(statuses(await early), ["200", "426"]);
    const inTime = edge.send(asked, handshake);
    await edge.held(1);
    edge.release();
    assert.deepEqual(statuses(await inTime), ["200", "101"]);
  }
});

test("edge: an answer that is ready behind one that is not keeps its place before an error", async (t) => {
  const edge = await Edge.open(t);
  const place = `POST ${ORDERS} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
  const put = `PATCH ${ORDERS} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const received = edge.send(`${place}${put}GARBAGE\r\n\r\n`);
  await edge.held(1);
  await setImmediate();
  edge.release();
  assert.deepEqual(statuses(await received), ["200", "405"], "the 405 closes the connection");
});

test("edge: an error in a request's body is this request's answer", async (t) => {
  const edge = await Edge.open(t);
  const chunked = "Host: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const received = await edge.send(`POST ${ORDERS} HTTP/1.1\r\n${chunked}xyz\r\n`);
  assert.deepEqual(statuses(received), ["400"]);
  assert.deepEqual(reasons(received), ["malformed_request"]);
});

test("edge: an error behind an answer that has left is answered, one in its body is not", async (t) => {
  const edge = await Edge.open(t);
  const head = `POST ${ORDERS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`;
  const cases = [
    [`${head}\r\n0\r\n\r\n`, "GARBAGE\r\n\r\n", ["200", "400"]],
    [`${head}\r\n`, "xyz\r\n", ["200"]],
    [`${head}Connection: close\r\n\r\n0\r\n\r\nGARBAGE\r\n\r\n`, "", ["200"]],
  ] as const;
  for (const [first, later, expected] of cases) {
    const received = edge.send(first, later);
    await edge.held(1);
    edge.release();
    assert.deepEqual(statuses(await received), expected, first + later);
  }
});

test("edge: what HTTP itself refuses is answered in words", async (t) => {
  const edge = await Edge.open(t);
  const noHost = await edge.send("GET /time HTTP/1.1\r\n\r\n");
  assert.deepEqual([statuses(noHost), reasons(noHost)], [["400"], ["malformed_request"]]);
  const expects = await edge.send("GET /time HTTP/1.1\r\nHost: x\r\nExpect: more\r\n\r\n");
  assert.deepEqual([statuses(expects), reasons(expects)], [["400"], ["malformed_request"]]);
  const old = await edge.send("GET /time HTTP/1.0\r\n\r\n");
  assert.deepEqual(statuses(old), ["200"], "HTTP/1.0 has no Host");
});

test("edge: what a body claims to be does not decide what a path answers", async (t) => {
  const edge = await Edge.open(t);
  const body =
    "Host: x\r\nContent-Type: nonsense\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
  const nowhere = await edge.send(`POST /nowhere HTTP/1.1\r\n${body}`);
  assert.deepEqual([statuses(nowhere), reasons(nowhere)], [["404"], ["unknown_path"]]);
  const health = await edge.send(`POST /health/live HTTP/1.1\r\n${body}`);
  assert.deepEqual([statuses(health), reasons(health)], [["405"], ["method_not_allowed"]]);
  const whole = await edge.send(`POST http://x/health/live HTTP/1.1\r\n${body}`);
  assert.deepEqual([statuses(whole), reasons(whole)], [["405"], ["method_not_allowed"]]);
});

test("edge: an echoed name is the bytes that came in, whoever answers", async (t) => {
  const edge = await Edge.open(t);
  const name = "X-Request-Id: caf\xe9\r\n";
  const lines = ["GET /time", "GET /docs", "GET /nowhere", "GET /%zz", "PATCH /trade/v1/orders"];
  for (const line of lines) {
    const received = await edge.send(`${line} HTTP/1.1\r\n${name}${CLOSING}`);
    assert.ok(received.toLowerCase().includes(name.toLowerCase()), received);
  }
});

const CLOSING = "Host: x\r\nConnection: close\r\n\r\n";

test("edge: a path in another spelling is nobody's, so that a proxy's rule for it holds", async (t) => {
  const edge = await Edge.open(t);
  const spellings = [
    "/%74ime",
    "/tim%65?x",
    "http://x/%74ime",
    "/time#",
    "/health/%6cive",
    "/%64ocs",
  ];
  for (const target of spellings) {
    for (const method of ["GET", "POST"]) {
      const head = `${method} ${target} HTTP/1.1\r\n${CLOSING}`;
      const received = await edge.send(head);
      assert.deepEqual([statuses(received), reasons(received)], [["404"], ["unknown_path"]], head);
    }
  }
  const plain = await edge.send(`GET /time?x=%74#y HTTP/1.1\r\n${CLOSING}`);
  assert.deepEqual(statuses(plain), ["200"], "a query in any spelling");
});

test("edge: a refused method is told to a client that sends a large body", async (t) => {
  const edge = await Edge.open(t);
  const length = 1_000_000;
  const head = `PATCH ${ORDERS} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n`;
  const received = await edge.send(head + "x".repeat(length));
  assert.deepEqual([statuses(received), reasons(received)], [["405"], ["method_not_allowed"]]);
  const [, allowed = ""] = /\r\nAllow: (.*)\r\n/.exec(received) ?? [];
  assert.deepEqual(allowed.split(", ").sort(), ["DELETE", "GET", "POST", "PUT"]);
});

const UNSHED = ["DELETE /trade/v1/orders", "POST /trade/v1/orders/cancel"];
const SHED = [
  "POST /trade/v1/orders",
  "PUT /trade/v1/orders",
  "GET /trade/v1/orders",
  "GET /market/v1/trades",
  "GET /console",
  "GET /console/v1/session",
  "GET /nowhere",
];

test("http server: without room only cancels are handed on, however they are read", async (t) => {
  for (const [way, readsPlain] of Object.entries(WAYS)) {
    const edge = await Edge.open(t, false, readsPlain);
    for (const line of SHED) {
      const answer = await refused(edge, line, "{}");
      assert.match(answer, /^HTTP\/1\.1 503 /, line);
      assert.match(answer, /"details":"too many requests came at once.*"reason":"overloaded"/);
      assert.match(answer, /\r\nRetry-After: 1\r\n/i);
    }
    for (const line of UNSHED) {
      const answer = edge.ask(line, "{}");
      await edge.held(1);
      edge.release();
      assert.match(await answer, /^HTTP\/1\.1 200 /, line);
    }
    assert.match(await refused(edge, "GET /time"), /^HTTP\/1\.1 200 /);
    assert.deepEqual(edge.ways, [way, way]);
  }
});

test("http server: a request that was refused unread does not disturb the next one", async (t) => {
  const edge = await Edge.open(t, false);
  const body = "x".repeat(10_000);
  const place = `POST /trade/v1/orders HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const time = "GET /time HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const answers = await edge.send(place + time);
  assert.deepEqual(
    [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status),
    ["503", "200"],
  );
});

test("http server: without room a body that is too large is still not read to its end", async (t) => {
  const edge = await Edge.open(t, false);
  const head = "POST /trade/v1/orders HTTP/1.1\r\nHost: h\r\n";
  const large = await edge.send(`${head}Content-Length: 20000\r\n\r\n${"x".repeat(20_000)}`);
  assert.match(large, /^HTTP\/1\.1 413 /);
  assert.match(large, /\r\nConnection: close\r\n/i);
  const chunked = `${head}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n`;
  assert.match(await edge.send(chunked), /^HTTP\/1\.1 503 /);
});

test("http server: of many requests in one packet, those beyond a few wait for answers", async (t) => {
  const edge = await Edge.open(t);
  // A body without a media type of ours: not one of the plain ones.
  const body = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  const place = `POST ${ORDERS} HTTP/1.1\r\nHost: x\r\n${body}`;
  const received = edge.send(`${place.repeat(20)}GARBAGE\r\n\r\n`);
  await edge.held(ANSWERING_MAX);
  await setImmediate();
  assert.equal(edge.heldCount, ANSWERING_MAX, "the others wait");
  for (let count = 0; count < 20; count += 1) {
    await edge.held(1);
    edge.release();
  }
  assert.deepEqual(statuses(await received), [...Array<string>(20).fill("200"), "400"]);
});

const NEVER = new Promise<void>(() => {});

test("http server: a stop gives what is under way its answer, as the last of its connection", async (t) => {
  const edge = await Edge.open(t, true, false);
  const request = `POST ${ORDERS} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;
  const waiting = edge.send(request);
  await edge.held(1);
  // Its head is not there yet as a whole.
  const connected = edge.connection();
  const { socket, received: begun } = edge.client();
  socket.write(request.slice(0, 20));
  const ofServer = await connected;
  while (ofServer.bytesRead === 0) await setImmediate();
  const stopped = edge.stop(NEVER);
  edge.release();
  assert.match(await waiting, /^HTTP\/1\.1 200 .*^Connection: close\r$/ms);
  socket.write(request.slice(20));
  await edge.held(1);
  edge.release();
  assert.match(await begun, /^HTTP\/1\.1 200 .*^Connection: close\r$/ms);
  await stopped;
});

test("http server: a stop lets all answers of a connection leave, and acts on nothing behind", async (t) => {
  for (const order of [
    [0, 0, 0],
    [2, 1, 0],
  ]) {
    const edge = await Edge.open(t, true, false);
    const request = `DELETE ${ORDERS} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const connected = edge.connection();
    const { socket, received } = edge.client();
    socket.write(request.repeat(order.length));
    const ofServer = await connected;
    await edge.held(order.length);
    const [early, ...rest] = order;
    edge.release(early);
    const stopped = edge.stop(NEVER);
    const { bytesRead } = ofServer;
    socket.write(request);
    while (ofServer.bytesRead === bytesRead) await setImmediate();
    for (const index of rest) edge.release(index);
    assert.deepEqual(statuses(await received), ["200", "200", "200"]);
    assert.equal(edge.heldCount, 0);
    await stopped;
  }
});

test("http server: a stop waits for no answer beyond its deadline", async (t) => {
  const edge = await Edge.open(t, true, false);
  const waiting = edge.send(`DELETE ${ORDERS} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await edge.held(1);
  await edge.stop(Promise.resolve());
  assert.equal(await waiting, "");
});

test("http server: nor does it wait for a handshake of TLS that does not end", async (t) => {
  const edge = await Edge.open(t, true, false, { tls: selfSigned() });
  const connected = edge.connection();
  const { received } = edge.client();
  await connected;
  await edge.stop(Promise.resolve());
  assert.equal(await received, "");
  assert.deepEqual(edge.handshakeErrors, ["ECONNRESET"], "it is cut, and not because of its time");
});

test("http server: each answer is counted once, by its route, however it is read", async (t) => {
  for (const [way, readsPlain] of Object.entries(WAYS)) {
    const answered: unknown[][] = [];
    let nowMs = 1_000;
    const edge = await Edge.open(t, true, readsPlain, {
      onAnswered: (...answer) => answered.push(answer),
      monotonicMs: () => nowMs,
    });
    const canceled = edge.ask(`DELETE ${ORDERS}?a=b`);
    await edge.held(1);
    nowMs += 7;
    edge.release();
    await canceled;
    for (const line of ["GET /time?a", "GET /nowhere", `PATCH ${ORDERS}`]) {
      await refused(edge, line);
    }
    const expected = [
      ["cancelOrder", 200, 7],
      ["serverTime", 200, 0],
      ["other", 404, 0],
      ["other", 405, 0],
    ];
    assert.deepEqual([answered, edge.ways], [expected, [way]]);
  }
});

test("http server: a signed request is handed on as it was sent, however it is read", async (t) => {
  for (const [way, readsPlain] of Object.entries(WAYS)) {
    const edge = await Edge.open(t, true, readsPlain);
    for (const url of [`${ORDERS}/22?a=1?2`, ORDERS, `${ORDERS}?`, `http://x${ORDERS}/22?b`]) {
      const answer = edge.ask(`DELETE ${url}`);
      await edge.held(1);
      edge.release();
      assert.deepEqual(statuses(await answer), ["200"], url);
    }
    assert.deepEqual(
      edge.targets.map(({ route, path, segment, rawQuery }) => [
        route.name,
        path,
        segment,
        rawQuery,
      ]),
      [
        ["cancelOrderByPath", `${ORDERS}/22`, "22", "a=1?2"],
        ["cancelOrder", ORDERS, null, ""],
        ["cancelOrder", ORDERS, null, ""],
        ["cancelOrderByPath", `${ORDERS}/22`, "22", "b"],
      ],
      way,
    );
    // Of a URL with a host it is node:http that knows what is meant.
    assert.deepEqual(edge.ways, [way, way, way, "by node:http"]);
  }
});

test("http server: what is the sandbox's alone is not there in production", async (t) => {
  for (const [way, readsPlain] of Object.entries(WAYS)) {
    const edge = await Edge.open(t, true, readsPlain, { sandbox: false });
    for (const line of ["POST /sandbox/v1/faults", "GET /sandbox/v1/clock"]) {
      const answer = await refused(edge, line);
      assert.deepEqual([statuses(answer), reasons(answer)], [["404"], ["unknown_path"]], way);
    }
    const sandbox = await Edge.open(t, true, readsPlain);
    const answer = sandbox.ask("POST /sandbox/v1/faults", "{}");
    await sandbox.held(1);
    sandbox.release();
    assert.deepEqual([statuses(await answer), sandbox.ways], [["200"], [way]]);
  }
});

test("http server: the console has its path and all below it, and none beside it", async (t) => {
  const asked: unknown[] = [];
  const edge = await Edge.open(t, true, true, {
    console: {
      handle: (request, response, { path, rawQuery }) => {
        asked.push([path, rawQuery]);
        sendAnswer(request, response, DONE);
      },
    },
  });
  for (const url of ["/console", "/console?a", "/console/", "/console/v1/orders?b=c"]) {
    assert.deepEqual(statuses(await edge.ask(`GET ${url}`)), ["200"], url);
  }
  assert.deepEqual(statuses(await edge.ask("GET /consoles")), ["404"]);
  const expected = [
    ["/console", ""],
    ["/console", "a"],
    ["/console/", ""],
    ["/console/v1/orders", "b=c"],
  ];
  assert.deepEqual(asked, expected);
});

test("http server: an answer has the date of the gateway's clock", async (t) => {
  const wallMs = () => 1_700_000_000_000;
  const edge = await Edge.open(t, true, true, { unsigned: { ...NOTHING_UNSIGNED, wallMs } });
  const answer = edge.ask(`DELETE ${ORDERS}`);
  await edge.held(1);
  edge.release();
  assert.match(await answer, /\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n/);
});
