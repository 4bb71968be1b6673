/** Ticks and lots as operators have changed them so far, and which orders they leave alone. */
import { ALL_INSTRUMENTS, instrumentOf, ONE, type Units } from "./money.ts";
import type { ModelOrder, Terms } from "./orders.ts";

export interface Grid {
  readonly tick: Units;
  readonly lot: Units;
}

const LOTS: Readonly<Record<string, Units>> = {
  AAPL: ONE,
  "DODO-USDT": ONE / 100n,
  "00700": 100n * ONE,
  LATER: 5n * ONE,
};
/** Of instruments that take less than a lot: they trade apart. */
const ODD_LOTS: Readonly<Record<string, Units>> = { "00700": ONE };

const Code = {
  Price: 11030104,
  Trigger: 11030111,
  Qty: 11030105,
  OddRange: 11030108,
  OddStep: 11030109,
  OddType: 11030160,
  OddTime: 11030161,
} as const;

export class Grids {
  readonly #grids = new Map<string, Grid>();

  /** Under strict rules a share's price may be anything that a spread allows, which is finer. */
  constructor(isStrict: boolean) {
    for (const { symbol, tick } of ALL_INSTRUMENTS) {
      const isFine = isStrict && symbol === "00700";
      this.#grids.set(symbol, { tick: isFine ? tick / 10n : tick, lot: LOTS[symbol] ?? ONE });
    }
  }

  of(symbol: string): Grid {
    return this.#grids.get(symbol) ?? { tick: instrumentOf(symbol).tick, lot: ONE };
  }

  /** Whether so much trades apart from whole lots. */
  isOdd(symbol: string, qty: Units): boolean {
    return symbol in ODD_LOTS && qty < this.of(symbol).lot;
  }

  set(symbol: string, grid: Grid): void {
    this.#grids.set(symbol, grid);
  }

  /** Why an order cannot have these figures, or null. */
  fault(terms: Figures): number | null {
    const { symbol, price, trigger_price, qty } = terms;
    const { tick, lot } = this.of(symbol);
    if (price % tick !== 0n) return Code.Price;
    if (trigger_price % tick !== 0n) return Code.Trigger;
    return qty % lot === 0n ? null : this.#oddFault(terms);
  }

  #oddFault({ symbol, qty, order_type, time_in_force }: Figures): number | null {
    const step = ODD_LOTS[symbol];
    if (step === undefined) return Code.Qty;
    if (qty % step !== 0n) return Code.OddStep;
    if (!this.isOdd(symbol, qty)) return Code.OddRange;
    if (order_type !== "limit_order") return Code.OddType;
    return time_in_force === "day" || time_in_force === "gtc" ? null : Code.OddTime;
  }
}

type Figures = Pick<
  Terms,
  "symbol" | "price" | "trigger_price" | "qty" | "order_type" | "time_in_force"
>;

/** Whether an open order works on under that grid. */
export function fits(order: ModelOrder, grid: Grid): boolean {
  const { price, rests, trigger, collar, qty, executed, isOdd, terms } = order;
  const { tick } = grid;
  const isOnTick = [price, rests, trigger, collar].every((each) => each % tick === 0n);
  if (isOdd !== (terms.symbol in ODD_LOTS && qty < grid.lot)) return false;
  const lot = isOdd ? (ODD_LOTS[terms.symbol] ?? ONE) : grid.lot;
  return isOnTick && qty % lot === 0n && executed % lot === 0n;
}
