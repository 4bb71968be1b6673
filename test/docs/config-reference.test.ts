import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTINGS } from "../../packages/gateway/src/config.ts";
import { page, tableRows } from "./pages.ts";

test("config reference: lists exactly the settings, with default, range and effect", () => {
  const documented = tableRows(page("docs/reference/config.md")).filter(([name = ""]) =>
    name.startsWith("`COUNTERMAND_"),
  );
  const expected = Object.values(SETTINGS).map(({ env, defaultText, range, effect }) => [
    `\`${env}\``,
    `\`${defaultText}\``,
    range,
    effect,
  ]);
  assert.ok(expected.length > 0);
  assert.deepEqual(documented, expected);
});

test("config reference: the README names settings that exist, with their defaults", () => {
  const defaults = new Map(
    Object.values(SETTINGS).map(({ env, defaultText }) => [`\`${env}\``, `\`${defaultText}\``]),
  );
  const documented = tableRows(page("README.md")).filter(([name = ""]) =>
    name.startsWith("`COUNTERMAND_"),
  );
  assert.ok(documented.length > 0);
  for (const [name = "", defaultText] of documented) assert.equal(defaultText, defaults.get(name));
});
