/**
 * Cancel-all: every open order of an account that matches, in one answer. The orders are those open
 * when the request is taken; what is placed while it is worked is not touched.
 */
import {
  type CancelAllRequest,
  type CancelFilter,
  encodeError,
  encodeSuccess,
  errorSpec,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { AccountBook } from "@countermand/core/desk";
import {
  type Account,
  CancelReason,
  type Order,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import { refusalAnswer } from "../answers.ts";
import { walkOpen } from "../archive/open-walk.ts";
import type { Caller } from "../auth/key-store.ts";
import { sees } from "../auth/portfolio-scope.ts";
import { idleOutcome, type RunOutcome } from "../sequencer/cancel-runs.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type {
  KeptAnswer,
  ManyCancels,
  Origin,
  RequestIdentity,
  Sequencer,
} from "../sequencer/sequencer.ts";
import { CancelAllFates, fateOf } from "./cancel-all-fates.ts";
import { failed, TOO_MANY_WAIT, TOO_MANY_WALKS } from "./failed-answer.ts";
import { CANCEL_ALL_LOOKS_MAX, CANCEL_ALLS_PER_ACCOUNT_MAX } from "./limits.ts";
import { type WrittenAnswer, writtenAnswer } from "./written-answer.ts";

export class CancelAllService {
  readonly #sequencer: Sequencer;
  readonly #losesAnswer: (caller: Caller) => boolean;
  /** Requests that take more than one step, by account. */
  readonly #underWay = new Map<Account, number>();

  /** `losesAnswer` is asked once about each answer that is decided. */
  constructor(sequencer: Sequencer, losesAnswer: (caller: Caller) => boolean = () => false) {
    this.#sequencer = sequencer;
    this.#losesAnswer = losesAnswer;
  }

  async cancelAll(
    caller: Caller,
    request: CancelAllRequest,
    { identity, origin }: { readonly identity: RequestIdentity; readonly origin?: Origin },
  ): Promise<WrittenAnswer> {
    if (request.isPreview) return await this.#preview(caller, request.filter);
    let isCounted = false;
    // The first answer alone is lost: a repetition is decided no more.
    let isLost = false;
    const decide = ({ nowMs }: Turn): ManyCancels => {
      const many = this.#decided(caller, request.filter, nowMs);
      isCounted = "run" in many;
      if (!("run" in many)) {
        isLost = this.#losesAnswer(caller);
        return many;
      }
      const answer = () => {
        isLost = this.#losesAnswer(caller);
        return many.answer();
      };
      return { ...many, answer };
    };
    const written = this.#sequencer.writeMany(caller, identity, decide, origin);
    if (isCounted) this.#count(caller.account, 1);
    try {
      const answer = await writtenAnswer(written);
      return isLost ? { ...answer, isLost } : answer;
    } finally {
      if (isCounted) this.#count(caller.account, -1);
    }
  }

  /** Whether any open order matches now, or there are too many to look at each. */
  mayFindAny(caller: Caller, filter: CancelFilter): boolean {
    const matches = matcherOf(caller, filter, this.#sequencer.catchUp());
    let lookedAtCount = 0;
    for (const order of this.#book(caller).openOldestFirst()) {
      lookedAtCount += 1;
      if (lookedAtCount > CANCEL_ALL_LOOKS_MAX || matches(order)) return true;
    }
    return false;
  }

  #decided(caller: Caller, filter: CancelFilter, nowMs: UnixMs): ManyCancels {
    const { account } = caller;
    const unknown = this.#unknownSymbol(account, filter);
    if (unknown !== null) return { answer: refusalAnswer(unknown), isKept: false };
    if ((this.#underWay.get(account) ?? 0) >= CANCEL_ALLS_PER_ACCOUNT_MAX) {
      const answer = failed("TOO_MANY_CANCEL_ALLS", "earlier ones of this account are not done");
      return { answer, isKept: false };
    }
    const fates = new CancelAllFates();
    return {
      run: {
        scope: { account, matches: matcherOf(caller, filter, nowMs) },
        reason: CancelReason.Requested,
        onOutcome: (outcome) => fates.add(fateOf(outcome)),
      },
      answer: () => answerOf(fates),
    };
  }

  /** Of one moment, in as many turns as it takes. */
  async #preview(caller: Caller, filter: CancelFilter): Promise<WrittenAnswer> {
    const { refusesQueries, refusesWalks, turns } = this.#sequencer;
    if (refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    if (refusesWalks) return failed("OVERLOADED", TOO_MANY_WALKS);
    const nowMs = this.#sequencer.catchUp();
    const unknown = this.#unknownSymbol(caller.account, filter);
    if (unknown !== null) return { ...refusalAnswer(unknown), replayed: false };
    const matches = matcherOf(caller, filter, nowMs);
    // Open orders are told newest first, and listed as they will be worked off.
    const fates = new CancelAllFates({ isBackwards: true });
    const onMatch = (order: Order): boolean => {
      if (matches(order)) fates.add(fateOf(this.#foreseen(order, nowMs)));
      return true;
    };
    const open = this.#book(caller);
    await walkOpen({ open, filter: {}, nextTurn: () => turns.next(), onMatch });
    const body = encodeSuccess(fates.encoded("preview"));
    return await this.#sequencer.read(() => ({ httpStatus: 200, body, replayed: false }));
  }

  /** What a run would come to with the order now. */
  #foreseen(order: Order, nowMs: UnixMs): RunOutcome {
    const idle = idleOutcome(order);
    if (idle !== null) return idle;
    const refusal = this.#sequencer.partitions.cancelRefusal(order, nowMs);
    return refusal === null ? { outcome: "done", order } : { outcome: "failed", order, refusal };
  }

  #book({ account }: Caller): AccountBook {
    const book = this.#sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a key's account is open");
    return book;
  }

  /** A symbol nobody trades is a slip: "nothing open" would be taken for safety. */
  #unknownSymbol(account: Account, { symbol }: CancelFilter): Refusal | null {
    if (symbol === undefined) return null;
    const { desk } = this.#sequencer.partitions.deskOf(account);
    if (desk.instrument(symbol) !== null) return null;
    return {
      refused: "UNKNOWN_SYMBOL",
      details: `symbol ${symbol} is not traded; nothing was cancelled`,
    };
  }

  #count(account: Account, change: number): void {
    const count = (this.#underWay.get(account) ?? 0) + change;
    if (count > 0) this.#underWay.set(account, count);
    else this.#underWay.delete(account);
  }
}

/** Asks for nothing that can change of an order. */
function matcherOf(caller: Caller, filter: CancelFilter, nowMs: UnixMs): (order: Order) => boolean {
  const { market, symbol, side, portfolioId, ordType, olderThanS, clOrdIdPrefix } = filter;
  return (order) =>
    sees(caller, order) &&
    (market === undefined || order.market === market) &&
    (symbol === undefined || order.symbol === symbol) &&
    (side === undefined || order.side === side) &&
    (portfolioId === undefined || order.portfolioId === portfolioId) &&
    (ordType === undefined || order.ordType === ordType) &&
    (olderThanS === undefined || nowMs - order.createdAtMs >= olderThanS * 1000) &&
    (clOrdIdPrefix === undefined || order.clOrdId.startsWith(clOrdIdPrefix));
}

/** Code 0 says that no order that matched works any more; anything else is a failure. */
function answerOf(fates: CancelAllFates): KeptAnswer {
  const { done, already, tooLate, failed } = fates.counts;
  const count = done + already + tooLate + failed;
  if (failed === 0) {
    const data = fates.encoded(count === 0 ? "nothing_open" : "done");
    // Kept also when nothing was open: sent again later it must not cancel younger orders.
    return { answer: { httpStatus: 200, body: encodeSuccess(data) }, isKept: true };
  }
  const isAll = failed === count;
  const name = isAll ? "NOTHING_CANCELED" : "NOT_ALL_CANCELED";
  const data = fates.encoded(isAll ? "nothing_worked" : "not_all");
  const details = `${failed} of ${count} orders work on: data says why`;
  const body = encodeError(name, details, { members: [["data", data]] });
  return { answer: { httpStatus: errorSpec(name).httpStatus, body }, isKept: !isAll };
}
