/** Walks the chains of hashes of a journal, whole or a stretch of its table. */
import type Database from "better-sqlite3";
import { readAnchors } from "./anchors.ts";
import {
  type BlockRow,
  blockKey,
  blockKeys,
  blockOf,
  hashesOf,
  isPartitionId,
  placeOfKey,
  type SealedBlockRow,
  sealOf,
} from "./event-block.ts";
import { CHAIN_START, type ChainPosition } from "./event-chain.ts";
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
    .prepare<[], [string, number, number]>("SELECT name, id, epoch FROM partitions")
    .raw()
    .all() as unknown as [unknown, unknown, unknown][];
  for (const [name, id, epoch] of rows) {
    const sound =
      typeof name === "string" && isPartitionName(name) && isPartitionId(id) && isCount(epoch);
    if (!sound || names.has(name) || chains.has(id)) {
      throw damaged(files, `the entry of partition ${JSON.stringify(name)} is not sound`);
    }
    names.add(name);
    const anchor = anchors.get(id);
    if (anchor !== undefined && !(isCount(anchor.seq) && anchor.hash.length === HASH_DIGITS)) {
      throw damaged(files, `the anchor of partition ${JSON.stringify(name)} is not sound`);
    }
    const { epoch: lastEpoch, ...last } = anchor ?? { ...CHAIN_START, epoch: 0 };
    const endSeq = Math.max(lastSeqOf(database, id), last.seq);
    chains.set(id, { name, epoch, startSeq: last.seq, endSeq, lastEpoch, last });
  }
  for (const id of anchors.keys()) {
    if (!chains.has(id)) throw damaged(files, `an anchor of unknown partition ${id}`);
  }
  return chains;
}

function lastSeqOf(database: Database.Database, id: number): number {
  const key = database
    .prepare<[number, number], number>("SELECT max(id) FROM blocks WHERE id > ? AND id <= ?")
    .pluck()
    .get(...blockKeys(id));
  const [, lastSeq] = placeOfKey(key ?? 0);
  return lastSeq;
}

const HASH_DIGITS = 64;

type RawBlock = [id: number, epoch: number, hash: string, seal: string, payloads: string];

/** Before every block that a row can be. */
const BEGINNING = -(2n ** 63n);

/** How many blocks one statement brings into memory; more of them cost as much each. */
const PAGE_BLOCKS = 100;

/** A place in the table: the last event of a block. */
export interface EventKey {
  readonly partition: number;
  readonly seq: number;
}

/** A part of the table: the blocks behind one up to another, both without a bound where null. */
export interface Stretch {
  readonly after: EventKey | null;
  readonly through: EventKey | null;
}

const WHOLE: Stretch = { after: null, through: null };

export interface WalkOptions {
  readonly stretch?: Stretch;
  readonly onProgress?: (eventCount: number, expectedCount: number) => void;
  readonly isShared?: boolean;
  /**
   * Each block by its seal, and events by their hashes only where the head names one or a partition
   * begins. It finds any byte that is not as it was written, in a quarter of the time; but not who
   * gave a block another seal as well.
   */
  readonly bySeals?: boolean;
}

/**
 * Follows the chains through a stretch of the table. Each block is checked against the hash that
 * the block before it bears, so that stretches that meet prove as much as one walk over all.
 * @returns how many events there are
 */
