/** What a client does with its dead-man's switches: arm, refresh, release, look. */
import {
  type DeadManRequest,
  type DeadManView,
  encodeDeadMan,
  encodeDeadManNotice,
  encodeDeadManStatus,
  LIMITS,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { DeadManSwitch } from "@countermand/core/desk";
import type { Account, DeadManScope, KeyId, UnixMs } from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import type { Answer, RequestIdentity, Sequencer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { failed, TOO_MANY_WAIT } from "../trade/failed-answer.ts";
import { type WrittenAnswer, writtenAnswer } from "../trade/written-answer.ts";
import { type DeadManNotice, DeadManTimers } from "./dead-man-timers.ts";

export interface DeadManServiceOptions {
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  /** Sends a message to the account's streams; with the account where a stream is told it. */
  readonly notify: (account: Account, written: (tag: Account | null) => string) => void;
  /** Whether requests of the key are taken; one that has ended never comes back. */
  readonly isGoodKey: (apiKey: string) => boolean;
}

export class DeadManService {
  readonly timers: DeadManTimers;
  readonly #options: DeadManServiceOptions;

  constructor(options: DeadManServiceOptions) {
    this.#options = options;
    const { clock, sequencer } = options;
    this.timers = new DeadManTimers({
      clock,
      sequencer,
      onNotice: (account, scope, notice) => this.#notify(account, scope, notice),
    });
  }

  set(
    caller: Caller,
    { scope, timeoutMs }: DeadManRequest,
    identity: RequestIdentity,
  ): Promise<WrittenAnswer> {
    const meant = scope ?? { kind: "Key", value: caller.apiKey };
    const writing = this.#options.sequencer.write(caller, "cancel", identity, (turn) => {
      const answer = this.#decided(caller, meant, timeoutMs);
      // Also where there was nothing to release: sent again later it must not release what was
      // armed since.
      if (answer.httpStatus === 200) turn.keepAnswer();
      return answer;
    });
    return writtenAnswer(writing);
  }

  async status({ account }: Caller): Promise<WrittenAnswer> {
    const { clock, sequencer } = this.#options;
    if (sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    const views = [...this.#book(account).deadMan.all()].map((each) => this.#view(account, each));
    const body = encodeDeadManStatus(clock.wallMs(), views);
    return await sequencer.read(() => ({ httpStatus: 200, body, replayed: false }));
  }

  #decided({ account, apiKey }: Caller, scope: DeadManScope, timeoutMs: number): Answer {
    const { deadMan } = this.#book(account);
    const known = deadMan.get(scope);
    if (timeoutMs === 0 && known === null) return answer(released(scope));
    if (known === null && scope.kind === "Symbol" && !this.#isTraded(account, scope.value)) {
      return failed("UNKNOWN_SYMBOL", `symbol ${scope.value} is not traded`);
    }
    const max = LIMITS.deadManSwitchesMax.value;
    if (known === null && deadMan.size >= max) {
      const spent = this.#spent(account);
      if (spent === null) return failed("TOO_MANY_DEAD_MEN", `the account has ${max} switches`);
      this.#stage(account, spent, 0, apiKey);
    }
    const atMs = this.#stage(account, scope, timeoutMs, apiKey);
    if (timeoutMs === 0) {
      this.timers.released(account, scope);
      return answer(released(scope));
    }
    this.timers.armed(account, scope, timeoutMs);
    return answer(this.#view(account, { scope, timeoutMs, armedAtMs: atMs, firedAtMs: null }));
  }

  #stage(account: Account, scope: DeadManScope, timeoutMs: number, apiKey: string): UnixMs {
    const { clock, sequencer } = this.#options;
    const atMs = clock.wallMs() as UnixMs;
    const keyId = apiKey as KeyId;
    const event = { type: "DeadManSet", atMs, account, scope, timeoutMs, keyId } as const;
    sequencer.partitions.stageDeskEvent(account, event);
    return atMs;
  }

  /** A switch that has nothing left to do, and that nobody can release: its key has ended. */
  #spent(account: Account): DeadManScope | null {
    const book = this.#book(account);
    for (const { scope, firedAtMs } of book.deadMan.all()) {
      const { kind, value } = scope;
      if (kind !== "Key" || firedAtMs === null || this.#options.isGoodKey(value)) continue;
      if (book.openCountOf(value as KeyId) === 0) return scope;
    }
    return null;
  }

  #view(account: Account, { scope, timeoutMs, firedAtMs }: DeadManSwitch): DeadManView {
    if (firedAtMs !== null) return { scope, timeoutMs, state: { is: "fired", firedAtMs } };
    const firesInMs = this.timers.remainingMs(account, scope);
    const firesAtMs = this.#options.clock.wallMs() + firesInMs;
    return { scope, timeoutMs, state: { is: "armed", firesAtMs, firesInMs } };
  }

  #notify(account: Account, scope: DeadManScope, notice: DeadManNotice): void {
    const found = this.#book(account).deadMan.get(scope);
    // Armed again or released before this could be told.
    if (found === null || (found.firedAtMs !== null) !== (notice === "fired")) return;
    const view = this.#view(account, found);
    const [name, details] =
      notice === "fired"
        ? (["DEAD_MAN_FIRED", "it was not refreshed in time"] as const)
        : (["DEAD_MAN_WARNING", "it was not refreshed for long and fires at fires_at"] as const);
    this.#options.notify(account, (tag) => encodeDeadManNotice(name, details, view, tag));
  }

  #isTraded(account: Account, symbol: string): boolean {
    return this.#options.sequencer.partitions.deskOf(account).desk.instrument(symbol) !== null;
  }

  #book(account: Account) {
    const book = this.#options.sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a key's account is open");
    return book;
  }
}

function answer(view: DeadManView): Answer {
  return { httpStatus: 200, body: encodeDeadMan(view) };
}

function released(scope: DeadManScope): DeadManView {
  return { scope, timeoutMs: 0, state: { is: "released" } };
}
