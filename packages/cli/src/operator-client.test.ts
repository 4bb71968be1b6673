// Goal: what is said of an operator's act that was answered badly, or not at all, is true.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { ApiError, ConnectionError, OutcomeUnknownError } from "@countermand/client";
import { UsageError } from "./exit-codes.ts";
import { OperatorClient } from "./operator-client.ts";

const TOKEN = "t".repeat(40);
const DONE = { status: 200, body: '{"code":0,"data":{"block_id":1}}' };
const STARTING = { status: 503, body: failure("starting", true) };
const CUT = null;

function failure(reason: string, retryable: boolean): string {
  return JSON.stringify({ code: 11039999, message: "no", details: "", reason, retryable });
}

interface Answered {
  readonly status: number;
  readonly body: string;
  readonly location?: string;
}
type Reply = Answered | typeof CUT;

/** A client of a listener that answers so, one after the other; it waits between no attempts. */
async function clientOf(t: TestContext, replies: Reply[]) {
  const names: unknown[] = [];
  const paths: unknown[] = [];
  const server = createServer((request, response) => {
    names.push(request.headers["idempotency-key"]);
    paths.push(request.url);
    const reply = replies.shift() ?? CUT;
    if (reply === CUT) {
      request.socket.destroy();
      return;
    }
    const { status, body, location } = reply;
    response.writeHead(status, location === undefined ? {} : { location }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const operatorUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const environment = { COUNTERMAND_OPERATOR_TOKEN: TOKEN };
  const stopped = new AbortController().signal;
  const choice = { operatorUrl, operator: "kim" };
  const wait = () => Promise.resolve();
  const client = new OperatorClient(choice, environment, stopped, () => {}, wait);
  const kill = () => client.write("/operator/v1/kill", {});
  return { client, kill, names, paths };
}

test("operator client: a write goes on under its name until it is answered", async (t) => {
  const { kill, names } = await clientOf(t, [CUT, STARTING, { status: 502, body: "<html>" }, DONE]);
  assert.deepEqual(await kill(), { block_id: 1 });
  assert.deepEqual([names.length, new Set(names).size], [4, 1]);
  assert.match(String(names[0]), /^[0-9a-f-]{36}$/);
});

test("operator client: two acts have two names, and a read has none", async (t) => {
  const { client, kill, names } = await clientOf(t, [DONE, DONE, DONE]);
  await kill();
  await kill();
  await client.read("/operator/v1/blocks");
  assert.deepEqual([new Set(names).size, names[2]], [3, undefined]);
});

test("operator client: the token is sent nowhere else, whatever answers", async (t) => {
  const away = { status: 307, body: "", location: "/elsewhere" };
  const { kill, paths } = await clientOf(t, [away, DONE]);
  await assert.rejects(kill(), /^ConnectionError: POST \S+ was turned away, .* \/elsewhere: use/);
  assert.deepEqual(paths, ["/operator/v1/kill"]);
  const { kill: killed, names } = await clientOf(t, [CUT, away, DONE]);
  assert.deepEqual(await killed(), { block_id: 1 });
  assert.equal(new Set(names).size, 1);
});

test("operator client: what no repetition mends is asked for once", async (t) => {
  const refused = { status: 503, body: failure("no_master_key", false) };
  const { kill, names } = await clientOf(t, [refused, DONE]);
  await assert.rejects(kill(), ApiError);
  assert.equal(names.length, 1);
  const environment = { COUNTERMAND_OPERATOR_TOKEN: TOKEN };
  const choice = { operatorUrl: "http://127.0.0.1:1", operator: "kim" };
  const stopped = new AbortController().signal;
  const repeated = () => assert.fail("a port that fetch speaks to never");
  const client = new OperatorClient(choice, environment, stopped, repeated);
  await assert.rejects(client.read("/operator/v1/blocks"), /was not sent, because fetch speaks/);
});

const OPEN: Readonly<Record<string, Reply[]>> = {
  "cut, and the gateway reads its journal since": [CUT, STARTING, STARTING, STARTING],
  "cut, and the token is another one since": [
    CUT,
    { status: 401, body: failure("operator_token_invalid", false) },
  ],
  "cut, and the repetition did not arrive whole": [
    CUT,
    { status: 408, body: failure("request_timeout", true) },
  ],
  "cut, and another server refuses the repetition": [CUT, { status: 404, body: '{"code":404}' }],
  "the gateway found a fault of its own": Array.from({ length: 4 }, () => {
    return { status: 500, body: failure("outcome_unknown", true) };
  }),
  "a proxy answers in its place": Array.from({ length: 4 }, () => {
    return { status: 504, body: "<html>timed out</html>" };
  }),
  "what answers is none": Array.from({ length: 4 }, () => ({ status: 200, body: "" })),
};

for (const [what, replies] of Object.entries(OPEN)) {
  test(`operator client: nobody knows what was done: ${what}`, async (t) => {
    const { kill } = await clientOf(t, [...replies]);
    await assert.rejects(kill(), OutcomeUnknownError);
  });
}

test("operator client: a refusal is one, also behind a lost answer", async (t) => {
  const refused = { status: 404, body: failure("unknown_account", false) };
  const { kill } = await clientOf(t, [CUT, refused]);
  await assert.rejects(kill(), (error) => error instanceof ApiError && error.httpStatus === 404);
  const busy = await clientOf(t, [STARTING, STARTING, STARTING, STARTING]);
  await assert.rejects(busy.kill(), (error) => {
    return error instanceof ApiError && error.reason === "starting";
  });
});

test("operator client: a read that a proxy answers was not answered", async (t) => {
  const { client } = await clientOf(t, [CUT, ...(OPEN["a proxy answers in its place"] ?? [])]);
  await assert.rejects(client.read("/operator/v1/blocks"), ConnectionError);
});

test("operator client: a token that no header takes is told to nobody", () => {
  const token = `${TOKEN}\n${TOKEN}`;
  const environment = { COUNTERMAND_OPERATOR_TOKEN: token };
  const stopped = new AbortController().signal;
  assert.throws(
    () => new OperatorClient({ operator: "kim" }, environment, stopped, () => {}),
    (error) => error instanceof UsageError && !error.message.includes(TOKEN),
  );
});
