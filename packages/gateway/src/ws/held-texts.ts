/**
 * What a socket is to send, held until the end of the turn: a commit's pushes and replies come one
 * by one, and leave in one piece when all are there.
 */
import type { Duplex } from "node:stream";
import type { StreamText } from "../stream/stream-text.ts";
import { frameByteCount, textFrames } from "./text-frame.ts";

export class HeldTexts {
  readonly #socket: Duplex;
  #texts: StreamText[] = [];
  /** Who is told when all of it has left. */
  #listeners: (() => void)[] = [];
  #byteCount = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Bytes that are held. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** `onWritten` is called when these texts have left; once for texts that it is given for in a row. */
  hold(texts: readonly StreamText[], onWritten: () => void): void {
    if (this.#texts.length === 0) process.nextTick(() => this.flush());
    for (const text of texts) {
      this.#texts.push(text);
      this.#byteCount += frameByteCount(text);
    }
    if (this.#listeners.at(-1) !== onWritten) this.#listeners.push(onWritten);
  }

  /** Hands over what is held, before whatever must come behind it. */
  flush(): void {
    if (this.#texts.length === 0) return;
    const [texts, listeners] = [this.#texts, this.#listeners];
    this.#texts = [];
    this.#listeners = [];
    this.#byteCount = 0;
    if (!this.#socket.writable) return; // It was cut meanwhile.
    const pieces = textFrames(texts);
    const last = pieces.pop();
    this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write(last, () => {
      for (const onWritten of listeners) onWritten();
    });
    this.#socket.uncork();
  }
}
