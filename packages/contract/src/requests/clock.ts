/**
 * Requests that move the sandbox's clock: syntax only. Whether the exchange can get there is for
 * whoever knows what time it has. Order of checks: unknown field, set, advance_ms, step, speed,
 * then whether one move and not two is asked for.
 */
import { type MarketGroup, marketGroupOf, type UnixMs } from "@countermand/core/model";
import { type ErrorName, type Fault, fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS, type LimitSpec } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { CLOCK_REQUEST } from "../schema/clock-schemas.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { shown } from "../shown.ts";
import { kindOf, requestObject, wholeNumberField } from "./fields.ts";

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

/** The body of `POST /sandbox/v1/clock`. */
export function decodeClock(value: JsonValue): ClockRequest | Fault {
  const object = requestObject(value, CLOCK_FIELDS, "CLOCK_UNKNOWN_FIELD", "it");
  if (isFault(object)) return object;
  const { clockMsMax, clockSpeedMax } = LIMITS;
  const number = (name: string, min: number, { value: max }: LimitSpec, error: ErrorName) => {
    return wholeNumberField({ name, value: object.get(name) }, { min, max }, error);
  };
  const set = number("set", 0, clockMsMax, "INVALID_CLOCK_TIME");
  if (isFault(set)) return set;
  const advance = number("advance_ms", 1, clockMsMax, "INVALID_CLOCK_TIME");
  if (isFault(advance)) return advance;
  const step = stepField(object);
  if (isFault(step)) return step;
  const speed = number("speed", 0, clockSpeedMax, "INVALID_CLOCK_SPEED");
  if (isFault(speed)) return speed;
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
