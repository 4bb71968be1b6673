// Goal: a start builds on a snapshot only where this very journal has led to it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REFERENCE_DESK_RULES } from "@countermand/core/desk";
import { REFERENCE_INSTRUMENTS } from "@countermand/core/model";
import type { JournalReader } from "../journal/journal-reader.ts";
import { DESK } from "./partitions-fixture.ts";
import { snapshotFits } from "./recovery.ts";
import { partitionNames } from "./state.ts";

const LAYOUT = {
  deskCount: 1,
  instruments: REFERENCE_INSTRUMENTS,
  deskRules: REFERENCE_DESK_RULES,
};
const LAST_SEQ = 10;

/** A journal whose partitions have ten events each. */
const reader = {
  hashAt: (partition: string, seq: number) => {
    return seq >= 1 && seq <= LAST_SEQ ? `${partition} ${seq}` : null;
  },
} as unknown as JournalReader;

function headerAt(seq: number, change: { readonly seq?: number; readonly hash?: string } = {}) {
  const positions = partitionNames(LAYOUT).map((partition) => {
    const at = { partition, seq, hash: `${partition} ${seq}` };
    return partition === DESK ? { ...at, ...change } : at;
  });
  return { positions };
}

test("recovery: a snapshot fits where each of its positions stands in this journal", () => {
  const upTo = (seq: number) => ({ upTo: new Map([[DESK, seq]]) });
  const without = { positions: headerAt(5).positions.slice(1) };
  const table: readonly (readonly [string, ReturnType<typeof headerAt>, object, boolean])[] = [
    ["in the middle", headerAt(5), {}, true],
    ["at the end", headerAt(LAST_SEQ), {}, true],
    ["of a partition without events", headerAt(5, { seq: 0, hash: "" }), {}, true],
    ["with another event", headerAt(5, { hash: "another" }), {}, false],
    ["beyond the end", headerAt(5, { seq: 11, hash: "another" }), {}, false],
    ["without a partition", without, {}, false],
    ["at the moment that is asked for", headerAt(5), upTo(5), true],
    ["behind that moment", headerAt(5), upTo(4), false],
    ["that somebody else takes", headerAt(5), { acceptsSnapshot: () => true }, true],
    ["that somebody else does not take", headerAt(5), { acceptsSnapshot: () => false }, false],
  ];
  for (const [what, header, options, fits] of table) {
    assert.equal(snapshotFits(reader, header, { layout: LAYOUT, ...options }), fits, what);
  }
});
