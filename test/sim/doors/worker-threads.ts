/**
 * `node:worker_threads` of a simulated process: each thread's own code runs, in the one thread that
 * there is, when its messages arrive. Messages are copied, take a while and keep their order.
 */
import { EventEmitter } from "node:events";
import { type Closable, theWorld } from "../world/world.ts";

/** This module is the main thread's. */
export const parentPort = null;
export const workerData = null;

/** What a thread does once it is started. */
export type ThreadStart = (port: SimPort, data: never) => void;

/** By the name of the file that starts it; whoever starts the product names them all. */
export const THREADS = new Map<string, ThreadStart>();

interface Waiting {
  readonly atMs: number;
  readonly message: unknown;
}

/** The thread's end of its channel. */
class SimPort extends EventEmitter {
  readonly #worker: Worker;

  constructor(worker: Worker) {
    super();
    this.#worker = worker;
  }

  postMessage(message: unknown): void {
    this.#worker.fromThread(message);
  }

  close(): void {
    this.#worker.endSoon();
  }

  takeWaiting(): { message: unknown } | undefined {
    return this.#worker.takeWaiting();
  }
}

export function receiveMessageOnPort(port: SimPort): { message: unknown } | undefined {
  return port.takeWaiting();
}

/** Two threads verify a long journal, and none of a simulation is that long. */
export class MessageChannel {
  constructor() {
    throw new Error("a simulated process has no channels between threads");
  }
}

export class Worker extends EventEmitter {
  readonly #port: SimPort;
  readonly #inbox: Waiting[] = [];
  #inboxEndMs = 0;
  #outboxEndMs = 0;
  /** While it works, or waits for the disk, messages wait for it. */
  #busyUntilMs = 0;
  #isOver = false;
  #isWorking = false;
  #endsSoon = false;
  readonly #name: string;
  /** What its code has opened. */
  readonly #opened = new Set<Closable>();

  constructor(file: URL, options: { readonly workerData: unknown }) {
    super();
    const name = file.pathname.slice(file.pathname.lastIndexOf("/") + 1);
    const start = THREADS.get(name);
    if (start === undefined)
      throw new Error(`test/sim/world/gateway-life.ts names no thread ${name}`);
    this.#name = name;
    this.#port = new SimPort(this);
    const world = theWorld();
    world.threads.add(this);
    const data = structuredClone(options.workerData);
    // What is sent before it listens waits until then.
    this.#inboxEndMs = world.nowMs + world.threadDelayMs();
    world.at(this.#inboxEndMs, () => this.#work(() => start(this.#port, data as never)));
  }

  postMessage(message: unknown): void {
    if (this.#isOver) return;
    const world = theWorld();
    const atMs = Math.max(this.#inboxEndMs, world.nowMs + world.threadDelayMs());
    this.#inboxEndMs = atMs;
    this.#inbox.push({ atMs, message: structuredClone(message) });
    world.at(atMs, () => this.#deliver());
  }

  terminate(): Promise<number> {
    if (this.#isOver) return Promise.resolve(0);
    this.#isOver = true;
    theWorld().threads.delete(this);
    return new Promise((resolve) => {
      theWorld().after(theWorld().threadDelayMs(), () => {
        this.emit("exit", 1);
        resolve(1);
      });
    });
  }

  get name(): string {
    return this.#name;
  }

  /** It ends by itself, between two messages; what it had open is closed. */
  die(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const opened of this.#opened) opened.abandon();
    theWorld().threads.delete(this);
    this.#out(() => this.emit("error", new Error("the thread ran out of memory")));
    this.#out(() => this.emit("exit", 1));
  }

  /** A message of the thread arrives when the thread got so far, and in order. */
  fromThread(message: unknown): void {
    const copy = structuredClone(message);
    this.#out(() => this.emit("message", copy));
  }

  /** Behind the message it is at; at once if it is what it waited for that ends it. */
  endSoon(): void {
    this.#endsSoon = true;
    if (!this.#isWorking) this.#end();
  }

  takeWaiting(): { message: unknown } | undefined {
    const [first] = this.#inbox;
    if (first === undefined || first.atMs > theWorld().nowMs) return undefined;
    this.#inbox.shift();
    return { message: first.message };
  }

  #deliver(): void {
    if (this.#isOver || this.#inbox.length === 0) return;
    const world = theWorld();
    if (world.nowMs < this.#busyUntilMs) {
      world.at(this.#busyUntilMs, () => this.#deliver());
      return;
    }
    const taken = this.takeWaiting();
    if (taken !== undefined) this.#work(() => this.#port.emit("message", taken.message));
  }

  #work(work: () => void): void {
    if (this.#isOver) return;
    const world = theWorld();
    world.disk.takeTookMs();
    world.opened = this.#opened;
    this.#isWorking = true;
    try {
      work();
    } catch (error) {
      this.#isOver = true;
      world.threads.delete(this);
      this.#out(() => this.emit("error", error));
      this.#out(() => this.emit("exit", 1));
      return;
    } finally {
      world.opened = null;
      this.#isWorking = false;
    }
    this.#busyUntilMs = world.nowMs + world.disk.takeTookMs();
    if (this.#endsSoon) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    theWorld().threads.delete(this);
    this.#out(() => this.emit("exit", 0));
  }

  #out(run: () => void): void {
    const world = theWorld();
    // What the disk has taken so far is a part of this message's way.
    const tookMs = world.disk.takeTookMs();
    this.#busyUntilMs = Math.max(this.#busyUntilMs, world.nowMs) + tookMs;
    const readyMs = Math.max(this.#busyUntilMs, world.nowMs) + world.threadDelayMs();
    this.#outboxEndMs = Math.max(this.#outboxEndMs, readyMs);
    world.at(this.#outboxEndMs, run);
  }
}
