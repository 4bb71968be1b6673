/**
 * Exchange events as journal payloads: one JSON array each, positional. The first cell names the
 * kind of event, the others are its fields in the order of {@link FIELDS}. Positions are only
 * ever appended; any other change raises the journal format.
 *
 * | kind | event         | | kind | event, removed because of     |
 * |------|---------------|-|------|-------------------------------|
 * | `E`  | Entered       | | `C`  | Removed: on request           |
 * | `W`  | StopEntered   | | `L`  | Removed: no more liquidity    |
 * | `G`  | Triggered     | | `S`  | Removed: self-trade           |
 * | `D`  | Reduced       | | `I`  | Removed: immediate or cancel  |
 * | `R`  | Replaced      | | `K`  | Removed: fill or kill         |
 * | `Y`  | StopReplaced  | | `X`  | Removed: expired              |
 * | `T`  | Traded        | | `N`  | Removed: unmatched in auction |
 * | `U`  | Uncrossed     | | `V`  | Removed: by the venue         |
 * | `A`  | AuctionTraded | |      |                               |
 * | `P`  | PhaseChanged  | |      |                               |
 *
 * An event among odd lots is the cells of that event after a first cell `O`. `Z`, GridSet, has the
 * symbol, tick, lot and odd lot from here on, and the tick and lot until now: decimals in 10^-8 as
 * text, null where there is none.
 */
import { assert, at } from "../assert.ts";
import { CancelReason, type Price, type Qty } from "../model/index.ts";
import type { ExchangeEvent, GridSet, MarketEvent, RemovalReason } from "./exchange-event.ts";

type Type = MarketEvent["type"];
type EventOf<T extends Type> = Extract<MarketEvent, { readonly type: T }>;
type Fields = { readonly [T in Type]: readonly (keyof EventOf<T>)[] };

const ORDER = ["symbol", "orderId", "account", "side"] as const;
const COMES_IN = [
  "ordType",
  "timeInForce",
  "ticks",
  "lots",
  "restingTicks",
  "restingLots",
] as const;

/** Every field of an event but its type, and of a removal but its reason: the kind names them. */
export const FIELDS: Fields = {
  Entered: [...ORDER, ...COMES_IN],
  StopEntered: [
    ...ORDER,
    "ordType",
    "timeInForce",
    "ticks",
    "stopTicks",
    "lots",
    "protectionTicks",
  ],
  Triggered: [...ORDER, ...COMES_IN],
  Reduced: [...ORDER, "ticks", "stopTicks", "orderLots", "lots"],
  Replaced: [...ORDER, ...COMES_IN, "fromTicks", "fromLots", "stopTicks", "orderLots"],
  StopReplaced: [...ORDER, "ticks", "stopTicks", "lots", "protectionTicks"],
  Traded: [
    "symbol",
    "tradeNo",
    "side",
    "incomingOrderId",
    "incomingAccount",
    "restingOrderId",
    "restingAccount",
    "ticks",
    "lots",
    "restingLeavesLots",
  ],
  Uncrossed: ["symbol", "ticks", "lots"],
  AuctionTraded: [
    "symbol",
    "tradeNo",
    "ticks",
    "lots",
    "buyOrderId",
    "buyAccount",
    "buyTicks",
    "buyLeavesLots",
    "sellOrderId",
    "sellAccount",
    "sellTicks",
    "sellLeavesLots",
  ],
  Removed: [...ORDER, "from", "ticks", "lots"],
  PhaseChanged: ["symbol", "phase"],
};

const KINDS: { readonly [T in Exclude<Type, "Removed">]: string } = {
  Entered: "E",
  StopEntered: "W",
  Triggered: "G",
  Reduced: "D",
  Replaced: "R",
  StopReplaced: "Y",
  Traded: "T",
  Uncrossed: "U",
  AuctionTraded: "A",
  PhaseChanged: "P",
};

const REMOVAL_KINDS: Readonly<Record<RemovalReason, string>> = {
  [CancelReason.Requested]: "C",
  [CancelReason.NoLiquidity]: "L",
  [CancelReason.SelfTrade]: "S",
  [CancelReason.ImmediateOrCancel]: "I",
  [CancelReason.FillOrKill]: "K",
  [CancelReason.Expired]: "X",
  [CancelReason.AuctionUnmatched]: "N",
  [CancelReason.Venue]: "V",
};

const ODD_LOT_KIND = "O";
const GRID_KIND = "Z";

