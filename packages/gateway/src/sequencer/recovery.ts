/** Rebuilds a node's state from its newest usable snapshot and the journal behind it. */
import { join } from "node:path";
import { assert } from "@countermand/core/assert";
import { decodeControlEvent } from "@countermand/core/control";
import { decodeExchangeEvent } from "@countermand/core/exchange";
import { type DeskEvent, decodeDeskEvent } from "@countermand/core/model";
import { decodeSessionEvent } from "@countermand/core/session";
import type { JournalRecord } from "../journal/journal.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { readNewestSnapshot, type SnapshotHeader } from "../journal/snapshot-file.ts";
import { CONTROL_PARTITION } from "./control-partition.ts";
import { EXCHANGE_PARTITION } from "./partitions.ts";
import { SESSION_PARTITION } from "./sessions.ts";
import {
  emptyState,
  type NodeLayout,
  type NodeState,
  partitionNames,
  restoreState,
} from "./state.ts";

export interface Recovered {
  readonly state: NodeState;
  /** Last journal position of each partition. */
  readonly positions: ReadonlyMap<string, number>;
  /** Positions the snapshot stood at; zeros without one. */
  readonly snapshotPositions: ReadonlyMap<string, number>;
  readonly replayedCount: number;
}

/** Called for each desk event that was replayed: the caller keeps what the archive lacks. */
export type OnDeskEvent = (partition: string, seq: number, event: DeskEvent) => void;

export interface RecoveryOptions {
  readonly dataDir: string;
  readonly layout: NodeLayout;
  readonly onDeskEvent?: OnDeskEvent;
  /** Whether a snapshot at these positions may be used; all that fit the journal by default. */
  readonly acceptsSnapshot?: (positions: ReadonlyMap<string, number>) => boolean;
  /** Stop at these positions instead of the journal's end: one moment of all partitions. */
  readonly upTo?: ReadonlyMap<string, number>;
  /** As far beyond them as the exchange's last command goes: only then a snapshot has its state. */
  readonly endsCommand?: boolean;
  /** Why a snapshot was not used. */
  readonly onPassedOver?: (note: string) => void;
}

export function snapshotFolder(dataDir: string): string {
  return join(dataDir, "snapshots");
}

export function recoverState(options: RecoveryOptions): Recovered {
  const reader = new JournalReader(options.dataDir);
  try {
    return recoverFrom(reader, options);
  } finally {
    reader.close();
  }
}

function recoverFrom(reader: JournalReader, options: RecoveryOptions): Recovered {
  const start = startingPoint(reader, options);
  const positions = new Map<string, number>();
  let replayedCount = 0;
  for (const partition of partitionNames(options.layout)) {
    const from = start.positions.get(partition) ?? 0;
    const last = options.upTo?.get(partition) ?? Number.MAX_SAFE_INTEGER;
    let seq = from;
    for (const record of reader.records(partition, from)) {
      if (record.seq > last && !isWithinCommand(start.state, partition, options)) break;
      applyRecord(start.state, partition, record, options.onDeskEvent);
      seq = record.seq;
      replayedCount += 1;
    }
    positions.set(partition, seq);
  }
  // Positions that are given may be of several moments.
  if (options.upTo === undefined) assertSameGrids(start.state);
  return { state: start.state, positions, snapshotPositions: start.positions, replayedCount };
}

function isWithinCommand(
  { exchange }: NodeState,
  partition: string,
  { endsCommand = false }: RecoveryOptions,
): boolean {
  return endsCommand && partition === EXCHANGE_PARTITION && !exchange.isSettled;
}

/** What the exchange counts in is what the instruments say: they change in one commit. */
function assertSameGrids({ exchange, control }: NodeState): void {
  for (const { symbol, priceTick, lotQty, oddLotQty } of control.table.all) {
    const grid = exchange.gridOf(symbol);
    const isSame =
      grid.priceTick === priceTick && grid.lotQty === lotQty && grid.oddLotQty === oddLotQty;
    assert(isSame, "a book is counted in its instrument's tick and lot");
  }
}

function startingPoint(reader: JournalReader, options: RecoveryOptions) {
  const { dataDir, layout } = options;
  const passedOver: string[] = [];
  const accepts = (header: SnapshotHeader) => snapshotFits(reader, header, options);
  const snapshot = readNewestSnapshot(snapshotFolder(dataDir), accepts, passedOver);
  for (const note of passedOver) options.onPassedOver?.(note);
  if (snapshot === null) {
    const positions = new Map(partitionNames(layout).map((name) => [name, 0]));
    return { state: emptyState(layout), positions };
  }
  return { state: restoreState(layout, snapshot.lines), positions: positionsOf(snapshot.header) };
}

/** A snapshot fits when each of its positions stands in this journal with the same hash. */
export function snapshotFits(
  reader: JournalReader,
  header: SnapshotHeader,
  options: Pick<RecoveryOptions, "layout" | "upTo" | "acceptsSnapshot">,
): boolean {
  const positions = positionsOf(header);
  if (partitionNames(options.layout).some((name) => !positions.has(name))) return false;
  for (const { partition, seq, hash } of header.positions) {
    if (seq > (options.upTo?.get(partition) ?? seq)) return false;
    if (seq > 0 && reader.hashAt(partition, seq) !== hash) return false;
  }
  return options.acceptsSnapshot?.(positions) ?? true;
}

export function positionsOf(header: SnapshotHeader): Map<string, number> {
  return new Map(header.positions.map(({ partition, seq }) => [partition, seq]));
}

function applyRecord(
  state: NodeState,
  partition: string,
  record: JournalRecord,
  onDeskEvent?: OnDeskEvent,
): void {
  if (partition === EXCHANGE_PARTITION) {
    state.exchange.apply(decodeExchangeEvent(record.payload));
    return;
  }
  if (partition === SESSION_PARTITION) {
    state.session.apply(decodeSessionEvent(record.payload));
    return;
  }
  if (partition === CONTROL_PARTITION) {
    state.control.apply(decodeControlEvent(record.payload));
    return;
  }
  const desk = state.desks.get(partition);
  assert(desk !== undefined, "the partition is of this node");
  const event = decodeDeskEvent(record.payload);
  desk.apply(event, record.seq);
  onDeskEvent?.(partition, record.seq, event);
}
