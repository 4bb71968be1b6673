import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type TestContext, test } from "node:test";
import { ROUTES } from "@countermand/contract";
import {
  KEEP_ALIVE_TIMEOUT_MS,
  PIPELINED_MAX,
  PLAIN_CHECK_MS,
  PLAIN_HEAD_PIECES_MAX,
} from "./limits.ts";
import { PlainConnection, type PlainRoutes } from "./plain-connection.ts";
import type { ArrivedRequest } from "./responses.ts";
import type { Target } from "./signed-endpoint.ts";

const REQUEST = "DELETE /trade/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}";
const FOREIGN = "GET /time HTTP/1.1\r\nHost: x\r\n\r\n";
const IDLE_CHECKS = KEEP_ALIVE_TIMEOUT_MS / PLAIN_CHECK_MS;

/** A connection without a network, and a server that answers when it is told to. */
class Bench implements PlainRoutes {
  readonly socket = new Duplex({ read() {}, write: (...args) => this.#written(...args) });
  readonly connection: PlainConnection;
  readonly requests: ArrivedRequest[] = [];
  readonly targets: string[] = [];
  readonly handedOver: (readonly [unread: string, hasEnded: boolean])[] = [];
  /** All that was written. */
  text = "";
  /** While its client reads nothing. */
  isStuck = false;
  answersAtOnce = false;
  closing = false;
  findCount = 0;
  answeredCount = 0;
  nowMs = 1_000;
  /** Of each answer that has left, since its request was read. */
  readonly tookMs: number[] = [];
  endedCount = 0;
  #release: (() => void) | null = null;

  constructor(t: TestContext) {
    t.after(() => this.socket.destroy());
    this.connection = new PlainConnection(this.socket as Socket, this);
  }

  receive(text: string): void {
    this.socket.emit("data", Buffer.from(text));
  }

  check(times: number): void {
    for (let count = 0; count < times; count += 1) this.connection.check();
  }

  give(request: ArrivedRequest | undefined, body = "{}"): void {
    request?.answer({ httpStatus: 200, body });
  }

  readOn(): void {
    this.isStuck = false;
    this.#release?.();
  }

  find(method: string, url: string): Target | null {
    this.findCount += 1;
    const [path = "", rawQuery = ""] = url.split("?");
    const route = ROUTES.find((each) => each.method === method && each.path === path);
    return route?.signed === true ? { path, rawQuery, route, segment: null } : null;
  }

  serve(request: ArrivedRequest, { route, rawQuery }: Target): void {
    this.requests.push(request);
    this.targets.push(`${route.method} ${route.path} ${rawQuery}`);
    if (this.answersAtOnce) this.give(request);
  }

  answered(_target: Target, _httpStatus: number, startedMs: number): void {
    this.answeredCount += 1;
    this.tookMs.push(this.nowMs - startedMs);
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  dateLine(): string {
    return "Date: now\r\n";
  }

  isClosing(): boolean {
    return this.closing;
  }

  handOver(_connection: PlainConnection, unread: Buffer, hasEnded: boolean): void {
    this.handedOver.push([unread.toString(), hasEnded]);
  }

  ended(): void {
    this.endedCount += 1;
  }

  #written(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    if (this.isStuck) this.#release = done;
    else done();
  }
}

/** One whose first request is answered. */
function served(t: TestContext): Bench {
  const bench = new Bench(t);
  bench.receive(REQUEST);
  bench.give(bench.requests[0]);
  return bench;
}

test("plain connection: what is there in part, or nothing, goes to node:http at the second look", (t) => {
  for (const [bench, part] of [
    [new Bench(t), ""],
    [new Bench(t), REQUEST.slice(0, 1)],
    [new Bench(t), REQUEST.slice(0, -1)],
    [served(t), REQUEST.slice(0, -1)],
  ] as const) {
    if (part !== "") bench.receive(part);
    bench.check(1);
    assert.deepEqual(bench.handedOver, []);
    bench.check(1);
    assert.deepEqual(bench.handedOver, [[part, false]]);
    bench.receive("more");
    bench.socket.emit("close");
    assert.deepEqual([bench.handedOver.length, bench.endedCount], [1, 0], "it is let go");
  }
});

test("plain connection: the rest of a request in time stays, however long it was idle before", (t) => {
  const bench = served(t);
  bench.check(IDLE_CHECKS);
  for (const part of [REQUEST.slice(0, 50), REQUEST.slice(50)]) {
    bench.receive(part);
    bench.check(1);
  }
  assert.deepEqual([bench.requests.length, bench.handedOver], [2, []]);
});

test("plain connection: an idle one is closed behind its time, a busy one never", (t) => {
  const [idle, busy] = [served(t), served(t)];
  busy.receive(REQUEST);
  busy.check(10 * IDLE_CHECKS);
  idle.check(IDLE_CHECKS);
  assert.equal(idle.socket.destroyed, false);
  idle.check(1);
  assert.deepEqual([idle.socket.destroyed, busy.socket.destroyed], [true, false]);
  busy.give(busy.requests[1]);
  busy.check(IDLE_CHECKS);
  assert.equal(busy.socket.destroyed, false);
  assert.deepEqual([idle.handedOver, busy.handedOver], [[], []]);
});

test("plain connection: nothing is read for a client that reads no answers", (t) => {
  const bench = new Bench(t);
  bench.isStuck = true;
  bench.receive(REQUEST);
  bench.give(bench.requests[0], "x".repeat(bench.socket.writableHighWaterMark));
  bench.receive(REQUEST + REQUEST);
  assert.deepEqual([bench.requests.length, bench.socket.isPaused()], [1, true]);
  bench.check(IDLE_CHECKS);
  assert.deepEqual([bench.handedOver, bench.socket.destroyed], [[], false]);
  bench.readOn();
  bench.socket.emit("drain");
  assert.deepEqual([bench.requests.length, bench.socket.isPaused()], [3, false]);
  for (const request of bench.requests.slice(1)) bench.give(request);
  bench.receive(REQUEST.slice(0, 9));
  bench.check(2);
  assert.deepEqual(bench.handedOver, [[REQUEST.slice(0, 9), false]], "it is slow now");
});

test("plain connection: takes so many requests at once, and the next with the first answer", (t) => {
  const bench = new Bench(t);
  bench.receive(REQUEST.repeat(PIPELINED_MAX + 2));
  assert.deepEqual([bench.requests.length, bench.socket.isPaused()], [PIPELINED_MAX, true]);
  bench.socket.emit("drain");
  bench.give(bench.requests[1]);
  assert.deepEqual([bench.requests.length, bench.answeredCount], [PIPELINED_MAX, 0]);
  bench.give(bench.requests[0]);
  assert.equal(bench.answeredCount, 2);
  assert.deepEqual([bench.requests.length, bench.socket.isPaused()], [PIPELINED_MAX + 2, false]);
});

test("plain connection: answers given while requests are served leave one by one, in order", (t) => {
  const bench = new Bench(t);
  bench.answersAtOnce = true;
  bench.receive(REQUEST.repeat(PIPELINED_MAX + 2));
  assert.equal(bench.answeredCount, PIPELINED_MAX + 2);
  assert.equal(bench.findCount, 1, "a client that repeats itself is found once");
});

test("plain connection: a request is for what it names, whatever the one before was for", (t) => {
  const bench = new Bench(t);
  const named = [
    "DELETE /trade/v1/orders ",
    "POST /trade/v1/orders ",
    "GET /trade/v1/orders page_index=1",
    "GET /trade/v1/orders page_index=2",
    "GET /trade/v1/orders ",
    "GET /trade/v1/executions ",
    "GET /trade/v1/executions ",
    "GET /trade/v1/orders ",
  ];
  for (const each of named) {
    const [method, path, query] = each.split(" ");
    const target = query === "" ? path : `${path}?${query}`;
    bench.receive(`${method} ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }
  assert.deepEqual(bench.targets, named);
});

test("plain connection: a head that comes in too many pieces is node:http's", (t) => {
  const bench = new Bench(t);
  for (let round = 0; round < 2; round += 1) {
    for (let at = 0; at < PLAIN_HEAD_PIECES_MAX - 1; at += 1) bench.receive(REQUEST[at] ?? "");
    bench.receive(REQUEST.slice(PLAIN_HEAD_PIECES_MAX - 1));
    bench.give(bench.requests[round]);
  }
  assert.deepEqual([bench.requests.length, bench.handedOver], [2, []]);
  for (let at = 0; at < PLAIN_HEAD_PIECES_MAX; at += 1) bench.receive(REQUEST[at] ?? "");
  assert.deepEqual(bench.handedOver, [[REQUEST.slice(0, PLAIN_HEAD_PIECES_MAX), false]]);
});

test("plain connection: what is for node:http waits until all before it is answered", (t) => {
  const bench = new Bench(t);
  bench.receive(REQUEST + FOREIGN);
  assert.deepEqual([bench.socket.isPaused(), bench.handedOver], [true, []]);
  bench.receive(REQUEST);
  bench.socket.emit("end");
  bench.give(bench.requests[0]);
  assert.deepEqual([bench.requests.length, bench.handedOver], [1, [[FOREIGN + REQUEST, true]]]);
});

test("plain connection: a client that sends no more gets what it asked for, and the end", (t) => {
  const [whole, part, idle] = [new Bench(t), new Bench(t), served(t)];
  whole.receive(REQUEST);
  part.receive(REQUEST + REQUEST.slice(0, 1));
  for (const bench of [whole, part, idle]) bench.socket.emit("end");
  assert.deepEqual([whole.socket.writableEnded, idle.socket.writableEnded], [false, true]);
  for (const bench of [whole, part]) bench.give(bench.requests[0]);
  assert.deepEqual([whole.socket.writableEnded, whole.handedOver], [true, []]);
  assert.deepEqual(
    [part.socket.writableEnded, part.handedOver],
    [false, [[REQUEST.slice(0, 1), true]]],
  );
});

test("plain connection: a stop closes what is idle, and the others behind their last answer", (t) => {
  const [idle, busy, part, unread] = [served(t), served(t), new Bench(t), new Bench(t)];
  busy.receive(REQUEST);
  part.receive(REQUEST.slice(0, 1));
  unread.isStuck = true;
  unread.receive(REQUEST);
  unread.give(unread.requests[0]);
  for (const bench of [idle, busy, part, unread]) {
    bench.closing = true;
    bench.connection.closeIfIdle();
  }
  assert.deepEqual(
    [idle, busy, part, unread].map(({ socket }) => [socket.destroyed, socket.writableEnded]),
    [
      [true, false],
      [false, false],
      [false, false],
      [false, true],
    ],
  );
  busy.give(busy.requests[1]);
  assert.match(busy.text, /keep-alive.*Connection: close\r\n\r\n\{\}$/s);
  assert.equal(busy.socket.writableEnded, true);
});

test("plain connection: of answers that leave together the last alone says that it is the last", (t) => {
  const bench = new Bench(t);
  bench.receive(REQUEST.repeat(2));
  bench.closing = true;
  bench.give(bench.requests[1]);
  bench.give(bench.requests[0]);
  const ends = bench.text.match(/(?<=Connection: )[a-z-]+/g);
  assert.deepEqual(ends, ["keep-alive", "close"]);
});

test("plain connection: answers that leave together keep their characters, whichever has some", (t) => {
  const bodies = ['{"name":"騰訊控股"}', "{}"];
  for (const [first, second] of [bodies, bodies.toReversed()]) {
    const bench = new Bench(t);
    bench.receive(REQUEST.repeat(2));
    bench.give(bench.requests[1], second);
    bench.give(bench.requests[0], first);
    assert.deepEqual(bench.text.match(/(?<=\r\n\r\n)\{.*?\}/gs), [first, second]);
  }
});

test("plain connection: an answer to one that is gone is counted, and no more is read", (t) => {
  const bench = new Bench(t);
  bench.receive(REQUEST.repeat(PIPELINED_MAX + 1));
  bench.requests[0]?.cut();
  bench.give(bench.requests[0]);
  assert.deepEqual([bench.socket.destroyed, bench.text, bench.handedOver], [true, "", []]);
  assert.deepEqual([bench.answeredCount, bench.requests.length], [1, PIPELINED_MAX]);
});

test("plain connection: a request took as long as its answer did not leave, held back or not", (t) => {
  const bench = new Bench(t);
  bench.receive(REQUEST.repeat(2));
  bench.nowMs += 3;
  bench.give(bench.requests[1]);
  assert.deepEqual(bench.tookMs, []);
  bench.nowMs += 4;
  bench.give(bench.requests[0]);
  assert.deepEqual(bench.tookMs, [7, 7]);
});
