/**
 * What a client can do, once its request is authenticated and decoded: the same for HTTP and the
 * socket. Gives answers in wire form, so that what is remembered of a write is exactly what was
 * sent.
 */
import {
  ACCEPTED,
  type AmendRequest,
  type BatchAnswer,
  type CancelAllRequest,
  type CancelElement,
  type CancelRequest,
  cancelElementReference,
  encodeBatch,
  encodeCancelData,
  encodeFault,
  encodeOrder,
  encodePlaced,
  encodeReceipted,
  encodeRefusal,
  encodeSuccess,
  type Fault,
  fillReceipts,
  hasReceiptMarks,
  isFault,
  type OrdersQuery,
  type PlaceElement,
  type ReceiptMark,
} from "@countermand/contract";
import { assert, at } from "@countermand/core/assert";
import {
  type Account,
  type Instrument,
  type InstrumentSource,
  InstrumentTable,
  type Order,
  type OrderId,
  type PlaceRequest,
} from "@countermand/core/model";
import { refusalAnswer } from "../answers.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Budgets } from "../limits/budgets.ts";
import type { ReceiptIssuer } from "../receipts/receipt-issuer.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type { Answer, Origin, RequestIdentity, Sequencer } from "../sequencer/sequencer.ts";
import { CancelAllService } from "./cancel-all-service.ts";
import {
  type AboutOrder,
  type Archived,
  amendInTurn,
  type CancelOutcome,
  cancelInTurn,
  faultOutcome,
  isSameTarget,
  lookUpClosed,
  missingFromMemory,
  NOTHING_ARCHIVED,
  type RefusedOutcome,
} from "./cancel-outcome.ts";
import { failed, overBudget, refusedAbout, TOO_MANY_WAIT } from "./failed-answer.ts";
import { OrderLists } from "./order-lists.ts";
import { writtenAnswer } from "./written-answer.ts";

export interface CallOptions {
  /** Names the request; used by writes that a repetition must not do twice. */
  readonly identity: RequestIdentity;
  /** Remember every change under the identity, also those that are idempotent by nature. */
  readonly rememberAlways: boolean;
  /** `Prefer: return=representation`: answer with the whole order. */
  readonly representation: boolean;
  /** A signed receipt is wanted of what is cancelled. */
  readonly receipt?: boolean;
  /** On which way it came. */
  readonly origin?: Origin;
  /** When the secret began that it was signed with; absent where none was. */
  readonly secretSinceMs?: number;
}

export interface TradeAnswer extends Answer {
  /** This request was answered before; nothing was done now. */
  readonly replayed: boolean;
  /** Done, and not to be told: the client is to find out by itself. */
  readonly isLost?: boolean;
}

export interface TradeServiceOptions {
  readonly sequencer: Sequencer;
  readonly archive: OrderArchive;
  readonly instruments: InstrumentSource;
  /** Loses answers on request; none by default. */
  readonly losesAnswer?: (caller: Caller) => boolean;
  /** What each key may ask for; no bounds by default. */
  readonly budgets?: Budgets | null;
  /** Absent or null: this gateway signs none. */
  readonly receipts?: ReceiptIssuer | null;
}

export class TradeService {
  readonly #sequencer: Sequencer;
  readonly #archive: OrderArchive;
  readonly #cancelAlls: CancelAllService;
  readonly #lists: OrderLists;
  readonly #instruments: InstrumentTable;
  readonly #losesAnswer: ((caller: Caller) => boolean) | null;
  readonly #budgets: Budgets | null;
  readonly #receipts: ReceiptIssuer | null;

  constructor(options: TradeServiceOptions) {
    this.#sequencer = options.sequencer;
    this.#archive = options.archive;
    this.#cancelAlls = new CancelAllService(options.sequencer, options.losesAnswer);
    this.#lists = new OrderLists(options);
    this.#budgets = options.budgets ?? null;
    this.#receipts = options.receipts ?? null;
    this.#instruments = InstrumentTable.of(options.instruments);
    this.#losesAnswer = options.losesAnswer ?? null;
  }

