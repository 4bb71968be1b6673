// Goal: around what a signed request does, both ways that it may come are the same.
import assert from "node:assert/strict";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { HttpServer } from "./http-server.ts";
import { SignedEndpoint, type SignedServices } from "./signed-endpoint.ts";
import { NOTHING_UNSIGNED } from "./unsigned-fixture.ts";

const DONE: TradeAnswer = { httpStatus: 200, body: '{"code":0}', replayed: false };

/** A server that takes every signature, in front of a trade service in the test's hands. */
class Edge {
  readonly acts: string[] = [];
  readonly asked: CallOptions[] = [];
  readonly bugs: Error[] = [];
  readonly awaited = new AwaitedAnswers();
  answer: () => Promise<TradeAnswer> = () => Promise.resolve(DONE);
  isStarting = false;
  isDraining = false;
  #port = 0;

  static async open(t: TestContext, readsPlain: boolean): Promise<Edge> {
    const edge = new Edge();
    const signed = new SignedEndpoint({
      services: () => (edge.isStarting ? null : edge.#services),
      isDraining: () => edge.isDraining,
      onBug: (error) => edge.bugs.push(error),
    });
    const server = await HttpServer.create({
      signed,
      admits: () => true,
      tls: null,
      sandbox: true,
      console: { handle: () => {} },
      onAnswered: () => {},
      monotonicMs: () => 0,
      readsPlain,
      unsigned: NOTHING_UNSIGNED,
    });
    await server.listen("127.0.0.1", 0);
    t.after(() => server.close(Promise.resolve()));
    edge.#port = (server.server.address() as AddressInfo).port;
    return edge;
  }

  get #services(): SignedServices {
    const act = (name: string) => (_caller: unknown, _request: unknown, options: CallOptions) => {
      this.acts.push(name);
      this.asked.push(options);
      return this.answer();
    };
    const caller = { apiKey: "demo-key", account: "80114138" };
    const key = { caller, accounts: [caller.account], permissions: new Set(["trade"]) };
    const trade = { place: act("place"), cancel: act("cancel"), orders: act("orders") };
    const authenticator = { authenticate: () => ({ key, caller }) };
    const budgets = { statesOf: () => [] };
    const { awaited } = this;
    return { authenticator, budgets, awaited, trade } as unknown as SignedServices;
  }

  /** All that comes back until the server has ended the connection. */
  send(bytes: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: "127.0.0.1" });
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk.toString("latin1");
      });
      socket.on("error", reject);
      socket.on("close", () => resolve(received));
      socket.end(bytes, "latin1");
    });
  }
}

async function bothWays(t: TestContext): Promise<readonly Edge[]> {
  return [await Edge.open(t, true), await Edge.open(t, false)];
}

