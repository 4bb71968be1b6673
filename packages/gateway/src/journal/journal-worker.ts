/**
 * The thread that owns the SQLite journal, so that no flush holds up the event loop. It answers
 * requests in their order; the appends that wait for it share one transaction.
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { gatedPort, waitAtGate } from "../sys/gated-thread.ts";
import { CommitMark } from "./commit-mark.ts";
import {
  JournalError,
  type JournalErrorCode,
  type Lease,
  type PartitionAppend,
} from "./journal.ts";
import { RESERVE_RETRY_MS } from "./limits.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

/** What the thread begins with. */
export interface JournalWorkerStart {
  readonly dataDir: string;
  readonly reserveBytes: number;
  /** Memory of a {@link CommitMark}. */
  readonly commitMark: SharedArrayBuffer;
}

export type JournalCall =
  | { readonly type: "claim"; readonly partition: string; readonly owner: string }
  | { readonly type: "renew"; readonly lease: Lease }
  | { readonly type: "release"; readonly lease: Lease }
  | { readonly type: "append"; readonly batch: readonly PartitionAppend[] }
  | {
      readonly type: "read";
      readonly partition: string;
      readonly afterSeq: number;
      readonly limit: number;
    }
  | { readonly type: "close" };

export interface JournalRequest {
  readonly id: number;
  readonly call: JournalCall;
}

/** A JournalError as it crosses the threads. */
export interface JournalFailure {
  readonly code: JournalErrorCode;
  readonly file: string;
  readonly problem: string;
}

/** Whether the disk has room beside the reserve, and what the reserve holds now. */
export interface DiskState {
  readonly isFull: boolean;
  readonly reserveBytes: number;
}

/**
 * `opened` once; `answers` to the requests of one turn; `disk` when it has become full or has room
 * again, before the answers that were written then; `failed` once, instead of `opened` or for all
 * requests without an answer.
 */
export type JournalMessage =
  | { readonly type: "opened"; readonly disk: DiskState }
  | { readonly type: "disk"; readonly disk: DiskState }
  | { readonly type: "answers"; readonly answers: readonly { id: number; value: unknown }[] }
  | { readonly type: "failed"; readonly failure: JournalFailure };

/** The head is written at the first commit or idle moment after this: well under 100 ms behind. */
const HEAD_DELAY_MS = 75;
/** Requests answered in one turn: bounds the size of a shared transaction. */
const TURN_REQUESTS_MAX = 256;

class JournalThread {
  readonly #port: MessagePort;
  readonly #journal: SqliteJournal;
  readonly #committed: CommitMark;
  #isOver = false;
  /** As it was last told. */
  #disk: DiskState;
  #refillDue: { readonly atMs: number; readonly timer: NodeJS.Timeout } | null = null;
  #headDue: { readonly atMs: number; readonly timer: NodeJS.Timeout } | null = null;
  /** Resolves when the head that is on its way is on stable storage, or the journal has failed. */
  #headOnItsWay: Promise<void> | null = null;

  constructor(port: MessagePort, journal: SqliteJournal, committed: CommitMark) {
    this.#port = port;
    this.#journal = journal;
    this.#committed = committed;
    port.on("message", (first: JournalRequest) => this.#turn(first));
    this.#disk = diskOf(journal);
    if (this.#disk.isFull) this.#refillLater();
    this.#post({ type: "opened", disk: this.#disk });
  }

  #turn(first: JournalRequest): void {
    this.#guard(() => {
      const requests = [first, ...this.#waiting()];
      // It is the last thing that is ever asked.
      const close = requests.at(-1)?.call.type === "close" ? requests.pop() : undefined;
      const answers: { id: number; value: unknown }[] = [];
      for (let index = 0; index < requests.length; ) {
        const answered = this.#answerNext(requests, index);
        answers.push(...answered);
        index += answered.length;
      }
      this.#tellDisk();
      if (answers.length > 0) this.#post({ type: "answers", answers });
      if (close === undefined) this.#tidyUp();
      else void this.#close(close.id);
    });
  }

  #waiting(): JournalRequest[] {
    const waiting: JournalRequest[] = [];
    while (waiting.length < TURN_REQUESTS_MAX - 1) {
      const next = receiveMessageOnPort(this.#port);
      if (next === undefined) break;
      waiting.push(next.message);
    }
    return waiting;
  }

  /** Answers one request, or a run of appends together. */
  #answerNext(requests: readonly JournalRequest[], from: number): { id: number; value: unknown }[] {
    const run: { id: number; batch: readonly PartitionAppend[] }[] = [];
    for (const { id, call } of requests.slice(from)) {
      if (call.type !== "append") {
        if (run.length > 0) break;
        return [{ id, value: this.#answer(call) }];
      }
      run.push({ id, batch: call.batch });
    }
    const outcomes = this.#journal.append(run.map(({ batch }) => batch));
    if (outcomes.includes("fenced")) this.#committed.stop();
    this.#committed.move(run.at(-1)?.id ?? 0);
    return run.map(({ id }, index) => ({ id, value: outcomes[index] }));
  }

  #answer(call: Exclude<JournalCall, { type: "append" }>): unknown {
    switch (call.type) {
      case "claim":
        return this.#journal.claim(call.partition, call.owner);
      case "renew":
        return this.#journal.renew(call.lease);
      case "release":
        return this.#journal.release(call.lease);
      case "read":
        return this.#journal.read(call.partition, call.afterSeq, call.limit);
      case "close":
        throw new Error("what was asked behind a close is a bug");
    }
  }

