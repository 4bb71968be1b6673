/**
 * How the journal keeps events: in blocks, a row each. A block holds events of one partition that
 * follow each other under one epoch, and the hash of the last of them, from which every one before
 * can be checked. A row an event costs several times as much to write and to read.
 */
import { assert } from "@countermand/core/assert";
import { blockSeal, eventHash } from "./event-chain.ts";

/**
 * Characters of a block of several events. Reason: its row still fits a page of 4,096 bytes, so
 * that SQLite keeps it in one piece, and whoever wants one event reads one page. A longer event is
 * a block alone, on several pages.
 */
export const BLOCK_CHARACTERS_MAX = 3_900;

/** Between two events of a block. */
export const LINE_END = "\n";

/** Seqs of one partition; with the partition's id before it, a key is still a safe integer. */
const SEQS_PER_PARTITION = 2 ** 40;
const PARTITION_ID_MAX = 8_191;

/** A row of the table. */
export interface BlockRow {
  /** Of the last event, see {@link blockKey}. */
  readonly id: number;
  readonly epoch: number;
  /** Of the last event: 64 hexadecimal digits. */
  readonly hash: string;
  /** A line for each event, without an end of the last one. */
  readonly payloads: string;
}

/** A row with what is checked of it at a start: 64 hexadecimal digits. */
export interface SealedBlockRow extends BlockRow {
  readonly seal: string;
}

/** A block as it is read: its partition is known, its lines are apart. */
export interface EventBlock {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly epoch: number;
  readonly hash: string;
  readonly payloads: readonly string[];
}

/** An event with what the chain says of it. */
export interface SealedRecord {
  readonly epoch: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
  readonly payload: string;
}

export function isPartitionId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= PARTITION_ID_MAX;
}

/** Whether a partition can have an event there. */
export function isSeq(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value < SEQS_PER_PARTITION;
}

/** Key of the block whose last event this is: blocks of a partition stand together, in order. */
export function blockKey(partitionId: number, lastSeq: number): number {
  assert(isPartitionId(partitionId), "a journal has few partitions");
  assert(lastSeq >= 0 && lastSeq < SEQS_PER_PARTITION, "a seq fits beside the partition");
  return partitionId * SEQS_PER_PARTITION + lastSeq;
}

/** Before the first and behind the last block that a partition can have. */
export function blockKeys(partitionId: number): readonly [before: number, last: number] {
  return [blockKey(partitionId, 0), blockKey(partitionId, SEQS_PER_PARTITION - 1)];
}

/** Whose block it is, and its last event. Of a key that nobody made: of no partition there is. */
export function placeOfKey(key: number): readonly [partitionId: number, lastSeq: number] {
  const partitionId = Math.floor(key / SEQS_PER_PARTITION);
  return [partitionId, key - partitionId * SEQS_PER_PARTITION];
}

/** The row with its seal: what is written. */
export function sealedRow(partition: string, previousHash: string, row: BlockRow): SealedBlockRow {
  return { ...row, seal: sealOf(partition, previousHash, row) };
}

/** What the seal of the row must be, behind the event of that hash. */
export function sealOf(partition: string, previousHash: string, row: BlockRow): string {
  const { id, epoch, hash, payloads } = row;
  const [, lastSeq] = placeOfKey(id);
  return blockSeal(previousHash, partition, { lastSeq, epoch, hash, payloads });
}

export function blockOf({ id, epoch, hash, payloads }: BlockRow): EventBlock {
  const [, lastSeq] = placeOfKey(id);
  const lines = payloads.split(LINE_END);
  return { firstSeq: lastSeq - lines.length + 1, lastSeq, epoch, hash, payloads: lines };
}

/**
 * The hash of each event of a block, from that of the event before it. The last one must be the
 * block's own: whoever asks compares.
 */
export function hashesOf(
  partition: string,
  { firstSeq, epoch, payloads }: EventBlock,
  previousHash: string,
): string[] {
  let hash = previousHash;
  return payloads.map((payload, index) => {
    hash = eventHash(hash, partition, firstSeq + index, epoch, payload);
    return hash;
  });
}

/** Whether a payload can be kept: well-formed text of one line. */
export function isPayload(text: string): boolean {
  return text.isWellFormed() && !text.includes(LINE_END);
}
