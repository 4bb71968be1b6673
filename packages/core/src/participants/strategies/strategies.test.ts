import assert from "node:assert/strict";
import { test } from "node:test";
import { at, InvariantError } from "../../assert.ts";
import {
  fixed,
  formatDecimal,
  type OrderId,
  type Price,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
} from "../../model/index.ts";
import type { MarketView, OwnOrder, ParticipantState, Scene, Strategy } from "../participant.ts";
import { Random } from "../random.ts";
import { decide } from "../simulated-market.ts";
import { SIMULATED_SYMBOLS, simulatedSymbol } from "../simulated-symbols.ts";

/** 00700, in steps of 0.2. */
const SYMBOL = simulatedSymbol(at(SIMULATED_SYMBOLS, 0), at(REFERENCE_INSTRUMENTS, 0));
const MAKER: Strategy = { kind: "MarketMaker", firstSteps: 1, gapSteps: 1, levels: 2 };
const NOISE: Strategy = { kind: "NoiseTrader", openOrdersMax: 3 };
const MOMENTUM: Strategy = { kind: "MomentumTrader", thresholdSteps: 3 };
const FRESH: ParticipantState = { random: Random.seeded(1, "").state, anchorPx: null };

test("market maker: an empty book gets quotes around the fair price", () => {
  assert.equal(linesOf(MAKER, "423.83", {}), "buy 423.6, buy 423.4, sell 424, sell 424.2");
});

test("market maker: quotes that fit stay, what is missing is quoted, the rest is cancelled", () => {
  const rows: readonly (readonly [own: string[], commands: string])[] = [
    [["buy 423.6", "buy 423.4", "sell 424", "sell 424.2"], ""],
    [["buy 423.4", "sell 424", "sell 424.2"], "buy 423.6"],
    [
      ["buy 423.8", "buy 423.6", "sell 424.2", "sell 424.4"],
      "cancel 1, cancel 4, buy 423.4, sell 424",
    ],
    [["buy 423.6", "buy 423.6", "buy 423.4", "sell 424", "sell 424.2"], "cancel 2"],
    // Sides are not confused: a sell where a buy belongs goes first.
    [["sell 423.6", "sell 424", "sell 424.2"], "cancel 1, buy 423.6, buy 423.4"],
  ];
  for (const [own, commands] of rows) {
    assert.equal(linesOf(MAKER, "423.83", { ownOrders: own.map(ownOrder) }), commands, own.join());
  }
});

test("market maker: it follows the fair price from three quarters of a gap on", () => {
  const rows = ["423.8", "423.94", "423.95", "423.66", "423.65", "424.6"].map((fairPx) => {
    const state = { ...FRESH, anchorPx: px("423.8") };
    return formatDecimal(
      decide({ strategy: MAKER }, state, scene(fairPx, {})).state.anchorPx ?? 0n,
    );
  });
  assert.deepEqual(rows, ["423.8", "423.8", "424", "423.8", "423.6", "424.6"]);
});

test("market maker: a wide gap keeps its quotes on a wide grid", () => {
  const wide: Strategy = { kind: "MarketMaker", firstSteps: 2, gapSteps: 2, levels: 2 };
  assert.equal(linesOf(wide, "423.83", {}), "buy 423.6, buy 423.2, sell 424.4, sell 424.8");
  assert.equal(linesOf(wide, "424.19", {}), "buy 423.6, buy 423.2, sell 424.4, sell 424.8");
  assert.equal(linesOf(wide, "424.2", {}), "buy 424, buy 423.6, sell 424.8, sell 425.2");
});

test("market maker: it meets the other side's best price and never goes through it", () => {
  const bestAsk = px("423.5");
  assert.equal(linesOf(MAKER, "423.83", { bestAsk }), "buy 423.5, buy 423.4, sell 424, sell 424.2");
  const bestBid = px("425");
  assert.equal(linesOf(MAKER, "423.83", { bestBid }), "buy 423.6, buy 423.4, sell 425");
});

test("market maker: quotes at the middle or beyond reach are a mistake in its row", () => {
  for (const [firstSteps, levels] of [
    [0, 2],
    [1, 20],
  ] as const) {
    const strategy: Strategy = { kind: "MarketMaker", firstSteps, gapSteps: 1, levels };
    assert.throws(() => linesOf(strategy, "423.8", {}), InvariantError);
  }
});

test("noise trader: over many turns it takes, leaves orders and gives them up", () => {
  const kinds = kindsOf(NOISE, { bestBid: px("423.6"), bestAsk: px("424"), ownOrders: [] });
  assert.deepEqual(kinds, ["buy limit", "buy market", "sell limit", "sell market"]);
  const ownOrders = [ownOrder("buy 423.6", 0)];
  const owning = kindsOf(NOISE, { bestBid: px("423.6"), bestAsk: px("424"), ownOrders });
  assert.deepEqual(owning, ["buy limit", "buy market", "cancel 1"]);
});

test("noise trader: with as many orders as it may have it gives up the oldest", () => {
  const ownOrders = ["buy 423.6", "buy 423.4", "buy 423.2"].map(ownOrder);
  assert.deepEqual(kindsOf(NOISE, { ownOrders }), ["cancel 1"]);
});

