/** What a proof about crashes and disks is given, and what it gives back: figures with targets. */
import type { Workplace } from "../gateway-process.ts";

export interface ProofOptions {
  /** With the counts that are named as targets; short, with those that every change can afford. */
  readonly isLong: boolean;
  /** How long it is to go on; null: as its form says. */
  readonly minutes: number | null;
  /** Repeats the choices of a run. */
  readonly seed: number;
  /** For what the proof starts and writes. */
  readonly place: Workplace;
  /** Shows a person that something moves. */
  readonly progress: (text: string) => void;
}

export interface Figure {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  /** Null: reported without a target. */
  readonly holds: boolean | null;
}

export interface Proof {
  readonly name: string;
  /** What it proves, in one line. */
  readonly about: string;
  readonly run: (options: ProofOptions) => Promise<readonly Figure[]>;
}

/** This machine lacks what the proof needs: it has neither held nor failed. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** Nothing of it may happen. */
export function none(what: string, count: number): Figure {
  return { what, figure: String(count), target: "0", holds: count === 0 };
}

/** It must be so every time. */
export function all(what: string, count: number, of: number): Figure {
  return { what, figure: `${count} of ${of}`, target: "all", holds: of > 0 && count === of };
}

export function atMost(what: string, value: number, most: number, unit: string): Figure {
  const digits = unit === "s" ? 2 : 0;
  const figure = `${value.toFixed(digits)} ${unit}`;
  const target = `at most ${Number(most.toFixed(digits))} ${unit}`;
  return { what, figure, target, holds: value <= most };
}

export function atLeast(what: string, value: number, least: number): Figure {
  return { what, figure: String(value), target: `at least ${least}`, holds: value >= least };
}

export function reported(what: string, figure: string): Figure {
  return { what, figure, target: "reported", holds: null };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