export function verifyChains(
  database: Database.Database,
  chains: Chains,
  head: Head,
  files: JournalFiles,
  { stretch = WHOLE, onProgress, isShared = false, bySeals = false }: WalkOptions = {},
): number {
  const page = database
    .prepare<[number | bigint, number], SealedBlockRow>(
      `SELECT id, epoch, lower(hex(hash)), lower(hex(seal)), payloads FROM blocks
       WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .raw() as unknown as Database.Statement<[number | bigint, number], RawBlock>;
  const { after, through } = stretch;
  const end = through === null ? Number.POSITIVE_INFINITY : keyOf(through);
  const expectedCount = eventCountOf(chains);
  const walk = { chains, head, files, bySeals };
  let eventCount = 0;
  let rows = page.all(after === null ? BEGINNING : keyOf(after), PAGE_BLOCKS);
  while (rows.length > 0) {
    let [lastKey] = rows[rows.length - 1] ?? [0];
    for (const row of rows) {
      const [id] = row;
      if (id > end) return eventCount;
      const [partition, seq] = placeOfKey(id);
      if (isShared && seq > (chains.get(partition)?.endSeq ?? seq)) {
        // Written since: the rest of the partition is not looked at.
        [, lastKey] = blockKeys(partition);
        break;
      }
      eventCount += verifyBlock(row, walk);
    }
    onProgress?.(eventCount, expectedCount);
    rows = page.all(lastKey, PAGE_BLOCKS);
  }
  return eventCount;
}

function keyOf({ partition, seq }: EventKey): number {
  return blockKey(partition, seq);
}

/** How many events there are, if none is missing. */
export function eventCountOf(chains: Chains): number {
  return [...chains.values()].reduce((sum, { startSeq, endSeq }) => sum + endSeq - startSeq, 0);
}

/** Puts the chain of a block where it stands behind it; false where there is no such block. */
export function resumeBehind(database: Database.Database, chains: Chains, key: EventKey): boolean {
  const row = database
    .prepare<[number], { epoch: number; hash: string }>(
      "SELECT epoch, lower(hex(hash)) AS hash FROM blocks WHERE id = ?",
    )
    .get(keyOf(key));
  const chain = chains.get(key.partition);
  if (row === undefined || chain === undefined) return false;
  chain.last = { seq: key.seq, hash: row.hash };
  chain.lastEpoch = row.epoch;
  return true;
}

interface Walk {
  readonly chains: Chains;
  readonly head: Head;
  readonly files: JournalFiles;
  readonly bySeals: boolean;
}

/** How many events the block has. */
function verifyBlock([id, epoch, hash, seal, payloads]: RawBlock, walk: Walk): number {
  const { chains, head, files, bySeals } = walk;
  const [partition, lastSeq] = placeOfKey(id);
  const chain = chains.get(partition);
  if (chain === undefined) throw damaged(files, `an event of unknown partition ${partition}`);
  const { name, last } = chain;
  const where = (): string => placeOf(name, last.seq + 1, lastSeq);
  if (typeof payloads !== "string") throw damaged(files, `the events are no text at ${where()}`);
  const row = { id, epoch, hash, payloads };
  const isSealed = sealOf(name, last.hash, row) === seal;
  const mark = head.get(name);
  const isNamed = mark !== undefined && mark.seq > last.seq && mark.seq <= lastSeq;
  // A seal does not say where its block begins: the block before does, but for the first.
  const isFirst = last.seq === chain.startSeq;
  // What is wrong with a block whose seal does not fit, its events say best.
  const isRead = !bySeals || !isSealed || isFirst || isNamed;
  if (isRead) verifyEvents(row, chain, isNamed ? mark : null, files);
  if (!isSealed) throw damaged(files, `the seal does not fit the events at ${where()}`);
  if (epoch < chain.lastEpoch || epoch > chain.epoch) {
    throw damaged(files, `epoch ${epoch} is out of order at ${where()}`);
  }
  chain.last = { seq: lastSeq, hash };
  chain.lastEpoch = epoch;
  return lastSeq - last.seq;
}

/** Each event of a block by its hash; one of them is the head's, where a mark is given. */
function verifyEvents(
  row: BlockRow,
  { name, last }: Chain,
  mark: ChainPosition | null,
  files: JournalFiles,
): void {
  const block = blockOf(row);
  if (block.firstSeq !== last.seq + 1) {
    throw damaged(files, `the event is missing at ${placeOf(name, last.seq + 1)}`);
  }
  const hashes = hashesOf(name, block, last.hash);
  if (hashes.at(-1) !== row.hash) {
    const where = placeOf(name, block.firstSeq, block.lastSeq);
    throw damaged(files, `the chain of hashes breaks at ${where}`);
  }
  if (mark === null || hashes[mark.seq - block.firstSeq] === mark.hash) return;
  const where = placeOf(name, mark.seq);
  throw damaged(files, `the event is not the one the head names at ${where}`);
}

function placeOf(partition: string, firstSeq: number, lastSeq = firstSeq): string {
  const seqs = lastSeq > firstSeq ? `${firstSeq} to ${lastSeq}` : `${firstSeq}`;
  return `partition ${JSON.stringify(partition)}, seq ${seqs}`;
}

export function damaged(files: JournalFiles, problem: string): JournalError {
  return new JournalError("JOURNAL_DAMAGED", files.database, problem);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
