/**
 * The segments of a folder, followed as one history from a partition's first event to where its
 * journal begins. What a cut left behind that was not finished may overlap with the others; it must
 * agree with them.
 */
import type { Anchor } from "./anchors.ts";
import { CHAIN_START } from "./event-chain.ts";
import { JournalError } from "./journal.ts";
import {
  readSegmentHeader,
  type SegmentEvent,
  type SegmentHeader,
  segmentEvents,
  segmentPaths,
} from "./segment-file.ts";

interface Segment extends SegmentHeader {
  readonly path: string;
}

/** What of a journal the segments must lead to. */
export interface JournalBeginning {
  /** The last archived event; null where the journal of the partition was never cut. */
  readonly anchor: Anchor | null;
  /** Hash of an event that the journal still has; null where it has none at this seq. */
  hashAt(seq: number): string | null;
}

export class SegmentChain {
  readonly #folder: string;
  readonly #segments: readonly Segment[];

  /** @throws JournalError SEGMENT_DAMAGED, SEGMENT_MISSING where the folder has none */
  constructor(folder: string) {
    this.#folder = folder;
    const paths = segmentPaths(folder);
    if (paths.length === 0) throw new JournalError("SEGMENT_MISSING", folder, "has no segments");
    this.#segments = paths.map((path) => ({ ...readSegmentHeader(path), path }));
  }

  /** @throws JournalError SEGMENT_DAMAGED a segment is of another journal */
  requirePartitions(names: readonly string[]): void {
    for (const { partition, path } of this.#segments) {
      if (names.includes(partition)) continue;
      const problem = `the journal has no partition ${JSON.stringify(partition)}`;
      throw new JournalError("SEGMENT_DAMAGED", path, problem);
    }
  }

  /**
   * Every archived event of the partition, once and in order. Whoever has read to the end knows
   * that all segments of the partition are whole, that they fit each other, and the journal.
   * @throws JournalError SEGMENT_DAMAGED, SEGMENT_MISSING
   */
  *events(partition: string, journal: JournalBeginning): Iterable<SegmentEvent> {
    const anchorSeq = journal.anchor?.seq ?? 0;
    const segments = this.#segmentsOf(partition);
    const seams = new Seams(segments, journal);
    let reachedSeq = 0;
    for (const segment of segments) {
      if (segment.firstSeq > reachedSeq + 1) {
        throw this.#missing(partition, reachedSeq + 1, segment.firstSeq - 1);
      }
      seams.require(segment, segment.firstSeq - 1, segment.previousHash);
      for (const event of segmentEvents(segment.path)) {
        seams.require(segment, event.seq, event.hash);
        if (event.seq <= reachedSeq) continue;
        reachedSeq = event.seq;
        if (event.seq <= anchorSeq) yield event;
      }
    }
    if (reachedSeq < anchorSeq) throw this.#missing(partition, reachedSeq + 1, anchorSeq);
  }

  /** By their beginning, the longer one first. */
  #segmentsOf(partition: string): Segment[] {
    const segments = this.#segments.filter((segment) => segment.partition === partition);
    return segments.sort((a, b) => a.firstSeq - b.firstSeq || b.lastSeq - a.lastSeq);
  }

  #missing(partition: string, from: number, to: number): JournalError {
    const what = from === to ? `event ${from}` : `events ${from} to ${to}`;
    const problem = `no segment has ${what} of partition ${JSON.stringify(partition)}`;
    return new JournalError("SEGMENT_MISSING", this.#folder, problem);
  }
}

/** Hashes where segments meet each other or the journal: each of them must say the same. */
class Seams {
  readonly #hashes = new Map<number, string | null>();
  readonly #journal: JournalBeginning;

  constructor(segments: readonly SegmentHeader[], journal: JournalBeginning) {
    this.#journal = journal;
    for (const { firstSeq, lastSeq } of segments) {
      this.#hashes.set(firstSeq - 1, null);
      this.#hashes.set(lastSeq, null);
    }
    this.#hashes.set(CHAIN_START.seq, CHAIN_START.hash);
    const { anchor } = journal;
    if (anchor !== null) this.#hashes.set(anchor.seq, anchor.hash);
  }

  require(segment: Segment, seq: number, hash: string): void {
    const known = this.#hashes.get(seq);
    if (known === undefined) return;
    const expected = known ?? this.#journal.hashAt(seq) ?? hash;
    if (hash !== expected) {
      const problem = `its event ${seq} is not the one that the segments and the journal beside have`;
      throw new JournalError("SEGMENT_DAMAGED", segment.path, problem);
    }
    this.#hashes.set(seq, hash);
  }
}
