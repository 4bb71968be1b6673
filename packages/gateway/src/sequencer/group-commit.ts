/**
 * The commit's turn: it owns who waits for the disk and when the next commit begins. Only the
 * sequencer calls it.
 *
 * A commit at a time is under way; what is decided meanwhile forms the next one. So a commit
 * grows with the load and an idle gateway commits at once.
 */
import { assert } from "@countermand/core/assert";
import type { ExecutionReported } from "@countermand/core/model";
import type { Journal } from "../journal/journal.ts";
import type { Clock } from "../sys/clock.ts";
import { CommitWatch, type DiskSilence } from "./commit-watch.ts";
import {
  COMMIT_ANSWERS_MIN,
  COMMIT_GATHER_MS,
  LOOK_MS,
  PENDING_PLACES_SLOW_MAX,
  SLOW_COMMIT_MS,
} from "./limits.ts";
import type { Partitions } from "./partitions.ts";
import type { WorkedCommand } from "./staging.ts";

export interface GroupCommitOptions {
  /** Where what was decided is staged. */
  readonly partitions: Pick<Partitions, "stagedCount" | "takeStaged">;
  readonly journal: Pick<Journal, "append" | "settle">;
  readonly clock: Pick<Clock, "monotonicMs" | "atTurnEnd" | "after">;
  /** Whether the journal can work while this thread decides, on another core; by default it can. */
  readonly hasSeveralCores?: boolean;
  /** Everything in it is durable. Called in journal order. */
  readonly onDurable: (commit: DurableCommit) => void;
  /**
   * An append failed or its outcome is unknown: nothing more may be told. The process must stop.
   */
  readonly onFailure: (error: Error) => void;
  /** A commit is not done for seconds; by default nobody is told. */
  readonly silence?: DiskSilence;
}

export interface DurableCommit {
  readonly reports: readonly ExecutionReported[];
  /** What each command did at the exchange, in order. */
  readonly worked: readonly WorkedCommand[];
  /** Last position of each partition that the commit wrote to. */
  readonly positions: readonly (readonly [partition: string, seq: number])[];
  readonly eventCount: number;
  readonly durationMs: number;
}

