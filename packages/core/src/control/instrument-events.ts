/**
 * What operators did to the list of instruments, and its payloads: see control-event.ts, whose
 * kinds these share.
 */
import { assert } from "../assert.ts";
import type { Price, Qty } from "../model/decimal.ts";
import type { MarketName } from "../model/enums.ts";
import { type Instrument, marketGroupOf } from "../model/instrument.ts";
import type { OperatorAct } from "./operator-act.ts";

/** An instrument is traded from here on. Its book is listed in the same commit. */
export interface InstrumentAdded {
  readonly type: "InstrumentAdded";
  readonly act: OperatorAct;
  readonly instrument: Instrument;
}

/** Steps and bounds of an instrument's prices and quantities. */
export type GridTerms = Pick<Instrument, "priceTick" | "priceMax" | "lotQty" | "orderQtyMax">;

/** From here on. Its book is regridded in the same commit, behind the cancels of what is unfit. */
export interface GridChanged {
  readonly type: "GridChanged";
  readonly act: OperatorAct;
  readonly symbol: string;
  readonly grid: GridTerms;
}

/** Takes no orders any more, for good; nothing of it works in the market. */
export interface InstrumentRetired {
  readonly type: "InstrumentRetired";
  readonly act: OperatorAct;
  readonly symbol: string;
}

export type InstrumentEvent = InstrumentAdded | GridChanged | InstrumentRetired;

type ActCells = readonly [atMs: OperatorAct["atMs"], operator: string, reason: string];
type GridCells = readonly [priceTick: string, priceMax: string, lotQty: string, qtyMax: string];
export type InstrumentTermCells = readonly [
  symbol: string,
  securityDesc: string,
  currency: string,
  product: string,
  markets: readonly MarketName[],
  oddLotQty: string | null,
  ...GridCells,
];
export type InstrumentCells =
  | readonly ["A", ...ActCells, ...InstrumentTermCells]
  | readonly ["G", ...ActCells, symbol: string, ...GridCells]
  | readonly ["T", ...ActCells, symbol: string];

export function isInstrumentEvent(event: { readonly type: string }): event is InstrumentEvent {
  return ["InstrumentAdded", "GridChanged", "InstrumentRetired"].includes(event.type);
}

export function isInstrumentCells(cells: readonly unknown[]): cells is InstrumentCells {
  return cells[0] === "A" || cells[0] === "G" || cells[0] === "T";
}

export function instrumentCells(event: InstrumentEvent): InstrumentCells {
  const { atMs, operator, reason } = event.act;
  const act = [atMs, operator, reason] as const;
  switch (event.type) {
    case "InstrumentAdded":
      return ["A", ...act, ...instrumentTermCells(event.instrument)];
    case "GridChanged":
      return ["G", ...act, event.symbol, ...gridCells(event.grid)];
    case "InstrumentRetired":
      return ["T", ...act, event.symbol];
  }
}

export function instrumentEventOf(cells: InstrumentCells): InstrumentEvent {
  const [kind, atMs, operator, reason, ...rest] = cells;
  const act = { atMs, operator, reason };
  switch (kind) {
    case "A": {
      const instrument = instrumentOfTerms(rest as unknown as InstrumentTermCells);
      return { type: "InstrumentAdded", act, instrument };
    }
    case "G": {
      const [symbol, ...grid] = rest as unknown as readonly [string, ...GridCells];
      return { type: "GridChanged", act, symbol, grid: gridOf(grid) };
    }
    case "T":
      return { type: "InstrumentRetired", act, symbol: rest[0] as string };
  }
}

export function instrumentTermCells(instrument: Instrument): InstrumentTermCells {
  const { symbol, securityDesc, currency, product, markets, oddLotQty } = instrument;
  const odd = oddLotQty?.toString() ?? null;
  return [symbol, securityDesc, currency, product, markets, odd, ...gridCells(instrument)];
}

export function instrumentOfTerms(cells: InstrumentTermCells): Instrument {
  const [symbol, securityDesc, currency, product, markets, odd, ...grid] = cells;
  const [market] = markets;
  assert(market !== undefined, "an instrument is listed under a market name");
  const marketGroup = marketGroupOf(market);
  const oddLotQty = odd === null ? null : (BigInt(odd) as Qty);
  const named = { symbol, securityDesc, currency, product, marketGroup, markets };
  return { ...named, ...gridOf(grid), oddLotQty };
}

function gridCells({ priceTick, priceMax, lotQty, orderQtyMax }: GridTerms): GridCells {
  return [priceTick.toString(), priceMax.toString(), lotQty.toString(), orderQtyMax.toString()];
}

function gridOf([priceTick, priceMax, lotQty, qtyMax]: GridCells): GridTerms {
  return {
    priceTick: BigInt(priceTick) as Price,
    priceMax: BigInt(priceMax) as Price,
    lotQty: BigInt(lotQty) as Qty,
    orderQtyMax: BigInt(qtyMax) as Qty,
  };
}
