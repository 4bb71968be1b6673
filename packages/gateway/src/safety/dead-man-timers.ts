/**
 * When each armed switch is due, and what firing does. Durations are monotonic: a jump of the
 * machine's clock neither fires a switch nor keeps it from firing. Only a start has nothing but
 * real time to tell how long a switch has waited.
 */
import { assert } from "@countermand/core/assert";
import { type DeadManSwitch, isInScope } from "@countermand/core/desk";
import {
  type Account,
  CancelReason,
  type DeadManScope,
  type Order,
  type UnixMs,
} from "@countermand/core/model";
import { mayWorkOn, type RunOutcome } from "../sequencer/cancel-runs.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { CANCEL_RETRY_MS, DEAD_MAN_LOOK_MS, DEAD_MAN_WARNING_MS } from "./limits.ts";

export type DeadManNotice = "warning" | "fired";

export interface DeadManTimersOptions {
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  /** Tells the account's streams; what it is about is durable. */
  readonly onNotice: (account: Account, scope: DeadManScope, notice: DeadManNotice) => void;
}

interface Due {
  readonly account: Account;
  readonly scope: DeadManScope;
  /** Monotonic. */
  readonly firesAtMs: number;
  readonly warnsAtMs: number;
  isWarned: boolean;
}

export class DeadManTimers {
  readonly #options: DeadManTimersOptions;
  readonly #due = new Map<string, Due>();
  #look: Cancelable | null = null;
  readonly #retries = new Map<string, Cancelable>();
  #isClosed = false;

  constructor(options: DeadManTimersOptions) {
    this.#options = options;
  }

  /**
   * Takes up what the journal knows. The time that passed while nothing ran counts; what is due by
   * now has fired, and its cancels have begun, when this returns.
   */
  start(): void {
    const wallMs = this.#options.clock.wallMs();
    for (const { desk } of this.#options.sequencer.partitions.desks) {
      for (const { account, deadMan } of desk.books()) {
        for (const { scope, timeoutMs, armedAtMs, firedAtMs } of [...deadMan.all()]) {
          // A clock that was set back must not give more than the whole time.
          const waitedMs = Math.max(0, wallMs - armedAtMs);
          if (firedAtMs === null) this.#wait(account, scope, timeoutMs, timeoutMs - waitedMs);
          // A stop between two steps may have left some of its orders open.
          else this.#cancel(account, scope);
        }
      }
    }
    this.#lookNow();
  }

  /** The switch was armed or refreshed. */
  armed(account: Account, scope: DeadManScope, timeoutMs: number): void {
    this.#wait(account, scope, timeoutMs, timeoutMs);
    this.#lookLater();
  }

  released(account: Account, scope: DeadManScope): void {
    this.#due.delete(keyOf(account, scope));
  }

  /** Milliseconds until an armed switch fires. */
  remainingMs(account: Account, scope: DeadManScope): number {
    const due = this.#due.get(keyOf(account, scope));
    assert(due !== undefined, "an armed switch is waited for");
    return Math.max(0, Math.round(due.firesAtMs - this.#options.clock.monotonicMs()));
  }

  /** Fires nothing more: switches count on, in the journal. */
  close(): void {
    this.#isClosed = true;
    this.#look?.cancel();
    for (const retry of this.#retries.values()) retry.cancel();
  }

  #wait(account: Account, scope: DeadManScope, timeoutMs: number, leftMs: number): void {
    const firesAtMs = this.#options.clock.monotonicMs() + leftMs;
    const warnsAtMs = firesAtMs - Math.min(DEAD_MAN_WARNING_MS, timeoutMs / 3);
    this.#due.set(keyOf(account, scope), {
      account,
      scope,
      firesAtMs,
      warnsAtMs,
      isWarned: false,
    });
  }

  #lookLater(): void {
    if (this.#look !== null || this.#due.size === 0 || this.#isClosed) return;
    this.#look = this.#options.clock.after(DEAD_MAN_LOOK_MS, () => {
      this.#look = null;
      this.#lookNow();
    });
  }

  #lookNow(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const [key, due] of this.#due) {
      if (nowMs >= due.firesAtMs) {
        this.#due.delete(key);
        this.#fire(due.account, due.scope);
      } else if (nowMs >= due.warnsAtMs && !due.isWarned) {
        due.isWarned = true;
        this.#options.onNotice(due.account, due.scope, "warning");
      }
    }
    this.#lookLater();
  }

  /** Blocks and begins to cancel in one commit. */
  #fire(account: Account, scope: DeadManScope): void {
    const { clock, onNotice, sequencer } = this.#options;
    const fired = sequencer.perform(() => {
      const atMs = clock.wallMs() as UnixMs;
      sequencer.partitions.stageDeskEvent(account, { type: "DeadManFired", atMs, account, scope });
      this.#cancel(account, scope);
    });
    void fired.then(() => onNotice(account, scope, "fired"));
  }

  /** Cancels what is open in the scope, again and again while its market forbids it. */
  #cancel(account: Account, scope: DeadManScope): void {
    const { sequencer } = this.#options;
    let leftCount = 0;
    const run = {
      scope: { account, matches: (order: Order) => isInScope(order, scope) },
      reason: CancelReason.DeadMan,
      onOutcome: (outcome: RunOutcome) => {
        if (mayWorkOn(outcome)) leftCount += 1;
      },
      onDecided: () => {
        if (leftCount > 0) this.#cancelLater(account, scope);
      },
    };
    void sequencer.runs.start(run, sequencer.catchUp());
  }

  /** Unless it is armed again or released by then. */
  #cancelLater(account: Account, scope: DeadManScope): void {
    if (this.#isClosed) return;
    const { clock, sequencer } = this.#options;
    const key = keyOf(account, scope);
    this.#retries.get(key)?.cancel();
    const retry = clock.after(CANCEL_RETRY_MS, () => {
      this.#retries.delete(key);
      if (!this.#hasFired(account, scope)) return;
      void sequencer.perform(() => this.#cancel(account, scope));
    });
    this.#retries.set(key, retry);
  }

  #hasFired(account: Account, scope: DeadManScope): boolean {
    const found: DeadManSwitch | null = this.#book(account).deadMan.get(scope);
    return found !== null && found.firedAtMs !== null;
  }

  #book(account: Account) {
    const book = this.#options.sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a switch's account is open");
    return book;
  }
}

function keyOf(account: Account, { kind, value }: DeadManScope): string {
  return `${account} ${kind} ${value}`;
}
