/** The exchange against the plain market of sample-files.ts, by way of the files it writes. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { replayOf, type Step } from "../../packages/gateway/src/replay/lobster-fixture.ts";
import { GOLDEN_SAMPLE, sampleFiles } from "./sample-files.ts";

function sampleSteps(seed: number, levelCount: number, messageCount: number): Step[] {
  const { messages, orderBook } = sampleFiles({ seed, levelCount, messageCount });
  const rows = orderBook.trimEnd().split("\n");
  return messages
    .trimEnd()
    .split("\n")
    .map((line, index) => [line, rows[index] ?? ""]);
}

test("sample: the golden files are what the plain market makes", () => {
  const golden = (name: string): string =>
    readFileSync(new URL(`../golden/lobster/${name}.csv`, import.meta.url), "utf8");
  const { messages, orderBook } = sampleFiles(GOLDEN_SAMPLE);
  assert.equal(golden("sample_message"), messages);
  assert.equal(golden("sample_orderbook"), orderBook);
  const wrong = golden("sample_orderbook_wrong").split("\n");
  const differing = orderBook.split("\n").findIndex((row, index) => row !== wrong[index]);
  assert.equal(differing + 1, 113);
});

test("replay: what the plain market does is equal row by row, at any number of levels", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.constantFrom(1, 2, 3, 5, 10), (seed, levelCount) => {
      const { counts, firstDifference } = replayOf(sampleSteps(seed, levelCount, 150));
      assert.equal(firstDifference, null);
      assert.equal(counts.comparedRowCount, 149);
      assert.equal(counts.equalRowCount, 149);
      assert.equal(counts.exactExecutionCount, counts.executionCount);
      assert.equal(counts.outOfViewCount, 0);
    }),
    { numRuns: 40 },
  );
});

test("replay: any row with another size is found where it is", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 79 }), (seed, index) => {
      const steps = sampleSteps(seed, 3, 80);
      const [message, row] = steps[index] ?? ["", ""];
      const cells = row.split(",");
      const column = cells.findIndex((size, n) => n % 2 === 1 && size !== "0");
      if (column < 0) return;
      cells[column] = String(Number(cells[column]) + 1);
      steps[index] = [message, cells.join(",")];
      assert.equal(replayOf(steps).firstDifference?.rowNo, index + 1);
    }),
    { numRuns: 40 },
  );
});

test("after a difference: the replay goes on to the end, whatever the rows say", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1, max: 100 }), (seed, dropped) => {
      const steps = sampleSteps(seed, 3, 120);
      steps.splice(dropped, 1);
      assert.equal(replayOf(steps).counts.messageCount, 119);
    }),
    { numRuns: 40 },
  );
});
