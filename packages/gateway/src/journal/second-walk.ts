/**
 * A long journal is verified by two threads, each a half of the table: what takes the time is its
 * own processor, and a start has the machine. Whoever waits, waits as if it were one walk.
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Worker,
} from "node:worker_threads";
import { assert } from "@countermand/core/assert";
import type Database from "better-sqlite3";
import { spareThread } from "../sys/spare-thread.ts";
import {
  type Chains,
  type EventKey,
  eventCountOf,
  verifyChains,
  type WalkOptions,
} from "./chain-walk.ts";
import { blockKey, blockKeys, placeOfKey } from "./event-block.ts";
import type { ChainPosition } from "./event-chain.ts";
import type { Head } from "./head-file.ts";
import { JournalError, type JournalErrorCode } from "./journal.ts";
import type { JournalFiles } from "./journal-schema.ts";

/** What the second thread is started with. */
export interface SecondWalkStart {
  readonly dataDir: string;
  /** It begins behind this block, which the first thread comes to. */
  readonly after: EventKey;
  readonly bySeals: boolean;
  readonly port: MessagePort;
  /** Becomes 1 once the port has the word. */
  readonly done: Int32Array;
}

export type SecondWord =
  | {
      readonly type: "verified";
      readonly eventCount: number;
      /** Where each partition that it came to ends. */
      readonly ends: readonly (readonly [id: number, last: ChainPosition])[];
    }
  | {
      readonly type: "refused";
      readonly code: JournalErrorCode;
      readonly file: string;
      readonly problem: string;
    }
  /** The block to begin behind is not there. */
  | { readonly type: "lost" };

/** The start of a thread takes as long as about as many hashes: of events, or of blocks. */
const HASHES_MIN = 100_000;
/** So many blocks tell how many events one has. */
const SAMPLE_BLOCKS = 100;
/** Of the events for the first thread, which has more to do besides. */
const FIRST_SHARE = 0.45;
/** How long the second may take beyond the first; behind that the first walks its part. */
const WAIT_MS = 60_000;

/** Precondition: unless the journal is shared, nobody writes. Returns how many events there are. */
export function verifyOnTwoThreads(
  database: Database.Database,
  chains: Chains,
  head: Head,
  files: JournalFiles,
  options: WalkOptions,
  hashesMin = HASHES_MIN,
): number {
  const { isShared = false, bySeals = false } = options;
  const isAlone = isShared || eventCountOf(chains) < hashesMin;
  const middle = isAlone ? null : middleOf(database, chains);
  if (middle === null || (bySeals && blockCountAs(database, chains, middle) < hashesMin)) {
    return verifyChains(database, chains, head, files, options);
  }
  const second = SecondWalk.begin(files.folder, middle, bySeals);
  if (second === null) return verifyChains(database, chains, head, files, options);
  const first = { after: null, through: middle };
  let firstCount = 0;
  try {
    firstCount = verifyChains(database, chains, head, files, { ...options, stretch: first });
  } catch (error) {
    second.abandon();
    throw error;
  }
  const word = second.word();
  if (word === null || word.type === "lost") {
    const rest = { after: middle, through: null };
    return firstCount + verifyChains(database, chains, head, files, { ...options, stretch: rest });
  }
  if (word.type === "refused") throw new JournalError(word.code, word.file, word.problem);
  for (const [id, last] of word.ends) {
    const chain = chains.get(id);
    assert(chain !== undefined, "both threads found the same partitions");
    chain.last = last;
  }
  const eventCount = firstCount + word.eventCount;
  options.onProgress?.(eventCount, eventCountOf(chains));
  return eventCount;
}

/** The last block for the first thread; null where none is there. */
function middleOf(database: Database.Database, chains: Chains): EventKey | null {
  let left = Math.ceil(eventCountOf(chains) * FIRST_SHARE);
  for (const [id, { startSeq, endSeq }] of [...chains].sort(([a], [b]) => a - b)) {
    if (left <= endSeq - startSeq) return firstBlockFrom(database, id, startSeq + left);
    left -= endSeq - startSeq;
  }
  return null;
}

function firstBlockFrom(
  database: Database.Database,
  partition: number,
  seq: number,
): EventKey | null {
  const [, end] = blockKeys(partition);
  const key = database
    .prepare<[number, number], number>("SELECT min(id) FROM blocks WHERE id >= ? AND id <= ?")
    .pluck()
    .get(blockKey(partition, seq), end);
  if (key === undefined || key === null) return null;
  const [, lastSeq] = placeOfKey(key);
  return { partition, seq: lastSeq };
}

/** About how many blocks there are, if all have as many events as those behind this one. */
function blockCountAs(database: Database.Database, chains: Chains, from: EventKey): number {
  const [, end] = blockKeys(from.partition);
  const keys = database
    .prepare<[number, number, number], number>(
      "SELECT id FROM blocks WHERE id >= ? AND id <= ? ORDER BY id LIMIT ?",
    )
    .pluck()
    .all(blockKey(from.partition, from.seq), end, SAMPLE_BLOCKS + 1);
  const [first = 0] = keys;
  const eventCount = (keys.at(-1) ?? 0) - first;
  // The last one of its partition says nothing: then as if each event had one.
  return eventCountOf(chains) * (eventCount > 0 ? (keys.length - 1) / eventCount : 1);
}

class SecondWalk {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #done: Int32Array;

  private constructor(port: MessagePort, worker: Worker, done: Int32Array) {
    this.#port = port;
    this.#worker = worker;
    this.#done = done;
    // A thread that does not come up gives no word, and its part is walked by the first.
    worker.once("error", () => {});
    worker.unref();
  }

  /** Null where there is no thread for it. */
  static begin(dataDir: string, after: EventKey, bySeals: boolean): SecondWalk | null {
    const { port1, port2 } = new MessageChannel();
    const done = new Int32Array(new SharedArrayBuffer(4));
    const workerData: SecondWalkStart = { dataDir, after, bySeals, port: port2, done };
    const file = new URL("./second-walk-worker.ts", import.meta.url);
    const worker = spareThread(file, { workerData, transferList: [port2] });
    return worker === null ? null : new SecondWalk(port1, worker, done);
  }

  /** Nobody asks any more. */
  abandon(): void {
    this.#port.close();
    void this.#worker.terminate();
  }

  /** Waits for what the thread found; null when it gives no word, and then it goes on no more. */
  word(): SecondWord | null {
    Atomics.wait(this.#done, 0, 0, WAIT_MS);
    const received = receiveMessageOnPort(this.#port);
    if (received === undefined) this.abandon();
    else this.#port.close();
    return received === undefined ? null : (received.message as SecondWord);
  }
}
