import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  decodeDeskEvent,
  encodeDeskEvent,
  type UnixMs,
} from "@countermand/core/model";
import type { JournalInspection } from "../journal/inspect.ts";
import type { JournalReader } from "../journal/journal-reader.ts";
import { sandboxAccount } from "../sandbox.ts";
import { ALICE, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import type { NodeState } from "../sequencer/state.ts";
import { behindSnapshot, type PlannedCut, planCuts } from "./cut-plan.ts";

const DESK = "desk-22";
const account = (atMs: number) => {
  return encodeDeskEvent(sandboxAccount("80114138" as Account, atMs as UnixMs));
};
const trade = (atMs: number) => `["T","AAPL",3,"2","1","ann","2","bob",7,5,4,${atMs}]`;
const TRADE_WITHOUT_TIME = '["T","AAPL",3,"2","1","ann","2","bob",7,5,4]';
const UNTIMED = '["U","AAPL",7,5]';

interface Journal {
  readonly payloads: readonly string[];
  readonly archivedSeq?: number;
  /** Positions of the answers that are remembered. */
  readonly remembered?: readonly number[];
  readonly beforeMs: number;
}

/** What may be cut of one partition. */
function planOf(partition: string, journal: Journal): PlannedCut | undefined {
  const { payloads, archivedSeq = 0, remembered = [], beforeMs } = journal;
  const reader = {
    *records(name: string, afterSeq: number) {
      assert.deepEqual([name, afterSeq], [partition, archivedSeq]);
      for (const [index, payload] of payloads.entries())
        yield { seq: afterSeq + index + 1, payload };
    },
  };
  const lastSeq = archivedSeq + payloads.length;
  const inspection = { partitions: new Map([[partition, { lastSeq, archivedSeq }]]) };
  const answered = new Map(remembered.map((seq) => [`${seq}`, { seq }]));
  const state = { desks: new Map([[DESK, { answered }]]) };
  const [cut] = planCuts(
    reader as unknown as JournalReader,
    inspection as unknown as JournalInspection,
    state as unknown as NodeState,
    beforeMs,
  );
  return cut;
}

test("cut plan: what is old goes, but for the last event and what is remembered", () => {
  const desk = [10, 20, 20, 30].map(account);
  const exchange = [UNTIMED, trade(10), UNTIMED, trade(20), UNTIMED, trade(30)];
  const rows: [partition: string, journal: Journal, lastSeq: number, keptBy: string][] = [
    [DESK, { payloads: desk, beforeMs: 10 }, 0, "age"],
    [DESK, { payloads: desk, beforeMs: 20 }, 1, "age"],
    [DESK, { payloads: desk, beforeMs: 21 }, 3, "age"],
    [DESK, { payloads: desk, beforeMs: 99 }, 3, "end"],
    [DESK, { payloads: desk, archivedSeq: 7, beforeMs: 20 }, 8, "age"],
    [DESK, { payloads: desk, archivedSeq: 7, beforeMs: 0 }, 7, "age"],
    [DESK, { payloads: desk, remembered: [4, 3], beforeMs: 99 }, 2, "remembered"],
    [DESK, { payloads: desk, remembered: [4], beforeMs: 20 }, 1, "age"],
    [DESK, { payloads: desk, archivedSeq: 7, remembered: [3], beforeMs: 99 }, 7, "remembered"],
    [DESK, { payloads: [], archivedSeq: 7, beforeMs: 99 }, 7, "end"],
    ["exchange", { payloads: exchange, beforeMs: 10 }, 0, "age"],
    ["exchange", { payloads: exchange, beforeMs: 11 }, 2, "age"],
    ["exchange", { payloads: exchange, beforeMs: 30 }, 4, "age"],
    ["exchange", { payloads: exchange, beforeMs: 99 }, 5, "end"],
    ["exchange", { payloads: [trade(10), TRADE_WITHOUT_TIME, trade(30)], beforeMs: 30 }, 1, "age"],
    ["exchange", { payloads: exchange, remembered: [1], beforeMs: 30 }, 4, "age"],
  ];
  for (const [partition, journal, lastSeq, keptBy] of rows) {
    const { archivedSeq = 0 } = journal;
    assert.deepEqual(
      planOf(partition, journal),
      { partition, archivedSeq, lastSeq, keptBy },
      JSON.stringify({ ...journal, payloads: journal.payloads.length }),
    );
  }
  for (const partition of ["sessions", "control"]) {
    assert.equal(planOf(partition, { payloads: desk, beforeMs: 99 }), undefined);
  }
});

test("cut plan: a report is as old as what it says of its order", async () => {
  const bench = new RunsBench();
  bench.place(ALICE.account);
  const atMs = bench.nowMs;
  await bench.committed();
  const [report = "no report"] = bench.records.filter((each) => {
    return decodeDeskEvent(each).type === "ExecutionReported";
  });
  const reports = [report, report];
  assert.equal(planOf(DESK, { payloads: reports, beforeMs: atMs })?.lastSeq, 0);
  assert.equal(planOf(DESK, { payloads: reports, beforeMs: atMs + 1 })?.lastSeq, 1);
});

test("cut plan: goes no further than a snapshot stands for what goes", () => {
  const cut: PlannedCut = { partition: DESK, archivedSeq: 3, lastSeq: 8, keptBy: "age" };
  assert.deepEqual(behindSnapshot(cut, 9), cut);
  assert.deepEqual(behindSnapshot(cut, 8), cut);
  assert.deepEqual(behindSnapshot(cut, 7), { ...cut, lastSeq: 7, keptBy: "snapshot" });
  assert.deepEqual(behindSnapshot(cut, 0), { ...cut, lastSeq: 3, keptBy: "snapshot" });
});
