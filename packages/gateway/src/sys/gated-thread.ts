/**
 * A thread that loads its code at once, and begins when it is told with what: loading takes longer
 * than what it begins with, and a start has other things to do meanwhile.
 */
import type { EventEmitter } from "node:events";
import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";

/** A thread at its gate, as whoever owns it sees it. */
export interface WaitingThread<Start extends object> {
  /** Says "message", "error" and "exit" as a thread of Node's does. */
  readonly worker: EventEmitter & Pick<Worker, "postMessage" | "terminate">;
  /** Why it ended before it began; null while it waits. */
  readonly problem: string | null;
  /** Once. */
  begin(start: Start): void;
  /** It is not needed any more. Resolves when it is gone. */
  abandon(): Promise<void>;
}

/** What the thread is made with. */
interface Gated {
  /** {@link CLOSED} until the thread may begin, or is not needed any more. */
  readonly gate: Int32Array;
}

const CLOSED = 0;
const OPEN = 1;
const ABANDONED = 2;

export class GatedThread<Start extends object> implements WaitingThread<Start> {
  readonly worker: Worker;
  readonly #gate = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #problem: string | null = null;

  /** @param file calls {@link waitAtGate} before anything else, with its {@link gatedPort} */
  constructor(file: URL) {
    const made: Gated = { gate: this.#gate };
    // The process's own options (--eval, --test) are not meant for this thread.
    this.worker = new Worker(file, { workerData: made, execArgv: [] });
    this.worker.once("error", ({ message }) => {
      this.#problem = message;
    });
  }

  get problem(): string | null {
    return this.#problem;
  }

  begin(start: Start): void {
    this.worker.postMessage(start);
    this.#set(OPEN);
  }

  /**
   * A thread that comes to the gate in the
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

/** The port of a thread that was made with a gate; null where other code imports what asks. */
export function gatedPort(): MessagePort | null {
  return (workerData as Partial<Gated> | null)?.gate === undefined ? null : parentPort;
}

/** In the thread: gives what it begins with, and returns not at all where it is abandoned. */
export function waitAtGate<Start extends object>(port: MessagePort): Start {
  const { gate } = workerData as Gated;
  Atomics.wait(gate, 0, CLOSED);
  if (Atomics.load(gate, 0) === ABANDONED) process.exit(); // Of the thread.
  // It was sent before the gate was opened.
  return receiveMessageOnPort(port)?.message as Start;
}
