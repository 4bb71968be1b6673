/**
 * Notices a disk that does not answer. One that fails says so, and the process stops; one that is
 * silent (a network volume, a controller that resets) may answer yet. Nothing is given up then:
 * what waits is told that nobody knows, and becomes known when the disk answers.
 */
import type { Cancelable, Clock } from "../sys/clock.ts";
import { ANSWERS_GIVEN_UP_LOOKS, COMMIT_LOOK_MS, DISK_SILENT_LOOKS } from "./limits.ts";

export interface DiskSilence {
  /** A commit has waited for long: the disk is silent from now on. */
  readonly onSilent: () => void;
  /** It has answered: that commit is durable. */
  readonly onHeard: (silentMs: number) => void;
  /** Whoever waits for an answer is to be told that nobody knows. Again and again. */
  readonly onGivenUp: () => void;
}

export class CommitWatch {
  readonly #clock: Pick<Clock, "monotonicMs" | "after">;
  readonly #silence: DiskSilence;
  #startedMs: number | null = null;
  /**
   * At the commit under way. They are counted, and not its time: this process may have been stopped
   * meanwhile, and the disk had no chance to answer.
   */
  #lookCount = 0;
  #timer: Cancelable | null = null;
  #isSilent = false;

  constructor(clock: Pick<Clock, "monotonicMs" | "after">, silence: DiskSilence) {
    this.#clock = clock;
    this.#silence = silence;
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Milliseconds since the commit under way began; 0 without one. */
  get waitingMs(): number {
    return this.#startedMs === null ? 0 : this.#clock.monotonicMs() - this.#startedMs;
  }

  begun(startedMs: number): void {
    this.#startedMs = startedMs;
    this.#lookCount = 0;
    this.#lookLater();
  }

  ended(): void {
    const silentMs = this.waitingMs;
    this.#startedMs = null;
    this.#timer?.cancel();
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#silence.onHeard(silentMs);
  }

  #lookLater(): void {
    this.#timer = this.#clock.after(COMMIT_LOOK_MS, () => this.#look());
  }

  #look(): void {
    this.#lookCount += 1;
    this.#lookLater();
    if (this.#lookCount < DISK_SILENT_LOOKS) return;
    if (!this.#isSilent) {
      this.#isSilent = true;
      this.#silence.onSilent();
    }
    if (this.#lookCount >= ANSWERS_GIVEN_UP_LOOKS) this.#silence.onGivenUp();
  }
}
