/** Ticks and lots as operators have changed them so far, and which orders they leave alone. */
import { INSTRUMENTS, instrumentOf, ONE, type Units } from "./money.ts";
import type { ModelOrder, Terms } from "./orders.ts";

export interface Grid {
  readonly tick: Units;
  readonly lot: Units;
}

const LOTS: Readonly<Record<string, Units>> = { AAPL: ONE, "DODO-USDT": ONE / 100n };

const Code = { Price: 11030104, Trigger: 11030111, Qty: 11030105 } as const;

export class Grids {
  readonly #grids = new Map<string, Grid>();

  constructor() {
    for (const { symbol, tick } of INSTRUMENTS) {
      this.#grids.set(symbol, { tick, lot: LOTS[symbol] ?? ONE });
    }
  }

  of(symbol: string): Grid {
    return this.#grids.get(symbol) ?? { tick: instrumentOf(symbol).tick, lot: 100n * ONE };
  }

  set(symbol: string, grid: Grid): void {
    this.#grids.set(symbol, grid);
  }

  /** Why an order cannot have these figures, or null. */
  fault({ symbol, price, trigger_price, qty }: Figures): number | null {
    const { tick, lot } = this.of(symbol);
    if (price % tick !== 0n) return Code.Price;
    if (trigger_price % tick !== 0n) return Code.Trigger;
    return qty % lot === 0n ? null : Code.Qty;
  }
}

type Figures = Pick<Terms, "symbol" | "price" | "trigger_price" | "qty">;

/** Whether an open order works on under that grid. */
export function fits({ price, trigger, collar, qty, executed }: ModelOrder, grid: Grid): boolean {
  const { tick, lot } = grid;
  const isOnTick = [price, trigger, collar].every((each) => each % tick === 0n);
  return isOnTick && qty % lot === 0n && executed % lot === 0n;
}
