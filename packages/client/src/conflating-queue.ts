/**
 * What waits to be read, at most one of each kind: between one that tells and one that iterates. A
 * reader that is slow finds the latest of each; how two of a kind become one is the teller's matter.
 */
import { Readers } from "./readers.ts";

export class ConflatingQueue<Event> {
  /** By kind, oldest first; empty while a reader waits. */
  readonly #waiting = new Map<string, Event>();
  readonly #readers = new Readers<Event>();

  /** Why it ended; null while it lives, and where it was only closed. */
  get error(): Error | null {
    return this.#readers.error;
  }

  /** What waits of a kind. */
  get(kind: string): Event | undefined {
    return this.#waiting.get(kind);
  }

  /** In the place of what waits of this kind. */
  put(kind: string, event: Event): void {
    if (!this.#readers.take(event)) this.#waiting.set(kind, event);
  }

  /** Lets go of what waits of these kinds. */
  drop(isMeant: (kind: string) => boolean): void {
    for (const kind of [...this.#waiting.keys()]) if (isMeant(kind)) this.#waiting.delete(kind);
  }

  next(): Promise<IteratorResult<Event, void>> {
    const [first] = this.#waiting;
    if (first !== undefined) {
      this.#waiting.delete(first[0]);
      return Promise.resolve({ done: false, value: first[1] });
    }
    return this.#readers.wait();
  }

  /** What waits can still be read; then the iteration ends, or throws the error. */
  end(error: Error | null): void {
    this.#readers.end(error);
  }
}
