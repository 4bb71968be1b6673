/**
 * Stories, for tests only. A line with ">" is a command, the lines below it are its reports; "="
 * shows the book, bids then asks, best first, as price x quantity (orders). Orders are named by
 * their position in the story.
 */
import { assert } from "../assert.ts";
import {
  type Account,
  fixed,
  formatDecimal,
  type NewOrderSingle,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type VenueReport,
} from "../model/index.ts";
import { type DepthRow, Exchange } from "./exchange.ts";
import type { ExchangeCommand, MarketPhase } from "./exchange-command.ts";

export interface StorySetting {
  readonly exchange?: Exchange;
  /** Orders placed before the story starts. */
  readonly orderCount?: number;
  readonly showTrades?: boolean;
}

/** Plays a story's commands and tells what happened, in the story's own words. */
export function told(story: string, setting: StorySetting = {}): string {
  const { exchange = newExchange(), showTrades = true } = setting;
  let orderCount = setting.orderCount ?? 0;
  const lines: string[] = [];
  for (const line of story.split("\n")) {
    if (line.startsWith("=")) lines.push(`= ${bookText(exchange, 3)}`);
    if (!line.startsWith(">")) continue;
    lines.push(line);
    if (/ (buy|sell) /.test(line)) orderCount += 1;
    const { reports } = exchange.handle(commandFrom(line, orderCount));
    const shown = reports.filter(({ type }) => showTrades || type !== "Traded");
    lines.push(...shown.map(reportText));
  }
  return lines.join("\n");
}

/** A story without its indentation. */
export function trimmed(story: string): string {
  return story.replaceAll(/^\s+|\s+$/gm, "");
}

/**
 * `ann buy 5 @ 100 stop 99 ioc`, `cancel 1`, `replace 1 5 @ 100 stop 99`, `phase auction`,
 * `uncross 100`, `expire`. An order with neither price nor trigger says `market` or `auction`;
 * one that is protected at 105 says `market to 105`.
 */
function commandFrom(line: string, id: number): ExchangeCommand {
  const words = line.split(" ").slice(1);
  const [verb, subject = ""] = words;
  const named = { orderId: orderIdOf(Number.parseInt(subject, 10)), symbol: "AAPL" };
  switch (verb) {
    case "cancel":
      return { type: "OrderCancelRequest", ...named };
    case "replace": {
      const terms = {
        price: fixed(after(words, "@") ?? "0") as Price,
        stopPx: fixed(after(words, "stop") ?? "0") as Price,
        protectionPx: fixed(after(words, "to") ?? "0") as Price,
        orderQty: fixed(words[2] ?? "") as Qty,
      };
      return { type: "OrderCancelReplaceRequest", ...named, ...terms };
    }
    case "phase":
      return phaseOf(subject);
    case "uncross":
      return { type: "Uncross", symbol: "AAPL", referenceTicks: centsOf(subject) };
    case "expire":
      return { type: "ExpireDay", symbol: "AAPL" };
    default:
      return orderFrom(words, id);
  }
}

function orderFrom(words: readonly string[], id: number): NewOrderSingle {
  const [account, side, qty] = words;
  assert(account !== undefined && qty !== undefined, "an order has an account and a quantity");
  const price = after(words, "@") ?? "0";
  const stopPx = after(words, "stop") ?? "0";
  const inForce = Object.keys(TIMES_IN_FORCE).find((word) => words.includes(word)) ?? "day";
  return order({
    id,
    account,
    side: side === "buy" ? Side.Buy : Side.Sell,
    ordType: ordTypeFrom(words),
    timeInForce: TIMES_IN_FORCE[inForce] ?? TimeInForce.Day,
    price,
    stopPx,
    protectionPx: after(words, "to") ?? "0",
    qty,
  });
}

