// Goal: commands are handed over in order, each at most once under its id, and a client that is too
// fast or does not read is slowed down rather than refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { JsonFault, LIMITS, parseExact } from "@countermand/contract";
import type { Account } from "@countermand/core/model";
import { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import { settled } from "../stream/stream-fixture.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { commandIdentity } from "./command-identity.ts";
import { type CommandPort, CommandSession, type TradeCommands } from "./command-session.ts";
import { CommandTurns } from "./command-turns.ts";
import {
  COMMANDS_IN_FLIGHT_MAX,
  MESSAGE_SLOT_MS,
  MESSAGES_PER_SLOT_MAX,
  REFUSED_MESSAGES_MAX,
  REPLIES_WAITING_BYTES_MAX,
  TURN_COMMANDS_MIN,
  TURN_COMMANDS_MS_MAX,
} from "./limits.ts";

interface Call {
  readonly name: keyof TradeCommands;
  readonly subject: unknown;
  readonly options: CallOptions;
  readonly resolve: (answer: TradeAnswer) => void;
  readonly reject: (error: Error) => void;
}

class Bench {
  readonly calls: Call[] = [];
  readonly sent: string[] = [];
  readonly bugs: Error[] = [];
  readonly clock: FakeClock;
  readonly turns: CommandTurns;
  readonly session: CommandSession;
  readonly awaited = new AwaitedAnswers();
  /** Each with its status, and how long it took. */
  readonly answered: (readonly [op: string, httpStatus: number, tookMs: number])[] = [];
  failed: { readonly error: string; readonly closeCode: number } | null = null;
  isPaused = false;
  bufferedBytes = 0;

  constructor(isEnabled = true, clock = new FakeClock(), turns = new CommandTurns(clock)) {
    this.clock = clock;
    this.turns = turns;
    const port: CommandPort = {
      send: (text) => this.sent.push(text),
      fail: (error, _details, closeCode) => {
        this.failed = { error, closeCode };
      },
      bufferedBytes: () => this.bufferedBytes,
      pause: () => {
        this.isPaused = true;
      },
      resume: () => {
        this.isPaused = false;
      },
    };
    this.session = new CommandSession({
      caller: { apiKey: "key", account: "ALICE" as Account },
      isEnabled,
      permits: () => null,
      trade: {
        cancel: (_caller, target, options) => this.#called("cancel", target, options),
        cancelBatch: (_caller, elements, options) => this.#called("cancelBatch", elements, options),
        cancelAll: (_caller, request, options) => this.#called("cancelAll", request, options),
        place: (_caller, request, options) => this.#called("place", request, options),
        placeBatch: (_caller, elements, options) => this.#called("placeBatch", elements, options),
        amend: (_caller, request, options) => this.#called("amend", request, options),
      },
      turns: this.turns,
      awaited: this.awaited,
      clock: this.clock,
      port,
      onAnswered: (...answered) => this.answered.push(answered),
      onBug: (error) => this.bugs.push(error),
    });
  }

  receive(message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    this.session.received(Buffer.from(text), false);
  }

  cancels(count: number, firstId = 0): void {
    for (let id = firstId; id < firstId + count; id += 1) this.receive(cancel(String(id)));
  }

  async answer(call: Call | undefined): Promise<void> {
    assert.ok(call !== undefined);
    call.resolve({ httpStatus: 200, body: '{"code":0}', replayed: false });
    await settled();
  }

  #called(name: Call["name"], subject: unknown, options: CallOptions): Promise<TradeAnswer> {
    return new Promise((resolve, reject) => {
      this.calls.push({ name, subject, options, resolve, reject });
    });
  }
}

function cancel(id: string) {
  return { op: "cancel", id, data: { order_no: "22000000022", reference_id: "" } };
}