type GridCells = readonly [
  kind: typeof GRID_KIND,
  symbol: string,
  priceTick: string,
  lotQty: string,
  oddLotQty: string | null,
  fromTick: string | null,
  fromLot: string | null,
];

/** What each kind's events have in common. */
const OF_KIND: ReadonlyMap<string, Partial<MarketEvent> & { readonly type: Type }> = new Map([
  ...Object.entries(KINDS).map(([type, kind]) => [kind, { type: type as Type }] as const),
  ...Object.entries(REMOVAL_KINDS).map(([reason, kind]) => {
    return [kind, { type: "Removed" as const, reason: reason as RemovalReason }] as const;
  }),
]);
assert(
  !OF_KIND.has(ODD_LOT_KIND) &&
    !OF_KIND.has(GRID_KIND) &&
    OF_KIND.size === Object.keys(KINDS).length + Object.keys(REMOVAL_KINDS).length,
  "kinds of events differ",
);

export function encodeExchangeEvent(event: ExchangeEvent): string {
  if (event.type === "GridSet") return JSON.stringify(gridCells(event));
  if (event.type !== "OddLot") return JSON.stringify(cellsOf(event));
  return JSON.stringify([ODD_LOT_KIND, ...cellsOf(event.event)]);
}

/**
 * Precondition: the payload was made by {@link encodeExchangeEvent}; the journal's hash chain
 * vouches for it.
 */
export function decodeExchangeEvent(payload: string): ExchangeEvent {
  return exchangeEventOf(JSON.parse(payload) as readonly unknown[]);
}

/** The same for a payload's cells. */
export function exchangeEventOf(cells: readonly unknown[]): ExchangeEvent {
  if (cells[0] === GRID_KIND) return gridSetOf(cells as unknown as GridCells);
  if (cells[0] !== ODD_LOT_KIND) return eventOf(cells);
  const event = eventOf(cells.slice(1));
  return { type: "OddLot", symbol: event.symbol, event };
}

function gridCells({ symbol, grid, from }: GridSet): GridCells {
  const { priceTick, lotQty, oddLotQty } = grid;
  const steps = [priceTick.toString(), lotQty.toString(), oddLotQty?.toString() ?? null] as const;
  const before = [from?.priceTick.toString() ?? null, from?.lotQty.toString() ?? null] as const;
  return [GRID_KIND, symbol, ...steps, ...before];
}

function gridSetOf(cells: GridCells): GridSet {
  const [, symbol, priceTick, lotQty, oddLotQty, fromTick, fromLot] = cells;
  const price = (text: string) => BigInt(text) as Price;
  const qty = (text: string) => BigInt(text) as Qty;
  const odd = oddLotQty === null ? null : qty(oddLotQty);
  const grid = { symbol, priceTick: price(priceTick), lotQty: qty(lotQty), oddLotQty: odd };
  const isNew = fromTick === null || fromLot === null;
  const from = isNew ? null : { priceTick: price(fromTick), lotQty: qty(fromLot) };
  return { type: "GridSet", symbol, grid, from };
}

function cellsOf(event: MarketEvent): unknown[] {
  if (event.type === "Removed") return removedCells(event);
  if (event.type === "Entered") return enteredCells(event);
  const values = event as unknown as Readonly<Record<string, unknown>>;
  return [KINDS[event.type], ...FIELDS[event.type].map((field) => values[field])];
}

/** As {@link FIELDS} have it, written out: nearly all events are removals or entries. */
function removedCells(event: EventOf<"Removed">): unknown[] {
  const { symbol, orderId, account, side, from, ticks, lots, reason } = event;
  return [REMOVAL_KINDS[reason], symbol, orderId, account, side, from, ticks, lots];
}

function enteredCells(event: EventOf<"Entered">): unknown[] {
  const { symbol, orderId, account, side, ordType, timeInForce } = event;
  const { ticks, lots, restingTicks, restingLots } = event;
  return [
    KINDS.Entered,
    symbol,
    orderId,
    account,
    side,
    ordType,
    timeInForce,
    ticks,
    lots,
    restingTicks,
    restingLots,
  ];
}

function eventOf(cells: readonly unknown[]): MarketEvent {
  const common = OF_KIND.get(at(cells, 0) as string);
  assert(common !== undefined, "an exchange event is of a known kind");
  const fields = FIELDS[common.type];
  assert(cells.length > fields.length, "an exchange event has all its cells");
  const event: Record<string, unknown> = { ...common };
  for (const [index, field] of fields.entries()) event[field] = cells[index + 1];
  return event as unknown as MarketEvent;
}
