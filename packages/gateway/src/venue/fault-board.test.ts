// Goal: which fault fires at which occasion, for whom, how often; and what is remembered of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_SPECS, type FaultKind, type FaultRequest, faultSpec } from "@countermand/contract";
import {
  type Account,
  ONE,
  type Order,
  type OrderId,
  type Qty,
  REFERENCE_INSTRUMENTS,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { FaultBoard } from "./fault-board.ts";
import { ARMED_PER_KEY_MAX, MARKS_MAX } from "./limits.ts";

const ANNE = { apiKey: "anne", account: "A-1" as Account } as Caller;
const BERT = { apiKey: "bert", account: "A-2" as Account } as Caller;
const SHARE_LOT = 100n * ONE;

function aBoard(...recipeKeys: readonly Caller[]): FaultBoard {
  const keys = new Set(recipeKeys.map(({ apiKey }) => apiKey));
  return new FaultBoard({ instruments: REFERENCE_INSTRUMENTS, recipeKeys: keys });
}

function aFault(kind: FaultKind, more: Partial<FaultRequest> = {}): FaultRequest {
  return { kind, delayMs: 0, count: 1, probability: ONE, seed: 1, ...more };
}

/** An order of so many lots of shares. */
function anOrder(lots: number, more: Partial<Order> = {}): Order {
  const orderQty = (BigInt(lots) * SHARE_LOT) as Qty;
  const order = { account: ANNE.account, orderId: "1" as OrderId, symbol: "00700", streamSeq: 7 };
  return { ...order, orderQty, ...more } as Order;
}

function recipeOf(kind: FaultKind, more: Partial<Order> = {}): Order {
  return anOrder(faultSpec(kind).recipeLots, more);
}

/** How long the venue waits with what it does to an order, or to its cancel; null: nothing. */
function delayOf(board: FaultBoard, caller: Caller, order: Order, of: "ofOrder" | "ofCancel") {
  const plan = board.venueFaults(caller)?.[of](order) ?? null;
  return plan === null ? null : (plan.steps[0]?.afterMs ?? plan.deadlineMs);
}

test("faults: one fires so often as was asked, for its key alone, at its occasion alone", () => {
  const board = aBoard();
  board.arm(ANNE.apiKey, aFault("DelayedOrder", { delayMs: 40, count: 2 }));
  assert.equal(board.venueFaults(BERT), null);
  assert.equal(delayOf(board, ANNE, anOrder(1), "ofCancel"), null);
  assert.equal(board.frameFault(ANNE, 1), null);
  assert.equal(board.losesAnswer(ANNE), false);
  const fired = [1, 2, 3].map(() => delayOf(board, ANNE, anOrder(1), "ofOrder"));
  assert.deepEqual(fired, [40, 40, null]);
  assert.deepEqual(
    board.list(ANNE.apiKey).map(({ id, firedCount }) => [id, firedCount]),
    [[1, 2]],
  );
  assert.deepEqual(board.list(BERT.apiKey), []);
});

test("faults: of several for one occasion the one fires that was armed first, until it is spent", () => {
  const board = aBoard();
  for (const delayMs of [10, 20]) board.arm(ANNE.apiKey, aFault("DelayedCancel", { delayMs }));
  const fired = [1, 2, 3].map(() => delayOf(board, ANNE, anOrder(1), "ofCancel"));
  assert.deepEqual(fired, [10, 20, null]);
});

test("faults: a seed decides at which occasions one of some probability fires", () => {
  const firings = (seed: number, probability: bigint) => {
    const board = aBoard();
    board.arm(ANNE.apiKey, aFault("DroppedFrame", { seed, probability, count: 1_000 }));
    return Array.from({ length: 400 }, (_, seq) => board.frameFault(ANNE, seq) !== null);
  };
  const countOf = (all: readonly boolean[]) => all.filter((each) => each).length;
  const quarter = firings(1, ONE / 4n);
  assert.ok(countOf(quarter) > 60 && countOf(quarter) < 140, String(countOf(quarter)));
  assert.deepEqual(firings(1, ONE / 4n), quarter);
  assert.notDeepEqual(firings(2, ONE / 4n), quarter);
  assert.equal(countOf(firings(1, ONE)), 400);
});

test("faults: a key has so many, of which spent ones make room, the oldest first", () => {
  const board = aBoard();
  for (let count = 0; count < ARMED_PER_KEY_MAX; count += 1) {
    assert.ok(board.arm(ANNE.apiKey, aFault("LostAnswer")) !== null);
  }
  assert.equal(board.arm(ANNE.apiKey, aFault("LostAnswer")), null);
  assert.ok(board.arm(BERT.apiKey, aFault("LostAnswer")) !== null, "another key has its own");
  assert.deepEqual([board.losesAnswer(ANNE), board.losesAnswer(ANNE)], [true, true]);
  const idsAfter = () => {
    const armed = board.arm(ANNE.apiKey, aFault("LostAnswer"));
    const ids = board.list(ANNE.apiKey).map(({ id }) => id);
    assert.equal(ids.length, ARMED_PER_KEY_MAX);
    return [armed?.id, ids[0], ids.at(-1)];
  };
  assert.deepEqual(idsAfter(), [21, 2, 21]);
  assert.deepEqual(idsAfter(), [22, 3, 22]);
  assert.equal(board.arm(ANNE.apiKey, aFault("LostAnswer")), null);
});

test("faults: all of a key are disarmed at once, and numbers are not used again", () => {
  const board = aBoard();
  assert.equal(board.clear(ANNE.apiKey), 0);
  for (const { apiKey } of [ANNE, ANNE, BERT]) board.arm(apiKey, aFault("LostAnswer"));
  assert.equal(board.clear(ANNE.apiKey), 2);
  assert.deepEqual([board.losesAnswer(ANNE), board.losesAnswer(BERT)], [false, true]);
  assert.equal(board.venueFaults(ANNE), null);
  assert.equal(board.arm(ANNE.apiKey, aFault("LostAnswer"))?.id, 3);
});

test("recipes: a quantity brings its fault about, and no other does, for the keys that have them", () => {
  for (const { kind, occasion, delayMs } of FAULT_SPECS) {
    const order = recipeOf(kind);
    const board = aBoard(ANNE);
    const told = [delayOf(board, ANNE, order, "ofOrder"), delayOf(board, ANNE, order, "ofCancel")];
    // What happens after a delay of 0 begins at once, and is a plan all the same.
    const expected = [
      occasion === "Order" ? (kind === "PartialFillThenCancel" ? 0 : delayMs) : null,
      occasion === "Cancel" ? delayMs : null,
    ];
    assert.deepEqual(told, expected, kind);
    assert.equal(aBoard().venueFaults(ANNE), null, "switched off");
    const asked = aBoard(ANNE);
    asked.arm(BERT.apiKey, aFault("DroppedFrame"));
    assert.equal(delayOf(asked, BERT, order, "ofOrder"), null, "a key without recipes");
  }
  const { recipeLots } = FAULT_SPECS[0] ?? assert.fail("there are faults");
  const board = aBoard(ANNE);
  const odd = { orderQty: (BigInt(recipeLots) * SHARE_LOT + ONE) as Qty };
  const rows = [anOrder(recipeLots - 1), anOrder(recipeLots, odd), anOrder(2_000)];
  for (const order of [...rows, anOrder(recipeLots, { symbol: "NOPE" })]) {
    assert.equal(delayOf(board, ANNE, order, "ofOrder"), null);
  }
});

test("recipes: what was asked for comes before what the quantity says", () => {
  const board = aBoard(ANNE);
  board.arm(ANNE.apiKey, aFault("DelayedOrder", { delayMs: 1 }));
  const fired = [1, 2].map(() => delayOf(board, ANNE, recipeOf("DelayedOrder"), "ofOrder"));
  assert.deepEqual(fired, [1, faultSpec("DelayedOrder").delayMs]);
});

test("recipes: the cancel of an order is spoilt once, that of each order", () => {
  const board = aBoard(ANNE);
  const delays = [1, 1, 2].map((id) => {
    const order = recipeOf("DelayedCancel", { orderId: String(id) as OrderId });
    return delayOf(board, ANNE, order, "ofCancel");
  });
  const delayMs = faultSpec("DelayedCancel").delayMs;
  assert.deepEqual(delays, [delayMs, null, delayMs]);
});

test("recipes: the message of a placing is dropped or repeated, for whoever has recipes", () => {
  const board = aBoard(ANNE);
  const venue = board.venueFaults(ANNE);
  venue?.placed(recipeOf("DroppedFrame", { streamSeq: 7 }));
  assert.equal(board.frameFault(ANNE, 7), "DroppedFrame");
  venue?.placed(recipeOf("RepeatedFrame", { streamSeq: 8 }));
  venue?.placed(anOrder(1, { streamSeq: 9 }));
  const told = [7, 8, 9].map((seq) => board.frameFault(ANNE, seq));
  assert.deepEqual(told, ["DroppedFrame", "RepeatedFrame", null]);
  assert.equal(board.frameFault(ANNE, 7), "DroppedFrame", "on another connection as well");
  assert.equal(board.frameFault({ ...ANNE, account: BERT.account }, 7), null);
  assert.equal(board.frameFault({ ...ANNE, apiKey: BERT.apiKey }, 7), null);
  assert.equal(board.losesAnswer(ANNE), false);
});

test("recipes: the answer to a placing is lost, and the one behind it is not", () => {
  const board = aBoard(ANNE);
  board.venueFaults(ANNE)?.placed(recipeOf("LostAnswer"));
  // A key without recipes, which the venue is asked about all the same.
  board.arm(BERT.apiKey, aFault("DelayedOrder"));
  board.venueFaults(BERT)?.placed(recipeOf("LostAnswer"));
  const lost = [BERT, ANNE, ANNE].map((caller) => board.losesAnswer(caller));
  assert.deepEqual(lost, [false, true, false]);
});

test("recipes: so many marks are remembered, and then the oldest is forgotten", () => {
  const board = aBoard(ANNE);
  const venue = board.venueFaults(ANNE) ?? assert.fail("it has recipes");
  for (let seq = 0; seq <= MARKS_MAX; seq += 1) {
    venue.placed(recipeOf("DroppedFrame", { streamSeq: seq }));
    venue.ofCancel(recipeOf("DelayedCancel", { orderId: String(seq) as OrderId }));
  }
  const marked = [0, 1, MARKS_MAX].map((seq) => board.frameFault(ANNE, seq) !== null);
  assert.deepEqual(marked, [false, true, true]);
  const spoils = (id: number) => {
    return venue.ofCancel(recipeOf("DelayedCancel", { orderId: String(id) as OrderId })) !== null;
  };
  assert.deepEqual([spoils(1), spoils(MARKS_MAX), spoils(0)], [false, false, true]);
});
