/**
 * The last append that is on stable storage, in memory that two threads see: the writer's, which
 * moves it, and that of its caller, which need not wait for a message to know.
 */

export class CommitMark {
  readonly #lastId: Int32Array;
  #isStopped = false;

  constructor(memory: SharedArrayBuffer) {
    this.#lastId = new Int32Array(memory);
  }

  /** Memory for a mark. */
  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  }

  /** All appends up to this one are on stable storage. */
  move(id: number): void {
    if (!this.#isStopped) Atomics.store(this.#lastId, 0, id);
  }

  /** One was fenced: what follows is told by messages alone. */
  stop(): void {
    this.#isStopped = true;
  }

  /** By the difference, so that the numbers may run around. */
  covers(id: number): boolean {
    return ((Atomics.load(this.#lastId, 0) - id) | 0) >= 0;
  }
}
