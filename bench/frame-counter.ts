/** Counts the text frames that a server sends, over many sockets, and looks at nothing else. */

const TEXT = 0x81;

export class FrameCounter {
  textCount = 0;
  textBytes = 0;
  /** Milliseconds from the first to the last frame of an event that goes to all, summed up. */
  spreadMs = 0;
  readonly #readerCount: number;
  #eventAtMs = 0;
  #due = Number.POSITIVE_INFINITY;
  #resolve: () => void = () => {};

  constructor(readerCount: number) {
    this.#readerCount = readerCount;
  }

  /** Resolves when so many text frames have come in all. */
  reached(count: number): Promise<void> {
    if (this.textCount >= count) return Promise.resolve();
    this.#due = count;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Takes what one socket receives, in order. Precondition: frames of a server, not masked. */
  reader(): (bytes: Buffer) => void {
    let skip = 0;
    let head: Buffer = Buffer.alloc(0);
    return (bytes) => {
      let rest = head.length === 0 ? bytes : Buffer.concat([head, bytes]);
      head = Buffer.alloc(0);
      for (;;) {
        if (skip >= rest.length) {
          skip -= rest.length;
          return;
        }
        rest = rest.subarray(skip);
        skip = 0;
        const frame = frameBytes(rest);
        if (frame === null) {
          head = rest;
          return;
        }
        if (rest[0] === TEXT) this.#counted(frame);
        skip = frame;
      }
    };
  }

  #counted(bytes: number): void {
    this.textCount += 1;
    this.textBytes += bytes - 4;
    const place = this.textCount % this.#readerCount;
    if (place === 1) this.#eventAtMs = performance.now();
    if (place === 0) this.spreadMs += performance.now() - this.#eventAtMs;
    if (this.textCount < this.#due) return;
    this.#due = Number.POSITIVE_INFINITY;
    this.#resolve();
  }
}

/** Bytes of the frame that begins here, its header included; null where that is cut. */
function frameBytes(bytes: Buffer): number | null {
  const [, second] = bytes;
  if (second === undefined) return null;
  if (second < 126) return 2 + second;
  if (second === 126) return bytes.length < 4 ? null : 4 + bytes.readUInt16BE(2);
  return bytes.length < 10 ? null : 10 + Number(bytes.readBigUInt64BE(2));
}
