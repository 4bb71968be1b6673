/**
 * A thread that loads its code at once, and begins when it is told: loading takes longer than what
 * it begins with, and a start has other things to do meanwhile.
 */
import { Worker } from "node:worker_threads";

/** Beside what the thread is started with. */
export interface Gated {
  /** Becomes 1 when the thread may begin. */
  readonly gate: Int32Array;
}

export class GatedThread<Start extends object> {
  readonly worker: Worker;
  readonly #gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #problem: string | null = null;

  /** @param file calls {@link waitAtGate} before anything else */
  constructor(file: URL, start: Start) {
    const workerData: Start & Gated = { ...start, gate: this.#gate };
    // The process's own options (--eval, --test) are not meant for this thread.
    this.worker = new Worker(file, { workerData, execArgv: [] });
    this.worker.once("error", ({ message }) => {
      this.#problem = message;
    });
  }

  /** Why it ended before it began; null while it waits. */
  get problem(): string | null {
    return this.#problem;
  }

  begin(): void {
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
  }

  /** It is not needed any more. Resolves when it is gone. */
  async abandon(): Promise<void> {
    await this.worker.terminate();
  }
}

/** In the thread: returns when it may begin. */
export function waitAtGate({ gate }: Gated): void {
  Atomics.wait(gate, 0, 0);
}
