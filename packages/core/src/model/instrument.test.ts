import assert from "node:assert/strict";
import { test } from "node:test";
import { at, InvariantError } from "../assert.ts";
import { ONE, type Price, type Qty } from "./decimal.ts";
import { MarketName } from "./enums.ts";
import {
  assertInstrument,
  hasWholeUnits,
  type Instrument,
  isOddLot,
  marketGroupOf,
} from "./instrument.ts";
import { REFERENCE_INSTRUMENTS } from "./reference-instruments.ts";

const SOUND: Instrument = {
  ...at(REFERENCE_INSTRUMENTS, 0),
  priceTick: 1_000_000n as Price,
  priceMax: (1_000n * ONE) as Price,
  lotQty: (100n * ONE) as Qty,
  oddLotQty: null,
  orderQtyMax: (1_000_000n * ONE) as Qty,
};

test("instrument: an unsound grid is refused at start", () => {
  const table: readonly (readonly [Partial<Instrument>, statement: string])[] = [
    [{ priceTick: 0n as Price }, "tick and lot are positive"],
    [{ priceTick: -1n as Price }, "tick and lot are positive"],
    [{ lotQty: 0n as Qty }, "tick and lot are positive"],
    [{ lotQty: -ONE as Qty }, "tick and lot are positive"],
    [{ priceMax: (1_000n * ONE + 1n) as Price }, "maxima lie on the grid"],
    [{ orderQtyMax: (150n * ONE) as Qty }, "maxima lie on the grid"],
    [{ priceMax: (10_000_000_001n * ONE) as Price }, "prices in ticks are safe integers"],
    [{ orderQtyMax: (1_000_000_000_100n * ONE) as Qty }, "quantities in lots are safe integers"],
    [
      {
        priceTick: 1n as Price,
        priceMax: ONE as Price,
        lotQty: 1n as Qty,
        orderQtyMax: ONE as Qty,
      },
      "price x quantity has at most 8 decimals",
    ],
    [{ markets: [] }, "an instrument is listed under a market name"],
    [{ markets: [MarketName.Crypto] }, "all market names of an instrument are of its group"],
    [{ oddLotQty: 0n as Qty }, "odd lots are whole units"],
    [{ oddLotQty: (ONE / 2n) as Qty }, "odd lots are whole units"],
    [{ oddLotQty: (30n * ONE) as Qty }, "odd lots divide the board lot"],
    [{ oddLotQty: (100n * ONE) as Qty }, "odd lots divide the board lot"],
  ];
  assertInstrument(SOUND);
  for (const [change, statement] of table) {
    const unsound = { ...SOUND, ...change };
    const bug = new InvariantError(`must hold: ${statement}`);
    assert.throws(() => assertInstrument(unsound), bug, statement);
  }
});

test("instrument: shares have whole units, coins do not", () => {
  const rows = REFERENCE_INSTRUMENTS.map((each) => `${each.symbol} ${hasWholeUnits(each)}`);
  assert.deepEqual(rows, ["00700 true", "AAPL true", "DODO-USDT false", "BTC-USDT false"]);
});

test("reference instruments: the page's own sample order lies on the grid", () => {
  const tencent = at(REFERENCE_INSTRUMENTS, 0);
  assert.equal(tencent.symbol, "00700");
  assert.equal(42_383_000_000n % tencent.priceTick, 0n);
  assert.equal((1_000n * ONE) % tencent.lotQty, 0n);
});

test("instrument: an odd lot is less than a board lot, where the market takes that", () => {
  const odd = { ...SOUND, oddLotQty: ONE as Qty };
  assertInstrument(odd);
  assert.equal(isOddLot(odd, 99n * ONE), true);
  assert.equal(isOddLot(odd, 100n * ONE), false);
  assert.equal(isOddLot(SOUND, 99n * ONE), false);
});

test("market group: nasdaq is a name within usex, the others are their own", () => {
  const groups = Object.values(MarketName).map((market) => `${market} ${marketGroupOf(market)}`);
  assert.deepEqual(groups, ["hkex hkex", "usex usex", "nasdaq usex", "crypto crypto"]);
});

test("reference instruments: what changes hands, and in which group of markets", () => {
  const rows = REFERENCE_INSTRUMENTS.map((each) => `${each.product} ${each.marketGroup}`);
  assert.deepEqual(rows, ["00700 hkex", "AAPL usex", "DODO crypto", "BTC crypto"]);
});

test("reference instruments: symbols are unique", () => {
  const symbols = new Set(REFERENCE_INSTRUMENTS.map(({ symbol }) => symbol));
  assert.equal(symbols.size, REFERENCE_INSTRUMENTS.length);
});
