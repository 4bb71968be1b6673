/** What operators hold back, as a client sees it. */
import { MARKET_MODE_WORDS } from "../operator/operator-words.ts";
import {
  answer,
  array,
  integer,
  type ObjectSchema,
  ref,
  seconds,
  text,
  words,
} from "./json-schema.ts";

export const MARKET_RESTRICTION: ObjectSchema = answer("What a market takes.", {
  market: text("The market, under the first of its names."),
  mode: words("cancel_only and halted refuse new orders and amends.", MARKET_MODE_WORDS),
});

export const BLOCK_RESTRICTION: ObjectSchema = answer(
  "A block: new orders and amends that it reaches are refused; cancels are not.",
  {
    block_id: integer("Its number, to be named to an operator.", { minimum: 1 }),
    blocked_at: seconds("When it began"),
    market: text("What market it is about; empty: all."),
    portfolio_id: text("What portfolio it is about; empty: all."),
  },
);

export const RESTRICTIONS: ObjectSchema = answer("What operators hold back now.", {
  markets: array("Each market.", ref("MarketRestriction")),
  blocks: array(
    "Those that reach this key's account, or a portfolio of the key.",
    ref("BlockRestriction"),
  ),
  halted_symbols: array("Instruments that take no new orders.", text("The symbol.")),
});
