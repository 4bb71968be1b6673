/** What a load came to, for people and for scripts. */

import { type Column, factLines, tableLines } from "../table.ts";
import type { CpuUse } from "../time.ts";
import type { LatencySummary } from "./latencies.ts";
import type { EarlyEnd } from "./load-run.ts";
import type { FailureCount, Kind } from "./workload.ts";

export interface BenchReport {
  readonly target: string;
  readonly over: "http" | "socket";
  readonly connections: number;
  /** Requests a second that were asked for; null: as many as the answers allowed. */
  readonly rate: number | null;
  readonly seconds: number;
  readonly sent: number;
  /** Due at the rate and never sent. */
  readonly unsent: number;
  readonly ended_early: EarlyEnd | null;
  readonly requests_per_second: number;
  readonly orders_placed: number;
  readonly orders_cancelled: number;
  readonly failures: readonly FailureCount[];
  /** Milliseconds to the answer. */
  readonly answer_ms: Readonly<Partial<Record<Kind, LatencySummary>>>;
  /** Milliseconds to the message on the order stream. */
  readonly push_ms: { readonly place: LatencySummary; readonly cancel: LatencySummary };
  readonly pushes_missing: number;
  /** Milliseconds after its moment that a request was sent. */
  readonly delay_ms: LatencySummary;
  /** Share of one processor that this program took. */
  readonly own_cpu_percent: number;
  /** Orders of this load that are still open; null where nobody knows. */
  readonly left_open: number | null;
  /** Begins the name of each order. */
  readonly reference_prefix: string;
}

interface Row {
  readonly what: string;
  readonly summary: LatencySummary;
}

/** Above it this program is a part of what it measures. */
const BUSY_PERCENT = 80;

const WORDS: Readonly<Record<Kind, string>> = {
  place: "place, answered",
  cancel: "cancel, answered",
  place_batch: "place 5, answered",
  cancel_batch: "cancel 5, answered",
};

const EARLY: Readonly<Record<EarlyEnd, string>> = {
  stopped: "ended early: you stopped it",
  no_answers: "ended early: 100 requests in a row were not answered",
  too_late: "ended early: ten seconds after its end requests of the stated rate were still unsent",
};

const FAILURE_COLUMNS: readonly Column<FailureCount>[] = [
  { title: "COUNT", of: ({ count }) => String(count), isNumber: true },
  { title: "HTTP", of: ({ http_status }) => String(http_status ?? ""), isNumber: true },
  { title: "CODE", of: ({ code }) => (code === 0 ? "" : String(code)), isNumber: true },
  { title: "REASON", of: ({ reason }) => reason },
];

export function reportLines(report: BenchReport): string[] {
  const { ended_early, failures } = report;
  return [
    ...factLines(factsOf(report)),
    "",
    ...tableLines(columns(report.seconds), rowsOf(report)),
    ...(failures.length === 0 ? [] : ["", ...tableLines(FAILURE_COLUMNS, failures)]),
    ...(ended_early === null ? [] : ["", EARLY[ended_early]]),
    ...warnings(report).map((line) => `\n${line}`),
  ];
}

function factsOf(report: BenchReport): (readonly [string, string])[] {
  const { rate, connections, over, requests_per_second, seconds, sent } = report;
  const pace = rate === null ? "as fast as answers come" : `${rate} requests a second`;
  return [
    ["target", report.target],
    ["load", `${pace}, ${connections} connections, ${over}`],
    ["sent", `${sent} requests in ${seconds.toFixed(1)} s, ${Math.round(requests_per_second)}/s`],
    ["orders", `${report.orders_placed} placed, ${report.orders_cancelled} cancelled`],
    ["left open", report.left_open === null ? "nobody knows" : String(report.left_open)],
  ];
}

function rowsOf({ answer_ms, push_ms, delay_ms, rate }: BenchReport): Row[] {
  const answers = Object.entries(answer_ms).map(([kind, summary]) => {
    return { what: WORDS[kind as Kind], summary };
  });
  const own = rate === null ? [] : [{ what: "of which before sending", summary: delay_ms }];
  return [
    ...answers,
    { what: "place, pushed", summary: push_ms.place },
    { what: "cancel, pushed", summary: push_ms.cancel },
    ...own,
  ];
}

function columns(seconds: number): readonly Column<Row>[] {
  const figure = (title: string, of: (summary: LatencySummary) => number): Column<Row> => {
    return { title, of: ({ summary }) => of(summary).toFixed(2), isNumber: true };
  };
  return [
    { title: "MILLISECONDS", of: ({ what }) => what },
    { title: "COUNT", of: ({ summary }) => String(summary.count), isNumber: true },
    {
      title: "PER SECOND",
      of: ({ summary }) => (summary.count / Math.max(seconds, 0.001)).toFixed(0),
      isNumber: true,
    },
    figure("P50", ({ p50 }) => p50),
    figure("P99", ({ p99 }) => p99),
    figure("P99.9", ({ p99_9 }) => p99_9),
    figure("MAX", ({ max }) => max),
  ];
}

function warnings({ own_cpu_percent, pushes_missing, unsent }: BenchReport): string[] {
  const said: string[] = [];
  if (unsent > 0) {
    said.push(`${unsent} requests were due and never sent: true latencies are longer than these.`);
  }
  if (pushes_missing > 0) said.push(`${pushes_missing} messages of the order stream did not come.`);
  if (own_cpu_percent >= BUSY_PERCENT) {
    said.push(
      `This program was busy ${own_cpu_percent} % of the time: it limits what it can measure.`,
    );
  }
  return said;
}

/** What this process took of a processor. */
export function cpuPercent({ user, system }: CpuUse, seconds: number): number {
  return Math.round((user + system) / 10_000 / Math.max(seconds, 0.001));
}
