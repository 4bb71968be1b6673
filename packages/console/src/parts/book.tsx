import type { MarketLevel, MarketTrade } from "@countermand/client";
import * as desk from "../desk.ts";
import { timeText } from "../system.ts";
import { decimalsOf, grouped, padded, percentOf } from "./format.ts";

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
          <span class="num">{last_price === "0" ? "–" : grouped(last_price)}</span>
        </button>
      ))}
    </div>
  );
}

function Levels() {
  const { value: depth } = desk.depth;
  const instrument = desk.instrumentOf(desk.symbol.value);
  const decimals = decimalsOf(instrument?.price_tick ?? "0.01");
  const asks = depth?.asks.slice(0, LEVELS_SHOWN).reverse() ?? [];
  const bids = depth?.bids.slice(0, LEVELS_SHOWN) ?? [];
  const most = [...asks, ...bids].reduce(
    (max, [, qty]) => (Number(qty) > Number(max) ? qty : max),
    "0",
  );
  const row = (side: "bid" | "ask") => (level: MarketLevel) => (
    <LevelRow key={`${side}${level[0]}`} {...{ side, level, decimals, most }} />
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
      <Spread decimals={decimals} />
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
  readonly decimals: number;
  readonly most: string;
}

function LevelRow({ side, level: [price, qty, orders], decimals, most }: LevelRowProps) {
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
      <span class="price">{grouped(padded(price, decimals))}</span>
      <span>{grouped(qty)}</span>
      <span>{orders}</span>
    </button>
  );
}

function Spread({ decimals }: { readonly decimals: number }) {
  const instrument = desk.instrumentOf(desk.symbol.value);
  const last = instrument?.last_price ?? "0";
  return (
    <div class="last">
      <strong>{last === "0" ? "no trade yet" : grouped(padded(last, decimals))}</strong>
      <span>{instrument?.base_currency}</span>
    </div>
  );
}

function Trades() {
  const decimals = decimalsOf(desk.instrumentOf(desk.symbol.value)?.price_tick ?? "0.01");
  return (
    <div class="trades">
      <h2>Trades</h2>
      {desk.trades.value.slice(0, TRADES_SHOWN).map((trade) => (
        <TradeRow key={trade.exec_id} trade={trade} decimals={decimals} />
      ))}
    </div>
  );
}

function TradeRow(props: { readonly trade: MarketTrade; readonly decimals: number }) {
  const { price, qty, aggressor_side, time_ms } = props.trade;
  return (
    <div class={`trade ${aggressor_side}`}>
      <span class="price">
        {aggressor_side === "sell" ? "▼ " : "▲ "}
        {grouped(padded(price, props.decimals))}
      </span>
      <span>{grouped(qty)}</span>
      <span>{timeText(Math.floor(time_ms / 1000))}</span>
    </div>
  );
}
