/** The engine's clock and timers: what a program may replace in tests. */

/** Unix milliseconds. */
export function systemNow(): number {
  return Date.now();
}

/** Milliseconds that never run back, whatever is done to the engine's clock. */
export function systemMonotonicMs(): number {
  return performance.now();
}

/** Resolves after milliseconds, or when the signal comes: then no timer keeps a program waiting. */
export function systemDelay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const ended = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", ended);
      resolve();
    };
    const timer = setTimeout(ended, ms);
    if (signal?.aborted === true) ended();
    else signal?.addEventListener("abort", ended);
  });
}

/** Runs something after milliseconds, unless it is cancelled before. */
export function systemTimer(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
