import assert from "node:assert/strict";
import { test } from "node:test";
import { replayOf, type Step } from "./lobster-fixture.ts";
import type { LobsterReplay } from "./lobster-replay.ts";

const NO_ASK = "9999999999,0";
const NO_BID = "-9999999999,0";

/** Two named bids at one price, the first one first. */
const TWO_BIDS: readonly Step[] = [
  ["1,1,11,100,990000,1", `${NO_ASK},990000,100`],
  ["2,1,12,50,990000,1", `${NO_ASK},990000,150`],
];

function reasonsOf(replay: LobsterReplay): readonly string[] {
  assert.ok(replay.firstDifference !== null, "a row differs");
  return replay.firstDifference.reasons;
}

test("execution: the named order must be the first at its price", () => {
  const fair = replayOf([...TWO_BIDS, ["3,4,11,60,990000,1", `${NO_ASK},990000,90`]]);
  assert.equal(fair.firstDifference, null);
  assert.equal(fair.counts.exactExecutionCount, 1);
  const unfair = replayOf([...TWO_BIDS, ["3,4,12,50,990000,1", `${NO_ASK},990000,100`]]);
  assert.equal(unfair.firstDifference?.rowNo, 3);
  assert.deepEqual(reasonsOf(unfair), ["it traded 50 with order 11 at 99.0000 by priority"]);
  assert.equal(unfair.counts.equalRowCount, 1);
});

test("execution: a better price is hit before the named one", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100,${NO_ASK},${NO_BID}`],
    ["2,1,12,100,991000,1", `${NO_ASK},991000,100,${NO_ASK},990000,100`],
    ["3,4,11,100,990000,1", `${NO_ASK},991000,100,${NO_ASK},${NO_BID}`],
  ]);
  assert.deepEqual(reasonsOf(replay), ["it traded 100 with order 12 at 99.1000 by priority"]);
  assert.deepEqual(replay.firstDifference?.expected.bids, [{ price: 991_000, size: 100 }]);
  assert.deepEqual(replay.firstDifference?.actual.bids, [{ price: 990_000, size: 100 }]);
});

test("execution: more than the order has left", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100`],
    ["2,4,11,120,990000,1", `${NO_ASK},${NO_BID}`],
  ]);
  assert.deepEqual(reasonsOf(replay), ["order 11 has 100 left, not 120", "only 100 of 120 traded"]);
});

test("partial cancel: the order keeps its place, also after a partial execution", () => {
  const replay = replayOf([
    ...TWO_BIDS,
    ["3,4,11,20,990000,1", `${NO_ASK},990000,130`],
    ["4,2,11,30,990000,1", `${NO_ASK},990000,100`],
    ["5,4,11,50,990000,1", `${NO_ASK},990000,50`],
    ["6,4,12,50,990000,1", `${NO_ASK},${NO_BID}`],
  ]);
  assert.equal(replay.firstDifference, null);
  assert.equal(replay.counts.exactExecutionCount, 3);
});

test("cancel: what contradicts the book is named", () => {
  const cases: readonly [message: string, reasons: readonly string[]][] = [
    ["3,3,11,99,990000,1", ["order 11 has 100 left, not 99"]],
    ["3,2,11,101,990000,1", ["order 11 has 100 left, not 101"]],
    ["3,3,11,100,980000,1", ["order 11 rests at 99.0000"]],
    ["3,3,11,100,990000,-1", ["order 11 is of the other side"]],
    ["3,3,13,100,990000,1", ["order 13 was never entered, and nothing older is left at 99.0000"]],
    ["3,1,11,10,990000,1", ["order 11 is in the book already"]],
  ];
  for (const [message, reasons] of cases) {
    const room = `${NO_ASK},${NO_BID}`;
    const steps = [...TWO_BIDS, [message, `${NO_ASK},990000,50`] as const];
    const replay = replayOf(steps.map(([line, row]) => [line, `${row},${room}`]));
    assert.deepEqual(reasonsOf(replay), reasons, message);
  }
});

