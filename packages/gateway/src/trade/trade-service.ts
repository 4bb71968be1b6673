/**
 * What a client can do, once its request is authenticated and decoded: the same for HTTP and the
 * socket. Gives answers in wire form, so that what is remembered of a write is exactly what was
 * sent.
 */
import {
  ACCEPTED,
  type BatchAnswer,
  type CancelElement,
  cancelElementReference,
  type ErrorName,
  encodeBatch,
  encodeCancelData,
  encodeError,
  encodeFault,
  encodeOrder,
  encodeOrdersPage,
  encodePlaced,
  encodeSuccess,
  errorSpec,
  type Fault,
  isFault,
  type OrdersQuery,
  type PlaceElement,
} from "@countermand/contract";
import { assert, at } from "@countermand/core/assert";
import type {
  CancelTarget,
  Instrument,
  Order,
  PlaceRequest,
  Refusal,
} from "@countermand/core/model";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { OrderFilter } from "../archive/order-filter.ts";
import { queryOrders } from "../archive/order-query.ts";
import type { Caller } from "../auth/key-store.ts";
import type {
  Answer,
  RequestIdentity,
  Sequencer,
  Turn,
  WriteResult,
} from "../sequencer/sequencer.ts";
import {
  ARCHIVE_UNREADABLE,
  type Archived,
  type CancelOutcome,
  cancelInTurn,
  cancelKey,
  faultOutcome,
  lookUpClosed,
  missingFromMemory,
  NOTHING_ARCHIVED,
  unreadable,
} from "./cancel-outcome.ts";

export interface CallOptions {
  /** Names the request; used by writes that a repetition must not do twice. */
  readonly identity: RequestIdentity;
  /** Remember every change under the identity, also those that are idempotent by nature. */
  readonly rememberAlways: boolean;
  /** `Prefer: return=representation`: answer with the whole order. */
  readonly representation: boolean;
}

export interface TradeAnswer extends Answer {
  /** This request was answered before; nothing was done now. */
  readonly replayed: boolean;
}

export interface TradeServiceOptions {
  readonly sequencer: Sequencer;
  readonly archive: OrderArchive;
  readonly instruments: readonly Instrument[];
}

export class TradeService {
  readonly #sequencer: Sequencer;
  readonly #archive: OrderArchive;
  readonly #instruments: ReadonlyMap<string, Instrument>;

  constructor(options: TradeServiceOptions) {
    this.#sequencer = options.sequencer;
    this.#archive = options.archive;
    this.#instruments = new Map(options.instruments.map((each) => [each.symbol, each]));
  }

