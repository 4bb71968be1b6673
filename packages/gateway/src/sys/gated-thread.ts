/**
 * A thread that loads its code at once, and begins when it is told with what: loading takes longer
 * than what it begins with, and a start has other things to do meanwhile.
 */
import { type MessagePort, receiveMessageOnPort, Worker, workerData } from "node:worker_threads";

/** What the thread is made with. */
interface Gated {
  /** {@link CLOSED} until the thread may begin, or is not needed any more. */
  readonly gate: Int32Array;
}

const CLOSED = 0;
const OPEN = 1;
const ABANDONED = 2;

export class GatedThread<Start extends object> {
  readonly worker: Worker;
  readonly #gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #problem: string | null = null;

  /** @param file calls {@link waitAtGate} before anything else */
  constructor(file: URL) {
    const made: Gated = { gate: this.#gate };
    // The process's own options (--eval, --test) are not meant for this thread.
    this.worker = new Worker(file, { workerData: made, execArgv: [] });
    this.worker.once("error", ({ message }) => {
      this.#problem = message;
    });
  }

  /** Why it ended before it began; null while it waits. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Once. */
  begin(start: Start): void {
    this.worker.postMessage(start);
    this.#set(OPEN);
  }

  /**
   * It is not needed any more. Resolves when it is gone. A thread that comes to the gate in the
   * moment in which it is terminated may wait there all the same, for ever: so the gate lets it go.
   */
  async abandon(): Promise<void> {
    this.#set(ABANDONED);
    await this.worker.terminate();
  }

  #set(value: number): void {
    Atomics.store(this.#gate, 0, value);
    Atomics.notify(this.#gate, 0);
  }
}

/** In the thread: gives what it begins with, and returns not at all where it is abandoned. */
export function waitAtGate<Start extends object>(port: MessagePort): Start {
  const { gate } = workerData as Gated;
  Atomics.wait(gate, 0, CLOSED);
  if (Atomics.load(gate, 0) === ABANDONED) process.exit(); // Of the thread.
  // It was sent before the gate was opened.
  return receiveMessageOnPort(port)?.message as Start;
}
