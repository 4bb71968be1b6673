// The keys of the traders' console against the list that it shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { page, section, tableRows, unticked } from "./pages.ts";

/** Read, not imported: the module needs a browser's types. */
const KEYS = page("packages/console/src/parts/keys.ts");

test("console page: lists the keys, as the console does", () => {
  const shown = [...KEYS.matchAll(/\{ keys: "([^"]+)", does: "([^"]+)" \}/g)];
  assert.ok(shown.length > 10);
  const rows = tableRows(section(page("docs/operating/console.md"), "## Keys"));
  assert.deepEqual(
    rows.map(([keys = "", does = ""]) => [unticked(keys), does]),
    shown.map(([, keys, does]) => [keys, does]),
  );
});
