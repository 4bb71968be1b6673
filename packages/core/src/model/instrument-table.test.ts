import assert from "node:assert/strict";
import { test } from "node:test";
import { at, InvariantError } from "../assert.ts";
import { ONE, type Price, type Qty } from "./decimal.ts";
import { fitsGrid, type Instrument, LOTS_MAX, type OrderGrid } from "./instrument.ts";
import { InstrumentTable } from "./instrument-table.ts";
import { REFERENCE_INSTRUMENTS } from "./reference-instruments.ts";

const TENCENT = at(REFERENCE_INSTRUMENTS, 0);

test("instrument table: what is set is found, in the order in which it was listed", () => {
  const table = new InstrumentTable(REFERENCE_INSTRUMENTS);
  const other: Instrument = { ...TENCENT, symbol: "00001", product: "00001" };
  const renamed: Instrument = { ...TENCENT, securityDesc: "X" };
  table.set(other);
  table.set(renamed);
  assert.equal(table.find("00700"), renamed);
  assert.equal(table.ofProduct("00700"), renamed, "a product's instrument is the one of now");
  assert.deepEqual(table.all, [renamed, ...REFERENCE_INSTRUMENTS.slice(1), other]);
  assert.deepEqual([table.find("00002"), table.ofProduct("00002")], [null, null]);
  assert.equal(InstrumentTable.of(table), table);
  table.retire("00001");
  assert.deepEqual([table.isRetired("00001"), table.isRetired("00700")], [true, false]);
  assert.equal(table.find("00001"), other, "a retired one has a past");
  assert.throws(() => table.retire("00002"), InvariantError);
  assert.throws(() => new InstrumentTable([TENCENT, TENCENT]), /listed once/);
});

test("instrument table: a product's instruments are those that trade it, while any does", () => {
  const table = new InstrumentTable([TENCENT]);
  const second = { ...TENCENT, symbol: "00700-B" };
  const third = { ...TENCENT, symbol: "00700-A" };
  table.set(second);
  table.set(third);
  table.set({ ...second, securityDesc: "X" });
  const symbols = () => table.allOfProduct("00700").map(({ symbol }) => symbol);
  assert.deepEqual(symbols(), ["00700", "00700-B", "00700-A"]);
  table.retire("00700");
  assert.deepEqual(
    [symbols(), table.ofProduct("00700")?.securityDesc],
    [["00700-B", "00700-A"], "X"],
  );
  table.retire("00700-B");
  table.retire("00700-A");
  assert.deepEqual(symbols(), ["00700", "00700-B", "00700-A"]);
  assert.deepEqual(table.allOfProduct("00001"), []);
});

test("instrument table: a product trades in one currency and one market group", () => {
  const table = new InstrumentTable([TENCENT]);
  const fault = "a product trades in one currency and one market group";
  const same = { ...TENCENT, symbol: "00700-B" };
  assert.equal(table.listingFault(same), null);
  assert.equal(table.listingFault({ ...same, currency: "USD" }), fault);
  assert.equal(table.listingFault({ ...same, lotQty: 0n as Qty }), "tick and lot are positive");
  assert.throws(() => table.set({ ...same, currency: "USD" }), InvariantError);
});

test("instrument table: a board lot has no more odd lots than an order may have lots", () => {
  const table = new InstrumentTable([]);
  const listed = (odds: number) => {
    const lotQty = (BigInt(odds) * ONE) as Qty;
    const [oddLotQty, orderQtyMax] = [ONE as Qty, lotQty];
    return table.listingFault({ ...TENCENT, lotQty, oddLotQty, orderQtyMax });
  };
  assert.equal(listed(LOTS_MAX), null);
  assert.equal(listed(LOTS_MAX + 1), "quantities in odd lots are safe integers");
});

test("fits grid: prices on the tick, whole lots, within bounds, in the same market", () => {
  const order: OrderGrid = {
    price: (10n * ONE) as Price,
    stopPx: 0n as Price,
    protectionPx: 0n as Price,
    orderQty: (400n * ONE) as Qty,
    cumQty: 0n as Qty,
  };
  const after: Instrument = {
    ...TENCENT,
    priceTick: (ONE / 20n) as Price,
    lotQty: (200n * ONE) as Qty,
    priceMax: (100n * ONE) as Price,
    orderQtyMax: (800n * ONE) as Qty,
  };
  const cent = ONE / 100n;
  const rows: readonly (readonly [Partial<OrderGrid>, boolean])[] = [
    [{}, true],
    [{ price: (10n * ONE + cent) as Price }, false],
    [{ stopPx: (10n * ONE + cent) as Price }, false],
    [{ stopPx: (10n * ONE + 5n * cent) as Price }, true],
    [{ protectionPx: (10n * ONE + cent) as Price }, false],
    // A collar may lie above every price.
    [{ protectionPx: (200n * ONE) as Price }, true],
    [{ price: (100n * ONE) as Price }, true],
    [{ price: (101n * ONE) as Price }, false],
    [{ orderQty: (300n * ONE) as Qty }, false],
    [{ orderQty: (800n * ONE) as Qty }, true],
    [{ orderQty: (1_000n * ONE) as Qty }, false],
    [{ cumQty: (200n * ONE) as Qty }, true],
    [{ cumQty: (100n * ONE) as Qty }, false],
    // A board lot of before would be an odd lot.
    [{ orderQty: (100n * ONE) as Qty }, false],
    // An odd lot of before is one still.
    [{ orderQty: (60n * ONE) as Qty, cumQty: ONE as Qty }, true],
  ];
  for (const [change, fits] of rows) {
    const label = JSON.stringify(change, (_, each) => String(each));
    assert.equal(fitsGrid({ ...order, ...change }, TENCENT, after), fits, label);
  }
  const finer: Instrument = { ...TENCENT, lotQty: (50n * ONE) as Qty };
  assert.equal(fitsGrid({ ...order, orderQty: (50n * ONE) as Qty }, TENCENT, finer), false);
  const none: Instrument = { ...TENCENT, oddLotQty: null };
  assert.equal(fitsGrid({ ...order, orderQty: (50n * ONE) as Qty }, TENCENT, none), false);
});
