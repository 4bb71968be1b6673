// The dead-man's switch over REST and the order stream: in this process on a clock of the test, and
// once as a process of its own in real time.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startGateway } from "./gateway-in-process.ts";
import { Workplace } from "./gateway-process.ts";
import { type Answer, envelope, isReplay, KEY_1, SignedClient, sign } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { type MovedTime, movedTime, startTwoAccounts as start } from "./two-accounts.ts";
import { restingOrder as order } from "./wire-orders.ts";

const DEAD_MAN = "/trade/v1/dead-man";
const ORDERS = "/trade/v1/orders";

interface Row {
  readonly scope: string;
  readonly value: string;
  readonly state: string;
  readonly timeout: number;
  readonly fires_at: number;
  readonly fires_in_ms: number;
  readonly fired_at: number;
  readonly blocks: boolean;
}

function pass(time: MovedTime, ms: number): void {
  time.wallMs += ms;
  time.monotonicMs += ms;
}

function rowOf(answer: Answer): Row {
  assert.equal(answer.status, 200, answer.text);
  return envelope(answer).data as Row;
}

async function status(client: SignedClient): Promise<readonly Row[]> {
  const { data } = envelope(await client.call("GET", DEAD_MAN));
  return (data as { switches: readonly Row[] }).switches;
}

function call(
  client: SignedClient,
  time: MovedTime,
  method: string,
  path: string,
  body: object | "",
) {
  const options = { timestamp: String(time.wallMs) };
  time.wallMs += 1;
  return client.call(method, path, body, options);
}

test("dead man: a release that released nothing, sent again, leaves what was armed since", async (t) => {
  const { time, first } = await start(t);
  const body = JSON.stringify({ timeout: 0, scope: "key" });
  const release = sign(KEY_1, "POST", DEAD_MAN, body, { timestamp: String(time.wallMs) });
  assert.equal(rowOf(await first.send(release)).state, "released");
  rowOf(await first.call("POST", DEAD_MAN, { timeout: 60, scope: "key" }));
  const again = await first.send(release);
  assert.ok(isReplay(again), again.text);
  assert.deepEqual(
    (await status(first)).map(({ state }) => state),
    ["armed"],
  );
});

test("dead man: armed, warned of, fired, blocked and armed again", async (t) => {
  const { time, url, first, second } = await start(t);
  const others = await second.place(order());
  const mine = await first.place(order());
  const armed = rowOf(await first.call("POST", DEAD_MAN, { timeout: 60, scope: "key" }));
  assert.deepEqual(armed, {
    scope: "key",
    value: KEY_1.apiKey,
    state: "armed",
    timeout: 60,
    fires_at: time.wallMs + 60_000,
    fires_in_ms: 60_000,
    fired_at: 0,
    blocks: false,
  });
  assert.deepEqual(await status(first), [armed]);
  assert.deepEqual(await status(second), []);
  const stream = await StreamClient.open(url, KEY_1);
  pass(time, 50_000);
  const warning = await stream.seen("a warning", ({ message }) => message.type === "notice");
  assert.equal(warning.message.reason, "dead_man_warning");
  const { switch: warned } = JSON.parse(warning.text) as { switch: Row };
  assert.deepEqual([warned.state, warned.value], ["armed", KEY_1.apiKey]);
  pass(time, 10_000);
  await stream.seen("the firing", ({ message }) => message.reason === "dead_man_fired");
  const pushed = await stream.seen("the cancel", ({ message }) => message.type === "order");
  assert.deepEqual(
    [pushed.message.data?.order_no, pushed.message.data?.["cancel_reason"]],
    [mine, "dead_man"],
  );
  stream.close();
  const [fired] = await status(first);
  assert.deepEqual([fired?.state, fired?.blocks, fired?.fires_at], ["fired", true, 0]);
  for (const [method, path, body] of [
    ["POST", ORDERS, order()],
    ["PUT", ORDERS, { order_no: others, price: 2 }],
  ] as const) {
    const refused = await call(first, time, method, path, body);
    const reason = method === "POST" ? "dead_man_blocked" : "unknown_order";
    assert.equal(envelope(refused).reason, reason);
  }
  assert.equal(
    (await call(second, time, "PUT", ORDERS, { order_no: others, price: 2 })).status,
    200,
  );
  assert.equal((await call(first, time, "DELETE", ORDERS, { order_no: mine })).status, 200);
  rowOf(await call(first, time, "POST", DEAD_MAN, { timeout: 3, scope: "key" }));
  assert.equal((await call(first, time, "POST", ORDERS, order())).status, 200);
  const released = rowOf(await call(first, time, "POST", DEAD_MAN, { timeout: 0, scope: "key" }));
  assert.deepEqual([released.state, released.blocks], ["released", false]);
  assert.deepEqual(await status(first), []);
});