function ordTypeFrom(words: readonly string[]): OrdType {
  const hasPrice = words.includes("@");
  if (words.includes("stop")) return hasPrice ? OrdType.StopLimit : OrdType.StopMarket;
  if (words.includes("auction")) return hasPrice ? OrdType.AuctionLimit : OrdType.Auction;
  if (words.includes("enhanced")) return OrdType.EnhancedLimit;
  return hasPrice ? OrdType.Limit : OrdType.Market;
}

const TIMES_IN_FORCE: Readonly<Record<string, TimeInForce>> = {
  ioc: TimeInForce.ImmediateOrCancel,
  fok: TimeInForce.FillOrKill,
  gtc: TimeInForce.GoodTillCancel,
};

function after(words: readonly string[], word: string): string | undefined {
  return words.includes(word) ? words[words.indexOf(word) + 1] : undefined;
}

export function phaseOf(phase: string): ExchangeCommand {
  return { type: "ChangePhase", symbol: "AAPL", phase: phase as MarketPhase };
}

export interface OrderText {
  readonly id: number;
  readonly account: string;
  readonly side: Side;
  readonly price: string;
  readonly stopPx?: string;
  readonly protectionPx?: string;
  readonly qty?: string;
  readonly ordType?: OrdType;
  readonly timeInForce?: TimeInForce;
  readonly symbol?: string;
}

export function order(text: OrderText): NewOrderSingle {
  return {
    type: "NewOrderSingle",
    orderId: orderIdOf(text.id),
    account: text.account as Account,
    symbol: text.symbol ?? "AAPL",
    side: text.side,
    ordType: text.ordType ?? OrdType.Limit,
    timeInForce: text.timeInForce ?? TimeInForce.Day,
    price: fixed(text.price) as Price,
    stopPx: fixed(text.stopPx ?? "0") as Price,
    protectionPx: fixed(text.protectionPx ?? "0") as Price,
    orderQty: fixed(text.qty ?? "1") as Qty,
  };
}

export function orderIdOf(id: number): OrderId {
  return String(10_000_000_000 + id) as OrderId;
}

export function newExchange(): Exchange {
  return new Exchange(REFERENCE_INSTRUMENTS);
}

/** Two asks of one share each, of two accounts, at 101, 102, ... */
export function exchangeWithAsks(priceCount: number): Exchange {
  const exchange = newExchange();
  for (let n = 0; n < 2 * priceCount; n += 1) {
    const account = n % 2 === 0 ? "ann" : "cat";
    const price = String(101 + Math.floor(n / 2));
    exchange.handle(order({ id: n + 1, account, side: Side.Sell, price }));
  }
  return exchange;
}

export function reportText(report: VenueReport): string {
  const subject = `${Number.parseInt(report.orderId, 10) - 10_000_000_000} ${report.account}`;
  switch (report.type) {
    case "Accepted":
      return `accepted ${subject}`;
    case "Traded": {
      const terms = `${formatDecimal(report.lastQty)} @ ${formatDecimal(report.lastPx)}`;
      return `traded ${subject} ${terms} exec ${report.execId}`;
    }
    case "Canceled":
      return `canceled ${subject} ${report.reason}`;
    case "Triggered":
      return `triggered ${subject}`;
    case "Replaced": {
      const { orderQty, price, stopPx } = report;
      const stop = stopPx === 0n ? "" : ` stop ${formatDecimal(stopPx)}`;
      return `replaced ${subject} ${formatDecimal(orderQty)} @ ${formatDecimal(price)}${stop}`;
    }
    case "Rejected":
      return `rejected ${subject}`;
    case "CancelRejected":
      return `cancel rejected ${subject}`;
  }
}

export function bookText(exchange: Exchange, levelCountMax: number): string {
  const { bids, asks } = exchange.depth("AAPL", levelCountMax);
  const rowText = ([price, qty, orderCount]: DepthRow): string =>
    `${formatDecimal(price)}x${formatDecimal(qty)}(${orderCount})`;
  return [...bids.map(rowText), "|", ...asks.map(rowText)].join(" ");
}

/** AAPL's tick is a cent. */
function centsOf(price: string): number {
  return 100 * Number.parseInt(price, 10);
}
