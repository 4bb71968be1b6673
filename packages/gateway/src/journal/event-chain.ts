/**
 * The chain of hashes that makes a partition's history tamper-evident: each event seals the last.
 */
import { hash } from "node:crypto";

/** A place in a partition's history: the seq and the hash of the event there. */
export interface ChainPosition {
  /** 0 before the first event. */
  readonly seq: number;
  /** SHA-256 as 64 lower-case hexadecimal digits. */
  readonly hash: string;
}

/** What a block's seal covers besides its place. */
export interface SealedContent {
  readonly lastSeq: number;
  readonly epoch: number;
  /** Of the last event. */
  readonly hash: string;
  /** A line for each event. */
  readonly payloads: string;
}

/** What the first event of a partition names as its predecessor: 32 zero bytes. */
export const CHAIN_START: ChainPosition = { seq: 0, hash: "0".repeat(64) };

/**
 * SHA-256 over the UTF-8 text `previous hash, partition, seq, epoch, payload`, one per line, the
 * payload without a line end. Unambiguous: no field before the payload can hold a line end, and
 * the payload is the rest. Hexadecimal text costs half of what framing bytes in a buffer does.
 */
export function eventHash(
  previousHash: string,
  partition: string,
  seq: number,
  epoch: number,
  payload: string,
): string {
  return hash("sha256", `${previousHash}\n${partition}\n${seq}\n${epoch}\n${payload}`, "hex");
}

/**
 * SHA-256 over the UTF-8 text `hash of the event before the block, partition, seq of its last
 * event, epoch, hash of its last event, payloads`, one per line but for the payloads, which are the
 * rest. It says of a whole block at once what the chain says of its events one by one: that it is
 * as it was written, and stands where it stood.
 */
export function blockSeal(previousHash: string, partition: string, block: SealedContent): string {
  const { lastSeq, epoch, hash: lastHash, payloads } = block;
  const head = `${previousHash}\n${partition}\n${lastSeq}\n${epoch}\n${lastHash}`;
  return hash("sha256", `${head}\n${payloads}`, "hex");
}

/** SHA-256 of a whole text or byte string, in hexadecimal. */
export function sha256Hex(content: string | Uint8Array): string {
  return hash("sha256", content, "hex");
}
