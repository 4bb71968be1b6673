/** Those who wait for what comes next of an iteration, and how it ended. */
interface Reader<Event> {
  readonly resolve: (result: IteratorResult<Event, void>) => void;
  readonly reject: (error: Error) => void;
}

export class Readers<Event> {
  #waiting: Reader<Event>[] = [];
  #isEnded = false;
  #error: Error | null = null;

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Why it ended; null while it lives, and where it was only closed. */
  get error(): Error | null {
    return this.#error;
  }

  /** Whether somebody waited for it. */
  take(event: Event): boolean {
    const reader = this.#waiting.shift();
    reader?.resolve({ done: false, value: event });
    return reader !== undefined;
  }

  /** Precondition: nothing is there to be read. */
  wait(): Promise<IteratorResult<Event, void>> {
    if (this.#error !== null) return Promise.reject(this.#error);
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  end(error: Error | null): void {
    this.#isEnded = true;
    this.#error = error;
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error === null) resolve({ done: true, value: undefined });
      else reject(error);
    }
  }
}
