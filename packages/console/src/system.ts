/** The only place that asks the browser for the time, for chance and for timers. */

export interface Cancelable {
  cancel(): void;
}

/** Milliseconds from an arbitrary start, never backwards. */
export function monotonicMs(): number {
  return performance.now();
}

/** Unix milliseconds of this machine: for display only. */
export function wallMs(): number {
  return Date.now();
}

export function after(ms: number, run: () => void): Cancelable {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}

/** 128 random bits as hex. Also where the page has no secure context. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const TIME = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const DAY = new Intl.DateTimeFormat(undefined, { day: "2-digit", month: "short" });

const MINUTE = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const DAY_SECONDS = 86_400;

/** What stands at a mark of a time axis whose marks are so many seconds apart. */
export function axisTimeText(unixSeconds: number, stepSeconds: number): string {
  return (stepSeconds >= DAY_SECONDS ? DAY : MINUTE).format(unixSeconds * 1000);
}

/** Time of day of Unix seconds, with the day where it is not today's. */
export function timeText(unixSeconds: number): string {
  if (unixSeconds === 0) return "";
  const ms = unixSeconds * 1000;
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  return isToday ? TIME.format(ms) : `${DAY.format(ms)} ${TIME.format(ms)}`;
}
