/** Latencies of a load, in a histogram of three figures: memory does not grow with the run. */
import { createHistogram } from "node:perf_hooks";

/** Milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p99_9: number;
  readonly max: number;
}

const MICROSECONDS = 1_000;

export class Latencies {
  /** Of microseconds, from 1. */
  readonly #histogram = createHistogram({ figures: 3 });

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * MICROSECONDS)));
  }

  summary(): LatencySummary {
    const histogram = this.#histogram;
    const { count } = histogram;
    if (count === 0) return { count, p50: 0, p99: 0, p99_9: 0, max: 0 };
    const percentile = (percent: number) => histogram.percentile(percent) / MICROSECONDS;
    return {
      count,
      p50: percentile(50),
      p99: percentile(99),
      p99_9: percentile(99.9),
      max: histogram.max / MICROSECONDS,
    };
  }
}
