/**
 * Requests that move the sandbox's clock: syntax only. Whether the exchange can get there is for
 * whoever knows what time it has. Order of checks: unknown field, set, advance_ms, step, speed,
 * then whether one move and not two is asked for.
 */
import { type MarketGroup, marketGroupOf, type UnixMs } from "@countermand/core/model";
import { type ErrorName, type Fault, fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { CLOCK_REQUEST } from "../schema/clock-schemas.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { shown } from "../shown.ts";
import { kindOf, unknownField } from "./fields.ts";

/** Where the clock is to go. */
export type ClockMove =
  | { readonly to: "time"; readonly atMs: UnixMs }
  | { readonly to: "later"; readonly byMs: number }
  /** The next boundary of a market's sessions; null is any market's. */
  | { readonly to: "boundary"; readonly group: MarketGroup | null };

export interface ClockRequest {
  readonly move: ClockMove | null;
  /** How many times as fast as real time; null leaves it as it is. */
  readonly speed: number | null;
}

const CLOCK_FIELDS = fieldNames(CLOCK_REQUEST);
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

/** The body of `POST /sandbox/v1/clock`. */
export function decodeClock(value: JsonValue): ClockRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object");
  }
  const unknownName = unknownField(value, CLOCK_FIELDS);
  if (unknownName !== null) {
    const names = CLOCK_FIELDS.join(", ");
    return fault("CLOCK_UNKNOWN_FIELD", `unknown field ${shown(unknownName)}; it takes ${names}`);
  }
  const { clockMsMax, clockSpeedMax } = LIMITS;
  const set = numberField(value, "set", "INVALID_CLOCK_TIME", 0, clockMsMax.value);
  if (set !== null && typeof set === "object") return set;
  const advance = numberField(value, "advance_ms", "INVALID_CLOCK_TIME", 1, clockMsMax.value);
  if (advance !== null && typeof advance === "object") return advance;
  const step = stepField(value);
  if (step !== null && isFault(step)) return step;
  const speed = numberField(value, "speed", "INVALID_CLOCK_SPEED", 0, clockSpeedMax.value);
  if (speed !== null && typeof speed === "object") return speed;
  const moves: ClockMove[] = [];
  if (set !== null) moves.push({ to: "time", atMs: set as UnixMs });
  if (advance !== null) moves.push({ to: "later", byMs: advance });
  if (step !== null) moves.push(step);
  if (moves.length > 1) {
    return fault("CLOCK_TWO_MOVES", "send one of set, advance_ms and step");
  }
  const [move = null] = moves;
  if (move === null && speed === null) {
    return fault("CLOCK_NOTHING", "send set, advance_ms, step or speed");
  }
  return { move, speed };
}

/** A whole number, as number or as text; null when absent or "". */
function numberField(
  object: JsonObject,
  name: string,
  error: ErrorName,
  min: number,
  max: number,
): number | null | Fault {
  const value = object.get(name);
  if (value === undefined || value === "") return null;
  const text = value instanceof NumberText ? value.text : value;
  const found = typeof text === "string" && WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  if (found >= min && found <= max) return found;
  const sent = typeof text === "string" ? shown(text) : kindOf(value);
  return fault(error, `${name} must be a whole number from ${min} to ${max}, not ${sent}`);
}

function stepField(object: JsonObject): Extract<ClockMove, { to: "boundary" }> | null | Fault {
  const value = object.get("step");
  if (value === undefined || value === "") return null;
  if (value === true) return { to: "boundary", group: null };
  const market = typeof value === "string" ? MARKET_WORDS.valueOf(value) : undefined;
  if (market !== undefined) return { to: "boundary", group: marketGroupOf(market) };
  const sent = typeof value === "string" ? shown(value) : kindOf(value);
  const words = MARKET_WORDS.words.join(", ");
  return fault("INVALID_CLOCK_STEP", `step must be true or one of ${words}, not ${sent}`);
}
