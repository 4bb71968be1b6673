/**
 * Events until they are read: a bounded queue between one that tells and one that iterates.
 *
 * - `unread`: nobody has begun to read. What comes is kept for a reader who may come.
 * - `missed`: more came than is kept before anybody read. All of it is let go, and what comes is
 *   dropped until somebody begins: whoever only looks at the open orders reads no events.
 * - `read`: somebody reads. A full queue says so, and again when all is read. What comes in between
 *   was on its way already, and is kept.
 */
import { Readers } from "./readers.ts";

/** Whoever tells the events hears when to stop and when to go on. */
interface QueueListener {
  full(): void;
  /** Not after the end. */
  drained(): void;
}

export class EventQueue<Event> {
  readonly #eventsMax: number;
  readonly #listener: QueueListener;
  #mode: "unread" | "missed" | "read" = "unread";
  /** Empty while a reader waits. */
  #events: Event[] = [];
  readonly #readers = new Readers<Event>();
  #isFull = false;

  constructor(eventsMax: number, listener: QueueListener) {
    this.#eventsMax = eventsMax;
    this.#listener = listener;
  }

  /** From the event that was one too many until all are read. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Why it ended; null while it lives, and where it was only closed. */
  get error(): Error | null {
    return this.#readers.error;
  }

  /** Somebody reads from now on. True where events were missed before. */
  begin(): boolean {
    const isLate = this.#mode === "missed";
    this.#mode = "read";
    return isLate;
  }

  push(event: Event): void {
    if (this.#mode === "missed") return;
    if (this.#readers.take(event)) return;
    this.#events.push(event);
    if (this.#events.length < this.#eventsMax || this.#isFull) return;
    if (this.#mode === "unread") {
      this.#mode = "missed";
      this.#events = [];
      return;
    }
    this.#isFull = true;
    this.#listener.full();
  }

  next(): Promise<IteratorResult<Event, void>> {
    const value = this.#events.shift();
    if (value !== undefined) {
      if (this.#isFull && this.#events.length === 0) this.#drained();
      return Promise.resolve({ done: false, value });
    }
    return this.#readers.wait();
  }

  /** What waits can still be read; then the iteration ends, or throws the error. */
  end(error: Error | null): void {
    this.#readers.end(error);
  }

  #drained(): void {
    this.#isFull = false;
    if (!this.#readers.isEnded) this.#listener.drained();
  }
}
