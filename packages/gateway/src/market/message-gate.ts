/**
 * Takes a client's messages at the pace that is good for all: so many in a second, and none while
 * the client does not read. Meanwhile its input is not read; nothing is refused for being too fast.
 */
import { LIMITS } from "@countermand/contract";
import type { Cancelable, Clock } from "../sys/clock.ts";
import type { BufferRoom } from "./buffer-room.ts";
import { MESSAGE_WINDOW_MS } from "./limits.ts";

export interface GatePort {
  bufferedBytes(): number;
  /** Stops reading input; some that was read before may still arrive. */
  pause(): void;
  resume(): void;
}

export class MessageGate {
  readonly #port: GatePort;
  readonly #room: Pick<BufferRoom, "readerBytesMax">;
  readonly #clock: Clock;
  readonly #take: (text: string) => void;
  /** Messages that came while none could be taken: what had been read when input was paused. */
  #waiting: string[] = [];
  #isPaused = false;
  #isClosed = false;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #windowCount = 0;
  #windowEnd: Cancelable | null = null;

  constructor(
    port: GatePort,
    room: Pick<BufferRoom, "readerBytesMax">,
    clock: Clock,
    take: (text: string) => void,
  ) {
    this.#port = port;
    this.#room = room;
    this.#clock = clock;
    this.#take = take;
  }

  received(text: string): void {
    if (this.#isClosed) return;
    this.#waiting.push(text);
    this.#takeWaiting();
  }

  /** Some of what was sent has left. */
  written(): void {
    if (this.#isPaused) this.#takeWaiting();
  }

  /** Takes no more; the peer's answer to a close is still read. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#windowEnd?.cancel();
    this.#setPaused(false);
  }

  #takeWaiting(): void {
    while (!this.#isClosed && this.#hasRoom()) {
      const text = this.#waiting.shift();
      if (text === undefined) break;
      this.#windowCount += 1;
      this.#take(text);
    }
    this.#setPaused(this.#waiting.length > 0);
  }

  #hasRoom(): boolean {
    return this.#port.bufferedBytes() <= this.#room.readerBytesMax && this.#isWithinRate();
  }

  #isWithinRate(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#windowStartMs >= MESSAGE_WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#windowCount = 0;
    }
    if (this.#windowCount < LIMITS.marketMessagesPerSecondMax.value) return true;
    const remainingMs = this.#windowStartMs + MESSAGE_WINDOW_MS - nowMs;
    this.#windowEnd ??= this.#clock.after(remainingMs, () => {
      this.#windowEnd = null;
      this.#takeWaiting();
    });
    return false;
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    if (isPaused) this.#port.pause();
    else this.#port.resume();
  }
}