  cancel(caller: Caller, target: CancelTarget, options: CallOptions): Promise<TradeAnswer> {
    return this.#cancelWrite(caller, [target], options, (turn, archived) => {
      return this.#cancelAnswer(cancelInTurn(turn, target, archived), options);
    });
  }

  cancelBatch(
    caller: Caller,
    elements: readonly CancelElement[],
    options: CallOptions,
  ): Promise<TradeAnswer> {
    const targets = elements.map(({ target }) => target);
    return this.#cancelWrite(caller, targets, options, (turn, archived) => {
      const outcomes = cancelEach(turn, targets, archived);
      const answers = elements.map((element, index) => {
        return this.#cancelElementAnswer(element, at(outcomes, index), options);
      });
      return { httpStatus: 200, body: encodeBatch(answers) };
    });
  }

  place(caller: Caller, request: PlaceRequest, options: CallOptions): Promise<TradeAnswer> {
    return this.#write(caller, "place", options.identity, (turn) => {
      const placed = turn.place(request);
      if ("refused" in placed) return refusedAnswer(placed);
      if (!options.representation) {
        return { httpStatus: 200, body: encodePlaced(placed.orderId) };
      }
      return { httpStatus: 200, body: encodeSuccess(this.#orderJson(placed)) };
    });
  }

  placeBatch(
    caller: Caller,
    elements: readonly PlaceElement[],
    options: CallOptions,
  ): Promise<TradeAnswer> {
    return this.#write(caller, "place", options.identity, (turn) => {
      const answers = elements.map(({ referenceId, request }): BatchAnswer => {
        const placed = isFault(request) ? request : turn.place(request);
        if (isFault(placed) || "refused" in placed) {
          const resultJson = isFault(placed) ? encodeFault(placed) : refusedAnswer(placed).body;
          return { orderNo: "", referenceId, resultJson, dataJson: null };
        }
        const dataJson = options.representation ? this.#orderJson(placed) : null;
        return { orderNo: placed.orderId, referenceId, resultJson: ACCEPTED, dataJson };
      });
      return { httpStatus: 200, body: encodeBatch(answers) };
    });
  }

  /**
   * Sees every change that was answered or pushed before the call; tells nothing that may be
   * lost.
   */
  async orders(caller: Caller, query: OrdersQuery): Promise<TradeAnswer> {
    const { partitions } = this.#sequencer;
    const book = partitions.deskOf(caller.account).desk.book(caller.account);
    assert(book !== null, "a key's account is open");
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    try {
      const found = await queryOrders(
        {
          account: caller.account,
          filter: filterOf(query),
          pageIndex: query.pageIndex,
          pageSize: query.pageSize,
        },
        { open: book, recent: partitions.recent, archive: this.#archive },
      );
      // Written out when it may be told: while the disk stalls, a page is a few references.
      const page = await this.#sequencer.read(() => found);
      const body = encodeOrdersPage({
        totalRecords: page.total,
        page: query.pageIndex,
        pageSize: query.pageSize,
        orders: page.orders.map((order) => this.#orderJson(order)),
      });
      return { httpStatus: 200, body, replayed: false };
    } catch (error) {
      if (isArchiveUnavailable(error)) return failed("UNAVAILABLE", ARCHIVE_UNREADABLE);
      throw error;
    }
  }

  /** The order as the query shows it. */
  #orderJson(order: Order): string {
    return encodeOrder(order, this.#namesOf(order), { query: true });
  }

  #namesOf(order: Order): Instrument {
    const instrument = this.#instruments.get(order.symbol);
    assert(instrument !== undefined, "an order's instrument is known");
    return instrument;
  }

  /**
   * Decides in this very call when memory knows the targets: commands of one client then happen
   * in the order they came in. Otherwise the archive is asked first.
   */
  #cancelWrite(
    caller: Caller,
    targets: readonly (CancelTarget | Fault)[],
    options: CallOptions,
    decide: (turn: Turn, archived: Archived) => Answer,
  ): Promise<TradeAnswer> {
    const identity = cancelIdentity(targets, options);
    const write = (archived: Archived): Promise<TradeAnswer> => {
      return this.#write(caller, "cancel", identity, (turn) => decide(turn, archived));
    };
    const missing = missingFromMemory(this.#sequencer, caller, targets, NOTHING_ARCHIVED);
    if (missing.length === 0) return write(NOTHING_ARCHIVED);
    return lookUpClosed(this.#sequencer, this.#archive, caller, targets).then(write, (error) => {
      // Of a batch, what is open is cancelled still; the rest is not decided.
      if (isArchiveUnavailable(error)) return write(unreadable(this.#sequencer, caller, targets));
      throw error;
    });
  }

  #cancelAnswer(outcome: CancelOutcome, { representation }: CallOptions): Answer {
    if (outcome.outcome === "refused") {
      const httpStatus = errorSpec(outcome.error).httpStatus;
      return { httpStatus, body: this.#refusedCancel(outcome, representation) };
    }
    if (!representation) return { httpStatus: 200, body: ACCEPTED };
    const { order, already } = outcome;
    const dataJson = encodeCancelData(order, this.#namesOf(order), already);
    return { httpStatus: 200, body: encodeSuccess(dataJson) };
  }

  #cancelElementAnswer(
    element: CancelElement,
    outcome: CancelOutcome,
    { representation }: CallOptions,
  ): BatchAnswer {
    const referenceId = cancelElementReference(element);
    const orderNo = outcome.order?.orderId ?? element.orderNo;
    if (outcome.outcome === "refused") {
      const resultJson = this.#refusedCancel(outcome, false);
      const dataJson =
        representation && outcome.order !== null ? this.#orderJson(outcome.order) : null;
      return { orderNo, referenceId, resultJson, dataJson };
    }
    const { order, already } = outcome;
    const dataJson = representation ? encodeCancelData(order, this.#namesOf(order), already) : null;
    return { orderNo, referenceId, resultJson: ACCEPTED, dataJson };
  }

  /** A refused cancel shows the order it was about, if that was asked for. */
  #refusedCancel(
    { error, details, order }: CancelOutcome & { outcome: "refused" },
    representation: boolean,
  ): string {
    if (!representation || order === null) return encodeError(error, details);
    return encodeError(error, details, { members: [["data", this.#orderJson(order)]] });
  }

  async #write(
    caller: Caller,
    urgency: "cancel" | "place",
    identity: RequestIdentity | null,
    decide: (turn: Turn) => Answer,
  ): Promise<TradeAnswer> {
    try {
      return answerOf(await this.#sequencer.write(caller.account, urgency, identity, decide));
    } catch (error) {
      // The first answer of a repeated request stands in the archive's reach; nothing was done now.
      if (isArchiveUnavailable(error)) return failed("UNAVAILABLE", ANSWER_UNREADABLE);
      throw error;
    }
  }
}

const TOO_MANY_WAIT = "too many requests are waiting for the disk";
const ANSWER_UNREADABLE =
  "this request was answered before, and that answer cannot be read just now";

function filterOf(query: OrdersQuery): OrderFilter {
  return {
    market: query.market,
    symbol: query.symbol,
    side: query.side,
    portfolioId: query.portfolioId,
    ordStatus: query.status,
    createdFromS: query.startTime,
    createdToS: query.endTime,
    orderId: query.orderId,
    clOrdId: query.clOrdId,
  };
}

/** One after the other; an order named twice has one outcome. */
function cancelEach(
  turn: Turn,
  targets: readonly (CancelTarget | Fault)[],
  archived: Archived,
): CancelOutcome[] {
  const byTarget = new Map<string, CancelOutcome>();
  const byOrder = new Map<string, CancelOutcome>();
  return targets.map((target) => {
    if (isFault(target)) return faultOutcome(target);
    const named = byTarget.get(cancelKey(target));
    if (named !== undefined) return named;
    const fresh = cancelInTurn(turn, target, archived);
    const orderId = fresh.order?.orderId;
    const outcome = (orderId === undefined ? undefined : byOrder.get(orderId)) ?? fresh;
    byTarget.set(cancelKey(target), outcome);
    if (orderId !== undefined) byOrder.set(orderId, outcome);
    return outcome;
  });
}

/**
 * A cancel by order number is idempotent by nature; one by the client's name may mean another
 * order later.
 */
function cancelIdentity(
  targets: readonly (CancelTarget | Fault)[],
  options: CallOptions,
): RequestIdentity | null {
  const byName = targets.some((target) => !isFault(target) && target.by === "clOrdId");
  return byName || options.rememberAlways ? options.identity : null;
}

function answerOf(written: WriteResult): TradeAnswer {
  switch (written.result) {
    case "answered":
      return { ...written.answer, replayed: false };
    case "repeated":
      return { ...written.answer, replayed: true };
    case "identityReused":
      return failed("COMMAND_ID_REUSED", "");
    case "expired":
      return failed("TIMESTAMP_OUT_OF_WINDOW", "its time ran out before it was done; sign again");
    case "overloaded":
      return failed("OVERLOADED", TOO_MANY_WAIT);
  }
}

function refusedAnswer(refusal: Refusal): Answer {
  const { httpStatus } = errorSpec(refusal.refused);
  return { httpStatus, body: encodeError(refusal.refused, refusal.details) };
}

function failed(error: ErrorName, details: string): TradeAnswer {
  return {
    httpStatus: errorSpec(error).httpStatus,
    body: encodeError(error, details),
    replayed: false,
  };
}

function isArchiveUnavailable(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ARCHIVE_UNAVAILABLE";
}
