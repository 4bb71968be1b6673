/**
 * The heartbeats of one connection, and what its peer's silence between them says. Owned by the
 * session of the connection; no timer of its own: a clock calls back.
 *
 * A peer that vanished without a word is noticed by its silence. Three things are no silence: that
 * of a peer which never answered, because it may only listen, such as a handshake made by hand, and
 * TCP finds out when it is gone; that of one which takes what waited for it, because its answers
 * wait behind that; and a pause of this process, as of a machine that is moved, because what came
 * meanwhile is read after the timers that are due.
 */
import type { Cancelable, Clock } from "../sys/clock.ts";
import { PEER_SILENCE_MARGIN_MS } from "./limits.ts";

export interface PulseOptions {
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  readonly heartbeatMs: number;
  /** Bytes handed over that the network has not taken. */
  readonly bufferedBytes: () => number;
  /** A heartbeat is due. */
  readonly onBeat: () => void;
  /** The peer is gone, though its connection is not. The last call. */
  readonly onSilent: () => void;
}

export class Pulse {
  readonly #options: PulseOptions;
  #beganAtMs = 0;
  #beatCount = 0;
  #lastSignMs = 0;
  #lastBeatMs = 0;
  /** Whether the peer ever answered. */
  #answers = false;
  /** At the last beat the network had not taken what was handed over before. */
  #isBlocked = false;
  #isOver = false;
  #timer: Cancelable | null = null;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Once. */
  begin(): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#beganAtMs = nowMs;
    this.#lastSignMs = nowMs;
    this.#lastBeatMs = nowMs;
    this.#schedule();
  }

  /** Something came from the peer: from now on its silence means that it is gone. */
  heard(): void {
    this.#answers = true;
    this.#lastSignMs = this.#options.clock.monotonicMs();
  }

  /** The network took something, and so many bytes still wait. */
  wrote(waitingBytes: number): void {
    if (!this.#isBlocked) return;
    // Bytes that found no room found some now: the peer reads.
    this.#lastSignMs = this.#options.clock.monotonicMs();
    this.#isBlocked = waitingBytes > 0;
  }

  end(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  /** Beats come at whole periods after the beginning; those missed in a pause are left out. */
  #schedule(): void {
    const { clock, heartbeatMs } = this.#options;
    const elapsedMs = clock.monotonicMs() - this.#beganAtMs;
    this.#beatCount = Math.max(this.#beatCount + 1, Math.ceil(elapsedMs / heartbeatMs));
    const delayMs = Math.max(0, this.#beatCount * heartbeatMs - elapsedMs);
    this.#timer = clock.after(delayMs, () => this.#beat());
  }

  #beat(): void {
    const { bufferedBytes, heartbeatMs, onBeat, onSilent } = this.#options;
    const silentMs = this.#silentMs();
    if (this.#answers && silentMs > 2 * heartbeatMs + PEER_SILENCE_MARGIN_MS) {
      onSilent();
      return;
    }
    // Only now: what is handed over waits for the end of its turn, whether there is room or not.
    if (bufferedBytes() > 0) this.#isBlocked = true;
    onBeat();
    if (!this.#isOver) this.#schedule();
  }

  /** Without a sign of life, as far as this process was there to hear it. Once in each beat. */
  #silentMs(): number {
    const { clock, heartbeatMs } = this.#options;
    const nowMs = clock.monotonicMs();
    const pausedMs = Math.max(0, nowMs - this.#lastBeatMs - heartbeatMs);
    this.#lastSignMs = Math.min(nowMs, this.#lastSignMs + pausedMs);
    this.#lastBeatMs = nowMs;
    return nowMs - this.#lastSignMs;
  }
}