test("dead man: scopes are apart, and a repeated refresh refreshes nothing", async (t) => {
  const { time, first } = await start(t);
  const kept = await first.place(order({ reference_id: "b-1", portfolio_id: "q" }));
  await first.place(order({ reference_id: "a-1" }));
  await first.place(order({ portfolio_id: "p" }));
  const options = { timestamp: String(time.wallMs) };
  const body = { timeout: 60, scope: "portfolio", value: "p" };
  const once = await first.call("POST", DEAD_MAN, body, options);
  await first.call("POST", DEAD_MAN, { timeout: 60, scope: "reference_id_prefix", value: "a-" });
  await first.call("POST", DEAD_MAN, { timeout: 86_400, scope: "symbol", value: "AAPL" });
  pass(time, 59_000);
  const again = await first.call("POST", DEAD_MAN, body, options);
  assert.deepEqual([again.text, isReplay(again)], [once.text, true]);
  pass(time, 1_000);
  for (;;) {
    const states = (await status(first)).map(({ scope, state }) => `${scope} ${state}`);
    if (states.filter((each) => each.endsWith("fired")).length < 2) continue;
    assert.deepEqual(states, ["portfolio fired", "reference_id_prefix fired", "symbol armed"]);
    break;
  }
  const open = await first.orders("order_status=new");
  assert.deepEqual(
    open.map(({ order_no }) => order_no),
    [kept],
  );
});

test("dead man: what is malformed changes nothing", async (t) => {
  const { first } = await start(t);
  const cases: readonly (readonly [object | string, string])[] = [
    [{ scope: "key" }, "invalid_dead_man"],
    [{ timeout: 2, scope: "key" }, "invalid_dead_man"],
    [{ timeout: 86_401, scope: "key" }, "invalid_dead_man"],
    [{ timeout: 3.5, scope: "key" }, "invalid_dead_man"],
    [{ timeout: 60 }, "invalid_dead_man"],
    [{ timeout: 60, scope: "account" }, "invalid_dead_man"],
    [{ timeout: 60, scope: "key", value: "demo-key-2" }, "invalid_dead_man"],
    [{ timeout: 60, scope: "portfolio" }, "invalid_dead_man"],
    [{ timeout: 60, scope: "portfolio", value: 7 }, "invalid_dead_man"],
    [{ timeout: 60, scope: "symbol", value: "0700" }, "unknown_symbol"],
    [{ timeout: 60, scope: "key", key: "x" }, "unknown_field"],
    ["[]", "malformed_body"],
  ];
  for (const [body, reason] of cases) {
    const answer = await first.call("POST", DEAD_MAN, body);
    assert.deepEqual([answer.status, envelope(answer).reason], [400, reason]);
  }
  const query = await first.call("GET", `${DEAD_MAN}?all=1`);
  assert.equal(envelope(query).reason, "unknown_query_parameter");
  assert.deepEqual(await status(first), []);
});

test("dead man: a thousand switches of an account, and not one more", async (t) => {
  const { first } = await start(t);
  const arm = (value: string) =>
    first.call("POST", DEAD_MAN, { timeout: 60, scope: "portfolio", value });
  for (let from = 0; from < 1_000; from += 100) {
    const armed = await Promise.all(Array.from({ length: 100 }, (_, i) => arm(`p${from + i}`)));
    for (const answer of armed) assert.equal(answer.status, 200, answer.text);
  }
  const refused = await arm("one-more");
  assert.deepEqual([refused.status, envelope(refused).reason], [409, "too_many_dead_man_switches"]);
  assert.equal((await arm("p7")).status, 200, "a refresh is no new one");
  assert.equal((await status(first)).length, 1_000);
});

test("dead man: over a restart the time that passed counts, and a block stays", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  const time = movedTime();
  const settings = { COUNTERMAND_DATA_DIR: folder };
  const before = await startGateway(time, settings);
  const client = new SignedClient(before.url, KEY_1);
  await client.place(order());
  await client.call("POST", DEAD_MAN, { timeout: 60, scope: "key" });
  client.close();
  const { hash } = await before.stateHash();
  await before.stop();
  pass(time, 30_000);
  const middle = await startGateway(time, settings);
  assert.equal((await middle.stateHash()).hash, hash);
  const waiting = new SignedClient(middle.url, KEY_1);
  const [armed] = await status(waiting);
  assert.equal(armed?.fires_in_ms, 30_000);
  waiting.close();
  await middle.stop();
  pass(time, 30_000);
  const after = await startGateway(time, settings);
  t.after(async () => {
    await after.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const last = new SignedClient(after.url, KEY_1);
  t.after(() => last.close());
  const [row] = await last.orders();
  assert.deepEqual([row?.order_status, row?.["cancel_reason"]], ["can", "dead_man"]);
  assert.equal((await status(last))[0]?.state, "fired");
  const refused = await call(last, time, "POST", ORDERS, order());
  assert.equal(envelope(refused).reason, "dead_man_blocked");
});

test("dead man: a process of its own fires after 3 seconds of real time, never before", async (t) => {
  const workplace = Workplace.of(t);
  const gateway = await workplace.gateway(workplace.path("data"));
  const client = new SignedClient(gateway.url, KEY_1);
  const stream = await StreamClient.open(gateway.url, KEY_1);
  await client.place(order());
  const armedAtMs = performance.now();
  const body = { timeout: 3, scope: "key" };
  assert.ok(rowOf(await client.call("POST", DEAD_MAN, body)).fires_in_ms <= 3_000);
  await stream.seen("it fire", ({ message }) => message.reason === "dead_man_fired");
  const waitedMs = performance.now() - armedAtMs;
  // How much later depends on how busy the machine is; the look alone takes 0.25 s.
  assert.ok(waitedMs >= 2_990, String(waitedMs));
  t.diagnostic(`fired ${Math.round(waitedMs)} ms after it was sent`);
  const push = await stream.seen("the cancel", ({ message }) => {
    return message.data?.order_status === "can";
  });
  assert.equal(push.message.data?.["cancel_reason"], "dead_man");
  stream.close();
  client.close();
});
