/**
 * What operators do to instruments: rename, halt, change tick and lot, add, retire. Each in one
 * turn of the sequencer: the decision, the cancels of what cannot stay, and the book in its new
 * grid are one commit.
 */
import type { InstrumentRequest, InstrumentStateRow, RestingChoice } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { GridTerms, OperatorAct } from "@countermand/core/control";
import {
  CancelReason,
  type Cause,
  fitsGrid,
  formatDecimal,
  type Instrument,
  type Order,
  type Price,
  type Qty,
  type Refusal,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import { askedReason, isWorking } from "@countermand/core/order";
import type { Partitions } from "../sequencer/partitions.ts";
import { RESTING_CANCELS_MAX } from "./limits.ts";

/** Who does it, when by the exchange's time, and how the orders say so. */
export interface InstrumentTurn {
  readonly act: OperatorAct;
  readonly cause: Cause;
  readonly nowMs: UnixMs;
}

export class InstrumentActs {
  readonly #partitions: Partitions;

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  list(): readonly InstrumentStateRow[] {
    const coming = this.#coming();
    return this.#control.table.all.map((each) => this.#row(each, coming));
  }

  /** All of it or nothing. */
  change(
    turn: InstrumentTurn,
    symbol: string,
    { securityDesc, halted, grid, resting }: InstrumentRequest,
  ): InstrumentStateRow | Refusal {
    const before = this.#traded(symbol);
    if ("refused" in before) return before;
    const terms = gridAfter(before, grid);
    const changed = this.#control.decideGrid(turn.act, symbol, terms);
    if (changed !== null && "refused" in changed) return changed;
    let unfit: readonly Order[] = [];
    if (changed !== null) {
      const after = { ...before, ...terms };
      const willHalt = halted ?? this.#isHalted(before);
      const refusal = this.#ruledTickRefusal(after) ?? this.#bookRefusal(symbol, willHalt, resting);
      if (refusal !== null) return refusal;
      unfit = this.#unfit(before, after);
      const unfitRefusal = this.#unfitRefusal(unfit, resting, turn.nowMs);
      if (unfitRefusal !== null) return unfitRefusal;
    }
    if (securityDesc !== null || halted !== null) {
      const named = { type: "InstrumentChanged", act: turn.act, symbol, securityDesc } as const;
      this.#partitions.stageControlEvent({ ...named, halted });
    }
    if (changed !== null) {
      this.#cancel(turn, unfit);
      this.#partitions.stageControlEvent(changed);
      this.#partitions.setGrid(this.#listed(symbol), turn.nowMs);
    }
    return this.#row(this.#listed(symbol));
  }

  add({ act, nowMs }: InstrumentTurn, instrument: Instrument): InstrumentStateRow | Refusal {
    const ruled = this.#ruledTickRefusal(instrument);
    if (ruled !== null) return ruled;
    const added = this.#control.decideAdd(act, instrument);
    if ("refused" in added) return added;
    this.#partitions.stageControlEvent(added);
    this.#partitions.setGrid(instrument, nowMs);
    return this.#row(instrument);
  }

  /** A second time changes nothing. */
  retire(
    turn: InstrumentTurn,
    symbol: string,
    resting: RestingChoice | null,
  ): InstrumentStateRow | Refusal {
    const retired = this.#control.decideRetire(turn.act, symbol);
    if (retired === null) return this.#row(this.#listed(symbol));
    if ("refused" in retired) return retired;
    const instrument = this.#listed(symbol);
    const orders = this.#working(symbol);
    const refusal =
      this.#bookRefusal(symbol, this.#isHalted(instrument), resting) ??
      this.#unfitRefusal(orders, resting, turn.nowMs);
    if (refusal !== null) return refusal;
    this.#cancel(turn, orders);
    this.#partitions.stageControlEvent(retired);
    return this.#row(instrument);
  }

  #row(instrument: Instrument, coming = this.#coming()): InstrumentStateRow {
    const { symbol } = instrument;
    const openCount = this.#openCount(symbol, coming);
    const isHalted = this.#control.instrument(symbol)?.halted ?? false;
    const state = this.#control.table.isRetired(symbol)
      ? "retired"
      : isHalted
        ? "halted"
        : "trading";
    return { instrument, state, openCount };
  }

  /** Where the market's rules set the step between prices, nobody else does. */
  #ruledTickRefusal({ symbol, marketGroup, priceTick }: Instrument): Refusal | null {
    const { markets } = this.#partitions.sessions.profile;
    if (markets[marketGroup].spreads === null) return null;
    const others = this.#control.table.all.filter((each) => each.symbol !== symbol);
    const ruled = this.#control.table.find(symbol) ?? others.find(inGroup(marketGroup));
    if (ruled === undefined || ruled.priceTick === priceTick) return null;
    const tick = formatDecimal(ruled.priceTick);
    return refuse("INVALID_INSTRUMENT", `the rules of ${marketGroup} set its tick: ${tick}`);
  }

  /** Nobody's order is touched unawares: a book in use is halted first, and the choice is said. */
  #bookRefusal(symbol: string, isHalted: boolean, resting: RestingChoice | null): Refusal | null {
    const count = this.#openCount(symbol, this.#coming());
    if (count === 0) return null;
    const has = `${symbol} has ${count} open orders`;
    if (!isHalted) return refuse("BOOK_NOT_EMPTY", `${has} and is not halted`);
    return resting === null ? refuse("BOOK_NOT_EMPTY", `${has}: say what becomes of them`) : null;
  }

  #unfitRefusal(
    unfit: readonly Order[],
    resting: RestingChoice | null,
    nowMs: UnixMs,
  ): Refusal | null {
    if (unfit.length === 0) return null;
    if (resting !== "cancel") {
      return refuse("ORDERS_DO_NOT_FIT", `${unfit.length} open orders cannot stay`);
    }
    if (unfit.length > RESTING_CANCELS_MAX) {
      const most = `at most ${RESTING_CANCELS_MAX} are cancelled at once`;
      return refuse("ORDERS_DO_NOT_FIT", `${unfit.length} open orders cannot stay: ${most}`);
    }
    for (const order of unfit) {
      const refusal = this.#partitions.cancelRefusal(order, nowMs);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** The exchange says what its book cannot keep, the desks what their orders could not have. */
  #unfit(before: Instrument, after: Instrument): readonly Order[] {
    const offGrid = this.#partitions.exchange.exchange.unfit(before.symbol, after);
    return this.#working(before.symbol).filter((order) => {
      return offGrid.has(order.orderId) || !fitsGrid(order, before, after);
    });
  }

  /**
   * One that is on its way to the venue is left to the gate, which refuses it there. One whose
   * cancel waits is cancelled now, for the reason that it was sent for.
   */
  #cancel({ cause, nowMs }: InstrumentTurn, orders: readonly Order[]): void {
    for (const order of orders) {
      if (order.phase === "PendingNew") continue;
      const reason = order.cancelPending ? askedReason(order) : CancelReason.InstrumentChanged;
      const withdraw = (each: Order) => this.#partitions.withdraw(each, nowMs, reason);
      this.#partitions.caused(cause, withdraw, order);
    }
  }

  /** What the venue has and what is on its way to it; there may be too many to look at each. */
  #openCount(symbol: string, coming: readonly Order[]): number {
    const onTheirWay = coming.filter((order) => order.symbol === symbol);
    return this.#partitions.exchange.exchange.orderCountOf(symbol) + onTheirWay.length;
  }

  /** Orders that the venue has not accepted yet. */
  #coming(): readonly Order[] {
    return this.#partitions.pendingOrders().filter(({ phase }) => phase === "PendingNew");
  }

  #working(symbol: string): readonly Order[] {
    const orders: Order[] = [];
    // Those of every other book would be looked at for nothing, and cancels would wait for it.
    if (this.#openCount(symbol, this.#coming()) === 0) return orders;
    for (const order of this.#open()) {
      if (order.symbol === symbol) orders.push(order);
    }
    return orders;
  }

  /** Of everybody; those on their way to the venue among them. */
  *#open(): Generator<Order, void, void> {
    for (const { desk } of this.#partitions.desks) {
      for (const book of desk.books()) {
        for (const order of book.openOldestFirst()) {
          if (isWorking(order)) yield order;
        }
      }
    }
  }

  #isHalted({ symbol, marketGroup }: Instrument): boolean {
    const isOwn = this.#control.instrument(symbol)?.halted === true;
    return isOwn || this.#control.isHalted(marketGroup);
  }

  #traded(symbol: string): Instrument | Refusal {
    const instrument = this.#control.table.find(symbol);
    if (instrument === null) return refuse("UNKNOWN_INSTRUMENT", `there is no ${symbol}`);
    if (!this.#control.table.isRetired(symbol)) return instrument;
    return refuse("INSTRUMENT_RETIRED", `${symbol} is not traded any more`);
  }

  #listed(symbol: string): Instrument {
    const instrument = this.#control.table.find(symbol);
    assert(instrument !== null, "the instrument is listed");
    return instrument;
  }

  get #control() {
    return this.#partitions.control;
  }
}

/** Bounds that are not named come down to the new grid where they are not on it. */
function gridAfter(before: Instrument, grid: InstrumentRequest["grid"]): GridTerms {
  const priceTick = grid.priceTick ?? before.priceTick;
  const lotQty = grid.lotQty ?? before.lotQty;
  const priceMax = grid.priceMax ?? ((before.priceMax - (before.priceMax % priceTick)) as Price);
  const orderQtyMax =
    grid.orderQtyMax ?? ((before.orderQtyMax - (before.orderQtyMax % lotQty)) as Qty);
  return { priceTick, priceMax, lotQty, orderQtyMax };
}

function inGroup(group: Instrument["marketGroup"]): (instrument: Instrument) => boolean {
  return ({ marketGroup }) => marketGroup === group;
}
