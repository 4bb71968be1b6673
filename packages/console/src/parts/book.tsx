import type { MarketLevel, MarketTrade } from "@countermand/client";
import * as desk from "../desk.ts";
import { timeText } from "../system.ts";
import { grouped, percentOf } from "./format.ts";
import { priceText } from "./price-text.ts";

const LEVELS_SHOWN = 9;
const TRADES_SHOWN = 14;

export function Book() {
  return (
    <section class="panel market" aria-label="Market">
      <SymbolPicker />
      <Levels />
      <Trades />
    </section>
  );
}

function SymbolPicker() {
  return (
    <div class="symbols" role="radiogroup" aria-label="Symbol">
      {desk.symbols.value.map(({ symbol, name, last_price }) => (
        <button
          key={symbol}
          type="button"
          role="radio"
          aria-checked={symbol === desk.symbol.value}
          onClick={() => desk.follow(symbol)}
        >
          <strong>{symbol}</strong>
          <span class="name">{name}</span>
          <span class="num">{last_price === "0" ? "–" : priceText(symbol, last_price)}</span>
        </button>
      ))}
    </div>
  );
}

function Levels() {
  const { value: depth } = desk.depth;
  const asks = depth?.asks.slice(0, LEVELS_SHOWN).reverse() ?? [];
  const bids = depth?.bids.slice(0, LEVELS_SHOWN) ?? [];
  const most = [...asks, ...bids].reduce(
    (max, [, qty]) => (Number(qty) > Number(max) ? qty : max),
    "0",
  );
  const row = (side: "bid" | "ask") => (level: MarketLevel) => (
    <LevelRow key={`${side}${level[0]}`} {...{ side, level, most }} />
  );
  return (
    <div class="levels" data-fresh={desk.isMarketFresh.value}>
      <h2>
        Book <Freshness />
      </h2>
      <div class="level head">
        <span>Price</span>
        <span>Quantity</span>
        <span>Orders</span>
      </div>
      <div class="asks">{asks.map(row("ask"))}</div>
      <Spread />
      <div class="bids">{bids.map(row("bid"))}</div>
    </div>
  );
}

function Freshness() {
  return desk.isMarketFresh.value ? (
    <span class="tag good">live</span>
  ) : (
    <span class="tag warn">not current</span>
  );
}

interface LevelRowProps {
  readonly side: "bid" | "ask";
  readonly level: MarketLevel;
  readonly most: string;
}

function LevelRow({ side, level: [price, qty, orders], most }: LevelRowProps) {
  return (
    <button
      type="button"
      class={`level ${side}`}
      title="Take this price into the ticket"
      onClick={() => {
        desk.pickedPrice.value = price;
      }}
    >
      <span class="bar" style={{ width: `${percentOf(qty, most)}%` }} aria-hidden="true" />
      <span class="price">{priceText(desk.symbol.value, price)}</span>
      <span>{grouped(qty)}</span>
      <span>{orders}</span>
    </button>
  );
}

function Spread() {
  const instrument = desk.instrumentOf(desk.symbol.value);
  const last = instrument?.last_price ?? "0";
  return (
    <div class="last">
      <strong>{last === "0" ? "no trade yet" : priceText(desk.symbol.value, last)}</strong>
      <span>{instrument?.base_currency}</span>
    </div>
  );
}

function Trades() {
  return (
    <div class="trades">
      <h2>Trades</h2>
      {desk.trades.value.slice(0, TRADES_SHOWN).map((trade) => (
        <TradeRow key={trade.exec_id} trade={trade} />
      ))}
    </div>
  );
}

function TradeRow({ trade }: { readonly trade: MarketTrade }) {
  const { price, qty, aggressor_side, time_ms } = trade;
  return (
    <div class={`trade ${aggressor_side}`}>
      <span class="price">
        {aggressor_side === "sell" ? "▼ " : "▲ "}
        {priceText(desk.symbol.value, price)}
      </span>
      <span>{grouped(qty)}</span>
      <span>{timeText(Math.floor(time_ms / 1000))}</span>
    </div>
  );
}
