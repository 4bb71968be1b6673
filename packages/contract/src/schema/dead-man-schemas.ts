/** The dead-man's switch: what is sent and what is shown. */
import { LIMITS } from "../limits.ts";
import { DEAD_MAN_SCOPE_WORDS } from "../names.ts";
import {
  answer,
  array,
  boolean,
  integer,
  integerInput,
  limitedText,
  milliseconds,
  type ObjectSchema,
  ref,
  request,
  text,
  words,
} from "./json-schema.ts";

export const DEAD_MAN_REQUEST: ObjectSchema = request(
  "Arms, refreshes or releases one switch.",
  {
    timeout: integerInput("Seconds until it fires unless it is refreshed; 0 releases it.", {
      minimum: 0,
      maximum: LIMITS.deadManSecondsMax.value,
    }),
    scope: words(
      "Which orders; key means those that the calling key places.",
      DEAD_MAN_SCOPE_WORDS,
    ),
    value: limitedText(
      "The portfolio, symbol or prefix; not for the scope key.",
      "referenceIdCharactersMax",
    ),
  },
  ["timeout", "scope"],
);

export const DEAD_MAN_SWITCH: ObjectSchema = answer("A dead-man's switch.", {
  scope: words("Which orders.", DEAD_MAN_SCOPE_WORDS),
  value: text("The key, portfolio, symbol or prefix."),
  state: text("What it does.", { enum: ["armed", "fired", "released"] }),
  timeout: integer("Seconds; 0 when it was released.", { minimum: 0 }),
  fires_at: milliseconds("When it fires unless it is refreshed; 0 unless it is armed"),
  fires_in_ms: integer("Milliseconds until then.", { minimum: 0 }),
  fired_at: milliseconds("When it fired; 0 unless it has"),
  blocks: boolean("New orders and amends in its scope are refused."),
});

export const DEAD_MAN_STATUS: ObjectSchema = answer("All switches of the account.", {
  timestamp: milliseconds("Server time"),
  switches: array("Those that are armed or have fired.", ref("DeadManSwitch")),
});
