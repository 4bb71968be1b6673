/**
 * Sends a load, on a number of connections with one request under way on each. At a stated rate a
 * latency counts from the moment at which the request was to be sent: a gateway that stops for a
 * second is late for all that was due in that second, whether or not it could be sent.
 */
import { Latencies } from "./latencies.ts";
import {
  type BenchAnswer,
  type BenchRequest,
  KINDS,
  type Kind,
  type Workload,
} from "./workload.ts";

export interface LoadPlan {
  /** Requests a second, of all connections together; null: as many as the answers allow. */
  readonly ratePerSecond: number | null;
  readonly durationMs: number;
  /** Ends the load before its time. */
  readonly requestsMax: number;
}

/** A connection. Resolves also where no answer comes; never rejects. */
export type Send = (request: BenchRequest) => Promise<BenchAnswer>;

export interface LoadClock {
  /** Milliseconds that never go back. */
  readonly now: () => number;
  /** Resolves after milliseconds, or when the load is stopped. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Why a load ended before its time. */
export type EarlyEnd = "stopped" | "no_answers" | "too_late";

export interface LoadResult {
  readonly seconds: number;
  readonly sentCount: number;
  /** Due at the stated rate, and never sent. */
  readonly unsentCount: number;
  readonly endedEarly: EarlyEnd | null;
}

/** Requests in a row without an answer: then there is nobody to measure. */
export const UNANSWERED_MAX = 100;

/** Milliseconds after the end in which what was due by then is still sent. */
export const LATE_MS_MAX = 10_000;

export class LoadRun {
  readonly latencies: Readonly<Record<Kind, Latencies>>;
  /** How long after its moment a request was sent: this program's share of the latencies. */
  readonly delays = new Latencies();
  sentCount = 0;
  readonly #plan: LoadPlan;
  readonly #workload: Workload;
  readonly #clock: LoadClock;
  readonly #stopped: AbortSignal;
  #startedMs = 0;
  #takenCount = 0;
  #unansweredInARow = 0;
  #endedEarly: EarlyEnd | null = null;

  constructor(plan: LoadPlan, workload: Workload, clock: LoadClock, stopped: AbortSignal) {
    this.#plan = plan;
    this.#workload = workload;
    this.#clock = clock;
    this.#stopped = stopped;
    this.latencies = Object.fromEntries(KINDS.map((kind) => [kind, new Latencies()])) as Record<
      Kind,
      Latencies
    >;
  }

  /** Resolves when all is sent and answered. */
  async run(connections: readonly Send[]): Promise<LoadResult> {
    this.#startedMs = this.#clock.now();
    await Promise.all(connections.map((send) => this.#drive(send)));
    const unsentCount = this.#endedEarly === "too_late" ? this.#dueCount() - this.#takenCount : 0;
    const seconds = (this.#clock.now() - this.#startedMs) / 1_000;
    return { seconds, sentCount: this.sentCount, unsentCount, endedEarly: this.#endedEarly };
  }

  async #drive(send: Send): Promise<void> {
    for (;;) {
      const atMs = this.#take();
      if (atMs === null) return;
      const waitMs = atMs - this.#clock.now();
      if (waitMs > 0) await this.#clock.pause(Math.ceil(waitMs));
      if (this.#stopped.aborted) return;
      await this.#sendOne(send, atMs);
    }
  }

  /** When the next request is to be sent; null when there is none any more. */
  #take(): number | null {
    const { durationMs, ratePerSecond, requestsMax } = this.#plan;
    const nowMs = this.#clock.now();
    if (this.#stopped.aborted) this.#endedEarly ??= "stopped";
    if (this.#endedEarly !== null || this.#takenCount >= requestsMax) return null;
    if (ratePerSecond === null) {
      if (nowMs - this.#startedMs >= durationMs) return null;
      this.#takenCount += 1;
      return nowMs;
    }
    const afterMs = (this.#takenCount * 1_000) / ratePerSecond;
    if (afterMs >= durationMs) return null;
    if (nowMs - this.#startedMs > durationMs + LATE_MS_MAX) {
      this.#endedEarly = "too_late";
      return null;
    }
    this.#takenCount += 1;
    return this.#startedMs + afterMs;
  }

  async #sendOne(send: Send, atMs: number): Promise<void> {
    const sentMs = this.#clock.now();
    // A timer that fires too early makes no latency shorter.
    const sinceMs = Math.min(atMs, sentMs);
    const { request, orders } = this.#workload.next(sinceMs);
    this.delays.record(sentMs - sinceMs);
    this.sentCount += 1;
    const answer = await send(request);
    this.latencies[request.kind].record(this.#clock.now() - sinceMs);
    const isAnswered = this.#workload.answered(request.kind, orders, answer);
    this.#unansweredInARow = isAnswered ? 0 : this.#unansweredInARow + 1;
    if (this.#unansweredInARow >= UNANSWERED_MAX) this.#endedEarly ??= "no_answers";
  }

  /** How many requests the whole plan has at its rate. */
  #dueCount(): number {
    const { durationMs, ratePerSecond, requestsMax } = this.#plan;
    return Math.min(requestsMax, Math.ceil((durationMs * (ratePerSecond ?? 0)) / 1_000));
  }
}
