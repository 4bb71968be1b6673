/** Who waits until a partition is projected up to a position, each for a time or without end. */
import type { Cancelable, Clock } from "../sys/clock.ts";
import { ArchiveError } from "./archive-error.ts";

interface Waiter {
  readonly partition: string;
  readonly seq: number;
  /** Null: it waits without end. */
  readonly deadline: Cancelable | null;
  readonly resolve: () => void;
  readonly reject: (error: ArchiveError) => void;
}

export class PositionWaiters {
  readonly #clock: Clock;
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves at {@link reached}; rejects when that takes too long. */
  wait(partition: string, seq: number, withinMs: number | null): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const giveUp = () => this.#refuse(waiter, new ArchiveError("it has not caught up in time"));
    const deadline = withinMs === null ? null : this.#clock.after(withinMs, giveUp);
    const waiter: Waiter = { partition, seq, deadline, resolve, reject };
    this.#waiters.add(waiter);
    return promise;
  }

  /** Whether somebody waits for a position behind one and up to another. */
  isAwaited(partition: string, afterSeq: number, throughSeq: number): boolean {
    for (const waiter of this.#waiters) {
      const isBetween = afterSeq < waiter.seq && waiter.seq <= throughSeq;
      if (waiter.partition === partition && isBetween) return true;
    }
    return false;
  }

  reached(partition: string, seq: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.partition !== partition || waiter.seq > seq) continue;
      this.#end(waiter);
      waiter.resolve();
    }
  }

  refuseAll(error: ArchiveError): void {
    for (const waiter of this.#waiters) this.#refuse(waiter, error);
  }

  #refuse(waiter: Waiter, error: ArchiveError): void {
    this.#end(waiter);
    waiter.reject(error);
  }

  #end(waiter: Waiter): void {
    waiter.deadline?.cancel();
    this.#waiters.delete(waiter);
  }
}
