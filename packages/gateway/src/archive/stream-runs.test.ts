// Goal: runs give the same places as a row for each report would, also after a cut.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import Database from "better-sqlite3";
import fc from "fast-check";
import { CUT_STEP_RUNS, RUN_REPORTS_MAX } from "./archive-limits.ts";
import { ARCHIVE_TABLES, ArchiveDamagedError } from "./archive-schema.ts";
import { type ReportPlace, StreamRuns } from "./stream-runs.ts";

function flush(runs: StreamRuns): void {
  for (const _step of runs.flush()) {
    // Nobody asks in between.
  }
}

const ACCOUNTS = ["ALICE", "BOB"] as const;
const PARTITION = "desk-1";
const PARTITION_ID = 1;

interface Setting {
  readonly database: Database.Database;
  readonly runs: StreamRuns;
  /** By account: each report that was added. */
  readonly model: ReadonlyMap<string, ReportPlace[]>;
}

function withRuns(run: (setting: Setting) => void): void {
  const database = new Database(":memory:");
  for (const table of ARCHIVE_TABLES) database.exec(table);
  database.exec(`INSERT INTO partitions VALUES (${PARTITION_ID}, '${PARTITION}', 0, '', 0)`);
  for (const account of ACCOUNTS) {
    database.prepare("INSERT INTO accounts (account, closed_count) VALUES (?, 0)").run(account);
  }
  const model = new Map(ACCOUNTS.map((account) => [account, [] as ReportPlace[]]));
  try {
    run({ database, runs: new StreamRuns(database), model });
  } finally {
    database.close();
  }
}

/** One transaction: each number is a report of an account, so many positions behind the last. */
function project({ database, runs, model }: Setting, reports: readonly (readonly number[])[]) {
  let seq = Math.max(0, ...[...model.values()].flat().map((place) => place.seq));
  database.transaction(() => {
    for (const [index = 0, step = 1] of reports) {
      seq += step;
      const places = model.get(at(ACCOUNTS, index)) ?? [];
      const streamSeq = (places.at(-1)?.streamSeq ?? 0) + 1;
      places.push({ streamSeq, partition: PARTITION, seq });
      runs.add(index + 1, PARTITION_ID, streamSeq, seq);
    }
    flush(runs);
  })();
}

function assertPlaces({ runs }: Setting, kept: ReadonlyMap<string, ReportPlace[]>): void {
  for (const [account, places] of kept) {
    assert.equal(runs.earliest(account), places[0]?.streamSeq ?? null);
    const last = (places.at(-1)?.streamSeq ?? 0) + 1;
    for (let streamSeq = 0; streamSeq <= last; streamSeq += 1) {
      const place = places.find((each) => each.streamSeq === streamSeq) ?? null;
      assert.deepEqual(runs.place(account, streamSeq), place);
      for (const limit of [1, 3, 1_000]) {
        const behind = places.filter((each) => each.streamSeq > streamSeq).slice(0, limit);
        assert.deepEqual(runs.placesAfter(account, streamSeq, limit), behind);
      }
    }
  }
}

const anyStep = fc.oneof(fc.constant(1), fc.constantFrom(2, 127, 128, 16_383, 16_384, 2 ** 40));
const anyReports = fc.array(fc.tuple(fc.nat({ max: 1 }), anyStep), { maxLength: 20 });

test("stream runs: every report has its place, and what was cut has none", () => {
  fc.assert(
    fc.property(fc.array(anyReports, { maxLength: 4 }), fc.nat({ max: 100 }), (batches, share) =>
      withRuns((setting) => {
        for (const reports of batches) project(setting, reports);
        assertPlaces(setting, setting.model);
        const all = [...setting.model.values()].flat();
        const last = Math.max(0, ...all.map(({ seq }) => seq));
        const cutSeq = Math.floor((last * share) / 100);
        setting.runs.forgetThrough(PARTITION_ID, cutSeq);
        const kept = [...setting.model].map(([account, places]) => {
          return [account, places.filter(({ seq }) => seq > cutSeq)] as const;
        });
        assertPlaces(setting, new Map(kept));
      }),
    ),
    { numRuns: Number(process.env["PROPERTY_RUNS"] ?? 50) },
  );
});

test("stream runs: reports that were projected together share rows of a bounded size", () =>
  withRuns((setting) => {
    project(setting, Array(2 * RUN_REPORTS_MAX + 1).fill([0, 1]));
    const count = setting.database.prepare("SELECT count(*) FROM stream_runs").pluck();
    assert.equal(count.get(), 3);
    const places = setting.runs.placesAfter("ALICE", 0, 3 * RUN_REPORTS_MAX);
    assert.deepEqual(places, setting.model.get("ALICE"));
  }));

test("stream runs: a report that does not follow begins a run of its own", () =>
  withRuns(({ database, runs }) => {
    for (const [streamSeq, seq] of [
      [1, 1],
      [3, 2],
      [4, 3],
    ] as const) {
      runs.add(1, PARTITION_ID, streamSeq, seq);
    }
    flush(runs);
    assert.equal(database.prepare("SELECT count(*) FROM stream_runs").pluck().get(), 2);
    assert.equal(runs.place("ALICE", 2), null);
    assert.equal(runs.place("ALICE", 4)?.seq, 3);
  }));

test("stream runs: more runs than are held in memory at a time are cut", () =>
  withRuns(({ database, runs }) => {
    const rows = CUT_STEP_RUNS + 10;
    // Each of two reports, of which the cut leaves the second of the last two runs.
    database.exec(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${rows})
       INSERT INTO stream_runs SELECT 1 + n / ${CUT_STEP_RUNS}, 2 * n - 1, 1, 2 * n - 1, x'05' FROM numbers`,
    );
    runs.forgetThrough(PARTITION_ID, 2 * rows);
    assert.deepEqual(runs.placesAfter("ALICE", 0, 5), []);
    const left = [2 * rows - 2, 2 * rows].map((streamSeq) => {
      return { streamSeq, partition: PARTITION, seq: streamSeq + 4 };
    });
    assert.deepEqual(runs.placesAfter("BOB", 0, 5), left);
  }));

test("stream runs: a step that is longer than any journal is damage", () =>
  withRuns((setting) => {
    project(setting, [
      [0, 1],
      [0, 200],
    ]);
    setting.database.exec(`UPDATE stream_runs SET steps = x'${"ff".repeat(256)}01'`);
    assert.throws(() => setting.runs.placesAfter("ALICE", 0, 10), ArchiveDamagedError);
    assert.throws(() => setting.runs.forgetThrough(PARTITION_ID, 100), ArchiveDamagedError);
  }));

test("stream runs: a run that ends within a step is damage", () =>
  withRuns((setting) => {
    project(setting, [
      [0, 1],
      [0, 200],
    ]);
    setting.database.exec("UPDATE stream_runs SET steps = substr(steps, 1, 1)");
    assert.throws(() => setting.runs.placesAfter("ALICE", 0, 10), ArchiveDamagedError);
  }));
