/**
 * Question: how many records a second does the journal alone make durable, next to what the disk
 * does with the same groups?
 *
 * The journal is the core that its thread runs: a chain of hashes, one transaction of SQLite, one
 * flush a group. The floor is one write of as many bytes at the end of a file, and one fdatasync.
 * Both take turns, round by round, on the same disk.
 *
 * Run: `npx node bench/journal.ts [groups of a round] [rounds]`.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SqliteJournal } from "../packages/gateway/src/journal/sqlite-journal.ts";
import { median, type Row, report, row, thousands } from "./report.ts";
import { workFolder } from "./server-process.ts";

/** Records of one commit, from a lone command to more than one turn of a busy gateway. */
const GROUP_SIZES = [1, 16, 64, 256, 1_024];
/** As many bytes as the floor of other benchmarks writes: about those of an order's event. */
const PAYLOAD = JSON.stringify({ filler: "x".repeat(186) });
const PARTITION = "desk-22";

const groupCount = Number(process.argv[2] ?? 60);
const roundCount = Number(process.argv[3] ?? 7);
report(GROUP_SIZES.map(measure));

function measure(size: number): Row {
  const folder = workFolder();
  const journal = SqliteJournal.open(folder);
  const { epoch } = journal.claim(PARTITION, "bench");
  const payloads = Array.from({ length: size }, () => PAYLOAD);
  const descriptor = openSync(join(folder, "floor"), "w");
  const bytes = Buffer.alloc(size * PAYLOAD.length, "x");
  const [rates, floorRates]: [number[], number[]] = [[], []];
  let expectedSeq = 0;
  for (let round = 0; round <= roundCount; round += 1) {
    const rate = groupsPerSecond(() => {
      const [outcome] = journal.append([[{ partition: PARTITION, epoch, expectedSeq, payloads }]]);
      if (outcome !== "committed") throw new Error(`an append was ${outcome}`);
      expectedSeq += size;
      // As its thread does behind the answers.
      if (journal.checkpointDue) journal.checkpoint();
    });
    const floorRate = groupsPerSecond(() => {
      writeSync(descriptor, bytes);
      fdatasyncSync(descriptor);
    });
    if (round === 0) continue;
    rates.push(rate);
    floorRates.push(floorRate);
  }
  closeSync(descriptor);
  journal.close();
  const [rate, floorRate] = [median(rates), median(floorRates)];
  return row(`journal, ${thousands(size)} in a commit`, `${thousands(rate * size)} records/s`, {
    peer: `write + fdatasync: ${thousands(floorRate * size)} records/s`,
    ratio: (rate / floorRate).toFixed(2),
    verdict: "reported",
  });
}

function groupsPerSecond(work: () => void): number {
  const startedMs = performance.now();
  for (let group = 0; group < groupCount; group += 1) work();
  return (1000 * groupCount) / (performance.now() - startedMs);
}
