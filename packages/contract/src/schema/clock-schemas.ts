/** The sandbox's clock: what moves it, and what it says. */
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import {
  answer,
  array,
  boolean,
  integer,
  integerInput,
  milliseconds,
  type ObjectSchema,
  ref,
  request,
  text,
} from "./json-schema.ts";

export const CLOCK_REQUEST: ObjectSchema = request(
  "Where the exchange's clock is to go, and how fast it runs from there: at most one of the first " +
    "three, and at least one of all.",
  {
    set: integerInput("To this time, Unix milliseconds, not before the exchange's own.", {
      minimum: 0,
      maximum: LIMITS.clockMsMax.value,
    }),
    advance_ms: integerInput("Forward by so many milliseconds.", {
      minimum: 1,
      maximum: LIMITS.clockMsMax.value,
    }),
    step: {
      description: "To the next boundary of this market's sessions; true is any market's.",
      oneOf: [
        { type: "boolean", const: true },
        { type: "string", enum: MARKET_WORDS.words },
      ],
    },
    speed: integerInput("So many times as fast as real time; 0 stands still.", {
      minimum: 0,
      maximum: LIMITS.clockSpeedMax.value,
    }),
  },
);

export const CLOCK_MARKET: ObjectSchema = answer("Where a market is in its day.", {
  market: text("The market; nasdaq has usex's hours."),
  local_time: text("Its local time."),
  session: text("The session's name."),
  phase: text("What its books do.", { enum: ["continuous", "auction", "closed"] }),
  takes_cancels: boolean("Whether cancels are taken now."),
  next_change: milliseconds("When its session changes or its day ends, 0 if never"),
});

export const CLOCK: ObjectSchema = answer("The exchange's clock.", {
  timestamp: milliseconds("The exchange's time"),
  speed: integer("So many times as fast as real time; 0 stands still.", { minimum: 0 }),
  follows_real_time: boolean("Nobody has set it."),
  rules: text("The rules of the markets.", { enum: ["reference", "strict"] }),
  markets: array("One element per market.", ref("ClockMarket")),
});