  cancel(caller: Caller, request: CancelRequest, options: CallOptions): Promise<TradeAnswer> {
    const requests = [request];
    const about = aboutCancels(requests, options);
    const waitSeconds = this.#cancelWait(caller, requests, about.identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    if (this.#lacksReceipts(options)) return Promise.resolve(failed("RECEIPTS_OFF", ""));
    const writing = this.#writeAbout(caller, about, (turn, archived = NOTHING_ARCHIVED) => {
      const outcome = cancelInTurn(turn, request, archived);
      return this.#cancelAnswer(outcome, options, receiptMark(turn, outcome, options));
    });
    return this.#receipted(caller, about.identity, writing);
  }

  cancelBatch(
    caller: Caller,
    elements: readonly CancelElement[],
    options: CallOptions,
  ): Promise<TradeAnswer> {
    const requests = elements.map(({ request }) => request);
    const about = aboutCancels(requests, options);
    const waitSeconds = this.#cancelWait(caller, requests, about.identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    if (this.#lacksReceipts(options)) return Promise.resolve(failed("RECEIPTS_OFF", ""));
    const writing = this.#writeAbout(caller, about, (turn, archived = NOTHING_ARCHIVED) => {
      const outcomes = cancelEach(turn, requests, archived);
      const answers = elements.map((element, index) => {
        const outcome = at(outcomes, index);
        const receipt = receiptMark(turn, outcome, options);
        return this.#cancelElementAnswer(element, outcome, options, receipt);
      });
      return { httpStatus: 200, body: encodeBatch(answers) };
    });
    return this.#receipted(caller, about.identity, writing);
  }

  cancelAll(caller: Caller, request: CancelAllRequest, options: CallOptions): Promise<TradeAnswer> {
    const waitSeconds = this.#cancelAllWait(caller, request, options.identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    return this.#cancelAlls.cancelAll(caller, request, options);
  }

  amend(caller: Caller, request: AmendRequest, options: CallOptions): Promise<TradeAnswer> {
    const { identity, origin, representation } = options;
    const about = { requests: [request], urgency: "place", identity, origin } as const;
    const waitSeconds = this.#placeWait(caller, 1, identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    return this.#writeAbout(caller, about, (turn, archived = NOTHING_ARCHIVED) => {
      const outcome = amendInTurn(turn, request, archived);
      if (outcome.outcome === "refused") return this.#refusedAnswer(outcome, representation);
      const body = representation ? encodeSuccess(this.#orderJson(outcome.order)) : ACCEPTED;
      return { httpStatus: 200, body };
    });
  }

  place(caller: Caller, request: PlaceRequest, options: CallOptions): Promise<TradeAnswer> {
    const { identity } = options;
    const waitSeconds = this.#placeWait(caller, 1, identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    const decide = (turn: Turn): Answer => {
      const placed = turn.place(request);
      if ("refused" in placed) return refusalAnswer(placed);
      this.#budgets?.placed(caller, 1);
      if (!options.representation) {
        return { httpStatus: 200, body: encodePlaced(placed.orderId) };
      }
      return { httpStatus: 200, body: encodeSuccess(this.#orderJson(placed)) };
    };
    return this.#write(caller, "place", identity, decide, options.origin);
  }

  placeBatch(
    caller: Caller,
    elements: readonly PlaceElement[],
    options: CallOptions,
  ): Promise<TradeAnswer> {
    const { identity } = options;
    const waitSeconds = this.#placeWait(caller, elements.length, identity);
    if (waitSeconds > 0) return Promise.resolve(overBudget(waitSeconds));
    const decide = (turn: Turn): Answer => {
      const answers = elements.map(({ referenceId, request }): BatchAnswer => {
        const placed = isFault(request) ? request : turn.place(request);
        if (isFault(placed) || "refused" in placed) {
          const resultJson = isFault(placed) ? encodeFault(placed) : encodeRefusal(placed);
          return { orderNo: "", referenceId, resultJson, dataJson: null };
        }
        this.#budgets?.placed(caller, 1);
        const dataJson = options.representation ? this.#orderJson(placed) : null;
        return { orderNo: placed.orderId, referenceId, resultJson: ACCEPTED, dataJson };
      });
      return { httpStatus: 200, body: encodeBatch(answers) };
    };
    return this.#write(caller, "place", identity, decide, options.origin);
  }

  async orders(caller: Caller, query: OrdersQuery): Promise<TradeAnswer> {
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    return { ...(await this.#lists.ofCaller(caller, query)), replayed: false };
  }

  /**
   * 0, or the seconds until the budget covers it. What was answered before costs nothing: it gets
   * its first answer.
   */
  #placeWait(caller: Caller, count: number, identity: RequestIdentity): number {
    if (!this.#budgets?.isOn || this.#sequencer.remembers(caller.account, identity)) return 0;
    return this.#budgets.takePlaces(caller, count);
  }

  #cancelWait(
    caller: Caller,
    requests: readonly (CancelRequest | Fault)[],
    identity: RequestIdentity | null,
  ): number {
    if (!this.#budgets?.isOn) return 0;
    if (identity !== null && this.#sequencer.remembers(caller.account, identity)) return 0;
    const open = requests.filter((request) => {
      if (isFault(request)) return false;
      return this.#sequencer.cancels(caller, request.target, request.condition);
    });
    return this.#budgets.takeCancels(caller, { named: requests.length, open: open.length });
  }

  /** Costs one, and nothing has to be left where it cancels anything. */
  #cancelAllWait(
    caller: Caller,
    { filter, isPreview }: CancelAllRequest,
    identity: RequestIdentity,
  ): number {
    if (!this.#budgets?.isOn || this.#sequencer.remembers(caller.account, identity)) return 0;
    const open = !isPreview && this.#cancelAlls.mayFindAny(caller, filter) ? 1 : 0;
    return this.#budgets.takeCancels(caller, { named: 1, open });
  }

  /** The order as the query shows it. */
  #orderJson(order: Order): string {
    return encodeOrder(order, this.#namesOf(order), { query: true });
  }

  #namesOf(order: Order): Instrument {
    const instrument = this.#instruments.find(order.symbol);
    assert(instrument !== null, "an order's instrument is known");
    return instrument;
  }

  /**
   * Decides in this very call when memory knows the targets: commands of one client then happen
   * in the order they came in. Otherwise the archive is asked first.
   */
  #writeAbout(
    caller: Caller,
    about: WriteAbout,
    decide: (turn: Turn, archived?: Archived) => Answer,
  ): Promise<TradeAnswer> {
    const { requests, urgency, identity, origin } = about;
    const missing = missingFromMemory(this.#sequencer, caller, requests, NOTHING_ARCHIVED);
    if (missing.length > 0) return this.#writeLookedUp(caller, about, decide);
    return this.#write(caller, urgency, identity, decide, origin);
  }

  #writeLookedUp(
    caller: Caller,
    { requests, urgency, identity, origin }: WriteAbout,
    decide: (turn: Turn, archived: Archived) => Answer,
  ): Promise<TradeAnswer> {
    return lookUpClosed(this.#sequencer, this.#archive, caller, requests).then((archived) => {
      return this.#write(caller, urgency, identity, (turn) => decide(turn, archived), origin);
    });
  }

  #lacksReceipts({ receipt = false }: CallOptions): boolean {
    return receipt && this.#receipts === null;
  }

  /** Receipts are made when the cancels are durable; a repeated request may have asked before. */
  #receipted(
    { account }: Caller,
    identity: RequestIdentity | null,
    writing: Promise<TradeAnswer>,
  ): Promise<TradeAnswer> {
    if (identity === null) return writing;
    return writing.then((answer) => {
      return hasReceiptMarks(answer.body) ? this.#filled(account, answer) : answer;
    });
  }

  async #filled(account: Account, answer: TradeAnswer): Promise<TradeAnswer> {
    const { body } = answer;
    const filled = this.#receipts?.filled(account, body) ?? fillReceipts(body, []);
    return { ...answer, body: await filled };
  }

  #cancelAnswer(
    outcome: CancelOutcome,
    { representation }: CallOptions,
    receipt: ReceiptMark | null,
  ): Answer {
    if (outcome.outcome === "refused") return this.#refusedAnswer(outcome, representation);
    if (!representation && receipt === null) return { httpStatus: 200, body: ACCEPTED };
    const { order, already } = outcome;
    const dataJson = representation ? encodeCancelData(order, this.#namesOf(order), already) : null;
    const body =
      receipt === null ? encodeSuccess(dataJson ?? "") : encodeReceipted(dataJson, receipt);
    return { httpStatus: 200, body };
  }

  #cancelElementAnswer(
    element: CancelElement,
    outcome: CancelOutcome,
    { representation }: CallOptions,
    receipt: ReceiptMark | null,
  ): BatchAnswer {
    const referenceId = cancelElementReference(element);
    const orderNo = outcome.order?.orderId ?? element.orderNo;
    if (outcome.outcome === "refused") {
      const resultJson = this.#refusedAnswer(outcome, false).body;
      const dataJson =
        representation && outcome.order !== null ? this.#orderJson(outcome.order) : null;
      return { orderNo, referenceId, resultJson, dataJson, receipt };
    }
    const { order, already } = outcome;
    const dataJson = representation ? encodeCancelData(order, this.#namesOf(order), already) : null;
    return { orderNo, referenceId, resultJson: ACCEPTED, dataJson, receipt };
  }

  /** A refused cancel or amend shows the order it was about, if that was asked for. */
  #refusedAnswer(outcome: RefusedOutcome, representation: boolean): Answer {
    const { order } = outcome;
    return refusedAbout(outcome, representation && order !== null ? this.#orderJson(order) : null);
  }

  #write(
    caller: Caller,
    urgency: "cancel" | "place",
    identity: RequestIdentity | null,
    decide: (turn: Turn) => Answer,
    origin: Origin | undefined,
  ): Promise<TradeAnswer> {
    const losesAnswer = this.#losesAnswer;
    if (losesAnswer === null) {
      return writtenAnswer(this.#sequencer.write(caller, urgency, identity, decide, origin));
    }
    // The first answer alone is lost: a repetition is decided no more.
    let isLost = false;
    const lossy = (turn: Turn): Answer => {
      const answer = decide(turn);
      isLost = losesAnswer(caller);
      return answer;
    };
    const writing = this.#sequencer.write(caller, urgency, identity, lossy, origin);
    const answering = writtenAnswer(writing);
    return isLost ? answering.then((answer) => ({ ...answer, isLost })) : answering;
  }
}

