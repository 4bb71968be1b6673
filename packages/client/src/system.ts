/** The engine's clock and timers: what a program may replace in tests. */

/** Unix milliseconds. */
export function systemNow(): number {
  return Date.now();
}

/** Resolves after milliseconds. */
export function systemDelay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Runs something after milliseconds, unless it is cancelled before. */
export function systemTimer(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