test("command session: each op is handed over, and its answer becomes the reply", async () => {
  const bench = new Bench();
  const order = {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    qty: 100,
    price: 400,
  };
  bench.receive(cancel("a"));
  bench.receive({ op: "cancel_batch", id: "b", data: [{ order_no: "22000000022" }] });
  bench.receive({ op: "place", id: "c", data: order });
  bench.receive({ op: "place_batch", id: "d", data: [order] });
  bench.receive({ ...cancel("e"), prefer: "return=representation" });
  bench.receive({ op: "amend", id: "f", data: { order_no: "22000000022", price: 401 } });
  bench.receive({ op: "cancel_all", id: "g", data: {} });
  const names = ["cancel", "cancelBatch", "place", "placeBatch", "cancel", "amend", "cancelAll"];
  assert.deepEqual(
    bench.calls.map(({ name }) => name),
    names,
  );
  for (const { options } of bench.calls) {
    assert.equal(options.rememberAlways, true);
    assert.equal(options.representation, options.origin?.requestId === "e");
  }
  await bench.answer(bench.calls[2]);
  await bench.answer(bench.calls[0]);
  assert.deepEqual(bench.sent, [
    '{"type":"reply","id":"c","code":0}',
    '{"type":"reply","id":"a","code":0}',
  ]);
});

/** What the heap grows by for each command that is under way on the bench. */
function heldBytes(bench: Bench, collect: () => void): number {
  const padding = " ".repeat(LIMITS.messageBytesMax.value - 200);
  collect();
  const beforeBytes = process.memoryUsage().heapUsed;
  for (let count = 0; count < TURN_COMMANDS_MIN; count += 1) {
    const name = `a-name-of-more-than-a-few-${count}`;
    const command = { op: "cancel", id: name, data: { order_no: "", reference_id: name } };
    bench.receive(JSON.stringify(command) + padding);
  }
  collect();
  return (process.memoryUsage().heapUsed - beforeBytes) / TURN_COMMANDS_MIN;
}

test("command session: what is under way holds on to no message", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // The least of some: other tests of the process leave something behind now and then.
  const benches = [new Bench(), new Bench(), new Bench()];
  const perCommand = Math.min(...benches.map((bench) => heldBytes(bench, collect)));
  for (const bench of benches) assert.equal(bench.calls.length, TURN_COMMANDS_MIN);
  assert.ok(perCommand < LIMITS.messageBytesMax.value / 4, `${perCommand} bytes each`);
});

const FAULTS: readonly (readonly [string, unknown, string, string])[] = [
  ["broken JSON", '{"op"', "error", "malformed_json"],
  ["no id", { op: "cancel", data: {} }, "error", "malformed_command"],
  ["unknown op", { op: "query", id: "a", data: {} }, "reply", "unknown_op"],
  ["unknown field", { ...cancel("a"), more: 1 }, "reply", "malformed_command"],
  ["no order named", { op: "cancel", id: "a", data: {} }, "reply", "identifier_missing"],
];

for (const [subject, message, type, reason] of FAULTS) {
  test(`command session: ${subject}: refused, nothing is handed over`, () => {
    const bench = new Bench();
    bench.receive(message);
    const sent = JSON.parse(bench.sent[0] ?? "null") as Record<string, unknown>;
    assert.equal(sent["type"], type);
    if (reason !== "identifier_missing") assert.equal(sent["reason"], reason);
    assert.equal(bench.calls.length, 0);
    assert.equal(bench.failed, null);
  });
}

test("command session: a binary message closes with 1003", () => {
  const bench = new Bench();
  bench.session.received(Buffer.from("{}"), true);
  assert.deepEqual(bench.failed, { error: "TEXT_ONLY", closeCode: 1003 });
});

test("command session: without commands=1 every message is refused, the hundredth closes", () => {
  const bench = new Bench(false);
  bench.cancels(REFUSED_MESSAGES_MAX - 1);
  assert.equal(bench.sent.length, REFUSED_MESSAGES_MAX - 1);
  assert.match(bench.sent[0] ?? "", /"type":"error".*"reason":"commands_not_enabled"/);
  assert.equal(bench.failed, null);
  bench.cancels(5);
  assert.deepEqual(bench.failed, { error: "COMMANDS_NOT_ENABLED", closeCode: 1008 });
  assert.equal(bench.sent.length, REFUSED_MESSAGES_MAX - 1);
  assert.equal(bench.calls.length, 0);
});

