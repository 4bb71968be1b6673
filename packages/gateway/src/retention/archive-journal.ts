/**
 * Moves the old events of a stopped gateway's journal into segments. The order of the steps is the
 * safety: segments are whole, on stable storage and verified before anything is deleted, what is
 * deleted goes in one transaction, and a crash in between leaves the journal whole, with a segment
 * that the next run overwrites or that agrees with the next one.
 */
import { lockDataDir } from "../journal/data-dir-lock.ts";
import { inspectJournal } from "../journal/inspect.ts";
import { JournalError } from "../journal/journal.ts";
import {
  type CutStep,
  cutJournal,
  type JournalCut,
  shrinkJournal,
} from "../journal/journal-cut.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { journalFiles } from "../journal/journal-schema.ts";
import {
  readSegmentHeader,
  type SegmentEvent,
  type SegmentHeader,
  segmentEvents,
  segmentName,
  writeSegment,
} from "../journal/segment-file.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import { fileBytes, filePath, settleFile } from "../sys/disk.ts";
import { behindSnapshot, type KeptBy, type PlannedCut, planCuts } from "./cut-plan.ts";
import { KeptSnapshots, layoutOfJournal } from "./kept-snapshots.ts";

export type ArchiveStep = CutStep | "inspected" | "snapshots kept" | "segment written" | "verified";

export interface ArchiveOrder {
  readonly dataDir: string;
  /** Folder of the segments; made where it is missing. */
  readonly folder: string;
  /** Events from this time on stay. */
  readonly beforeMs: number;
  readonly onStep?: (step: ArchiveStep) => void;
}

export interface ArchivedPartition {
  readonly partition: string;
  /** The first and the last event that went; null where none did. */
  readonly moved: { readonly firstSeq: number; readonly lastSeq: number } | null;
  /** What keeps the first event that stayed. */
  readonly keptBy: KeptBy;
  /** Path and size of the segment; null where nothing went. */
  readonly segment: { readonly path: string; readonly bytes: number } | null;
}

export interface ArchiveReport {
  readonly partitions: readonly ArchivedPartition[];
  /** Why the file did not get smaller, though the events are gone from it; null where it did. */
  readonly shrinkProblem: string | null;
}

/** @throws JournalError nothing was deleted */
export function archiveJournal(order: ArchiveOrder): ArchiveReport {
  const { dataDir } = order;
  const lock = lockDataDir(dataDir);
  try {
    const onStep = order.onStep ?? (() => {});
    const cuts = preparedCuts(order, onStep);
    const going = cuts.filter(({ archivedSeq, lastSeq }) => lastSeq > archivedSeq);
    const segments = writeSegments(order, going, onStep);
    onStep("verified");
    if (going.length > 0) cutJournal(dataDir, [...segments.values()], onStep);
    const shrinkProblem = going.length > 0 ? shrinkJournal(dataDir) : null;
    const partitions = cuts.map(({ partition, archivedSeq, lastSeq, keptBy }) => {
      const written = segments.get(partition);
      if (written === undefined) return { partition, moved: null, keptBy, segment: null };
      const { path } = written;
      const segment = { path, bytes: fileBytes(path) ?? 0 };
      return { partition, moved: { firstSeq: archivedSeq + 1, lastSeq }, keptBy, segment };
    });
    return { partitions, shrinkProblem };
  } finally {
    lock.release();
  }
}

/** What goes, once two snapshots stand for it. */
function preparedCuts(
  { dataDir, beforeMs }: ArchiveOrder,
  onStep: (step: ArchiveStep) => void,
): PlannedCut[] {
  const inspection = inspectJournal(dataDir);
  if (inspection.damagedTail !== null) {
    const problem =
      "its log ends with a damaged tail: start the gateway once, which keeps it aside";
    throw new JournalError("JOURNAL_DAMAGED", journalFiles(dataDir).database, problem);
  }
  onStep("inspected");
  if (inspection.eventCount === 0) return [];
  // What a crash left in the log is flushed, and the head brought up to it.
  SqliteJournal.open(dataDir).close();
  const snapshots = new KeptSnapshots(dataDir, layoutOfJournal(dataDir, inspection));
  const reader = new JournalReader(dataDir);
  try {
    const plan = planCuts(reader, inspection, snapshots.state, beforeMs);
    if (plan.every(({ archivedSeq, lastSeq }) => lastSeq === archivedSeq)) return plan;
    const wanted = new Map(plan.map(({ partition, lastSeq }) => [partition, lastSeq]));
    const older = snapshots.older(wanted);
    onStep("snapshots kept");
    return plan.map((cut) => behindSnapshot(cut, older.get(cut.partition) ?? 0));
  } finally {
    reader.close();
  }
}

interface WrittenSegment extends JournalCut {
  readonly path: string;
}

/** By partition; all of them verified as they are on the disk. */
function writeSegments(
  { dataDir, folder }: ArchiveOrder,
  cuts: readonly PlannedCut[],
  onStep: (step: ArchiveStep) => void,
): Map<string, WrittenSegment> {
  const reader = new JournalReader(dataDir);
  try {
    const written = new Map<string, WrittenSegment>();
    for (const { partition, archivedSeq, lastSeq } of cuts) {
      const last = reader.sealed(partition, lastSeq);
      const previousHash = reader.hashAt(partition, archivedSeq);
      if (last === null || previousHash === null) {
        const problem = `no event ${partition} ${lastSeq}`;
        throw new JournalError("JOURNAL_DAMAGED", journalFiles(dataDir).database, problem);
      }
      const { hash, epoch } = last;
      const range = { partition, firstSeq: archivedSeq + 1, lastSeq };
      const header = { ...range, previousHash, lastHash: hash };
      const path = wholeSegment(folder, header, eventsThrough(reader, partition, lastSeq));
      onStep("segment written");
      written.set(partition, { partition, path, anchor: { seq: lastSeq, epoch, hash } });
    }
    return written;
  } finally {
    reader.close();
  }
}

/** A segment that is there already is that of a cut that did not come to its end, or is refused. */
function wholeSegment(
  folder: string,
  header: SegmentHeader,
  events: Iterable<SegmentEvent>,
): string {
  const path = filePath(folder, segmentName(header));
  if (fileBytes(path) === null) writeSegment(folder, header, events);
  else settleFile(path);
  const found = readSegmentHeader(path);
  if (found.previousHash !== header.previousHash || found.lastHash !== header.lastHash) {
    throw new JournalError("SEGMENT_DAMAGED", path, "it is of another journal");
  }
  let count = 0;
  for (const _ of segmentEvents(path)) count += 1;
  if (count === header.lastSeq - header.firstSeq + 1) return path;
  throw new JournalError("SEGMENT_DAMAGED", path, `it has ${count} events`);
}

function* eventsThrough(
  reader: JournalReader,
  partition: string,
  lastSeq: number,
): Iterable<SegmentEvent> {
  for (const event of reader.containing(partition, "")) {
    if (event.seq > lastSeq) return;
    yield event;
  }
}
