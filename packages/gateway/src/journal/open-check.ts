/**
 * A check that is left to whichever of two threads comes to it first. In memory that both see: it
 * is taken once.
 */
export class OpenCheck {
  readonly #taken: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#taken = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  }

  /** Whether it is the caller's. The other thread gets the opposite answer. */
  take(): boolean {
    return Atomics.exchange(this.#taken, 0, 1) === 0;
  }
}
