/**
 * Keeps the archive's thread: begins the first one, begins another one when it has ended, and ends
 * the last one in time, also where it hangs. There is never more than one, and a keeper is always
 * in one of these states:
 *
 * - `Opening`: the first thread was begun and is not ready. Ready, it is Running. If it ends
 *   instead, there is nothing to go on with: Closed, and `opened` rejects with its reason.
 * - `Running`: a thread is ready, the only state in which one can be asked. While it pauses, after
 *   a failure that it does not end of, it answers all the same. If it ends: Resting.
 * - `Resting`: there is none. At the end of a pause, the longer the more often it was in vain,
 *   another one is begun: Starting, or Resting again where the system gives none.
 * - `Starting`: another thread was begun and is not ready. Ready, it is Running; if it ends, Resting.
 * - `Closing`: somebody closed, and the thread was told. It has some time to finish what it was
 *   asked before; then, or when it has ended: Closed. From Resting it is Closed at once.
 * - `Closed`: for good. What a thread says now that had to be given up is heard by nobody.
 *
 * One function enters each: the constructor, `#heardReady`, `#rest`, `#startAgain`, `#endThread` and
 * `#enterClosed`. What a message, an end of the thread and a close do in each state is said in one
 * place for each: `#heard`, `#ended` and `close`.
 */
import { unreachable } from "@countermand/core/assert";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { ArchiveError } from "./archive-error.ts";
import type { RebuildReason } from "./archive-file.ts";
import { ARCHIVE_STOP_MS, RETRY_MS_MAX, RETRY_MS_MIN } from "./archive-limits.ts";
import type { ArchiveWorkerStart, FromArchive, ToArchive } from "./archive-messages.ts";
import type { ArchiveThread } from "./archive-thread.ts";

/** What happened to the archive; for the log and the metrics. */
export type ArchiveNotice =
  /** It begins anew and is filled from the journal. Normal at the first start (`Missing`). */
  | { readonly type: "Rebuilding"; readonly reason: RebuildReason }
  /** It does not go on for now; memory holds what it lacks. Tried again after the time given. */
  | { readonly type: "Failed"; readonly problem: string; readonly retryInMs: number }
  /** It goes on after a failure. */
  | { readonly type: "Recovered" };

type Ready = FromArchive & { readonly type: "ready" };
/** What a thread says of the work that it was given; the rest is about its life. */
export type ArchiveReply = FromArchive & { readonly type: "projected" | "answer" | "refused" };

export interface KeeperOptions {
  readonly first: ArchiveThread;
  /** May throw: the system may have none to give. */
  readonly newThread: () => ArchiveThread;
  /** What the next thread begins with. */
  readonly start: () => ArchiveWorkerStart;
  readonly clock: Clock;
  readonly onNotice: (notice: ArchiveNotice) => void;
  /** A thread is ready, and knows what it began with and nothing that came after. */
  readonly onReady: (ready: Ready) => void;
  readonly onReply: (reply: ArchiveReply) => void;
  /** The thread ended, and what it was asked is not answered any more. */
  readonly onLost: (error: ArchiveError) => void;
}

/** A thread was begun and is not ready. */
interface Begun {
  readonly name: "Opening" | "Starting";
  readonly thread: ArchiveThread;
}

interface Running {
  readonly name: "Running";
  readonly thread: ArchiveThread;
  readonly readyAtMs: number;
  /** It failed without ending, and has projected nothing since. */
  readonly isPaused: boolean;
}

interface Resting {
  readonly name: "Resting";
  readonly retry: Cancelable;
}

interface Closing {
  readonly name: "Closing";
  readonly deadline: Cancelable;
}

interface Closed {
  readonly name: "Closed";
}

type KeeperState = Begun | Running | Resting | Closing | Closed;

