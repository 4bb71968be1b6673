/**
 * Writes lines to an open file or pipe, whole and in order, and never waits. A pipe whose reader
 * sleeps, one whose reader has gone, and a file on a full disk hold nobody up and end nothing: what
 * cannot be written is held until the next line, and what is more than that is dropped.
 */
import { writeSync } from "node:fs";

/** Some hundreds of lines: what a disk that is full for an hour, or a reader, misses at most. */
export const HELD_BYTES_MAX = 65_536;

export class LineWriter {
  readonly #descriptor: number;
  /** Begins with what is left of a line that was written in part. */
  #held: Buffer = Buffer.alloc(0);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** @param line with its end */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#held.length > 0) this.#flush();
    if (this.#held.length + bytes.length > HELD_BYTES_MAX) return;
    this.#held = Buffer.concat([this.#held, bytes]);
    this.#flush();
  }

  #flush(): void {
    try {
      while (this.#held.length > 0) {
        this.#held = this.#held.subarray(writeSync(this.#descriptor, this.#held));
      }
    } catch {
      // EAGAIN, EPIPE, ENOSPC: there is nobody to tell it to.
    }
  }
}
