/**
 * What a socket is to send, held until the end of the turn: a commit's pushes and replies come one
 * by one, and leave in one piece when all are there. What is too much for one piece, as a snapshot
 * may be, is handed over as the socket takes it, and what comes meanwhile is held behind it.
 */
import type { Duplex } from "node:stream";
import { assert } from "@countermand/core/assert";
import type { StreamText } from "../stream/stream-text.ts";
import { HAND_OVER_BYTES_MAX } from "./limits.ts";
import { frameByteCount, textFrames } from "./text-frame.ts";

/** Sockets whose texts leave at the end of this turn: an event may go to thousands. */
let waiting: HeldTexts[] = [];

/** Frames that are too much at once: the rest of them, and who is told when all has left. */
interface LongWay {
  readonly pieces: Buffer[];
  byteCount: number;
  readonly onWritten: () => void;
}

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
  #longWay: LongWay | null = null;
  #behindLongWay: (() => void) | null = null;
  readonly #onStep: () => void;

  /** `onStep` is called when the network has taken a part of what is on a long way. */
  constructor(socket: Duplex, onStep: () => void = () => {}) {
    this.#socket = socket;
    this.#onStep = onStep;
  }

  /** Bytes that are held. */
  get byteCount(): number {
    return this.#byteCount + (this.#longWay?.byteCount ?? 0);
  }

  /** Whether a text may have begun and not ended: no other frame may be written then. */
  get isOnLongWay(): boolean {
    return this.#longWay !== null;
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

  /** Hands over what is held; behind what is on a long way, when its end comes. */
  flush(): void {
    if (this.#longWay !== null) return;
    const { byteCount, pieces, onWritten } = this.#takeHeld();
    if (byteCount <= HAND_OVER_BYTES_MAX) {
      this.#write(pieces, onWritten);
      return;
    }
    this.#longWay = { pieces, byteCount, onWritten };
    this.#goOn(this.#longWay);
  }

  /** Hands over everything at once, before what no text may come behind. */
  flushAll(): void {
    const longWay = this.#longWay;
    this.#longWay = null;
    if (longWay !== null) this.#write(longWay.pieces, longWay.onWritten);
    const { pieces, onWritten } = this.#takeHeld();
    this.#write(pieces, onWritten);
  }

  /**
   * Writes a frame that is no text: now, or behind what is on a long way. Of several that have to
   * wait for that, the last one is written: RFC 6455, section 5.5.3, asks for no more of pongs.
   */
  between(write: () => void): void {
    if (this.#longWay === null) write();
    else this.#behindLongWay = write;
  }

  /** The next of the pieces; the others follow when the network has taken these. */
  #goOn(longWay: LongWay): void {
    const next: Buffer[] = [];
    let byteCount = 0;
    for (const piece of longWay.pieces) {
      if (next.length > 0 && byteCount + piece.length > HAND_OVER_BYTES_MAX) break;
      next.push(piece);
      byteCount += piece.length;
    }
    longWay.pieces.splice(0, next.length);
    longWay.byteCount -= byteCount;
    if (longWay.pieces.length > 0) {
      this.#write(next, () => {
        if (this.#longWay !== longWay) return;
        this.#goOn(longWay);
        this.#onStep();
      });
      return;
    }
    this.#longWay = null;
    this.#write(next, longWay.onWritten);
    this.#behindLongWay?.();
    this.#behindLongWay = null;
    this.flush();
  }

  #write(pieces: Buffer[], onWritten: () => void): void {
    const last = pieces.pop();
    if (last === undefined || !this.#socket.writable) return; // It may have been cut meanwhile.
    // What is corked the stream puts into a list of its own.
    if (pieces.length > 0) this.#socket.cork();
    for (const piece of pieces) this.#socket.write(piece);
    this.#socket.write(last, onWritten);
    if (pieces.length > 0) this.#socket.uncork();
  }

  #takeHeld(): LongWay {
    if (this.#texts.length === 0) return { pieces: [], byteCount: 0, onWritten: () => {} };
    const held = {
      pieces: textFrames(this.#texts),
      byteCount: this.#byteCount,
      onWritten: this.#written(),
    };
    this.#texts = [];
    this.#together = null;
    this.#listener = null;
    this.#others = null;
    this.#byteCount = 0;
    return held;
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
