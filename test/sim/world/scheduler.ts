/**
 * Time and turns of a simulated world: nothing in it runs but what stands in this queue, one entry
 * after another, at times that only the queue moves on.
 */
interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly life: Life | null;
  readonly run: () => void;
  isCanceled: boolean;
}

/** A process from its start to its end: what it still had to do dies with it. */
export interface Life {
  isOver: boolean;
}

export interface Scheduled {
  cancel(): void;
}

const realSetImmediate = globalThis.setImmediate;

export class Scheduler {
  /** Milliseconds since the world began. */
  nowMs = 0;
  /** Difference of real time and {@link nowMs}; a jump of the clock changes it. */
  wallOffsetMs: number;
  eventCount = 0;
  /** On whose behalf the entry under way runs. */
  current: Life | null = null;
  #order = 0;
  readonly #heap: Entry[] = [];

  constructor(wallStartMs: number) {
    this.wallOffsetMs = wallStartMs;
  }

  get wallMs(): number {
    return Math.floor(this.wallOffsetMs + this.nowMs);
  }

  after(delayMs: number, life: Life | null, run: () => void): Scheduled {
    return this.at(this.nowMs + Math.max(0, delayMs), life, run);
  }

  /** To the very moment: what must not overtake each other has times that compare. */
  at(atMs: number, life: Life | null, run: () => void): Scheduled {
    const entry: Entry = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.#order,
      life,
      run,
      isCanceled: false,
    };
    this.#order += 1;
    this.#push(entry);
    return {
      cancel: () => {
        entry.isCanceled = true;
      },
    };
  }

  /** Runs entries until the condition holds; false when nothing is left or time is up. */
  async runUntil(isDone: () => boolean, untilMs: number): Promise<boolean> {
    while (!isDone()) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        if (next !== undefined && Number.isFinite(untilMs)) this.nowMs = untilMs;
        return false;
      }
      this.#pop();
      if (next.isCanceled || next.life?.isOver === true) continue;
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.eventCount += 1;
      this.current = next.life;
      next.run();
      // What the entry resolved runs to its end before the next one: promises and next ticks.
      await new Promise<void>((resolve) => realSetImmediate(resolve));
      this.current = null;
    }
    return true;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
