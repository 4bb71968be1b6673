import assert from "node:assert/strict";
import { test } from "node:test";
import {
  decodeFaultRequest,
  encodeFaultList,
  encodeFaultsCleared,
  encodeFaultView,
  encodeSuccess,
  FAULT_SPECS,
  isFault,
  type JsonValue,
  LIMITS,
  parseExact,
} from "../../packages/contract/src/index.ts";
import { FAULT_REQUEST } from "../../packages/contract/src/schema/sandbox-schemas.ts";
import { ARMED_PER_KEY_MAX, VENUE_ANSWER_MS_MAX } from "../../packages/gateway/src/venue/limits.ts";
import { page, section, tableRows, unticked } from "./pages.ts";

const PAGE = page("docs/protocol/sandbox.md");

/** The JSON blocks of a part of the page. */
function examples(heading: string): string[] {
  return [...section(PAGE, heading).matchAll(/```json\n(.*)\n```/g)].map(([, text = ""]) => text);
}

test("sandbox page: lists exactly the faults, with their defaults and recipes", () => {
  const expected = FAULT_SPECS.map(({ word, occasion, delayMs, recipeLots, does }) => {
    return [`\`${word}\``, occasion.toLowerCase(), String(delayMs ?? ""), String(recipeLots), does];
  });
  assert.deepEqual(tableRows(section(PAGE, "## Faults")).slice(0, expected.length), expected);
  const occasions = tableRows(section(PAGE, "## Faults")).slice(expected.length);
  const words = new Set(FAULT_SPECS.map(({ occasion }) => occasion.toLowerCase()));
  assert.deepEqual(
    occasions.map(([word]) => word),
    [...words],
  );
});

test("sandbox page: says what the recipes of coins are", () => {
  const [first] = FAULT_SPECS;
  assert.ok(first !== undefined);
  const qty = (units: number) => (first.recipeFractionLots * units).toFixed(6).replace(/0+$/, "");
  const examples = `${qty(0.01)} of \`DODO-USDT\` and ${qty(0.000001)} of`;
  assert.ok(
    PAGE.replaceAll("\n", " ").includes(`${first.recipeFractionLots} lots, which are ${examples}`),
  );
});

test("sandbox page: the request's fields and bounds are the code's", () => {
  const rows = tableRows(section(PAGE, "## Arm"));
  assert.deepEqual(
    rows.map(([name = ""]) => unticked(name)),
    Object.keys(FAULT_REQUEST.properties),
  );
  const meanings = rows.map(([, , , meaning = ""]) => meaning).join("\n");
  for (const name of ["faultCountMax", "faultDelayMsMax"] as const) {
    assert.ok(meanings.includes(` to ${LIMITS[name].value}`), name);
  }
  assert.ok(meanings.includes(` to ${FAULT_REQUEST.properties["seed"]?.oneOf?.[0]?.maximum}`));
  assert.ok(PAGE.includes(`at most ${ARMED_PER_KEY_MAX} faults`));
  assert.ok(PAGE.includes(`after ${VENUE_ANSWER_MS_MAX / 1000} s without an answer`));
});

test("sandbox page: its examples are what the code reads and writes", () => {
  const [body = "", answer] = examples("## Arm");
  const request = decodeFaultRequest(parseExact(body) as JsonValue);
  assert.ok(!isFault(request));
  const view = { ...request, id: 1, firedCount: 0 };
  assert.equal(encodeSuccess(encodeFaultView(view)), answer);
  assert.deepEqual(examples("## List and disarm"), [
    encodeSuccess(encodeFaultList([{ ...view, firedCount: 1 }])),
    encodeSuccess(encodeFaultsCleared(1)),
  ]);
});
