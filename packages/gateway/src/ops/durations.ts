/**
 * How long things took, by name. Every request adds, so adding is plain arithmetic: the library
 * would put labels together each time. So the text is written here as well.
 */

/** Upper ends of the buckets, in milliseconds; the last one takes the rest. */
const BUCKETS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 250, 500, 1000, 5000, Number.POSITIVE_INFINITY];

interface Sums {
  /** Of each bucket, without those below. */
  readonly counts: number[];
  totalMs: number;
}

export interface DurationsSpec {
  readonly metric: string;
  readonly help: string;
  /** Of the name; names need no escaping. */
  readonly label: string;
}

export class Durations {
  readonly #spec: DurationsSpec;
  readonly #sums = new Map<string, Sums>();

  constructor(spec: DurationsSpec) {
    this.#spec = spec;
  }

  add(name: string, tookMs: number): void {
    let sums = this.#sums.get(name);
    if (sums === undefined) {
      sums = { counts: BUCKETS_MS.map(() => 0), totalMs: 0 };
      this.#sums.set(name, sums);
    }
    let bucket = 0;
    while (tookMs > (BUCKETS_MS[bucket] as number)) bucket += 1;
    sums.counts[bucket] = (sums.counts[bucket] as number) + 1;
    sums.totalMs += tookMs;
  }

  /** A histogram in seconds, in Prometheus' text format. */
  text(): string {
    const { metric, help, label } = this.#spec;
    const lines = [`# HELP ${metric} ${help}`, `# TYPE ${metric} histogram`];
    for (const [name, { counts, totalMs }] of this.#sums) {
      const labels = `${label}="${name}"`;
      let soFar = 0;
      for (const [index, count] of counts.entries()) {
        soFar += count;
        const end = (BUCKETS_MS[index] as number) / 1000;
        const le = Number.isFinite(end) ? String(end) : "+Inf";
        lines.push(`${metric}_bucket{${labels},le="${le}"} ${soFar}`);
      }
      lines.push(
        `${metric}_sum{${labels}} ${totalMs / 1000}`,
        `${metric}_count{${labels}} ${soFar}`,
      );
    }
    return `${lines.join("\n")}\n`;
  }
}
