// Goal: what a program sees of every fault of the sandbox, over HTTP and on the stream. What the
// venue does later happens when the test says so.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { FAULT_SPECS } from "../../packages/contract/src/index.ts";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { Gateway } from "../../packages/gateway/src/gateway.ts";
import { createLog } from "../../packages/gateway/src/ops/log.ts";
import { reusedThreads } from "../../packages/gateway/src/reused-threads-fixture.ts";
import { systemClock } from "../../packages/gateway/src/sys/clock.ts";
import { SETTINGS } from "./gateway-in-process.ts";
import { envelope, isReplay, KEY_1, KEY_2, NoAnswer, SignedClient, sign } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";

const ORDERS = "/trade/v1/orders";
const FAULTS = "/sandbox/v1/faults";
const HELD_MS = 54_321;
/** Timers of these delays, and of no other, wait for the test: those of recipes, too. */
const HELD = new Set([HELD_MS, 500, 1_500]);

class Sandbox {
  readonly gateway: Gateway;
  readonly client: SignedClient;
  readonly other: SignedClient;
  readonly #held: Set<() => void>;

  private constructor(gateway: Gateway, held: Set<() => void>) {
    this.gateway = gateway;
    this.client = new SignedClient(gateway.url, KEY_1);
    this.other = new SignedClient(gateway.url, KEY_2);
    this.#held = held;
  }

  static async start(t: TestContext, settings: Record<string, string> = {}): Promise<Sandbox> {
    const folder = mkdtempSync(join(tmpdir(), "countermand-faults-"));
    const sandbox = await Sandbox.startIn(folder, settings);
    t.after(async () => {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    return sandbox;
  }

  static async startIn(folder: string, settings: Record<string, string> = {}): Promise<Sandbox> {
    const held = new Set<() => void>();
    const gateway = await Gateway.start({
      config: readConfig({ ...SETTINGS, COUNTERMAND_DATA_DIR: folder, ...settings }),
      clock: {
        ...systemClock,
        after: (delayMs, callback) => {
          if (!HELD.has(delayMs)) return systemClock.after(delayMs, callback);
          held.add(callback);
          return { cancel: () => held.delete(callback) };
        },
      },
      log: createLog("silent"),
      onFatal: (error) => {
        throw error;
      },
      threads: reusedThreads(),
    });
    return new Sandbox(gateway, held);
  }

  stop(): Promise<void> {
    this.client.close();
    this.other.close();
    return this.gateway.stop();
  }

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  /** The venue goes on. */
  goOn(): void {
    const due = [...this.#held];
    this.#held.clear();
    assert.ok(due.length > 0, "something is held back");
    for (const callback of due) callback();
  }

  async arm(fault: string, more: object = {}): Promise<void> {
    const { code } = envelope(await this.client.call("POST", FAULTS, { fault, ...more }));
    assert.equal(code, 0);
  }

  async fired(): Promise<number[]> {
    const { data } = envelope(await this.client.call("GET", FAULTS));
    return (data as { faults: { fired: number }[] }).faults.map(({ fired }) => fired);
  }
}

/** What a stream brought. */
class Watcher {
  readonly stream: StreamClient;

  private constructor(stream: StreamClient) {
    this.stream = stream;
  }

  static async open(sandbox: Sandbox, query = "", key = KEY_1): Promise<Watcher> {
    return new Watcher(await StreamClient.open(sandbox.gateway.url, key, query));
  }

  get seqs(): (number | undefined)[] {
    return this.#orders().map(({ seq }) => seq);
  }

  /** What it brought of one order, as `status [pending] executed`, once that is so much. */
  async rows(orderNo: string, count: number): Promise<string[]> {
    await this.stream.seen(`${count} messages of ${orderNo}`, () => {
      return this.#rowsOf(orderNo).length >= count;
    });
    return this.#rowsOf(orderNo);
  }

  #rowsOf(orderNo: string): string[] {
    return this.#orders().flatMap(({ data }) => {
      if (data?.order_no !== orderNo) return [];
      const { pending = "" } = data as { pending?: string };
      return [
        [data.order_status, pending, data.execute_qty].filter((part) => part !== "").join(" "),
      ];
    });
  }

  #orders() {
    return this.stream.received
      .map(({ message }) => message)
      .filter(({ type }) => type === "order");
  }
}

function order(more: object = {}): object {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    price: "400",
    qty: "1000",
    ...more,
  };
}

