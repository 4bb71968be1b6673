/**
 * Cancel-all: every open order of an account that matches, in one answer. The orders are those open
 * when the request is taken; what is placed while it is worked is not touched.
 */
import {
  ACCEPTED,
  type CancelAllCounts,
  type CancelAllOutcome,
  type CancelAllRequest,
  type CancelAllWord,
  type CancelFilter,
  encodeCancelAllData,
  encodeError,
  encodeRefusal,
  encodeSuccess,
  errorSpec,
  listedFirst,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import { closedRefusal } from "@countermand/core/desk";
import {
  type Account,
  CancelReason,
  type Order,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { sees } from "../auth/portfolio-scope.ts";
import type { RunOutcome } from "../sequencer/cancel-runs.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type {
  Answer,
  KeptAnswer,
  ManyCancels,
  Origin,
  RequestIdentity,
  Sequencer,
} from "../sequencer/sequencer.ts";
import { failed, TOO_MANY_WAIT } from "./failed-answer.ts";
import { CANCEL_ALLS_PER_ACCOUNT_MAX } from "./limits.ts";
import { type WrittenAnswer, writtenAnswer } from "./written-answer.ts";

/** One order of the answer. */
interface Fate {
  readonly order: Order;
  readonly outcome: CancelAllWord;
  readonly refusal: Refusal | null;
}

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
      const answer = (outcomes: readonly RunOutcome[]) => {
        isLost = this.#losesAnswer(caller);
        return many.answer(outcomes);
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

  /** Whether any open order matches now. */
  findsAny(caller: Caller, filter: CancelFilter): boolean {
    const nowMs = this.#sequencer.catchUp();
    for (const _ of this.#eachMatching(caller, filter, nowMs)) return true;
    return false;
  }

  #decided(caller: Caller, filter: CancelFilter, nowMs: UnixMs): ManyCancels {
    const { account } = caller;
    const unknown = this.#unknownSymbol(account, filter);
    if (unknown !== null) return { answer: refusedAnswer(unknown), isKept: false };
    if ((this.#underWay.get(account) ?? 0) >= CANCEL_ALLS_PER_ACCOUNT_MAX) {
      const answer = failed("TOO_MANY_CANCEL_ALLS", "earlier ones of this account are not done");
      return { answer, isKept: false };
    }
    const orders = [...this.#eachMatching(caller, filter, nowMs)];
    return {
      run: { orders, reason: CancelReason.Requested },
      answer: (outcomes) => answerOf(outcomes.map(fateOf)),
    };
  }

  async #preview(caller: Caller, filter: CancelFilter): Promise<WrittenAnswer> {
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    const nowMs = this.#sequencer.catchUp();
    const unknown = this.#unknownSymbol(caller.account, filter);
    if (unknown !== null) return { ...refusedAnswer(unknown), replayed: false };
    // All orders of a market are refused alike, and there may be a hundred thousand.
    const refusals = new Map<string, Refusal | null>();
    const fates = Array.from(this.#eachMatching(caller, filter, nowMs), (order): Fate => {
      if (order.cancelPending) return { order, outcome: "already", refusal: null };
      if (!refusals.has(order.market)) {
        refusals.set(order.market, this.#sequencer.partitions.cancelRefusal(order, nowMs));
      }
      const refusal = refusals.get(order.market) ?? null;
      return { order, outcome: refusal === null ? "done" : "failed", refusal };
    });
    const body = encodeSuccess(dataOf("preview", countsOf(fates), fates));
    return await this.#sequencer.read(() => ({ httpStatus: 200, body, replayed: false }));
  }

  *#eachMatching(caller: Caller, filter: CancelFilter, nowMs: UnixMs): Generator<Order> {
    const { account } = caller;
    const book = this.#sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a key's account is open");
    for (const order of book.openOldestFirst()) {
      if (sees(caller, order) && matchesCancelFilter(order, filter, nowMs)) yield order;
    }
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

function matchesCancelFilter(order: Order, filter: CancelFilter, nowMs: UnixMs): boolean {
  const { market, symbol, side, portfolioId, ordType, olderThanS, clOrdIdPrefix } = filter;
  return (
    (market === undefined || order.market === market) &&
    (symbol === undefined || order.symbol === symbol) &&
    (side === undefined || order.side === side) &&
    (portfolioId === undefined || order.portfolioId === portfolioId) &&
    (ordType === undefined || order.ordType === ordType) &&
    (olderThanS === undefined || nowMs - order.createdAtMs >= olderThanS * 1000) &&
    (clOrdIdPrefix === undefined || order.clOrdId.startsWith(clOrdIdPrefix))
  );
}

function fateOf(outcome: RunOutcome): Fate {
  const { order } = outcome;
  switch (outcome.outcome) {
    case "done":
    case "already":
      return { order, outcome: outcome.outcome, refusal: null };
    case "tooLate":
      return { order, outcome: "too_late", refusal: closedRefusal(order) };
    case "failed":
      return { order, outcome: "failed", refusal: outcome.refusal };
  }
}

/** Code 0 says that no order that matched works any more; anything else is a failure. */
function answerOf(fates: readonly Fate[]): KeptAnswer {
  const counts = countsOf(fates);
  if (counts.failed === 0) {
    const data = dataOf(fates.length === 0 ? "nothing_open" : "done", counts, fates);
    // Kept also when nothing was open: sent again later it must not cancel younger orders.
    return { answer: { httpStatus: 200, body: encodeSuccess(data) }, isKept: true };
  }
  const isAll = counts.failed === fates.length;
  const name = isAll ? "NOTHING_CANCELED" : "NOT_ALL_CANCELED";
  const data = dataOf(isAll ? "nothing_worked" : "not_all", counts, fates);
  const details = `${counts.failed} of ${fates.length} orders work on: data says why`;
  const body = encodeError(name, details, { members: [["data", data]] });
  return { answer: { httpStatus: errorSpec(name).httpStatus, body }, isKept: !isAll };
}

function countsOf(fates: readonly Fate[]): CancelAllCounts {
  const count = (word: CancelAllWord) => fates.filter(({ outcome }) => outcome === word).length;
  return {
    done: count("done"),
    already: count("already"),
    tooLate: count("too_late"),
    failed: count("failed"),
  };
}

function dataOf(
  outcome: CancelAllOutcome,
  counts: CancelAllCounts,
  fates: readonly Fate[],
): string {
  const listed = listedFirst(fates).map(({ order, outcome, refusal }) => ({
    orderNo: order.orderId,
    referenceId: order.clOrdId,
    outcome,
    resultJson: refusal === null ? ACCEPTED : encodeRefusal(refusal),
  }));
  return encodeCancelAllData(outcome, counts, listed);
}

function refusedAnswer(refusal: Refusal): Answer {
  return { httpStatus: errorSpec(refusal.refused).httpStatus, body: encodeRefusal(refusal) };
}
