/** What a client may send on the market stream. */
import { type Fault, fault, isFault, malformedJson } from "../errors.ts";
import { JsonFault, JsonObject, type JsonValue, NumberText, parseExact } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { kept, kindOf, notText, textFault, unknownField } from "../requests/fields.ts";
import { shown } from "../shown.ts";
import {
  DEPTH_LEVEL_COUNTS,
  DEPTH_LEVELS_DEFAULT,
  MARKET_CHANNELS,
  type MarketChannel,
} from "./market-words.ts";

/** Every one of the channels for every one of the symbols; both without repetition. */
interface Selection {
  readonly channels: readonly MarketChannel[];
  readonly symbols: readonly string[];
}

export interface MarketSubscribe extends Selection {
  readonly op: "subscribe";
  /** Prices per side of the depth channel. */
  readonly levels: number;
}

export interface MarketUnsubscribe extends Selection {
  readonly op: "unsubscribe";
}

export type MarketMessage = MarketSubscribe | MarketUnsubscribe;

const SUBSCRIBE_FIELDS = ["op", "channels", "symbols", "levels"] as const;
const UNSUBSCRIBE_FIELDS = ["op", "channels", "symbols"] as const;

/** Order of checks: JSON, object, op, unknown field, channels, symbols, their number, levels. */
export function decodeMarketMessage(text: string): MarketMessage | Fault {
  const message = parseExact(text);
  if (message instanceof JsonFault) return malformedJson(message);
  if (!(message instanceof JsonObject)) {
    return malformed(`a message is an object, not ${kindOf(message)}`);
  }
  const op = message.get("op");
  if (op !== "subscribe" && op !== "unsubscribe") return unknownOp(op);
  const fields = op === "subscribe" ? SUBSCRIBE_FIELDS : UNSUBSCRIBE_FIELDS;
  const unknownName = unknownField(message, fields);
  if (unknownName !== null) return malformed(`unknown field ${shown(unknownName)}`);
  const selection = selectionOf(message);
  if (isFault(selection)) return selection;
  if (op === "unsubscribe") return { op, ...selection };
  const levels = levelsOf(message.get("levels"));
  return typeof levels === "object" ? levels : { op, ...selection, levels };
}

function selectionOf(message: JsonObject): Selection | Fault {
  const words = listOf("channels", message.get("channels"));
  if (isFault(words)) return words;
  const channels = new Set<MarketChannel>();
  for (const word of words) {
    const channel = MARKET_CHANNELS.find((known) => known.word === word);
    if (channel === undefined) return unknownChannel(word);
    channels.add(channel);
  }
  const symbols = listOf("symbols", message.get("symbols"));
  if (isFault(symbols)) return symbols;
  for (const symbol of symbols) {
    const problem = symbolFault(symbol);
    if (problem !== null) return fault("MALFORMED_SYMBOL", problem);
  }
  const selection = {
    channels: [...channels],
    symbols: [...new Set(symbols as readonly string[])].map(kept),
  };
  const { value: max } = LIMITS.marketSubscriptionsMax;
  const count = selection.channels.length * selection.symbols.length;
  if (count <= max) return selection;
  return fault("TOO_MANY_SUBSCRIPTIONS", `${count} subscriptions in one message, ${max} are taken`);
}

function listOf(name: string, value: JsonValue | undefined): readonly JsonValue[] | Fault {
  if (!isArray(value)) return malformed(`${name} is an array, not ${kindOf(value)}`);
  return value.length > 0 ? value : malformed(`${name} names at least one`);
}

function isArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function symbolFault(value: JsonValue): string | null {
  if (typeof value !== "string") return notText("a symbol", value);
  if (value === "") return "a symbol is not empty";
  return textFault("a symbol", value, LIMITS.symbolCharactersMax.value);
}

function levelsOf(value: JsonValue | undefined): number | Fault {
  if (value === undefined) return DEPTH_LEVELS_DEFAULT;
  const text = value instanceof NumberText ? value.text : "";
  const levels = DEPTH_LEVEL_COUNTS.find((count) => String(count) === text);
  if (levels !== undefined) return levels;
  const found = value instanceof NumberText ? value.text : kindOf(value);
  const counts = DEPTH_LEVEL_COUNTS.join(", ");
  return fault(
    "INVALID_LEVELS",
    `levels is one of the numbers ${counts}, not ${found.slice(0, 40)}`,
  );
}

function unknownChannel(word: JsonValue): Fault {
  const words = MARKET_CHANNELS.map((channel) => channel.word).join(", ");
  const found = typeof word === "string" ? shown(word) : kindOf(word);
  return fault("UNKNOWN_CHANNEL", `a channel is one of ${words}, not ${found}`);
}

function unknownOp(op: JsonValue | undefined): Fault {
  const found = typeof op === "string" ? shown(op) : kindOf(op);
  return fault("UNKNOWN_MARKET_OP", `op must be one of subscribe, unsubscribe, not ${found}`);
}

function malformed(details: string): Fault {
  return fault("MALFORMED_SUBSCRIPTION", details);
}
