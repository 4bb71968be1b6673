/**
 * The archive's table of stream positions: where in the journal each report of an account's stream
 * stands. A row holds a run of reports that were projected together, with their first positions and
 * how far the journal went from each to the next, so that most reports cost a byte. Owned by the
 * archive's thread.
 */
import { assert } from "@countermand/core/assert";
import type Database from "better-sqlite3";
import { CUT_STEP_RUNS, RUN_REPORTS_MAX } from "./archive-limits.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import { RowBatch } from "./row-batch.ts";

/** Where a report of an account's stream stands in the journal. */
export interface ReportPlace {
  readonly streamSeq: number;
  readonly partition: string;
  readonly seq: number;
}

/** A run that is being gathered. */
interface OpenRun {
  readonly partitionId: number;
  readonly streamSeq: number;
  readonly seq: number;
  lastStreamSeq: number;
  lastSeq: number;
  readonly steps: number[];
}

interface RunRow {
  readonly streamSeq: number;
  readonly partition: string;
  readonly seq: number;
  readonly steps: Uint8Array;
}

interface CutRow {
  readonly accountId: number;
  readonly streamSeq: number;
  readonly seq: number;
  readonly steps: Uint8Array;
}

const BEFORE_ALL_RUNS = {
  accountId: Number.MIN_SAFE_INTEGER,
  streamSeq: Number.MIN_SAFE_INTEGER,
} as const;

/** No journal goes so far from one event to another; beyond, numbers are not exact. */
const STEP_SCALE_MAX = 2 ** 49;

export class StreamRuns {
  readonly #statements: ReturnType<typeof prepareStatements>;
  readonly #batch: RowBatch;
  readonly #open = new Map<number, OpenRun>();

  constructor(database: Database.Database) {
    this.#statements = prepareStatements(database);
    this.#batch = new RowBatch(database, "stream_runs", 5);
  }

  /** Before a transaction's {@link flush}; in the order of the account's stream. */
  add(accountId: number, partitionId: number, streamSeq: number, seq: number): void {
    const run = this.#open.get(accountId);
    if (run !== undefined && goesOn(run, partitionId, streamSeq, seq)) {
      pushStep(run.steps, seq - run.lastSeq);
      run.lastStreamSeq = streamSeq;
      run.lastSeq = seq;
      return;
    }
    if (run !== undefined) this.#end(accountId, run);
    const ends = { lastStreamSeq: streamSeq, lastSeq: seq };
    this.#open.set(accountId, { partitionId, streamSeq, seq, ...ends, steps: [] });
  }

  /** Steps as {@link RowBatch.flush} does. */
  flush(): Generator<void, void> {
    for (const [accountId, run] of this.#open) this.#end(accountId, run);
    this.#open.clear();
    return this.#batch.flush();
  }

  /** The transaction was rolled back: what it added is forgotten. */
  forget(): void {
    this.#open.clear();
    this.#batch.forget();
  }

  /** Where the report stands; null where it is not kept. */
  place(account: string, streamSeq: number): ReportPlace | null {
    const [next] = this.placesAfter(account, streamSeq - 1, 1);
    return next?.streamSeq === streamSeq ? next : null;
  }

  /** Places of those of the account's reports behind a stream number that are there, in order. */
  placesAfter(account: string, afterStreamSeq: number, limit: number): ReportPlace[] {
    assert(limit > 0, "places are asked for");
    const places: ReportPlace[] = [];
    for (const run of this.#statements.runsFrom.iterate(account, afterStreamSeq + 1)) {
      for (const place of placesOf(run)) {
        if (place.streamSeq <= afterStreamSeq) continue;
        places.push(place);
        if (places.length === limit) return places;
      }
    }
    return places;
  }

  /** The first number of the account's stream that is kept; null while nothing is. */
  earliest(account: string): number | null {
    return this.#statements.earliest.get(account) ?? null;
  }

  /** Forgets what was cut from the journal; a run that goes on behind the cut begins there. */
  forgetThrough(partitionId: number, cutSeq: number): void {
    let after: Pick<CutRow, "accountId" | "streamSeq"> = BEFORE_ALL_RUNS;
    for (;;) {
      const { accountId, streamSeq } = after;
      const rows = this.#statements.cut.all(partitionId, cutSeq, accountId, streamSeq);
      for (const row of rows) this.#cutRun(row, partitionId, cutSeq);
      after = rows.at(-1) ?? after;
      if (rows.length < CUT_STEP_RUNS) return;
    }
  }

  #cutRun(row: CutRow, partitionId: number, cutSeq: number): void {
    const { remove, insert } = this.#statements;
    remove.run(row.accountId, row.streamSeq);
    const rest = restOf(row, cutSeq);
    if (rest === null) return;
    insert.run(row.accountId, rest.streamSeq, partitionId, rest.seq, rest.steps);
  }

