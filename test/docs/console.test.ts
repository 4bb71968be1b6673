// The keys of the traders' console against the list that it shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYS } from "../../packages/console/src/parts/keys.ts";
import { page, section, tableRows, unticked } from "./pages.ts";

test("console page: lists the keys, as the console does", () => {
  const rows = tableRows(section(page("docs/operating/console.md"), "## Keys"));
  const listed = rows.map(([keys = "", does = ""]) => [unticked(keys), does]);
  assert.deepEqual(
    listed,
    KEYS.map(({ keys, does }) => [keys, does]),
  );
});