export class GroupCommit {
  readonly #options: GroupCommitOptions;
  readonly #watch: CommitWatch;
  /** What was decided since the last commit began waits for the next one: all for one promise. */
  #next = Promise.withResolvers<void>();
  /** Of the commit before: whoever waits for nothing comes behind those who waited for it. */
  #latest: Promise<void> = Promise.resolve();
  #waitingCount = 0;
  #pendingCount = 0;
  #committing = false;
  #commitStartedMs = 0;
  /** The commit that begins next, once it is asked for. */
  #due: { readonly sinceMs: number; seenCount: number } | null = null;
  #turnEndAwaited = false;
  #isBeginning = false;
  #lookedMs = 0;
  #failed = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: GroupCommitOptions) {
    this.#options = options;
    this.#watch = new CommitWatch(options.clock, options.silence ?? TOLD_TO_NOBODY);
  }

  /** Values not yet released. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  /** Whether a commit failed: nothing is released any more. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Whether so much waits behind a slow commit that the next one would be slow as well. */
  isSlow(): boolean {
    if (!this.#committing || this.#pendingCount < PENDING_PLACES_SLOW_MAX) return false;
    return this.#options.clock.monotonicMs() - this.#commitStartedMs >= SLOW_COMMIT_MS;
  }

  /** Whether a commit has waited so long that nobody knows when the disk answers. */
  get isDiskSilent(): boolean {
    return this.#watch.isSilent;
  }

  /** Milliseconds since the commit under way began; 0 without one. */
  get waitingMs(): number {
    return this.#watch.waitingMs;
  }

  /**
   * Resolves with the value when all that is staged or being committed now is durable: in the order
   * of the calls.
   */
  released<T>(value: T): Promise<T> {
    const nothingOutstanding =
      !this.#committing && this.#waitingCount === 0 && this.#options.partitions.stagedCount === 0;
    if (nothingOutstanding && !this.#failed) return this.#latest.then(() => value);
    this.#pendingCount += 1;
    this.#waitingCount += 1;
    const released = this.#next.promise.then(() => value);
    this.#schedule();
    return released;
  }

  /** Resolves when nothing waits for the disk. */
  async idle(): Promise<void> {
    if (!this.#committing && this.#waitingCount === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /**
   * Within a turn of the event loop: what has become durable is let go, and what was decided
   * meanwhile follows it, so that neither disk nor answers wait for the turn's end.
   */
  lookUp(): void {
    if (!this.#committing && this.#due === null) return;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#lookedMs < LOOK_MS) return;
    this.#lookedMs = nowMs;
    if (this.#committing) this.#options.journal.settle();
    else if (this.#due !== null && nowMs - this.#due.sinceMs >= COMMIT_GATHER_MS)
      void this.#commit();
  }

  /** So many are not kept waiting for more: the disk takes them while others are decided. */
  #schedule(): void {
    if (this.#committing || this.#failed) return;
    const { hasSeveralCores = true } = this.#options;
    if (hasSeveralCores && this.#waitingCount >= COMMIT_ANSWERS_MIN) {
      this.#commitSoon();
      return;
    }
    if (this.#due !== null) return;
    this.#due = { sinceMs: this.#options.clock.monotonicMs(), seenCount: 1 };
    this.#awaitTurnEnd();
  }

  /**
   * Before the turn's next callback, but not within this call: what it decides belongs together,
   * and it may have more to stage behind an answer that waits.
   */
  #commitSoon(): void {
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    queueMicrotask(() => {
      this.#isBeginning = false;
      if (!this.#committing) void this.#commit();
    });
  }

  #awaitTurnEnd(): void {
    if (this.#turnEndAwaited) return;
    this.#turnEndAwaited = true;
    this.#options.clock.atTurnEnd(() => {
      this.#turnEndAwaited = false;
      this.#turnEnded();
    });
  }

  /**
   * Commits few at the end of this turn, a lone command always; of a later one while every turn
   * brings more commands, because a few large commits cost less than many small ones.
   */
  #turnEnded(): void {
    const due = this.#due;
    if (due === null) return; // It began within the turn.
    const count = this.#waitingCount;
    const isLate = this.#options.clock.monotonicMs() - due.sinceMs >= COMMIT_GATHER_MS;
    if (count > due.seenCount && !isLate) {
      due.seenCount = count;
      this.#awaitTurnEnd();
      return;
    }
    void this.#commit();
  }

  async #commit(): Promise<void> {
    assert(!this.#committing, "one commit at a time");
    this.#committing = true;
    this.#due = null;
    const staged = this.#options.partitions.takeStaged();
    const durable = this.#next;
    const waitingCount = this.#waitingCount;
    this.#next = Promise.withResolvers();
    this.#waitingCount = 0;
    const startedMs = this.#options.clock.monotonicMs();
    this.#commitStartedMs = startedMs;
    try {
      if (staged.eventCount > 0) {
        this.#watch.begun(startedMs);
        const outcome = await this.#options.journal.append(staged.appends);
        if (outcome !== "committed") throw new FencedError();
      }
    } catch (error) {
      this.#failed = true;
      this.#options.onFailure(error as Error);
      return;
    }
    this.#committing = false;
    // Also for whoever is called from here on.
    this.#latest = durable.promise;
    this.#watch.ended();
    this.#options.onDurable({
      reports: staged.reports,
      worked: staged.worked,
      positions: staged.appends.map(({ partition, expectedSeq, payloads }) => {
        return [partition, expectedSeq + payloads.length];
      }),
      eventCount: staged.eventCount,
      durationMs: this.#options.clock.monotonicMs() - startedMs,
    });
    this.#pendingCount -= waitingCount;
    durable.resolve();
    if (this.#waitingCount > 0) this.#schedule();
    else this.#releaseIdle();
  }

  #releaseIdle(): void {
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const release of waiters) release();
  }
}

const TOLD_TO_NOBODY: DiskSilence = {
  onSilent: () => undefined,
  onHeard: () => undefined,
  onGivenUp: () => undefined,
};

/** Another process owns a partition now: this one's state may be stale and must not be told. */
class FencedError extends Error {
  override readonly name = "FencedError";
  readonly code = "JOURNAL_FENCED";

  constructor() {
    super("another process has taken over this journal; this one stops");
  }
}
