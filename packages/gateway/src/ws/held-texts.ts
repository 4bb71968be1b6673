/**
 * What a socket is to send, held until the end of the turn: a commit's pushes and replies come one
 * by one, and leave in one piece when all are there.
 */
import type { Duplex } from "node:stream";
import { assert } from "@countermand/core/assert";
import type { StreamText } from "../stream/stream-text.ts";
import { frameByteCount, textFrames } from "./text-frame.ts";

/** Sockets whose texts leave at the end of this turn: an event may go to thousands. */
let waiting: HeldTexts[] = [];

/**
 * What most turns bring is a list of one sender's, which is held as it is: lists and listeners of
 * its own for every socket would be megabytes when an event goes to all.
 */
export class HeldTexts {
  readonly #socket: Duplex;
  /** The sender's own list, or what was put together of several. */
  #texts: readonly StreamText[] = [];
  #together: StreamText[] | null = null;
  /** Called when all of it has left: the first, and those behind it. */
  #listener: (() => void) | null = null;
  #others: (() => void)[] | null = null;
  #byteCount = 0;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** Bytes that are held. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /**
   * `onWritten` is called when these texts have left; once for texts that it is given for in a row.
   * Precondition: there are some, and the list is not changed any more.
   */
  hold(texts: readonly StreamText[], onWritten: () => void): void {
    if (this.#texts.length === 0) {
      this.#texts = texts;
      leaveAtTurnEnd(this);
    } else {
      this.#together ??= [...this.#texts];
      for (const text of texts) this.#together.push(text);
      this.#texts = this.#together;
    }
    for (const text of texts) this.#byteCount += frameByteCount(text);
    this.#listen(onWritten);
  }

  /** Hands over what is held, before whatever must come behind it. */
  flush(): void {
    if (this.#texts.length === 0) return;
    const [texts, onWritten] = [this.#texts, this.#written()];
    this.#texts = [];
    this.#together = null;
    this.#listener = null;
    this.#others = null;
    this.#byteCount = 0;
    if (!this.#socket.writable) return; // It was cut meanwhile.
    const pieces = textFrames(texts);
    const last = pieces.pop();
    // What is corked the stream puts into a list of its own.
    if (pieces.length > 0) this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write(last, onWritten);
    if (pieces.length > 0) this.#socket.uncork();
  }

  #listen(onWritten: () => void): void {
    if (this.#listener === null) this.#listener = onWritten;
    else if ((this.#others?.at(-1) ?? this.#listener) !== onWritten) {
      this.#others ??= [];
      this.#others.push(onWritten);
    }
  }

  #written(): () => void {
    const [first, others] = [this.#listener, this.#others];
    assert(first !== null, "what is held has a listener");
    if (others === null) return first;
    return () => {
      first();
      for (const other of others) other();
    };
  }
}

function leaveAtTurnEnd(held: HeldTexts): void {
  if (waiting.length === 0) process.nextTick(flushWaiting);
  waiting.push(held);
}

function flushWaiting(): void {
  const held = waiting;
  waiting = [];
  for (const each of held) each.flush();
}
