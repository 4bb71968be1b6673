/**
 * Where the history of a journal that was cut begins. An anchor is the last event that was
 * archived: the first one that is left names it as its predecessor.
 */
import type Database from "better-sqlite3";
import type { ChainPosition } from "./event-chain.ts";

export interface Anchor extends ChainPosition {
  /** Of the event itself: the epochs behind it never fall below. */
  readonly epoch: number;
}

interface AnchorRow extends Anchor {
  readonly partition: number;
}

/** By the partition's id; empty for a journal that was never cut. */
export function readAnchors(database: Database.Database): Map<number, Anchor> {
  const hasTable = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'anchors'");
  if (hasTable.get() === undefined) return new Map();
  const rows = database
    .prepare<[], AnchorRow>("SELECT partition, seq, epoch, lower(hex(hash)) AS hash FROM anchors")
    .all();
  return new Map(rows.map(({ partition, ...anchor }) => [partition, anchor]));
}