  /** Waits for the head that is on its way: a closed journal touches no file any more. */
  async #close(id: number): Promise<void> {
    await this.#headOnItsWay;
    if (this.#isOver) return;
    this.#guard(() => {
      this.#stopTimers();
      this.#journal.close();
      this.#isOver = true;
      this.#post({ type: "answers", answers: [{ id, value: undefined }] });
      this.#port.close();
    });
  }

  /** Behind the answers: nobody waits for this. */
  #tidyUp(): void {
    this.#keepHeadClose();
    if (this.#journal.checkpointDue) this.#journal.checkpoint();
    if (this.#refillDue !== null && performance.now() >= this.#refillDue.atMs) this.#refill();
    this.#tellDisk();
  }

  #refill(): void {
    this.#refillIsDone();
    this.#journal.refillReserve();
    this.#tellDisk();
  }

  #tellDisk(): void {
    const disk = diskOf(this.#journal);
    if (disk.isFull) this.#refillLater();
    if (disk.isFull === this.#disk.isFull && disk.reserveBytes === this.#disk.reserveBytes) return;
    this.#disk = disk;
    this.#post({ type: "disk", disk });
  }

  /** A timer alone would not do here either. */
  #refillLater(): void {
    if (this.#refillDue !== null) return;
    const timer = setTimeout(() => this.#guard(() => this.#refill()), RESERVE_RETRY_MS);
    this.#refillDue = { atMs: performance.now() + RESERVE_RETRY_MS, timer };
  }

  #refillIsDone(): void {
    if (this.#refillDue !== null) clearTimeout(this.#refillDue.timer);
    this.#refillDue = null;
  }

  /** A timer alone would not do: a steady stream of messages can keep timers waiting. */
  #keepHeadClose(): void {
    if (!this.#journal.headBehind || this.#headOnItsWay !== null) return;
    const nowMs = performance.now();
    if (this.#headDue === null) {
      const timer = setTimeout(() => this.#guard(() => this.#sendHead()), HEAD_DELAY_MS);
      this.#headDue = { atMs: nowMs + HEAD_DELAY_MS, timer };
    } else if (nowMs >= this.#headDue.atMs) {
      this.#sendHead();
    }
  }

  /** It takes several flushes, and no append waits for them. */
  #sendHead(): void {
    this.#headIsDone();
    const written = this.#journal.writeHeadLater();
    this.#headOnItsWay = written.then(
      () => this.#guard(() => this.#headArrived()),
      (error: unknown) => {
        this.#guard(() => {
          throw error;
        });
      },
    );
  }

  #headArrived(): void {
    this.#headOnItsWay = null;
    if (!this.#isOver) this.#keepHeadClose();
  }

  #headIsDone(): void {
    if (this.#headDue !== null) clearTimeout(this.#headDue.timer);
    this.#headDue = null;
  }

  #stopTimers(): void {
    this.#headIsDone();
    this.#refillIsDone();
  }

  /** A failed journal says so and answers nothing more; a bug ends the thread. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#stopTimers();
      if (this.#isOver) return;
      this.#isOver = true;
      this.#post({ type: "failed", failure: failureOf(error) });
      this.#port.close();
    }
  }

  #post(message: JournalMessage): void {
    this.#port.postMessage(message);
  }
}

/** The disk is full as long as the reserve is not whole: what it gave is for cancels alone. */
function diskOf({ reserve }: SqliteJournal): DiskState {
  return { isFull: !reserve.isWhole, reserveBytes: reserve.heldBytes };
}

function failureOf({ code, file, problem }: JournalError): JournalFailure {
  return { code, file, problem };
}

/** Everything the thread does, apart from being one. It ends where the journal cannot be opened. */
export function startJournalThread(port: MessagePort, start: JournalWorkerStart): void {
  let journal: SqliteJournal;
  try {
    journal = openedWithReserve(start);
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    port.postMessage({ type: "failed", failure: failureOf(error) } satisfies JournalMessage);
    return;
  }
  new JournalThread(port, journal, new CommitMark(start.commitMark));
}

function openedWithReserve({ dataDir, reserveBytes }: JournalWorkerStart): SqliteJournal {
  const journal = SqliteJournal.open(dataDir, reserveBytes);
  try {
    journal.refillReserve();
    return journal;
  } catch (error) {
    journal.close();
    throw error;
  }
}

const ownPort = gatedPort();
if (ownPort !== null) {
  startJournalThread(ownPort, waitAtGate<JournalWorkerStart>(ownPort));
}
