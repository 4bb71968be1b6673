/** Walks the chains of hashes of a journal, whole or a stretch of its table. */
import type Database from "better-sqlite3";
import { readAnchors } from "./anchors.ts";
import { CHAIN_START, type ChainPosition, eventHash } from "./event-chain.ts";
import type { Head } from "./head-file.ts";
import { isPartitionName, JournalError } from "./journal.ts";
import type { JournalFiles } from "./journal-schema.ts";

/** One partition while its chain is followed. */
export interface Chain {
  readonly name: string;
  /** Epoch of the partition's newest claim. */
  readonly epoch: number;
  /** The last event that was archived; 0 where the chain begins with the partition's first. */
  readonly startSeq: number;
  /** The last event of the partition when the inspection began. */
  readonly endSeq: number;
  lastEpoch: number;
  last: ChainPosition;
}

/** By the number that the rows of a partition bear. */
export type Chains = ReadonlyMap<number, Chain>;

export function readPartitions(
  database: Database.Database,
  files: JournalFiles,
): Map<number, Chain> {
  const chains = new Map<number, Chain>();
  const anchors = readAnchors(database);
  const names = new Set<unknown>();
  const rows = database
    .prepare(
      `SELECT name, id, epoch, (SELECT coalesce(max(seq), 0) FROM events WHERE partition = id)
       FROM partitions`,
    )
    .raw()
    .iterate();
  for (const [name, id, epoch, endSeq] of rows as Iterable<[string, number, number, number]>) {
    const sound =
      typeof name === "string" && isPartitionName(name) && isCount(id) && isCount(epoch);
    if (!sound || names.has(name) || chains.has(id)) {
      throw damaged(files, `the entry of partition ${JSON.stringify(name)} is not sound`);
    }
    names.add(name);
    const anchor = anchors.get(id);
    if (anchor !== undefined && !(isCount(anchor.seq) && anchor.hash.length === HASH_DIGITS)) {
      throw damaged(files, `the anchor of partition ${JSON.stringify(name)} is not sound`);
    }
    const { epoch: lastEpoch, ...last } = anchor ?? { ...CHAIN_START, epoch: 0 };
    const [startSeq, atLeast] = [last.seq, Math.max(endSeq, last.seq)];
    chains.set(id, { name, epoch, startSeq, endSeq: atLeast, lastEpoch, last });
  }
  for (const id of anchors.keys()) {
    if (!chains.has(id)) throw damaged(files, `an anchor of unknown partition ${id}`);
  }
  return chains;
}

const HASH_DIGITS = 64;

type EventRow = [partition: number, seq: number, epoch: number, hash: string, payload: string];

/** Before every partition that a row can name. */
const BEGINNING = -(2n ** 63n);

/** How many rows one statement brings into memory; 1,000 cost as much per row as 500. */
const PAGE_ROWS = 500;

/** A place in the table of events, in the order of its only index. */
export interface EventKey {
  readonly partition: number;
  readonly seq: number;
}

/** A part of the table: the rows behind one up to another, both without a bound where null. */
export interface Stretch {
  readonly after: EventKey | null;
  readonly through: EventKey | null;
}

const WHOLE: Stretch = { after: null, through: null };

export interface WalkOptions {
  readonly stretch?: Stretch;
  readonly onProgress?: (eventCount: number, expectedCount: number) => void;
  readonly isShared?: boolean;
}

/**
 * Follows the chains through a stretch of the table. Each row is checked against the hash that the
 * row before it bears, so that stretches that meet prove as much as one walk over all.
 * @returns how many events there are
 */
export function verifyChains(
  database: Database.Database,
  chains: Chains,
  head: Head,
  files: JournalFiles,
  { stretch = WHOLE, onProgress, isShared = false }: WalkOptions = {},
): number {
  const page = database
    .prepare<[number | bigint, number, number], EventRow>(
      `SELECT partition, seq, epoch, lower(hex(hash)), payload FROM events
       WHERE (partition, seq) > (?, ?) ORDER BY partition, seq LIMIT ?`,
    )
    .raw() as Database.Statement<[number | bigint, number, number], EventRow>;
  const { after, through } = stretch;
  const expectedCount = eventCountOf(chains);
  let eventCount = 0;
  let rows = page.all(after?.partition ?? BEGINNING, after?.seq ?? 0, PAGE_ROWS);
  while (rows.length > 0) {
    let [lastPartition, lastSeq] = rows[rows.length - 1] ?? [0, 0];
    for (const row of rows) {
      const [partition, seq] = row;
      if (through !== null && isBehind(partition, seq, through)) return eventCount;
      if (isShared && seq > (chains.get(partition)?.endSeq ?? seq)) {
        // Written since: the rest of the partition is not looked at.
        [lastPartition, lastSeq] = [partition, Number.MAX_SAFE_INTEGER];
        break;
      }
      verifyEvent(row, chains, head, files);
      eventCount += 1;
    }
    onProgress?.(eventCount, expectedCount);
    rows = page.all(lastPartition, lastSeq, PAGE_ROWS);
  }
  return eventCount;
}

function isBehind(partition: number, seq: number, key: EventKey): boolean {
  return partition === key.partition ? seq > key.seq : partition > key.partition;
}

/** How many events there are, if none is missing. */
export function eventCountOf(chains: Chains): number {
  return [...chains.values()].reduce((sum, { startSeq, endSeq }) => sum + endSeq - startSeq, 0);
}

/** Puts the chain of a row where it stands behind it; false where there is no such row. */
export function resumeBehind(
  database: Database.Database,
  chains: Chains,
  { partition, seq }: EventKey,
): boolean {
  const row = database
    .prepare<[number, number], { epoch: number; hash: string }>(
      "SELECT epoch, lower(hex(hash)) AS hash FROM events WHERE partition = ? AND seq = ?",
    )
    .get(partition, seq);
  const chain = chains.get(partition);
  if (row === undefined || chain === undefined) return false;
  chain.last = { seq, hash: row.hash };
  chain.lastEpoch = row.epoch;
  return true;
}

function verifyEvent(
  [partition, seq, epoch, hash, payload]: EventRow,
  chains: Chains,
  head: Head,
  files: JournalFiles,
): void {
  const chain = chains.get(partition);
  if (chain === undefined) throw damaged(files, `an event of unknown partition ${partition}`);
  const { name, last } = chain;
  const where = `partition ${JSON.stringify(name)}, seq ${last.seq + 1}`;
  if (seq !== last.seq + 1) throw damaged(files, `the event is missing at ${where}`);
  const expected = eventHash(last.hash, name, seq, epoch, payload);
  if (typeof payload !== "string" || hash !== expected) {
    throw damaged(files, `the chain of hashes breaks at ${where}`);
  }
  if (epoch < chain.lastEpoch || epoch > chain.epoch) {
    throw damaged(files, `epoch ${epoch} is out of order at ${where}`);
  }
  const mark = head.get(name);
  if (mark?.seq === seq && mark.hash !== hash) {
    throw damaged(files, `the event is not the one the head names at ${where}`);
  }
  chain.last = { seq, hash };
  chain.lastEpoch = epoch;
}

export function damaged(files: JournalFiles, problem: string): JournalError {
  return new JournalError("JOURNAL_DAMAGED", files.database, problem);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
