/**
 * What a new order, an amend or a cancel would come to now: the same checks in the same order, and
 * the order as it would stand behind them. Nothing is done, kept or remembered. By the time of the
 * real one, things may have changed.
 */
import {
  type CancelRequest,
  encodeOrder,
  encodePreviewedCancel,
  encodePreviewedOrder,
  encodeSuccess,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import {
  type AmendRequest,
  type Instrument,
  type InstrumentSource,
  InstrumentTable,
  type Order,
  type OrderId,
  type PlaceRequest,
} from "@countermand/core/model";
import { reservedAsset, reservedUnits } from "@countermand/core/money";
import { refusalAnswer } from "../answers.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Budgets } from "../limits/budgets.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import {
  type AboutOrder,
  type Archived,
  amendInTurn,
  cancelInTurn,
  lookUpClosed,
  type RefusedOutcome,
} from "./cancel-outcome.ts";
import { overBudget, refusedAbout } from "./failed-answer.ts";
import { type WrittenAnswer, writtenAnswer } from "./written-answer.ts";

export interface PreviewServiceOptions {
  readonly sequencer: Sequencer;
  readonly archive: OrderArchive;
  readonly instruments: InstrumentSource;
  /** What each key may ask for; no bounds by default. */
  readonly budgets?: Budgets | null;
}

/** An order has its number when it is placed. */
const NO_ORDER_ID = "" as OrderId;

export class PreviewService {
  readonly #sequencer: Sequencer;
  readonly #archive: OrderArchive;
  readonly #instruments: InstrumentTable;
  readonly #budgets: Budgets | null;

  constructor({ sequencer, archive, instruments, budgets = null }: PreviewServiceOptions) {
    this.#sequencer = sequencer;
    this.#archive = archive;
    this.#instruments = InstrumentTable.of(instruments);
    this.#budgets = budgets;
  }

  async place(caller: Caller, request: PlaceRequest): Promise<WrittenAnswer> {
    const waitSeconds = this.#budgets?.takePlaces(caller, 1) ?? 0;
    if (waitSeconds > 0) return overBudget(waitSeconds);
    const view = (turn: Turn): Answer => {
      const placed = turn.place(request);
      if (!("refused" in placed)) return this.#previewed({ ...placed, orderId: NO_ORDER_ID });
      return refusalAnswer(placed);
    };
    return await writtenAnswer(this.#sequencer.preview(caller, "place", view));
  }

  async amend(caller: Caller, request: AmendRequest): Promise<WrittenAnswer> {
    const waitSeconds = this.#budgets?.takePlaces(caller, 1) ?? 0;
    if (waitSeconds > 0) return overBudget(waitSeconds);
    const archived = await this.#lookedUp(caller, request);
    const view = (turn: Turn): Answer => {
      const outcome = amendInTurn(turn, request, archived);
      return outcome.outcome === "refused"
        ? this.#refused(outcome)
        : this.#previewed(outcome.order);
    };
    return await writtenAnswer(this.#sequencer.preview(caller, "place", view));
  }

  async cancel(caller: Caller, request: CancelRequest): Promise<WrittenAnswer> {
    const waitSeconds = this.#budgets?.takeCancels(caller, { named: 1, open: 0 }) ?? 0;
    if (waitSeconds > 0) return overBudget(waitSeconds);
    const archived = await this.#lookedUp(caller, request);
    const view = (turn: Turn): Answer => {
      const outcome = cancelInTurn(turn, request, archived);
      if (outcome.outcome === "refused") return this.#refused(outcome);
      const { order, already } = outcome;
      const data = encodePreviewedCancel(order, this.#instrumentOf(order), already);
      return { httpStatus: 200, body: encodeSuccess(data) };
    };
    return await writtenAnswer(this.#sequencer.preview(caller, "cancel", view));
  }

  #previewed(order: Order): Answer {
    const instrument = this.#instrumentOf(order);
    const { name } = reservedAsset(order.side, instrument);
    const data = encodePreviewedOrder(order, instrument, { name, units: reservedUnits(order) });
    return { httpStatus: 200, body: encodeSuccess(data) };
  }

  /** With the order that it is about, where the account has it. */
  #refused(outcome: RefusedOutcome): Answer {
    const { order } = outcome;
    const orderJson = order && encodeOrder(order, this.#instrumentOf(order), { query: true });
    return refusedAbout(outcome, orderJson);
  }

  /** What the archive knows of an order that memory does not. */
  #lookedUp(caller: Caller, request: AboutOrder): Promise<Archived> {
    return lookUpClosed(this.#sequencer, this.#archive, caller, [request]);
  }

  #instrumentOf({ symbol }: Order): Instrument {
    const instrument = this.#instruments.find(symbol);
    assert(instrument !== null, "an order's instrument is known");
    return instrument;
  }
}