test("noise trader: it takes nothing from a side that is empty or too far away", () => {
  const limits = ["buy limit", "none", "sell limit"];
  assert.deepEqual(kindsOf(NOISE, {}), limits);
  // 20 steps of 0.2 are 4.
  assert.deepEqual(kindsOf(NOISE, { bestBid: px("419.79"), bestAsk: px("427.81") }), limits);
  const near = kindsOf(NOISE, { bestBid: px("419.8"), bestAsk: px("427.8") });
  assert.ok(near.includes("buy market") && near.includes("sell market"));
});

test("momentum trader: it buys what has risen and sells what has fallen, at the best price", () => {
  const rows: readonly (readonly [last: string | null, commands: string, anchor: string])[] = [
    [null, "", "423.8"],
    ["423.8", "", "423.8"],
    ["424.2", "", "423.8"],
    ["424.4", "buy 424", "424.4"],
    ["423.4", "", "423.8"],
    ["423.2", "sell 423.6", "423.2"],
  ];
  for (const [last, commands, anchor] of rows) {
    const lastPrice = last === null ? null : px(last);
    const view = { bestBid: px("423.6"), bestAsk: px("424"), lastPrice };
    const state = { ...FRESH, anchorPx: px("423.8") };
    const decision = decide({ strategy: MOMENTUM }, state, scene("423.8", view));
    assert.equal(decision.commands.map(textOf).join(", "), commands, String(last));
    assert.equal(formatDecimal(decision.state.anchorPx ?? 0n), anchor, String(last));
  }
});

test("momentum trader: the first look, an empty side and a far price are no reasons to trade", () => {
  const rising = { ...FRESH, anchorPx: px("420") };
  const lastPrice = px("423.8");
  const look = (state: ParticipantState, change: Partial<MarketView>) => {
    return decide({ strategy: MOMENTUM }, state, scene("423.8", { lastPrice, ...change })).commands;
  };
  assert.deepEqual(look(FRESH, { bestAsk: px("424") }), []);
  assert.deepEqual(look(rising, { bestAsk: null }), []);
  assert.deepEqual(look(rising, { bestAsk: px("500") }), []);
  assert.equal(look(rising, { bestAsk: px("424") }).length, 1);
});

test("momentum trader: what it cannot have at once it does not wait for", () => {
  const view = { bestAsk: px("424"), lastPrice: px("424") };
  const state = { ...FRESH, anchorPx: px("420") };
  const [command] = decide({ strategy: MOMENTUM }, state, scene("423.8", view)).commands;
  assert.ok(command?.type === "Place");
  assert.equal(command.request.timeInForce, TimeInForce.ImmediateOrCancel);
});

test("momentum trader: it cancels what it finds open", () => {
  const ownOrders = [ownOrder("buy 420", 0), ownOrder("sell 430", 1)];
  assert.equal(linesOf(MOMENTUM, "423.8", { ownOrders }), "cancel 1, cancel 2");
});

test("strategies: a decision is a function of state and view", () => {
  for (const strategy of [MAKER, NOISE, MOMENTUM]) {
    const view = { bestBid: px("423.6"), bestAsk: px("424"), lastPrice: px("424") };
    const once = decide({ strategy }, FRESH, scene("423.8", view));
    assert.deepEqual(decide({ strategy }, FRESH, scene("423.8", view)), once);
  }
});

function linesOf(strategy: Strategy, fairPx: string, view: Partial<MarketView>): string {
  return decide({ strategy }, FRESH, scene(fairPx, view)).commands.map(textOf).join(", ");
}

/** What it does in some of 300 turns with this view. */
function kindsOf(strategy: Strategy, view: Partial<MarketView>): string[] {
  const kinds = new Set<string>();
  let state = FRESH;
  for (let turn = 0; turn < 300; turn += 1) {
    const decision = decide({ strategy }, state, scene("423.8", view));
    state = decision.state;
    assert.ok(decision.commands.length <= 1);
    const [command] = decision.commands;
    if (command === undefined) kinds.add("none");
    else if (command.type === "Cancel") kinds.add(textOf(command));
    else {
      const verb = command.request.side === Side.Buy ? "buy" : "sell";
      kinds.add(`${verb} ${command.request.price === null ? "market" : "limit"}`);
    }
  }
  return [...kinds].sort();
}

function scene(fairPx: string, view: Partial<MarketView>): Scene {
  const empty: MarketView = { bestBid: null, bestAsk: null, lastPrice: null, ownOrders: [] };
  return { symbol: SYMBOL, fairPx: px(fairPx), view: { ...empty, ...view } };
}

function textOf(command: ReturnType<typeof decide>["commands"][number]): string {
  if (command.type === "Cancel") return `cancel ${command.orderId}`;
  const { side, price } = command.request;
  return `${side === Side.Buy ? "buy" : "sell"} ${formatDecimal(price ?? 0n)}`;
}

function ownOrder(text: string, index: number): OwnOrder {
  const [verb, price = ""] = text.split(" ");
  const side = verb === "buy" ? Side.Buy : Side.Sell;
  return { orderId: String(index + 1) as OrderId, side, price: px(price) };
}

function px(text: string): Price {
  return fixed(text) as Price;
}
