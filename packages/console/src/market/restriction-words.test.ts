// Goal: a trader reads all that is held back, and nothing when nothing is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { restrictionTexts } from "./restriction-words.ts";

const OPEN = { markets: [{ market: "hkex", mode: "open" }], blocks: [], halted_symbols: [] };
const at = (seconds: number) => `t${seconds}`;

test("restrictions: nothing is said while nothing is held back", () => {
  assert.deepEqual(restrictionTexts(OPEN, at), []);
});

test("restrictions: blocks, modes and halts in words", () => {
  const texts = restrictionTexts(
    {
      markets: [
        { market: "hkex", mode: "halted" },
        { market: "usex", mode: "open" },
        { market: "crypto", mode: "cancel_only" },
        { market: "moon", mode: "later" },
      ],
      blocks: [
        { block_id: 1, blocked_at: 5, market: "", portfolio_id: "" },
        { block_id: 2, blocked_at: 6, market: "hkex", portfolio_id: "d7" },
      ],
      halted_symbols: ["AAPL", "00700"],
    },
    at,
  );
  assert.deepEqual(texts, [
    "New orders are blocked since t5 (block 1)",
    "New orders of portfolio d7 in hkex are blocked since t6 (block 2)",
    "hkex is halted: nothing trades",
    "crypto takes cancels only",
    "moon is in the mode later",
    "AAPL, 00700 are halted",
  ]);
});
