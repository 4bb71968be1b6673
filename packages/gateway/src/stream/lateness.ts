/**
 * How far a reader is behind the live stream, in bytes and in time. Counts from the moment its
 * session went live: what was waiting then belongs to a replay and is not lateness.
 */
import { LIMITS } from "@countermand/contract";
import { LATENESS_CHECK_MS } from "./limits.ts";

/** Milliseconds between marks: as fine as the checks. */
const MARK_MS = LATENESS_CHECK_MS;

/** Bytes from this position on were published at this time or later. */
interface Mark {
  readonly position: number;
  readonly atMs: number;
}

export class Lateness {
  /** Bytes published since it went live, and those that waited then. */
  #owedBytes = 0;
  #unsentBytes = 0;
  #waitingBytes = 0;
  /** About one per second, oldest first; none while nothing waits. */
  #marks: Mark[] = [];
  /** Position at the last look, where bytes published after it begin. */
  #markedBytes = 0;
  #wasOver = false;

  get isWaiting(): boolean {
    return this.#waitingBytes > 0;
  }

  /** The session goes live while so many bytes of its replay wait in the socket. */
  begin(bufferedBytes: number): void {
    this.#owedBytes = bufferedBytes;
    this.#markedBytes = bufferedBytes;
    this.#unsentBytes = 0;
    this.#waitingBytes = bufferedBytes;
    this.#marks = [];
    this.#wasOver = false;
  }

  /** So many bytes were published. */
  owe(bytes: number): void {
    this.#owedBytes += bytes;
    this.#unsentBytes += bytes;
  }

  /**
   * So many bytes of what is owed were handed to the socket. Reports that were not handed over at
   * once are written anew by then, and may be longer or shorter: an instrument was renamed.
   */
  handOver(bytes: number): void {
    this.#unsentBytes -= bytes;
    if (this.#unsentBytes < 0) this.handedAll();
  }

  /** Nothing is owed any more that was not handed to the socket. */
  handedAll(): void {
    this.#owedBytes -= this.#unsentBytes;
    this.#unsentBytes = 0;
    this.#markedBytes = Math.min(this.#markedBytes, this.#owedBytes);
  }

  /** Notes what waits; called after every publication, so that marks carry its time. */
  look(bufferedBytes: number, nowMs: number): void {
    this.#waitingBytes = this.#unsentBytes + bufferedBytes;
    if (this.#waitingBytes === 0) this.#marks = [];
    const hasNews = this.#owedBytes > this.#markedBytes;
    const isDue = nowMs - (this.#marks.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= MARK_MS;
    if (this.#waitingBytes > 0 && hasNews && isDue) {
      this.#marks.push({ position: this.#markedBytes, atMs: nowMs });
    }
    this.#markedBytes = this.#owedBytes;
    this.#dropRead();
  }

  /** Why the reader is too slow, or null. Called every LATENESS_CHECK_MS while something waits. */
  check(bufferedBytes: number, nowMs: number): string | null {
    this.look(bufferedBytes, nowMs);
    const isOver = this.#waitingBytes > LIMITS.slowReaderBytesMax.value;
    const wasOver = this.#wasOver;
    this.#wasOver = isOver;
    if (isOver && wasOver) return `${this.#waitingBytes} bytes are waiting for you to read`;
    const oldest = this.#marks[0];
    // Bytes behind a mark may have been published up to MARK_MS after it.
    if (oldest === undefined || nowMs - oldest.atMs <= LIMITS.slowReaderMsMax.value + MARK_MS) {
      return null;
    }
    const ageS = Math.floor((nowMs - oldest.atMs) / 1000);
    return `reports of ${ageS} s ago are waiting for you to read`;
  }

  /** A mark is needed as long as some byte between it and the next one waits. */
  #dropRead(): void {
    if (this.#marks.length === 0) return;
    const readBytes = this.#owedBytes - this.#waitingBytes;
    const unread = this.#marks.findIndex((_mark, index) => {
      const next = this.#marks[index + 1];
      return next === undefined || readBytes < next.position;
    });
    if (unread > 0) this.#marks.splice(0, unread);
  }
}
