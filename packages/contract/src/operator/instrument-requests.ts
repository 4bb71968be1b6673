/** Bodies of the operator API about instruments. */
import type { Instrument, MarketName, Price, Qty } from "@countermand/core/model";
import { marketGroupOf } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { decimalField, kept } from "../requests/fields.ts";
import {
  ADD_INSTRUMENT_REQUEST,
  CHANGE_INSTRUMENT_REQUEST,
  RETIRE_REQUEST,
} from "../schema/operator-request-schemas.ts";
import { shown } from "../shown.ts";
import { actObject, booleanField, invalid, optionalText, requiredText } from "./operator-fields.ts";
import type { RestingChoice } from "./operator-words.ts";

/** Null leaves a term as it is. */
export interface GridRequest {
  readonly priceTick: Price | null;
  readonly priceMax: Price | null;
  readonly lotQty: Qty | null;
  readonly orderQtyMax: Qty | null;
}

export interface InstrumentRequest {
  readonly reason: string;
  /** Null leaves it as it is. */
  readonly securityDesc: string | null;
  readonly halted: boolean | null;
  readonly grid: GridRequest;
  /** Null: there is nothing to decide about. */
  readonly resting: RestingChoice | null;
}

export interface AddInstrumentRequest {
  readonly reason: string;
  readonly instrument: Instrument;
}

export interface RetireRequest {
  readonly reason: string;
  readonly resting: RestingChoice | null;
}

const SYMBOL = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const CURRENCY = /^[A-Z]{3,8}$/;
const GRID_FIELDS = ["tick", "lot", "price_max", "qty_max"] as const;

/** Body of `POST /operator/v1/instruments/{symbol}`. */
export function decodeInstrumentChange(value: JsonValue): InstrumentRequest | Fault {
  const act = actObject(value, CHANGE_INSTRUMENT_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const name = optionalText(object, "name", LIMITS.instrumentNameCharactersMax.value);
  if (isFault(name)) return name;
  const halted = booleanField(object, "halted");
  if (isFault(halted)) return halted;
  const grid = gridOf(object);
  if (isFault(grid)) return grid;
  const resting = restingOf(object);
  if (isFault(resting)) return resting;
  if (name === null && halted === null && Object.values(grid).every((each) => each === null)) {
    return invalid(`one of name, halted, ${GRID_FIELDS.join(", ")} is required`);
  }
  const securityDesc = name === null ? null : kept(name);
  return { reason, securityDesc, halted, grid, resting };
}

/** Body of `POST /operator/v1/instruments/{symbol}/retire`. */
export function decodeRetire(value: JsonValue): RetireRequest | Fault {
  const act = actObject(value, RETIRE_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const resting = restingOf(object);
  if (isFault(resting)) return resting;
  if (resting === "keep") return invalid("nothing works in an instrument that is retired: cancel");
  return { reason, resting };
}

/** Body of `POST /operator/v1/instruments`. */
export function decodeAddInstrument(value: JsonValue): AddInstrumentRequest | Fault {
  const act = actObject(value, ADD_INSTRUMENT_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const symbol = nameOf(object, "symbol");
  if (isFault(symbol)) return symbol;
  const product = object.get("product") === undefined ? symbol : nameOf(object, "product");
  if (isFault(product)) return product;
  const name = requiredText(object, "name", LIMITS.instrumentNameCharactersMax.value);
  if (isFault(name)) return name;
  const currency = requiredText(object, "currency", LIMITS.symbolCharactersMax.value);
  if (isFault(currency)) return currency;
  if (!CURRENCY.test(currency)) return invalid("currency has 3 to 8 capital letters");
  const markets = marketsOf(object);
  if (isFault(markets)) return markets;
  const grid = gridOf(object);
  if (isFault(grid)) return grid;
  const oddLotQty = positive(object, "odd_lot");
  if (isFault(oddLotQty)) return oddLotQty;
  const { priceTick, priceMax, lotQty, orderQtyMax } = grid;
  if (priceTick === null || priceMax === null || lotQty === null || orderQtyMax === null) {
    return invalid(`${GRID_FIELDS.join(", ")} are required`);
  }
  const instrument = {
    symbol: kept(symbol),
    securityDesc: kept(name),
    currency: kept(currency),
    product: kept(product),
    marketGroup: marketGroupOf(markets[0]),
    markets,
    priceTick,
    priceMax,
    lotQty,
    oddLotQty: oddLotQty as Qty | null,
    orderQtyMax,
  };
  return { reason, instrument };
}

function nameOf(object: JsonObject, field: string): string | Fault {
  const name = requiredText(object, field, LIMITS.symbolCharactersMax.value);
  if (isFault(name) || SYMBOL.test(name)) return name;
  return invalid(`${field} has letters, digits, dots, dashes and underscores, not ${shown(name)}`);
}

/** Names of one market, as every client may write them. */
function marketsOf(object: JsonObject): readonly [MarketName, ...MarketName[]] | Fault {
  const given = object.get("markets");
  const words = Array.isArray(given) ? (given as readonly JsonValue[]) : [];
  const markets: MarketName[] = [];
  for (const word of words) {
    const market = typeof word === "string" ? MARKET_WORDS.valueOf(word) : undefined;
    if (market === undefined || markets.includes(market)) {
      return invalid(`markets are some of ${MARKET_WORDS.words.join(", ")}, each once`);
    }
    markets.push(market);
  }
  const [first, ...rest] = markets;
  if (first === undefined) return invalid('markets must be a list: ["hkex"]');
  if (rest.some((market) => marketGroupOf(market) !== marketGroupOf(first))) {
    return invalid("markets must be names of one market");
  }
  return [first, ...rest];
}

function gridOf(object: JsonObject): GridRequest | Fault {
  const [priceTick, priceMax] = [positive(object, "tick"), positive(object, "price_max")];
  const [lotQty, orderQtyMax] = [positive(object, "lot"), positive(object, "qty_max")];
  for (const each of [priceTick, lotQty, priceMax, orderQtyMax]) {
    if (isFault(each)) return each;
  }
  return { priceTick, priceMax, lotQty, orderQtyMax } as GridRequest;
}

/** Null when it is absent. */
function positive(object: JsonObject, field: string): bigint | null | Fault {
  const units = decimalField(object, field, "OPERATOR_INVALID_FIELD");
  if (isFault(units) || units === null || units > 0n) return units;
  return invalid(`${field} must be above 0`);
}

function restingOf(object: JsonObject): RestingChoice | null | Fault {
  const text = optionalText(object, "resting", LIMITS.symbolCharactersMax.value);
  if (text === null || text === "keep" || text === "cancel" || isFault(text)) return text;
  return invalid("resting must be keep or cancel");
}