interface Story {
  readonly fault: string;
  /** What the stream brings before the venue goes on, and after. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly cancels: boolean;
}

const STORIES: readonly Story[] = [
  { fault: "delayed_order", cancels: false, before: ["new 0"], after: ["new 0"] },
  { fault: "stuck_order", cancels: false, before: ["new 0"], after: ["rej 0"] },
  { fault: "rejected_order", cancels: false, before: ["new 0"], after: ["rej 0"] },
  {
    fault: "partial_fill_then_cancel",
    cancels: false,
    before: ["new 0"],
    after: ["pex 500", "can 500"],
  },
  { fault: "delayed_cancel", cancels: true, before: ["new 0", "new cancel 0"], after: ["can 0"] },
  { fault: "stuck_cancel", cancels: true, before: ["new 0", "new cancel 0"], after: ["can 0"] },
  { fault: "rejected_cancel", cancels: true, before: ["new 0", "new cancel 0"], after: ["new 0"] },
  {
    fault: "fill_before_cancel",
    cancels: true,
    before: ["new 0", "new cancel 0"],
    after: ["fex cancel 1000", "fex 1000"],
  },
];

test("faults: every fault of the venue has its story", () => {
  const told = STORIES.map(({ fault }) => fault);
  const ofVenue = FAULT_SPECS.filter(
    ({ occasion }) => occasion === "Order" || occasion === "Cancel",
  );
  assert.deepEqual(
    told,
    ofVenue.map(({ word }) => word),
  );
});

test("faults: of the venue, as the stream tells them", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  const watcher = await Watcher.open(sandbox);
  for (const { fault, before, after, cancels } of STORIES) {
    await sandbox.arm(fault, { delay_ms: HELD_MS });
    const orderNo = await client.place(order());
    if (cancels) {
      const answer = await client.call("DELETE", ORDERS, { order_no: orderNo, reference_id: "" });
      assert.equal(answer.text, '{"code":0}', fault);
    }
    assert.deepEqual(await watcher.rows(orderNo, before.length), before, fault);
    sandbox.goOn();
    const rows = await watcher.rows(orderNo, before.length + after.length);
    assert.deepEqual(rows, [...before, ...after], fault);
    const [row] = await client.orders(`order_no=${orderNo}`);
    assert.equal(`${row?.order_status} ${row?.execute_qty}`, after.at(-1), fault);
  }
  const fired = await sandbox.fired();
  assert.deepEqual(
    fired,
    STORIES.map(() => 1),
  );
  assert.deepEqual(
    watcher.seqs,
    watcher.seqs.map((_, index) => index + 1),
  );
  watcher.stream.close();
});

test("faults: an order on its way can be cancelled by its name, and not amended", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  const watcher = await Watcher.open(sandbox);
  await sandbox.arm("delayed_order", { delay_ms: HELD_MS });
  const orderNo = await client.place(order({ reference_id: "mine" }));
  const amend = await client.call("PUT", ORDERS, { order_no: orderNo, price: "401" });
  assert.deepEqual([amend.status, envelope(amend).reason], [409, "order_pending"]);

  const prefer = { headers: { Prefer: "return=representation" } };
  const first = await client.call("DELETE", ORDERS, { reference_id: "mine" }, prefer);
  const again = await client.call("DELETE", ORDERS, { order_no: orderNo }, prefer);
  for (const [answer, already] of [
    [first, false],
    [again, true],
  ] as const) {
    const data = envelope(answer).data as Record<string, unknown>;
    assert.deepEqual(
      [data["order_status"], data["pending"], data["reason"], data["already"], data["seq"]],
      ["new", "cancel", "cancel_pending", already, 2],
    );
  }
  sandbox.goOn();
  assert.deepEqual(await watcher.rows(orderNo, 4), [
    "new 0",
    "new cancel 0",
    "new cancel 0",
    "can 0",
  ]);
  watcher.stream.close();
});

test("faults: an order that fills while its cancel is stuck is open to nobody", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client, other } = sandbox;
  await sandbox.arm("stuck_cancel", { delay_ms: HELD_MS });
  const filled = await client.place(order({ reference_id: "mine" }));
  await client.call("DELETE", ORDERS, { order_no: filled });
  await other.place(order({ order_side: "sell" }));
  const live = await client.place(order({ reference_id: "mine" }));
  const watcher = await Watcher.open(sandbox, "snapshot=1");
  const snapshot = await watcher.stream.seen("a snapshot", () => true);
  assert.deepEqual(snapshot.text.match(/[0-9]{11}(?=","order_status)/g), [live]);
  const answer = await client.call("DELETE", ORDERS, { reference_id: "mine" });
  assert.equal(answer.text, '{"code":0}');
  const [canceled, fex] = await client.orders();
  assert.deepEqual(
    [canceled, fex].map((row) => [row?.order_no, row?.order_status]),
    [
      [live, "can"],
      [filled, "fex"],
    ],
  );
  assert.deepEqual(
    (await client.orders("order_status=fex")).map(({ order_no: orderNo }) => orderNo),
    [filled],
  );
  watcher.stream.close();
});

test("faults: a frame is dropped or repeated, and a replay is whole", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  const [faulty, other] = [await Watcher.open(sandbox), await Watcher.open(sandbox, "", KEY_2)];
  await sandbox.arm("dropped_frame", { probability: 1 });
  await client.place(order());
  const second = await client.place(order());
  await faulty.rows(second, 1);
  assert.deepEqual(faulty.seqs, [2], "the gap shows");
  await sandbox.arm("repeated_frame");
  const third = await client.place(order());
  assert.deepEqual(await faulty.rows(third, 2), ["new 0", "new 0"]);
  assert.deepEqual(faulty.seqs, [2, 3, 3]);
  const resumed = await Watcher.open(sandbox, "after_seq=0");
  await resumed.rows(third, 1);
  assert.deepEqual(resumed.seqs, [1, 2, 3]);
  const theirs = await sandbox.other.place(order());
  assert.deepEqual(await other.rows(theirs, 1), ["new 0"]);
  for (const { stream } of [faulty, other, resumed]) stream.close();
});

test("faults: a lost answer was given, and the same bytes get it", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  await sandbox.arm("lost_answer");
  const signed = sign(KEY_1, "POST", ORDERS, JSON.stringify(order()));
  await assert.rejects(client.send(signed), NoAnswer);
  const retried = await client.send(signed);
  assert.equal(retried.status, 200);
  assert.ok(isReplay(retried));
  assert.equal((await client.orders()).length, 1);

  await sandbox.arm("lost_answer");
  const [placed] = await client.orders();
  const cancel = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ order_no: placed?.order_no }));
  await assert.rejects(client.send(cancel), NoAnswer);
  assert.equal((await client.send(cancel)).text, '{"code":0}');
  assert.deepEqual(await sandbox.fired(), [1, 1]);
});

test("faults: a cancel-all meets them with each order that it cancels", async (t) => {
  const sandbox = await Sandbox.start(t);
  const watcher = await Watcher.open(sandbox);
  const { client } = sandbox;
  for (const { fault, after } of STORIES.filter(({ cancels }) => cancels)) {
    await sandbox.arm(fault, { delay_ms: HELD_MS });
    const faulty = await client.place(order());
    const sound = await client.place(order());
    const all = envelope(await client.call("POST", `${ORDERS}/cancel/all`, {}));
    assert.equal(all.code, 0, fault);
    assert.deepEqual(await watcher.rows(sound, 2), ["new 0", "can 0"]);
    assert.deepEqual(await watcher.rows(faulty, 2), ["new 0", "new cancel 0"]);
    sandbox.goOn();
    const rows = await watcher.rows(faulty, 2 + after.length);
    assert.deepEqual(rows.slice(2), after, fault);
    await client.call("POST", `${ORDERS}/cancel/all`, {});
  }
  watcher.stream.close();
});

test("faults: the answer to a cancel-all is lost, and the same bytes get it", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  for (const orderCount of [1, 0]) {
    for (let index = 0; index < orderCount; index += 1) await client.place(order());
    await sandbox.arm("lost_answer");
    const all = sign(KEY_1, "POST", `${ORDERS}/cancel/all`, "{}");
    await assert.rejects(client.send(all), NoAnswer);
    const retried = await client.send(all);
    assert.ok(isReplay(retried));
    const { data } = JSON.parse(retried.text) as { data: { matched: number } };
    assert.equal(data.matched, orderCount);
  }
  assert.deepEqual(await sandbox.fired(), [1, 1]);
});

test("faults: on the socket the reply is missing, and the same command gets it", async (t) => {
  const sandbox = await Sandbox.start(t);
  await sandbox.arm("lost_answer");
  const stream = await StreamClient.open(sandbox.gateway.url, KEY_1, "commands=1");
  const command = JSON.stringify({ op: "place", id: "lost", data: order() });
  stream.send(command);
  await stream.seen("the order", ({ message }) => message.type === "order");
  stream.send(JSON.stringify({ op: "cancel", id: "other", data: { order_no: "22000000001" } }));
  await stream.seen("another reply", ({ message }) => message.id === "other");
  const replies = () => stream.received.filter(({ message }) => message.id === "lost").length;
  assert.equal(replies(), 0);
  stream.send(command);
  const { message } = await stream.seen("the reply", (each) => each.message.id === "lost");
  assert.equal(message.code, 0);
  assert.equal((await sandbox.client.orders()).length, 1);
  stream.close();
});

test("faults: arm, list, disarm; another key has none of it", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client, other } = sandbox;
  const body = { fault: "rejected_order", count: 2, probability: "0.25", seed: 9 };
  const signed = sign(KEY_1, "POST", FAULTS, JSON.stringify(body));
  const armed =
    '{"id":1,"fault":"rejected_order","delay_ms":0,"count":2,"probability":0.25,"seed":9,"fired":0}';
  assert.equal((await client.send(signed)).text, `{"code":0,"data":${armed}}`);
  const again = await client.send(signed);
  assert.ok(isReplay(again), "the same request arms once");
  const listed = await client.call("GET", FAULTS);
  assert.equal(listed.text, `{"code":0,"data":{"faults":[${armed}]}}`);
  assert.equal((await other.call("GET", FAULTS)).text, '{"code":0,"data":{"faults":[]}}');
  await sandbox.arm("rejected_order");
  assert.equal((await other.orders()).length, 0);
  await other.place(order());
  assert.equal((await other.orders())[0]?.order_status, "new");
  await client.place(order());
  assert.equal((await client.orders())[0]?.order_status, "rej");
  assert.equal((await client.call("DELETE", FAULTS)).text, '{"code":0,"data":{"cleared":2}}');
  await client.place(order());
  assert.equal((await client.orders())[0]?.order_status, "new");
});

test("faults: the same seed takes the same occasions", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  const run = async (seed: number): Promise<string> => {
    await client.call("DELETE", FAULTS);
    await sandbox.arm("rejected_order", { probability: 0.5, count: 1000, seed });
    for (let placed = 0; placed < 24; placed += 1) await client.place(order({ price: "1" }));
    const statuses = (await client.orders()).slice(0, 24).map((row) => row.order_status);
    return statuses.join(" ");
  };
  const [first, other, repeated] = [await run(1), await run(2), await run(1)];
  assert.equal(repeated, first);
  assert.notEqual(other, first);
  assert.match(first, /rej/);
  assert.match(first, /new/);
});

test("faults: what is refused, and why", async (t) => {
  const sandbox = await Sandbox.start(t);
  const { client } = sandbox;
  const unknown = [400, 11031550, "unknown_fault"];
  const invalid = [400, 11031551, "invalid_fault_parameter"];
  const table: readonly (readonly [body: object, expected: unknown[], details: RegExp])[] = [
    [{}, unknown, /one of delayed_order, .*not nothing/],
    [{ fault: "earthquake" }, unknown, /not "earthquake"/],
    [{ fault: 7 }, unknown, /not a number/],
    [{ fault: "lost_answer", hue: 1 }, [400, 11031552, "unknown_field"], /"hue"/],
    [{ fault: "lost_answer", delay_ms: 5 }, invalid, /no delay/],
    [{ fault: "delayed_order", delay_ms: -1 }, invalid, /delay_ms .* 0 to 60000, not "-1"/],
    [{ fault: "delayed_order", delay_ms: 60_001 }, invalid, /delay_ms/],
    [{ fault: "delayed_order", delay_ms: 0.5 }, invalid, /delay_ms/],
    [{ fault: "delayed_order", delay_ms: true }, invalid, /not a boolean/],
    [{ fault: "delayed_order", count: 0 }, invalid, /count .* 1 to 1000/],
    [{ fault: "delayed_order", count: 1001 }, invalid, /count/],
    [{ fault: "delayed_order", count: "NaN" }, invalid, /count/],
    [{ fault: "delayed_order", probability: 0 }, invalid, /above 0 and at most 1/],
    [{ fault: "delayed_order", probability: "1.00000001" }, invalid, /probability/],
    [{ fault: "delayed_order", probability: "0.123456789" }, invalid, /8 decimals/],
    [{ fault: "delayed_order", probability: "1e-3" }, invalid, /exponent/],
    [{ fault: "delayed_order", seed: 4_294_967_296 }, invalid, /seed/],
  ];
  for (const [body, expected, details] of table) {
    const answer = await client.call("POST", FAULTS, body);
    const { code, reason, details: said = "" } = envelope(answer);
    assert.deepEqual([answer.status, code, reason], expected, JSON.stringify(body));
    assert.match(said, details);
  }
  assert.equal(envelope(await client.call("POST", FAULTS, "[]")).reason, "malformed_body");
  assert.equal(envelope(await client.call("POST", FAULTS)).reason, "body_missing");
  for (const [method, query] of [
    ["GET", "?all=1"],
    ["DELETE", "?id=1"],
  ] as const) {
    const { reason } = envelope(await client.call(method, FAULTS + query));
    assert.equal(reason, "unknown_query_parameter");
  }
  assert.equal(envelope(await client.call("DELETE", FAULTS, "{}")).reason, "body_not_taken");
  for (let armed = 0; armed < 20; armed += 1) await sandbox.arm("lost_answer", { count: 1 });
  const full = await client.call("POST", FAULTS, { fault: "lost_answer" });
  assert.deepEqual([full.status, envelope(full).code], [409, 11031553]);
  await assert.rejects(client.place(order()), NoAnswer);
  await sandbox.arm("dropped_frame");
  assert.equal((await sandbox.fired()).length, 20, "a spent one made room");
});

test("faults: after a restart what was on its way is found out before anything is told", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-faults-"));
  const before = await Sandbox.startIn(folder);
  await before.arm("delayed_cancel", { delay_ms: HELD_MS });
  const canceling = await before.client.place(order());
  await before.client.call("DELETE", ORDERS, { order_no: canceling });
  await before.arm("delayed_order", { delay_ms: HELD_MS });
  const placing = await before.client.place(order());
  await before.stop();

  const after = await Sandbox.startIn(folder);
  t.after(async () => {
    await after.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const watcher = await Watcher.open(after, "after_seq=0");
  assert.deepEqual(await watcher.rows(canceling, 3), ["new 0", "new cancel 0", "can 0"]);
  assert.deepEqual(await watcher.rows(placing, 2), ["new 0", "rej 0"]);
  assert.deepEqual(await after.fired(), [], "armed faults live in memory");
  watcher.stream.close();
});

test("recipes: each quantity has its fault, and can be switched off", async (t) => {
  const [on, off] = [
    await Sandbox.start(t),
    await Sandbox.start(t, { COUNTERMAND_SANDBOX_RECIPES: "off" }),
  ];
  const watcher = await Watcher.open(on);
  for (const { word, occasion, recipeLots } of FAULT_SPECS) {
    const body = order({ qty: String(recipeLots * 100), order_side: "sell" });
    const before = watcher.seqs.length;
    const placed = await on.client.place(body).catch((error: unknown) => error);
    if (occasion === "Answer") assert.ok(placed instanceof NoAnswer, word);
    const [row] = await on.client.orders();
    const orderNo = row?.order_no ?? "";
    if (occasion === "Cancel") await on.client.call("DELETE", ORDERS, { order_no: orderNo });
    if (on.isHeld) on.goOn();
    const story = STORIES.find(({ fault }) => fault === word);
    if (story !== undefined) {
      const rows = [...story.before, ...story.after].map((text) => recipeRow(text, recipeLots));
      const expected = word === "rejected_order" ? rows.slice(1) : rows;
      assert.deepEqual(await watcher.rows(orderNo, expected.length), expected, word);
    } else if (word === "repeated_frame") {
      assert.deepEqual(await watcher.rows(orderNo, 2), ["new 0", "new 0"]);
    } else if (word === "dropped_frame") {
      const next = await on.client.place(order({ price: "1" }));
      await watcher.rows(next, 1);
      assert.equal(watcher.seqs.length, before + 1, "the order's message is not there");
    }
    await off.client.place(body);
    const [plain] = await off.client.orders();
    assert.equal(plain?.order_status, "new", word);
    await off.client.call("DELETE", ORDERS, { order_no: plain?.order_no });
    assert.equal((await off.client.orders())[0]?.order_status, "can", word);
    await on.client.call("DELETE", ORDERS, { order_no: orderNo });
  }
  watcher.stream.close();
});

/** A story of 1000 shares, in the recipe's. */
function recipeRow(text: string, lots: number): string {
  return text.replace(/ 1000$/, ` ${lots * 100}`).replace(/ 500$/, ` ${(lots / 2) * 100}`);
}