  #end(accountId: number, run: OpenRun): void {
    const { partitionId, streamSeq, seq, steps } = run;
    this.#batch.add(accountId, streamSeq, partitionId, seq, Buffer.from(steps));
  }
}

function goesOn(run: OpenRun, partitionId: number, streamSeq: number, seq: number): boolean {
  return (
    streamSeq === run.lastStreamSeq + 1 &&
    seq > run.lastSeq &&
    partitionId === run.partitionId &&
    streamSeq - run.streamSeq < RUN_REPORTS_MAX
  );
}

/** Seven bits a byte, the lowest first; the highest bit says that another byte follows. */
function pushStep(steps: number[], step: number): void {
  let rest = step;
  for (; rest >= 128; rest = Math.floor(rest / 128)) steps.push((rest % 128) + 128);
  steps.push(rest);
}

/** The steps between a run's reports. */
function* stepsOf(bytes: Uint8Array): Generator<number> {
  let step = 0;
  let scale = 1;
  for (const byte of bytes) {
    step += (byte % 128) * scale;
    scale *= 128;
    if (scale > STEP_SCALE_MAX) throw new ArchiveDamagedError("a step of a run is too long");
    if (byte >= 128) continue;
    yield step;
    step = 0;
    scale = 1;
  }
  if (scale !== 1) throw new ArchiveDamagedError("a run of reports ends within a step");
}

function* placesOf({ streamSeq, partition, seq, steps }: RunRow): Generator<ReportPlace> {
  let place = { streamSeq, partition, seq };
  yield place;
  for (const step of stepsOf(steps)) {
    place = { streamSeq: place.streamSeq + 1, partition, seq: place.seq + step };
    yield place;
  }
}

/** What of a run lies behind a position; null where nothing does. */
function restOf(run: CutRow, cutSeq: number): Omit<CutRow, "accountId"> | null {
  let { streamSeq, seq } = run;
  const rest: number[] = [];
  let first: { streamSeq: number; seq: number } | null = null;
  for (const step of stepsOf(run.steps)) {
    streamSeq += 1;
    seq += step;
    if (first !== null) pushStep(rest, step);
    else if (seq > cutSeq) first = { streamSeq, seq };
  }
  return first === null ? null : { ...first, steps: Buffer.from(rest) };
}

function prepareStatements(database: Database.Database) {
  return {
    runsFrom: database.prepare<[string, number], RunRow>(
      `SELECT stream_seq AS streamSeq, name AS partition, stream_runs.seq AS seq, steps
        FROM accounts JOIN stream_runs ON account_id = accounts.id
        JOIN partitions ON partitions.id = partition_id
        WHERE account = ? AND stream_seq >= coalesce(
          (SELECT stream_seq FROM stream_runs AS earlier
            WHERE earlier.account_id = accounts.id AND earlier.stream_seq <= ?
            ORDER BY earlier.stream_seq DESC LIMIT 1), 0)
        ORDER BY stream_seq`,
    ),
    earliest: database
      .prepare<[string], number>(
        `SELECT stream_seq FROM accounts JOIN stream_runs ON account_id = accounts.id
          WHERE account = ? ORDER BY stream_seq LIMIT 1`,
      )
      .pluck(),
    cut: database.prepare<[number, number, number, number], CutRow>(
      `SELECT account_id AS accountId, stream_seq AS streamSeq, seq, steps FROM stream_runs
        WHERE partition_id = ? AND seq <= ? AND (account_id, stream_seq) > (?, ?)
        ORDER BY account_id, stream_seq LIMIT ${CUT_STEP_RUNS}`,
    ),
    remove: database.prepare("DELETE FROM stream_runs WHERE account_id = ? AND stream_seq = ?"),
    insert: database.prepare(
      `INSERT INTO stream_runs (account_id, stream_seq, partition_id, seq, steps)
        VALUES (?, ?, ?, ?, ?)`,
    ),
  };
}