function request(method: string, path = "orders", body = "", headers = ""): string {
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${method} /trade/v1/${path} HTTP/1.1\r\nHost: x\r\n${headers}${length}\r\n${body}`;
}

const ORDER =
  '{"market":"hkex","symbol":"00700","order_type":"limit_order","order_side":"buy",' +
  '"price":1,"qty":100,"time_in_force":"day"}';
const PLACE = request("POST", "orders", ORDER);
const CANCEL = request("DELETE", "orders/22000000001");

function statuses(received: string): string[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status ?? "");
}

test("signed endpoint: a gateway that starts does nothing yet, and says when to ask again", async (t) => {
  for (const edge of await bothWays(t)) {
    edge.isStarting = true;
    const received = await edge.send(CANCEL);
    assert.match(received, /^HTTP\/1\.1 503 .*^Retry-After: 1\r$.*"reason":"starting"/ms);
    edge.isStarting = false;
    assert.deepEqual(statuses(await edge.send(CANCEL)), ["200"]);
    assert.deepEqual(edge.acts, ["cancel"]);
  }
});

const RECEIPTS: readonly [lines: string, status: string][] = [
  ["X-Receipt: ed25519\r\n", "200"],
  ["X-Receipt: ed25519\r\nX-Receipt: ed25519\r\n", "400"],
  ["X-Receipt: rsa\r\n", "400"],
];

test("signed endpoint: where a receipt is asked for in other words, nothing is cancelled", async (t) => {
  for (const edge of await bothWays(t)) {
    for (const [lines, status] of RECEIPTS) {
      assert.deepEqual(statuses(await edge.send(request("DELETE", "orders/1", "", lines))), [
        status,
      ]);
    }
    assert.deepEqual(
      edge.asked.map(({ receipt }) => receipt),
      [true],
    );
    const [asked = ""] = RECEIPTS[0] ?? [];
    assert.deepEqual(statuses(await edge.send(request("POST", "orders", ORDER, asked))), ["400"]);
    assert.deepEqual(edge.acts, ["cancel"], "an order has no receipt");
  }
});

test("signed endpoint: a gateway that stops takes cancels and queries, and no orders", async (t) => {
  for (const edge of await bothWays(t)) {
    edge.isDraining = true;
    const received = await edge.send(PLACE + CANCEL + request("GET"));
    assert.deepEqual(statuses(received), ["503", "200", "200"]);
    assert.match(received, /"reason":"draining"/);
    assert.deepEqual(edge.acts, ["cancel", "orders"]);
  }
});

test("signed endpoint: an answer that is to be lost cuts the connection, with no other word", async (t) => {
  for (const edge of await bothWays(t)) {
    edge.answer = () => Promise.resolve({ ...DONE, isLost: true });
    assert.deepEqual([await edge.send(PLACE), edge.acts], ["", ["place"]]);
  }
});

test("signed endpoint: who meets a bug is told that nobody knows what was done", async (t) => {
  for (const edge of await bothWays(t)) {
    const bug = new Error("a bug");
    edge.answer = () => Promise.reject(bug);
    const received = await edge.send(PLACE);
    assert.match(received, /^HTTP\/1\.1 500 .*"reason":"outcome_unknown"/s);
    assert.doesNotMatch(received, /a bug/);
    assert.deepEqual(edge.bugs, [bug]);
  }
});

test("signed endpoint: who waits for a silent disk is told that nobody knows, once", async (t) => {
  for (const edge of await bothWays(t)) {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<TradeAnswer>();
    edge.answer = () => {
      asked.resolve();
      return answer.promise;
    };
    const received = edge.send(PLACE);
    await asked.promise;
    edge.awaited.giveUpAll("the disk is silent");
    answer.resolve(DONE);
    assert.deepEqual(statuses(await received), ["500"]);
    assert.match(await received, /"the disk is silent","reason":"outcome_unknown"/);
    edge.answer = () => Promise.resolve(DONE);
    assert.deepEqual(statuses(await edge.send(PLACE)), ["200"]);
    assert.deepEqual(edge.bugs, []);
  }
});

const PREFERENCES: readonly [prefer: string, isTaken: boolean][] = [
  ["return=representation", true],
  ['RETURN = "Representation"; x=1', true],
  ["respond-async, return=representation, wait=5", true],
  ["return=minimal", false],
  ["x-return=representation", false],
  ["return=representations", false],
];

test("signed endpoint: the preference for a representation is taken, and said to be", async (t) => {
  for (const edge of await bothWays(t)) {
    for (const [prefer, isTaken] of PREFERENCES) {
      const received = await edge.send(request("DELETE", "orders/1", "", `Prefer: ${prefer}\r\n`));
      assert.equal(edge.asked.at(-1)?.representation, isTaken, prefer);
      const isSaid = /^Preference-Applied: return=representation\r$/m.test(received);
      assert.equal(isSaid, isTaken, prefer);
    }
    edge.answer = () => Promise.resolve({ ...DONE, replayed: true });
    const again = await edge.send(
      request("DELETE", "orders/1", "", "Prefer: return=representation\r\n"),
    );
    assert.match(again, /^X-Idempotent-Replay: true\r$/m);
    assert.doesNotMatch(again, /Preference-Applied/, "it is the answer of the first request");
  }
});

/** Whose answers are the last of their connections. */
const LAST: readonly [last: string, status: string][] = [
  [request("PATCH"), "405"],
  [request("PATCH", "orders", "{}"), "405"],
  [request("POST", "orders", "x".repeat(20_000)), "413"],
  [request("GET", "orders", "", "Host: y\r\n"), "400"],
  [request("POST", "orders", ORDER, "Expect: more\r\n"), "400"],
  ["GARBAGE\r\n\r\n", "400"],
];

test("signed endpoint: nothing is done behind the last answer of a connection", async (t) => {
  for (const edge of await bothWays(t)) {
    for (const [last, status] of LAST) {
      assert.deepEqual(statuses(await edge.send(last + CANCEL + PLACE + CANCEL)), [status]);
      assert.deepEqual(edge.acts, [], last);
    }
  }
});

test("signed endpoint: what comes before the last answer is done, in its order, and answered", async (t) => {
  for (const edge of await bothWays(t)) {
    for (const [last, status] of LAST) {
      edge.acts.length = 0;
      const received = await edge.send(PLACE + CANCEL + PLACE + last);
      assert.deepEqual(statuses(received), ["200", "200", "200", status], last);
      assert.deepEqual(edge.acts, ["place", "cancel", "place"], last);
    }
  }
});
