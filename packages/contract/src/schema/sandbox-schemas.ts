/** Faults that the sandbox does on request. */
import { LIMITS } from "../limits.ts";
import { FAULT_SEED_MAX, FAULT_WORDS } from "../sandbox/fault-kinds.ts";
import {
  answer,
  array,
  decimal,
  decimalInput,
  integer,
  integerInput,
  type ObjectSchema,
  ref,
  request,
  words,
} from "./json-schema.ts";

const KIND = words("What goes wrong.", FAULT_WORDS);
const DELAY = { minimum: 0, maximum: LIMITS.faultDelayMsMax.value };
const COUNT = { minimum: 1, maximum: LIMITS.faultCountMax.value };
const SEED = { minimum: 0, maximum: FAULT_SEED_MAX };

export const FAULT_REQUEST: ObjectSchema = request(
  "A fault of this key.",
  {
    fault: KIND,
    delay_ms: integerInput("Milliseconds; the fault's own where none are sent.", DELAY),
    count: integerInput("How many times it happens.", { ...COUNT, default: 1 }),
    probability: decimalInput("Chance at each occasion: above 0, at most 1, which is the default."),
    seed: integerInput("Decides at which occasions it happens.", { ...SEED, default: 1 }),
  },
  ["fault"],
);

export const FAULT: ObjectSchema = answer(
  "An armed fault.",
  {
    id: integer("From 1, per key."),
    fault: KIND,
    delay_ms: integer("Milliseconds; absent for a fault without delay."),
    count: integer("How many times it happens."),
    probability: decimal("Chance at each occasion."),
    seed: integer("Decides at which occasions it happens."),
    fired: integer("Times it has happened."),
  },
  ["delay_ms"],
);

export const FAULTS: ObjectSchema = answer("The key's faults.", {
  faults: array("In the order in which they were armed.", ref("Fault")),
});

export const FAULTS_CLEARED: ObjectSchema = answer("What was disarmed.", {
  cleared: integer("How many there were."),
});