/** A write that names orders, which may be closed. */
interface WriteAbout {
  readonly requests: readonly (AboutOrder | Fault)[];
  readonly urgency: "cancel" | "place";
  readonly identity: RequestIdentity | null;
  readonly origin: Origin | undefined;
}

/** One after the other; an order named twice under the same conditions has one outcome. */
function cancelEach(
  turn: Turn,
  requests: readonly (CancelRequest | Fault)[],
  archived: Archived,
): CancelOutcome[] {
  const outcomes: CancelOutcome[] = [];
  for (const request of requests) {
    if (isFault(request)) {
      outcomes.push(faultOutcome(request));
      continue;
    }
    const named = sameBefore(requests, outcomes, request, null);
    const fresh = named ?? cancelInTurn(turn, request, archived);
    const { order } = fresh;
    const decided = order && sameBefore(requests, outcomes, request, order.orderId);
    outcomes.push(named ?? decided ?? fresh);
  }
  return outcomes;
}

/**
 * What came of the first request before it under the same conditions that names the same, or, with
 * an order, that was about that one. Looked for among a few: a batch is small.
 */
function sameBefore(
  requests: readonly (CancelRequest | Fault)[],
  outcomes: readonly CancelOutcome[],
  { target, condition: { unfilled, version } }: CancelRequest,
  orderId: OrderId | null,
): CancelOutcome | null {
  for (let index = 0; index < outcomes.length; index += 1) {
    const before = at(requests, index);
    if (isFault(before)) continue;
    const { condition } = before;
    if (condition.unfilled !== unfilled || condition.version !== version) continue;
    const outcome = at(outcomes, index);
    const isSame =
      orderId === null ? isSameTarget(before.target, target) : outcome.order?.orderId === orderId;
    if (isSame) return outcome;
  }
  return null;
}

/**
 * A cancel by order number is idempotent by nature; one by the client's name may mean another
 * order later.
 */
function aboutCancels(
  requests: readonly (CancelRequest | Fault)[],
  options: CallOptions,
): WriteAbout {
  const isNamed = requests.some(isByName);
  const isKept = options.rememberAlways || options.receipt === true || isNamed;
  return {
    requests,
    urgency: "cancel",
    identity: isKept ? identityOfCancels(options.identity, isNamed) : null,
    origin: options.origin,
  };
}

function identityOfCancels(identity: RequestIdentity, isNamed: boolean): RequestIdentity {
  return isNamed ? identity : { ...identity, isIdempotent: true };
}

function isByName(request: CancelRequest | Fault): boolean {
  return !isFault(request) && request.target.by === "clOrdId";
}

/** The same request again must get the same receipt: so its answer is kept, whatever it did. */
function receiptMark(
  turn: Turn,
  outcome: CancelOutcome,
  { receipt = false }: CallOptions,
): ReceiptMark | null {
  if (!receipt || outcome.outcome === "refused") return null;
  turn.keepAnswer();
  return { orderId: outcome.order.orderId, issuedAtMs: turn.wallMs() };
}
