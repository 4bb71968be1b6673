/** One simulated world: its time, its disk, its network and the process that lives in it now. */

import { createHash } from "node:crypto";
import type { Server } from "node:http";
import { Disk } from "./disk.ts";
import { Random } from "./random.ts";
import { type Life, type Scheduled, Scheduler } from "./scheduler.ts";

/** What the world closes when a process dies. */
export interface Closable {
  abandon(): void;
}

export class World {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly disk: Disk;
  /** Of the network and the threads. */
  readonly random: Random;
  /** What the product draws: keys, nonces. */
  readonly secrets: Random;
  /** What it fills files with. */
  readonly filling: Random;
  /** Servers by their port. */
  readonly listeners = new Map<number, Server>();
  readonly handles = new Set<Closable>();
  /** Threads of the process that lives now. */
  readonly threads = new Set<{ readonly name: string; die(): void }>();
  /** Takes what the thread opens whose code runs now; null: it is the main one's. */
  opened: Set<Closable> | null = null;
  life: Life = { isOver: true };
  /** Who only reads opens files as a writer, who may come while they are open. */
  hasWriters = false;
  /** Nobody reaches the process. */
  isCutOff = false;
  /** The disk may not answer, or has not done so a moment ago. */
  isSilent = false;
  /** What the system holds for a reader that does not read. */
  bufferBytes = 65_536;
  /** How many of a hundred messages to the server arrive in pieces of a few bytes. */
  crumbPercent = 0;
  #nextPort = 20_000;
  readonly #trace = createHash("sha256");
  /** The last lines of the trace; all of them where somebody wants to see them. */
  readonly story: string[] = [];
  storyMax = 400;
  /** How often each route, reason and kind of event was met, for a count of what a run reaches. */
  readonly reached: Record<string, number> = {};

  constructor(seed: number, wallStartMs: number) {
    this.seed = seed;
    this.scheduler = new Scheduler(wallStartMs);
    this.disk = new Disk(new Random(seed, "disk"));
    this.random = new Random(seed, "world");
    this.secrets = new Random(seed, "secrets");
    this.filling = new Random(seed, "filling");
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** One line of what happened. Two runs of a seed have the same lines. */
  tell(line: string): void {
    const text = `${this.scheduler.nowMs.toFixed(3)} ${line}`;
    this.#trace.update(text).update("\n");
    this.story.push(text);
    if (this.story.length > this.storyMax) this.story.splice(0, this.story.length - this.storyMax);
  }

  reach(what: string): void {
    this.reached[what] = (this.reached[what] ?? 0) + 1;
  }

  traceHash(): string {
    return this.#trace.copy().digest("hex");
  }

  /** For the process that lives now. */
  after(delayMs: number, run: () => void): Scheduled {
    return this.scheduler.after(delayMs, this.scheduler.current ?? this.life, run);
  }

  /** The same, at a moment that was compared with others. */
  at(atMs: number, run: () => void): void {
    this.scheduler.at(atMs, this.scheduler.current ?? this.life, run);
  }

  /** Of whoever is outside the gateway: no end of a process wakes or keeps them. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.scheduler.after(ms, null, resolve));
  }

  newPort(): number {
    this.#nextPort += 1;
    return this.#nextPort;
  }

  /** How long a message between threads takes. */
  threadDelayMs(): number {
    return 0.005 + this.random.fraction() * (this.random.chance(0.05) ? 5 : 0.1);
  }

  /** Connections whose client is told when the process ends. */
  readonly connections = new Set<{ serverDied(): void }>();

  /**
   * Ends the process that lives now, be it in the middle of a call: nothing it had to do happens
   * any more.
   */
  endLife(): void {
    this.life.isOver = true;
    this.disk.isFrozen = true;
    this.listeners.clear();
    this.threads.clear();
    for (const connection of this.connections) connection.serverDied();
    this.connections.clear();
  }

  /** Clears away what the process that ended had open. */
  bury(): void {
    for (const handle of this.handles) handle.abandon();
    this.handles.clear();
  }
}

let current: World | null = null;

export function setWorld(world: World | null): void {
  current = world;
}

export function worldNow(): World | null {
  return current;
}

/** Precondition: the product runs in a world, never with the machine's own clock or disk. */
export function theWorld(): World {
  if (current === null) throw new Error("there is no simulated world: the product must not run");
  return current;
}
