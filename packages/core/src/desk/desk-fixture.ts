/**
 * For tests of the desk's money: a desk whose venue is the test, and what must hold of every desk
 * between two events.
 */
import { assert, at } from "../assert.ts";
import type { AmendRequest, PlaceRequest } from "../model/command.ts";
import {
  type Amount,
  amountOf,
  fixed,
  formatDecimal,
  type Price,
  type Qty,
} from "../model/decimal.ts";
import { CancelReason, MarketName, OrdType, Side, TimeInForce } from "../model/enums.ts";
import type { AccountOpened, DeskEvent } from "../model/event.ts";
import { type Account, type ExecId, NO_CL_ORD_ID, type UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { Refusal } from "../model/refusal.ts";
import type { UnixDay } from "../model/unix-day.ts";
import type { VenueReport } from "../model/venue.ts";
import { chargeOn } from "../money/fee-table.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { leavesQty } from "../order/order.ts";
import { Desk, type DeskOptions } from "./desk.ts";
import { REFERENCE_DESK_RULES } from "./desk-rules.ts";

export const OPTIONS: DeskOptions = {
  orderNoPrefix: 22,
  instruments: REFERENCE_INSTRUMENTS,
  rules: REFERENCE_DESK_RULES,
};
export const ANNE = "A-1001" as Account;
/** May sell what it does not hold. */
export const BERT = "A-1002" as Account;
/** A Monday, 10:00 in Hong Kong. */
export const T0 = 1_794_794_400_000;
const DAY_MS = 86_400_000;

/** A limit order to buy 1,000 shares of 00700 at 423.83. */
export const SOUND: PlaceRequest = {
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.Limit,
  side: Side.Buy,
  timeInForce: TimeInForce.Day,
  orderQty: fixed("1000"),
  price: fixed("423.83"),
  stopPx: null,
  clOrdId: NO_CL_ORD_ID,
  portfolioId: "",
};

/** A desk whose venue is the test: it says what the test wants it to say. */
export class ScriptedTrading {
  readonly desk: Desk;
  readonly events: DeskEvent[] = [];
  nowMs = T0;
  tradeCount = 0;

  constructor(cash = "1000000", holdings = "1000", change: Partial<DeskOptions> = {}) {
    this.desk = new Desk({ ...OPTIONS, ...change });
    for (const account of [ANNE, BERT]) this.apply(opening(account, cash, holdings));
  }

  apply<E extends DeskEvent>(event: E): E {
    this.events.push(event);
    this.desk.apply(event, this.events.length);
    return event;
  }

  place(account: Account, change: Partial<PlaceRequest> = {}, referencePx?: string): Order {
    const placing = this.decide(account, change, referencePx);
    assert(!("refused" in placing), "the order is not refused");
    return this.accept(placing);
  }

  decide(account: Account, change: Partial<PlaceRequest>, referencePx?: string): Order | Refusal {
    const reference = referencePx === undefined ? null : (fixed(referencePx) as Price);
    return this.desk.decidePlace(account, { ...SOUND, ...change }, reference, this.#now);
  }

  accept(placing: Order): Order {
    const { account, orderId } = placing;
    return this.report({ type: "Accepted", account, orderId }, placing);
  }

  fill(order: Order, qty: bigint, px: bigint): Order {
    this.tradeCount += 1;
    const { account, orderId } = order;
    const execId = String(1_000_000_000 + this.tradeCount) as ExecId;
    const [lastQty, lastPx] = [qty as Qty, px as Price];
    return this.report({ type: "Traded", account, orderId, execId, lastQty, lastPx });
  }

  cancel({ account, orderId }: Order): Order {
    return this.report({ type: "Canceled", account, orderId, reason: CancelReason.Requested });
  }

  trigger({ account, orderId }: Order): Order {
    return this.report({ type: "Triggered", account, orderId });
  }

  amend(order: Order, change: Partial<AmendRequest>): Order | Refusal {
    const amended = this.desk.decideAmend(order, amendOf(order, change));
    if ("refused" in amended) return amended;
    const { account, orderId, price, stopPx, orderQty } = amended;
    return this.report({ type: "Replaced", account, orderId, price, stopPx, orderQty });
  }

  settle(dayCount: number): void {
    this.nowMs += dayCount * DAY_MS;
    const event = this.desk.decideSettle(this.today, this.#now);
    if (event !== null) this.apply(event);
  }

  report(report: VenueReport, placing: Order | null = null): Order {
    return this.apply(this.desk.decideReport(report, placing, this.#now)).order;
  }

  get today(): UnixDay {
    return Math.floor(this.nowMs / DAY_MS) as UnixDay;
  }

  get openOrders(): Order[] {
    return [ANNE, BERT].flatMap((each) => [...(this.desk.book(each)?.openOldestFirst() ?? [])]);
  }

  get #now(): UnixMs {
    return this.nowMs as UnixMs;
  }

  /** An account's cash in Hong Kong dollars and its holding of 00700, for people. */
  line(account: Account): string {
    const cash = this.desk.money(account).cash("HKD");
    const shares = this.desk.money(account).holding("00700");
    const text = ({ settled, incoming, outgoing, reserved }: typeof cash) => {
      const figures = [settled, incoming, -outgoing].map(formatDecimal).join(" ");
      return `${figures} hold ${formatDecimal(reserved)}`;
    };
    return `${text(cash)} | ${text(shares)}`;
  }
}

/** What must hold of every desk between two events. */
export function assertMoneySound(desk: Desk): void {
  for (const { currency, product } of REFERENCE_INSTRUMENTS) {
    const totals = [
      desk.ledger.total({ assetClass: "Cash", name: currency }),
      desk.ledger.total({ assetClass: "Holding", name: product }),
    ];
    assert(
      totals.every((total) => total === 0n),
      "all balances add up to zero",
    );
  }
  for (const book of desk.books()) {
    const money = desk.money(book.account);
    const orders = [...book.openOldestFirst()];
    for (const { currency, product } of REFERENCE_INSTRUMENTS) {
      const cash = money.cash(currency);
      assert(cash.free >= 0n, "orders are covered by cash that is here");
      assert(cash.settled >= cash.outgoing && cash.settled >= 0n, "cash is never negative");
      const cashNeeds = sumOf(orders, (order) => cashNeed(order, currency));
      assert(cash.reserved === cashNeeds, "open buys hold back exactly what they need");
      const holding = money.holding(product);
      const holdingNeeds = sumOf(orders, (order) => holdingNeed(order, product));
      assert(holding.reserved === holdingNeeds, "open sells hold back exactly what is left");
      if (book.shortSellingAllowed) continue;
      assert(holding.sellable >= 0n, "sells are covered by what is held");
      assert(holding.settled >= 0n, "what is delivered is there");
    }
  }
}

/** What an open buy needs at most, by another way: all it may come to, less what it has come to. */
function cashNeed(order: Order, currency: string): bigint {
  if (order.side === Side.Sell || instrumentOf(order).currency !== currency) return 0n;
  const worst = ORD_TYPES[order.ordType].priced ? order.price : order.protectionPx;
  const left = amountOf(worst, leavesQty(order));
  const all = { ...order, grossTradeAmt: (order.grossTradeAmt + left) as Amount };
  assert(order.chargeAmt === chargesOf(order), "a buy has paid its charges");
  return left + chargesOf(all) - order.chargeAmt;
}

function holdingNeed(order: Order, product: string): bigint {
  if (order.side === Side.Buy || instrumentOf(order).product !== product) return 0n;
  return leavesQty(order);
}

export function chargesOf(order: Order): Amount {
  const { marketGroup } = instrumentOf(order);
  return chargeOn(OPTIONS.rules.feeTable, marketGroup, order.side, order.grossTradeAmt);
}

export function instrumentOf({ symbol }: Order): Instrument {
  const index = REFERENCE_INSTRUMENTS.findIndex((each) => each.symbol === symbol);
  return at(REFERENCE_INSTRUMENTS, index);
}

function sumOf(orders: readonly Order[], need: (order: Order) => bigint): bigint {
  return orders.reduce((sum, order) => sum + need(order), 0n);
}

export function opening(account: Account, cash: string, holdings: string): AccountOpened {
  return {
    type: "AccountOpened",
    atMs: T0 as UnixMs,
    account,
    cash: ["HKD", "USD", "USDT"].map((name) => [name, fixed(cash) as Amount]),
    holdings: REFERENCE_INSTRUMENTS.map(({ product }) => [product, fixed(holdings) as Qty]),
    shortSellingAllowed: account === BERT,
  };
}

export function amendOf({ orderId }: Order, change: Partial<AmendRequest>): AmendRequest {
  return {
    target: { by: "orderId", orderId },
    orderQty: null,
    price: null,
    stopPx: null,
    condition: { unfilled: false, version: null },
    ...change,
  };
}