export class ArchiveKeeper {
  readonly #options: KeeperOptions;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #state: KeeperState;
  /** The next pause. */
  #retryMs = RETRY_MS_MIN;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#state = { name: "Opening", thread: options.first };
    this.#begin(options.first);
  }

  /** Resolves when the first thread is ready; rejects with an ArchiveError where it will not be. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Why the thread cannot be asked now; null while it can. */
  get refusal(): string | null {
    switch (this.#state.name) {
      case "Running":
        return null;
      case "Opening":
      case "Resting":
      case "Starting":
        return "it failed and is tried again soon";
      case "Closing":
      case "Closed":
        return "it is closed";
      default:
        return unreachable(this.#state, "state of the archive's keeper");
    }
  }

  /** Somebody closed it, whether the thread has ended or not. */
  get isClosed(): boolean {
    return this.#state.name === "Closing" || this.#state.name === "Closed";
  }

  /** Tells the thread, if one is ready: another is told at its {@link KeeperOptions.onReady}. */
  send(message: ToArchive): void {
    if (this.#state.name === "Running") this.#state.thread.worker.postMessage(message);
  }

  /** Resolves when the thread has ended, or was given up. */
  close(): Promise<void> {
    const state = this.#state;
    switch (state.name) {
      case "Opening":
      case "Starting":
      case "Running":
        this.#endThread(state.thread);
        break;
      case "Resting":
        state.retry.cancel();
        this.#enterClosed();
        break;
      case "Closing":
      case "Closed":
        break; // Whoever came first has begun it.
      default:
        unreachable(state, "state of the archive's keeper");
    }
    return this.#closed.promise;
  }

  #heard(message: FromArchive): void {
    const state = this.#state;
    switch (state.name) {
      case "Opening":
      case "Starting":
        if (message.type === "ready") this.#heardReady(message, state);
        break;
      case "Running":
        if (message.type === "failed") this.#heardFailed(message, state);
        else if (message.type !== "ready") this.#heardReply(message, state);
        break;
      case "Closing":
        // It answers what it was asked before; how it is does not matter any more.
        if (message.type !== "ready" && message.type !== "failed") this.#options.onReply(message);
        break;
      case "Resting":
      case "Closed":
        break; // From one that was given up.
      default:
        unreachable(state, "state of the archive's keeper");
    }
  }

  #ended(problem: string): void {
    const state = this.#state;
    switch (state.name) {
      case "Opening":
        this.#opened.reject(new ArchiveError(problem));
        this.#enterClosed();
        break;
      case "Running":
        // One that worked for long failed anew; one that did not waits twice as long as before.
        if (this.#options.clock.monotonicMs() - state.readyAtMs > RETRY_MS_MAX) {
          this.#retryMs = RETRY_MS_MIN;
        }
        this.#rest(problem);
        break;
      case "Starting":
        this.#rest(problem);
        break;
      case "Closing":
        state.deadline.cancel();
        this.#enterClosed();
        break;
      case "Resting":
      case "Closed":
        break; // It was given up before.
      default:
        unreachable(state, "state of the archive's keeper");
    }
  }

  /** Its state was entered before: it may have ended already. */
  #begin(thread: ArchiveThread): void {
    if (thread.problem !== null) {
      this.#ended(thread.problem);
      return;
    }
    let problem = "its thread ended";
    thread.worker.on("error", (error: Error) => {
      problem = error.message;
    });
    thread.worker.on("message", (message: FromArchive) => this.#heard(message));
    thread.worker.once("exit", () => this.#ended(problem));
    thread.begin(this.#options.start());
  }

  #heardReady(ready: Ready, { name, thread }: Begun): void {
    const { clock, onNotice, onReady } = this.#options;
    this.#state = { name: "Running", thread, readyAtMs: clock.monotonicMs(), isPaused: false };
    if (ready.rebuilt !== null) onNotice({ type: "Rebuilding", reason: ready.rebuilt });
    if (name === "Starting") onNotice({ type: "Recovered" });
    onReady(ready);
    this.#opened.resolve();
  }

  #heardFailed({ problem, retryInMs }: FromArchive & { type: "failed" }, running: Running): void {
    this.#state = { ...running, isPaused: true };
    this.#options.onNotice({ type: "Failed", problem, retryInMs });
  }

  #heardReply(reply: ArchiveReply, running: Running): void {
    if (reply.type === "projected" && running.isPaused) {
      this.#state = { ...running, isPaused: false };
      this.#options.onNotice({ type: "Recovered" });
    }
    this.#options.onReply(reply);
  }

  #rest(problem: string): void {
    const { clock, onLost, onNotice } = this.#options;
    const retryInMs = this.#retryMs;
    this.#retryMs = Math.min(2 * retryInMs, RETRY_MS_MAX);
    const retry = clock.after(retryInMs, () => this.#startAgain());
    this.#state = { name: "Resting", retry };
    onLost(new ArchiveError(problem));
    onNotice({ type: "Failed", problem, retryInMs });
  }

  #startAgain(): void {
    let thread: ArchiveThread;
    try {
      thread = this.#options.newThread();
    } catch (error) {
      this.#rest((error as Error).message);
      return;
    }
    this.#state = { name: "Starting", thread };
    this.#begin(thread);
  }

  /** A thread that waits for the system does not even end then: nobody waits for it here. */
  #endThread({ worker }: ArchiveThread): void {
    const deadline = this.#options.clock.after(ARCHIVE_STOP_MS, () => {
      void worker.terminate();
      this.#enterClosed();
    });
    this.#state = { name: "Closing", deadline };
    // One that is not ready hears it as soon as it is.
    worker.postMessage({ type: "close" } satisfies ToArchive);
  }

  #enterClosed(): void {
    this.#state = { name: "Closed" };
    this.#opened.reject(new ArchiveError("it is closed"));
    this.#closed.resolve();
  }
}
