/** The clock of the command line, and times as people write them. */

/** Unix milliseconds. */
export function nowMs(): number {
  return Date.now();
}

const ISO_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * Unix milliseconds of a date (its beginning) or an ISO time, in UTC unless it says otherwise; null
 * for any other text, which engines read as they like, and for a day that there is not.
 */
export function parsedTimeMs(text: string): number | null {
  const [, date = "", zone] = ISO_TIME.exec(text) ?? [];
  const dayMs = Date.parse(date);
  if (Number.isNaN(dayMs) || new Date(dayMs).toISOString().slice(0, 10) !== date) return null;
  const atMs = Date.parse(text === date || zone !== undefined ? text : `${text}Z`);
  return Number.isNaN(atMs) ? null : atMs;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a time such as 500ms, 90s, 15m, 2h or 1d; null for any other text. */
export function durationMs(text: string): number | null {
  const [, digits, unit = ""] = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const unitMs = UNITS_MS[unit];
  return digits === undefined || unitMs === undefined ? null : Number(digits) * unitMs;
}

/** Unix seconds as people write them, in UTC. */
export function timeText(seconds: number): string {
  return `${new Date(1_000 * seconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Unix milliseconds as people write them, in UTC. */
export function millisecondsText(milliseconds: number): string {
  const isTime = Math.abs(milliseconds) <= 8.64e15;
  if (!isTime) return "no time";
  return `${new Date(milliseconds).toISOString().slice(0, 23).replace("T", " ")} UTC`;
}

/** Milliseconds that never go back, whatever is done to the clock. */
export function monotonicMs(): number {
  return performance.now();
}

/** Processor time of this process, microseconds. */
export interface CpuUse {
  readonly user: number;
  readonly system: number;
}

/** Resolves after milliseconds, or at once when a signal says to stop. */
export function pause(ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stopped.aborted) return resolve();
    const ended = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", ended);
      resolve();
    };
    const timer = setTimeout(ended, ms);
    stopped.addEventListener("abort", ended);
  });
}
