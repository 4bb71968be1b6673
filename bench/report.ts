/**
 * How benchmarks say what they found: rows of a table, printed here or handed to the run of all.
 */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { sqliteVersion } from "../packages/gateway/src/journal/journal-schema.ts";
import { canPin, workFolder } from "./server-process.ts";

/** One figure: what was measured, what it is compared with, and whether that is good enough. */
export interface Row {
  readonly figure: string;
  readonly measured: string;
  /** What it is compared with, measured in the same run; "" where it stands alone. */
  readonly peer: string;
  readonly ratio: string;
  readonly target: string;
  readonly verdict: string;
}

export function row(figure: string, measured: string, more: Partial<Row> = {}): Row {
  return { figure, measured, peer: "", ratio: "", target: "", verdict: "", ...more };
}

/** The last three cells of a row whose value must not be below the target. */
export function atLeast(value: number, target: number) {
  const missed = `missed by ${percent((target - value) / target)}`;
  return {
    ratio: value.toFixed(2),
    target: `≥ ${target}`,
    verdict: value >= target ? "met" : missed,
  };
}

/** The last two cells of a row whose value must not be above the target. */
export function atMost(value: number, target: number, unit = "") {
  const missed = `missed by ${percent((value - target) / target)}`;
  return { target: `≤ ${target}${unit}`, verdict: value <= target ? "met" : missed };
}

/** Prints the rows, or hands them to the process that runs all benchmarks. */
export function report(rows: readonly Row[]): void {
  if (process.send === undefined) process.stdout.write(`${machineNote()}\n\n${table(rows)}`);
  else process.send(rows);
}

export function table(rows: readonly Row[]): string {
  const heads: Row = {
    figure: "Figure",
    measured: "Measured",
    peer: "Beside it, same run",
    ratio: "Ratio",
    target: "Target",
    verdict: "Verdict",
  };
  const keys = Object.keys(heads) as (keyof Row)[];
  const widths = keys.map((key) => Math.max(...[heads, ...rows].map((each) => each[key].length)));
  const line = (cells: readonly string[]): string => {
    return `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  };
  const rule = line(widths.map((width) => "-".repeat(width)));
  return (
    line(keys.map((key) => heads[key])) + rule + rows.map((each) => line(cellsOf(each))).join("")
  );
}

/** What the figures depend on, in one paragraph. */
export function machineNote(): string {
  const processors = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const placement = canPin
    ? "server pinned to core 0, load to core 1"
    : "not pinned (no taskset, or one core): server and load share the cores";
  return (
    `${processors.length} cores, ${processors[0]?.model.trim() ?? "unknown"}, ${gib} GiB; ` +
    `${process.platform} ${process.arch}; Node ${process.version}; SQLite ${sqliteVersion()}; ` +
    `${thousands(flushesPerSecond())} flushes a second of a 200-byte append; ${placement}`
  );
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[sorted.length >>> 1];
  if (value === undefined) throw new Error("the median of nothing");
  return value;
}

/** What the disk does alone: one record, one fdatasync, over and over. */
function flushesPerSecond(): number {
  const descriptor = openSync(join(workFolder(), "flushes"), "w");
  const record = Buffer.alloc(200, " ");
  const startedMs = performance.now();
  let count = 0;
  for (; performance.now() - startedMs < 1000; count += 1) {
    writeSync(descriptor, record);
    fdatasyncSync(descriptor);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  closeSync(descriptor);
  return count / seconds;
}

function cellsOf(each: Row): string[] {
  return [each.figure, each.measured, each.peer, each.ratio, each.target, each.verdict];
}
