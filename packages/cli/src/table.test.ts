import assert from "node:assert/strict";
import { test } from "node:test";
import { factLines, tableLines } from "./table.ts";

test("table: columns are as wide as their content, numbers end together", () => {
  const lines = tableLines(
    [
      { title: "NAME", of: ({ name }: { name: string; qty: string }) => name },
      { title: "QTY", of: ({ qty }) => qty, isNumber: true },
    ],
    [
      { name: "BTC-USDT", qty: "1" },
      { name: "A", qty: "1000" },
    ],
  );
  assert.deepEqual(lines, ["NAME       QTY", "BTC-USDT     1", "A         1000"]);
});

test("table: facts begin at one column", () => {
  assert.deepEqual(
    factLines([
      ["order", "1"],
      ["status", "open"],
    ]),
    ["order   1", "status  open"],
  );
});

test("table: a list of any length", () => {
  const column = { title: "N", of: (n: number) => String(n), isNumber: true };
  const lines = tableLines(
    [column],
    Array.from({ length: 200_000 }, (_, index) => index),
  );
  assert.deepEqual([lines.length, lines[0], lines.at(-1)], [200_001, "     N", "199999"]);
});