test("new order: one that trades as it comes in is a difference", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100`],
    ["2,1,12,30,990000,-1", "990000,30,980000,100"],
  ]);
  assert.deepEqual(reasonsOf(replay), ["it traded 30 with order 11 at 99.0000 as it came in"]);
});

test("start: the first row is the book, and a first new order is told apart from older ones", () => {
  const replay = replayOf([
    ["1,1,11,40,990000,1", "991000,70,990000,100"],
    ["2,4,5,25,990000,1", "991000,70,990000,75"],
    ["3,3,6,35,990000,1", "991000,70,990000,40"],
    ["4,4,11,40,990000,1", `991000,70,${NO_BID}`],
    ["5,2,7,10,991000,-1", `991000,60,${NO_BID}`],
  ]);
  assert.equal(replay.firstDifference, null);
  assert.equal(replay.counts.startLevelCount, 2);
  assert.equal(replay.counts.unnamedOrderCount, 3);
  assert.equal(replay.counts.comparedRowCount, 4);
});

test("start: a first new order that its row does not show is a difference at row 1", () => {
  const room = `${NO_ASK},${NO_BID}`;
  const replay = replayOf([["1,1,11,40,980000,1", `991000,70,990000,100,${room}`]]);
  assert.equal(replay.firstDifference?.rowNo, 1);
  assert.deepEqual(reasonsOf(replay), ["order 11 is not in the row that follows it"]);
});

test("view: a level that comes back has no names any more", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100`],
    ["2,1,12,50,991000,1", `${NO_ASK},991000,50`],
    // Out of view order 11 was cancelled and others came: no message says so.
    ["3,3,12,50,991000,1", `${NO_ASK},990000,80`],
    ["4,4,77,80,990000,1", `${NO_ASK},989000,5`],
  ]);
  assert.equal(replay.firstDifference, null);
  assert.equal(replay.counts.hiddenLevelCount, 1);
  assert.equal(replay.counts.shownLevelCount, 2);
});

test("view: nothing comes into view where the last row had room", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100,${NO_ASK},${NO_BID}`],
    ["2,5,0,10,990500,1", `${NO_ASK},990000,100,${NO_ASK},989000,5`],
  ]);
  assert.equal(replay.firstDifference?.rowNo, 2);
  assert.equal(replay.counts.shownLevelCount, 0);
});

test("view: a message behind the last level is counted and not fed", () => {
  const replay = replayOf([
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100`],
    ["2,1,12,50,989000,1", `${NO_ASK},990000,100`],
    ["3,3,12,50,989000,1", `${NO_ASK},990000,100`],
  ]);
  assert.equal(replay.firstDifference, null);
  assert.equal(replay.counts.outOfViewCount, 2);
});

test("levels: only as many as asked for are compared", () => {
  const steps: readonly Step[] = [
    ["1,1,11,100,990000,1", `${NO_ASK},990000,100,${NO_ASK},${NO_BID}`],
    ["2,1,12,50,989000,1", `${NO_ASK},990000,100,${NO_ASK},989000,51`],
  ];
  assert.equal(replayOf(steps).firstDifference?.rowNo, 2);
  assert.equal(replayOf(steps, 1).firstDifference, null);
});

test("other messages: hidden executions, crosses and halts change nothing and are counted", () => {
  const row = `${NO_ASK},990000,100`;
  const replay = replayOf([
    ["1,1,11,100,990000,1", row],
    ["2,5,0,10,990050,1", row],
    ["3,6,-1,10,990050,-1", row],
    ["4,7,0,0,-1,-1", row],
    ["5,7,0,0,1,-1", row],
  ]);
  assert.equal(replay.firstDifference, null);
  assert.deepEqual(
    [...replay.counts.messageCountByType],
    [1, 2, 3, 4, 5, 6, 7].map((type) => [type, [1, 0, 0, 0, 1, 1, 2][type - 1]]),
  );
});