test("command session: input stops while too many are under way; none is lost", async () => {
  const bench = new Bench();
  bench.cancels(COMMANDS_IN_FLIGHT_MAX);
  assert.equal(bench.isPaused, false);
  bench.clock.advance(MESSAGE_SLOT_MS);
  bench.cancels(2, COMMANDS_IN_FLIGHT_MAX);
  assert.equal(bench.calls.length, COMMANDS_IN_FLIGHT_MAX);
  assert.equal(bench.isPaused, true);
  await bench.answer(bench.calls[0]);
  await bench.answer(bench.calls[1]);
  assert.equal(bench.calls.length, COMMANDS_IN_FLIGHT_MAX + 2);
  assert.equal(bench.isPaused, false);
});

test("command session: input stops while replies are not read", () => {
  const bench = new Bench();
  bench.bufferedBytes = REPLIES_WAITING_BYTES_MAX + 1;
  bench.cancels(1);
  assert.equal(bench.calls.length, 0);
  assert.equal(bench.isPaused, true);
  bench.bufferedBytes = 0;
  bench.session.written();
  assert.equal(bench.calls.length, 1);
  assert.equal(bench.isPaused, false);
});

test("command session: more than a slot's messages wait for the next slot", () => {
  const bench = new Bench();
  for (let index = 0; index < MESSAGES_PER_SLOT_MAX + 3; index += 1) bench.receive("[]");
  assert.equal(bench.sent.length, MESSAGES_PER_SLOT_MAX);
  assert.equal(bench.isPaused, true);
  bench.clock.advance(MESSAGE_SLOT_MS);
  assert.equal(bench.sent.length, MESSAGES_PER_SLOT_MAX + 3);
  assert.equal(bench.isPaused, false);
  assert.equal(bench.clock.timerCount, 0);
});

test("command session: stopping answers what is under way and takes nothing more", async () => {
  const bench = new Bench();
  bench.cancels(2);
  let isIdle = false;
  bench.session.stop(() => {
    isIdle = true;
  });
  bench.cancels(1, 2);
  await bench.answer(bench.calls[0]);
  assert.equal(isIdle, false);
  await bench.answer(bench.calls[1]);
  assert.equal(isIdle, true);
  assert.equal(bench.calls.length, 2);
  assert.equal(bench.sent.length, 2);
});

