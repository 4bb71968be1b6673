/** Which events may be cut from a journal: those that are old enough and that nothing needs. */
import { decodeTimedTrade, TRADE_RECORD_BEGINS } from "@countermand/core/exchange";
import { type DeskEvent, decodeDeskEvent } from "@countermand/core/model";
import type { JournalInspection } from "../journal/inspect.ts";
import type { JournalReader } from "../journal/journal-reader.ts";
import { EXCHANGE_PARTITION } from "../sequencer/partitions.ts";
import { isDeskName, type NodeState } from "../sequencer/state.ts";

/**
 * What keeps the next event: it is not old enough, it is the last one, the answer to a request that
 * is remembered, or no snapshot stands for it.
 */
export type KeptBy = "age" | "end" | "remembered" | "snapshot";

export interface PlannedCut {
  readonly partition: string;
  /** The last event that was archived before; 0 where none was. */
  readonly archivedSeq: number;
  /** The last event that may go; archivedSeq where none may. */
  readonly lastSeq: number;
  readonly keptBy: KeptBy;
}

/**
 * Desks and the exchange only: sessions and operators' decisions are few, and a start reads the
 * first of them.
 */
export function planCuts(
  reader: JournalReader,
  { partitions }: JournalInspection,
  { desks }: NodeState,
  beforeMs: number,
): PlannedCut[] {
  const cuts: PlannedCut[] = [];
  for (const [partition, { lastSeq, archivedSeq }] of partitions) {
    if (partition !== EXCHANGE_PARTITION && !isDeskName(partition)) continue;
    const remembered = [...(desks.get(partition)?.answered.entries() ?? [])].map(
      ([, { seq }]) => seq,
    );
    cuts.push(
      lowest(partition, archivedSeq, [
        ["age", oldThrough(reader, partition, archivedSeq, beforeMs)],
        ["end", lastSeq - 1],
        ["remembered", remembered.reduce((least, seq) => Math.min(least, seq), lastSeq) - 1],
      ]),
    );
  }
  return cuts;
}

/** The cut, no further than a snapshot stands for what goes. */
export function behindSnapshot(cut: PlannedCut, snapshotSeq: number): PlannedCut {
  const { partition, archivedSeq, lastSeq, keptBy } = cut;
  return lowest(partition, archivedSeq, [
    [keptBy, lastSeq],
    ["snapshot", snapshotSeq],
  ]);
}

function lowest(
  partition: string,
  archivedSeq: number,
  bounds: readonly (readonly [KeptBy, number])[],
): PlannedCut {
  const [keptBy, seq] = bounds.reduce((least, each) => (each[1] < least[1] ? each : least));
  return { partition, archivedSeq, lastSeq: Math.max(seq, archivedSeq), keptBy };
}

/** The last event that is known to be older, of those before the first that is known not to be. */
function oldThrough(
  reader: JournalReader,
  partition: string,
  archivedSeq: number,
  beforeMs: number,
): number {
  const timeOf = partition === EXCHANGE_PARTITION ? exchangeTimeMs : deskTimeMs;
  let through = archivedSeq;
  for (const { seq, payload } of reader.records(partition, archivedSeq)) {
    const atMs = timeOf(payload);
    if (atMs === null) continue;
    if (atMs >= beforeMs) break;
    through = seq;
  }
  return through;
}

/** Of trades only: other events of the exchange have no time. */
function exchangeTimeMs(payload: string): number | null {
  const mayBeTrade = TRADE_RECORD_BEGINS.some((begin) => payload.startsWith(begin));
  return mayBeTrade ? (decodeTimedTrade(payload)?.atMs ?? null) : null;
}

function deskTimeMs(payload: string): number {
  const event: DeskEvent = decodeDeskEvent(payload);
  return event.type === "ExecutionReported" ? event.order.updatedAtMs : event.atMs;
}
