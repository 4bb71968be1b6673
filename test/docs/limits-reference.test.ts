// Every limit stands in the reference page under the file it comes from, with its value, and the
// page lists none that does not exist.
import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { LIMITS } from "../../packages/contract/src/limits.ts";
import { KEYS_MAX, REVOKED_KEYS_MAX } from "../../packages/core/src/control/api-keys.ts";
import {
  ACTIVE_BLOCKS_MAX,
  INSTRUMENTS_MAX,
  RELEASED_BLOCKS_MAX,
  WIDE_BLOCKS_KEPT,
} from "../../packages/core/src/control/control-state.ts";
import { LIMIT_OVERRIDES_MAX } from "../../packages/core/src/control/limit-overrides.ts";
import {
  OPERATOR_ANSWERS_MAX,
  URGENT_ANSWERS_KEPT,
} from "../../packages/core/src/control/operator-answers.ts";
import { AMBIGUOUS_LISTED_MAX } from "../../packages/core/src/desk/cancel.ts";
import { SELF_TRADE_ROUNDS_MAX } from "../../packages/core/src/exchange/auction.ts";
import { ENHANCED_LIMIT_QUEUES_MAX } from "../../packages/core/src/exchange/matching.ts";
import { CANDLES_KEPT_MAX } from "../../packages/core/src/market-data/candles.ts";
import { TRADES_KEPT_MAX } from "../../packages/core/src/market-data/trade-tape.ts";
import { INTEGER_DIGITS_MAX, SCALE } from "../../packages/core/src/model/decimal.ts";
import { LOTS_MAX, TICKS_MAX } from "../../packages/core/src/model/instrument.ts";
import { page, ROOT, tableRows } from "./pages.ts";

const CONTRACT = "packages/contract/src/limits.ts";
/** The rules' price limits are a market's, not the gateway's. */
const FILES = globSync("packages/{contract,gateway}/src/**/{limits,*-limits}.ts", {
  cwd: ROOT,
}).sort();

/** The page's parts, each with the source it names: a file, or the folder of a package. */
const PARTS = page("docs/reference/limits.md")
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ source: /`(packages\/[^`]+)`/.exec(text)?.[1] ?? "", text }));

function documentedValues(source: string): [name: string, value: number][] {
  const part = PARTS.find((each) => each.source === source);
  assert.ok(part !== undefined, `the page has a part for ${source}`);
  return tableRows(part.text).map(([name = "", value = ""]) => [name, Number(value)]);
}

test("limits reference: has a part for every file of limits, and no other", () => {
  assert.ok(FILES.includes(CONTRACT) && FILES.length > 1);
  const sources = PARTS.map(({ source }) => source).sort();
  assert.deepEqual(sources, [...FILES, "packages/core"].sort());
});

test("limits reference: lists the contract's limits whole", () => {
  const part = PARTS.find(({ source }) => source === CONTRACT);
  const expected = Object.entries(LIMITS).map(([name, { value, unit, reason, beyond }]) => {
    return [`\`${name}\``, String(value), unit, reason, beyond];
  });
  assert.deepEqual(tableRows(part?.text ?? ""), expected);
});

for (const file of FILES.filter((each) => each !== CONTRACT)) {
  test(`limits reference: lists every limit of ${file} with its value`, async () => {
    const exported: Record<string, unknown> = await import(pathToFileURL(`${ROOT}/${file}`).href);
    const limits = Object.entries(exported).filter(([, value]) => typeof value === "number");
    assert.ok(limits.length > 0);
    assert.deepEqual(new Map(documentedValues(file)), new Map(limits as [string, number][]));
  });
}

test("limits reference: lists the core's limits with their values", () => {
  assert.deepEqual(documentedValues("packages/core"), [
    ["SCALE", SCALE],
    ["INTEGER_DIGITS_MAX", INTEGER_DIGITS_MAX],
    ["TICKS_MAX", TICKS_MAX],
    ["LOTS_MAX", LOTS_MAX],
    ["ENHANCED_LIMIT_QUEUES_MAX", ENHANCED_LIMIT_QUEUES_MAX],
    ["SELF_TRADE_ROUNDS_MAX", SELF_TRADE_ROUNDS_MAX],
    ["TRADES_KEPT_MAX", TRADES_KEPT_MAX],
    ["CANDLES_KEPT_MAX", CANDLES_KEPT_MAX],
    ["AMBIGUOUS_LISTED_MAX", AMBIGUOUS_LISTED_MAX],
    ["ACTIVE_BLOCKS_MAX", ACTIVE_BLOCKS_MAX],
    ["WIDE_BLOCKS_KEPT", WIDE_BLOCKS_KEPT],
    ["RELEASED_BLOCKS_MAX", RELEASED_BLOCKS_MAX],
    ["KEYS_MAX", KEYS_MAX],
    ["REVOKED_KEYS_MAX", REVOKED_KEYS_MAX],
    ["INSTRUMENTS_MAX", INSTRUMENTS_MAX],
    ["LIMIT_OVERRIDES_MAX", LIMIT_OVERRIDES_MAX],
    ["OPERATOR_ANSWERS_MAX", OPERATOR_ANSWERS_MAX],
    ["URGENT_ANSWERS_KEPT", URGENT_ANSWERS_KEPT],
  ]);
});

test("limits reference: a limit has a unit and a reason", () => {
  for (const { text } of PARTS) {
    for (const [name = "", , unit = "", reason = ""] of tableRows(text)) {
      assert.ok(unit !== "" && reason !== "", name);
    }
  }
});