test("command session: a bug in the trade service is an unknown outcome and reported", async () => {
  const bench = new Bench();
  bench.cancels(1);
  bench.calls[0]?.reject(new Error("a bug"));
  await settled();
  assert.match(bench.sent[0] ?? "", /^\{"type":"reply","id":"0",.*"reason":"outcome_unknown"/);
  assert.equal(bench.bugs.length, 1);
});

test("command session: who waits for a silent disk is told that nobody knows, once", async () => {
  const bench = new Bench();
  bench.cancels(1);
  bench.awaited.giveUpAll("the disk is silent");
  await bench.answer(bench.calls[0]);
  assert.equal(bench.sent.length, 1);
  assert.match(bench.sent[0] ?? "", /"id":"0",.*"the disk is silent","reason":"outcome_unknown"/);
  let isIdle = false;
  bench.session.stop(() => {
    isIdle = true;
  });
  assert.equal(isIdle, true, "it counts as answered");
});

function identity(dataText: string, { apiKey = "key", id = "a", op = "cancel" } = {}) {
  const data = parseExact(dataText);
  assert.ok(!(data instanceof JsonFault));
  return commandIdentity(apiKey, { id, op: op as "cancel", data }, 1_000);
}

test("command identity: the key and the id name it, for ten minutes", () => {
  const first = identity("{}");
  assert.equal(first.fingerprint.length, 22);
  assert.equal(first.expiresAtMs, 601_000);
  assert.notEqual(identity("{}", { apiKey: "other" }).fingerprint, first.fingerprint);
  assert.notEqual(identity("{}", { id: "b" }).fingerprint, first.fingerprint);
});

test("command identity: order of members and white space do not matter, values do", () => {
  const { contentDigest } = identity('{"a":"x","b":[1.0,null,true]}');
  const same = '{"b": [1.0, null, true], "\\u0061": "x"}';
  assert.equal(identity(same).contentDigest, contentDigest);
  const others = [
    '{"a":"x","b":[1,null,true]}',
    '{"a":"x","b":[null,1.0,true]}',
    '{"a":"x","b":["1.0",null,true]}',
    '{"a":"x","b":[1.0,null,"true"]}',
    '{"a":"x","b":[1.0,null]}',
    '{"a":"x"}',
    '{"a":"x\\",\\"b\\":[1.0,null,true]"}',
    "{}",
  ];
  for (const other of others) assert.notEqual(identity(other).contentDigest, contentDigest, other);
  const batch = identity('{"a":"x","b":[1.0,null,true]}', { op: "cancel_batch" });
  assert.notEqual(batch.contentDigest, contentDigest);
});

/** A clock whose time a test moves within a turn. */
class TurnClock extends FakeClock {
  addedMs = 0;
  /** Each look at it takes long. */
  isSlow = false;

  override monotonicMs(): number {
    if (this.isSlow) this.addedMs += TURN_COMMANDS_MS_MAX;
    return super.monotonicMs() + this.addedMs;
  }
}

test("commands: a turn takes those of all sockets for a bounded time, the rest in their order", () => {
  const clock = new TurnClock();
  const first = new Bench(true, clock);
  const second = new Bench(true, clock, first.turns);
  const taken = () => [first.calls.length, second.calls.length];
  first.cancels(TURN_COMMANDS_MIN - 1);
  clock.addedMs += TURN_COMMANDS_MS_MAX;
  first.cancels(10, TURN_COMMANDS_MIN);
  second.cancels(2);
  assert.deepEqual(taken(), [TURN_COMMANDS_MIN, 0], "few are taken however long it lasts");
  assert.deepEqual([first.isPaused, second.isPaused], [true, true]);
  clock.endTurn();
  assert.deepEqual(taken(), [TURN_COMMANDS_MIN + 9, 2]);
  assert.deepEqual([first.isPaused, second.isPaused], [false, false]);
});

test("commands: what waits for its turn is taken when the client goes, not when we stop", () => {
  for (const [end, taken] of [
    [({ session }: Bench) => session.ended(), 50],
    [({ session }: Bench) => session.received(Buffer.alloc(1), true), 50],
    [({ session }: Bench) => session.stop(() => {}), 0],
  ] as const) {
    const clock = new TurnClock();
    const bench = new Bench(true, clock);
    bench.cancels(TURN_COMMANDS_MIN);
    clock.addedMs += TURN_COMMANDS_MS_MAX;
    bench.cancels(50, TURN_COMMANDS_MIN);
    assert.equal(bench.calls.length, TURN_COMMANDS_MIN);
    end(bench);
    assert.equal(bench.calls.length, TURN_COMMANDS_MIN + taken);
    clock.endTurn();
    assert.equal(bench.calls.length, TURN_COMMANDS_MIN + taken, "and nothing twice");
  }
});

test("commands: who is not done in a turn waits behind those who had none", () => {
  const clock = new TurnClock();
  const first = new Bench(true, clock);
  const others = [1, 2].map(() => new Bench(true, clock, first.turns));
  const many = 3 * TURN_COMMANDS_MIN;
  first.cancels(TURN_COMMANDS_MIN);
  clock.addedMs += TURN_COMMANDS_MS_MAX;
  first.cancels(many, TURN_COMMANDS_MIN);
  for (const other of others) other.cancels(TURN_COMMANDS_MIN);
  const perTurn: number[][] = [];
  while (perTurn.length < 6) {
    // As if the first command of each turn took all its time.
    const before = [first, ...others].map(({ calls }) => calls.length);
    clock.isSlow = true;
    clock.endTurn();
    clock.isSlow = false;
    perTurn.push([first, ...others].map(({ calls }, at) => calls.length - (before[at] ?? 0)));
  }
  const n = TURN_COMMANDS_MIN;
  assert.deepEqual(perTurn, [
    [n, 0, 0],
    [0, n, 0],
    [0, 0, n],
    [n, 0, 0],
    [n, 0, 0],
    [0, 0, 0],
  ]);
});

test("command session: each answer is counted with its status and the time that it took", async () => {
  const clock = new FakeClock();
  const bench = new Bench(true, clock);
  bench.cancels(3);
  clock.advance(7);
  await bench.answer(bench.calls[1]);
  clock.advance(5);
  bench.calls[0]?.resolve({ httpStatus: 409, body: "{}", replayed: false });
  await settled();
  clock.advance(30_000);
  bench.awaited.giveUpAll("the disk does not answer");
  assert.deepEqual(bench.answered, [
    ["cancel", 200, 7],
    ["cancel", 409, 12],
    ["cancel", 500, 30_012],
  ]);
});
