import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import {
  type Amount,
  amountOf,
  averagePrice,
  type DecimalFault,
  fixed,
  formatDecimal,
  INTEGER_DIGITS_MAX,
  ONE,
  type Price,
  parseDecimal,
  type Qty,
  SCALE,
  ZERO_AMOUNT,
  ZERO_PRICE,
  ZERO_QTY,
} from "./decimal.ts";

/** The long form is a million values each: PROPERTY_RUNS=1000000. */
const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 3_000);

const UNITS_END = 10n ** BigInt(INTEGER_DIGITS_MAX + SCALE);

/** Every value that can be read; fast-check leans towards the ends and towards zero. */
const anyUnits = fc.oneof(
  fc.bigInt({ min: -UNITS_END + 1n, max: UNITS_END - 1n }),
  fc.bigInt({ min: -1_000_000_000n, max: 1_000_000_000n }),
);

/** Decimal texts in their shortest form, drawn as digits: the oracle knows nothing of units. */
const shortestText = fc
  .tuple(
    fc.boolean(),
    fc.stringMatching(/^(0|[1-9][0-9]{0,17})$/),
    fc.stringMatching(/^([0-9]{0,7}[1-9])?$/),
  )
  .map(([negative, integer, fraction]) => {
    const magnitude = fraction === "" ? integer : `${integer}.${fraction}`;
    return negative && magnitude !== "0" ? `-${magnitude}` : magnitude;
  });

test("decimal: any units, written and read again, are the same units", () => {
  fc.assert(
    fc.property(anyUnits, (units) => {
      assert.equal(parseDecimal(formatDecimal(units)), units);
    }),
    { numRuns },
  );
});

test("decimal: any shortest text, read and written again, is the same digit for digit", () => {
  fc.assert(
    fc.property(shortestText, (text) => {
      assert.equal(formatDecimal(fixed(text)), text);
    }),
    { numRuns },
  );
});

test("decimal: trailing zeros up to the eighth decimal do not change the value", () => {
  const zeroCount = fc.nat({ max: SCALE });
  fc.assert(
    fc.property(shortestText, zeroCount, (text, wanted) => {
      const [integer = "", fraction = ""] = text.split(".");
      const zeros = "0".repeat(Math.min(wanted, SCALE - fraction.length));
      const padded = fraction + zeros === "" ? integer : `${integer}.${fraction}${zeros}`;
      assert.equal(parseDecimal(padded), parseDecimal(text));
    }),
    { numRuns },
  );
});

test("decimal: what is read", () => {
  const table: readonly (readonly [text: string, units: bigint, shortest: string])[] = [
    ["0", 0n, "0"],
    ["-0", 0n, "0"],
    ["0.0", 0n, "0"],
    ["-0.00000000", 0n, "0"],
    ["1", 100_000_000n, "1"],
    ["-1", -100_000_000n, "-1"],
    ["1000", 100_000_000_000n, "1000"],
    ["423.83", 42_383_000_000n, "423.83"],
    ["423.83000000", 42_383_000_000n, "423.83"],
    ["0.1", 10_000_000n, "0.1"],
    ["-0.5", -50_000_000n, "-0.5"],
    ["0.00000001", 1n, "0.00000001"],
    ["-0.00000001", -1n, "-0.00000001"],
    ["10.01", 1_001_000_000n, "10.01"],
    // Neighbours that a 64-bit float cannot tell apart.
    ["9007199254740993", 900_719_925_474_099_300_000_000n, "9007199254740993"],
    ["123456789012.12345678", 12_345_678_901_212_345_678n, "123456789012.12345678"],
    ["999999999999999999.99999999", UNITS_END - 1n, "999999999999999999.99999999"],
    ["-999999999999999999.99999999", 1n - UNITS_END, "-999999999999999999.99999999"],
  ];
  for (const [text, units, shortest] of table) {
    assert.equal(parseDecimal(text), units, text);
    assert.equal(formatDecimal(units), shortest, text);
  }
});

test("decimal: what is not read, and why", () => {
  const table: { readonly [F in DecimalFault]: readonly string[] } = {
    Malformed: [
      ...["", " ", "-", ".", "-.", "abc", "NaN", "Infinity", "-Infinity", "null"],
      ...[
        "+1",
        "--1",
        "1-",
        "01",
        "-01",
        "00",
        "00.5",
        ".5",
        "-.5",
        "5.",
        "1.2.3",
        "1,000",
        "1_000",
      ],
      ...[
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "1\u0000",
        "0x10",
        "0b1",
        "1n",
        "１",
        "٣",
        "−1",
        "1e",
        "e5",
        "1e+",
      ],
      ...["1e5.5", "1ee5", "+1e5"],
    ],
    Exponent: ["1e5", "1E5", "1e+5", "1e-5", "-1.5e3", "0e0", "1e400", "4.2383e2", "-0E-0"],
    TooManyDecimals: [
      ...[
        "0.000000001",
        "0.000000000",
        "1.123456789",
        "-1.000000000",
        "0.1000000000000000055511151",
      ],
      // Two faults: the decimals are named first.
      `1${"0".repeat(INTEGER_DIGITS_MAX)}.000000000`,
    ],
    TooLarge: [
      "1000000000000000000",
      "-1000000000000000000",
      "1000000000000000000.00000001",
      "9".repeat(10_000),
    ],
  };
  for (const [fault, texts] of Object.entries(table)) {
    for (const text of texts) assert.equal(parseDecimal(text), fault, JSON.stringify(text));
  }
});

test("decimal: what the program spells itself is a decimal, or a bug", () => {
  assert.equal(fixed("-0.5"), -ONE / 2n);
  for (const text of ["", "1e5", "0.000000001"]) assert.throws(() => fixed(text), InvariantError);
});

test("decimal: any text is read or refused with a named fault", () => {
  const faults: readonly unknown[] = ["Malformed", "Exponent", "TooManyDecimals", "TooLarge"];
  const nearlyDecimal = fc.string({
    unit: fc.constantFrom(..."0123456789.-+eE \n"),
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.oneof(nearlyDecimal, fc.string({ unit: "binary" })), (text) => {
      const read = parseDecimal(text);
      if (typeof read !== "bigint") {
        assert.ok(faults.includes(read));
        return;
      }
      assert.match(text, /^-?[0-9]+(\.[0-9]{1,8})?$/);
      assert.equal(parseDecimal(formatDecimal(read)), read);
    }),
    { numRuns },
  );
});

test("decimal: hundreds of thousands of digits are refused without being read", () => {
  const digits = "9".repeat(500_000);
  assert.equal(parseDecimal(digits), "TooLarge");
  assert.equal(parseDecimal(`0.${digits}`), "TooManyDecimals");
  assert.equal(parseDecimal(`${digits}e`), "Malformed");
  assert.equal(parseDecimal(`${"-".repeat(500_000)}1`), "Malformed");
});

test("amountOf: price times quantity, exactly", () => {
  const table: readonly (readonly [price: string, orderQty: string, amount: string])[] = [
    ["423.83", "1000", "423830"],
    ["0.01", "1", "0.01"],
    ["0.000001", "0.01", "0.00000001"],
    ["10000000", "100000000", "1000000000000000"],
    ["99999999.99", "9999.999999", "999999999800.00000001"],
    ["0", "5", "0"],
  ];
  for (const [price, orderQty, amount] of table) {
    const product = amountOf(fixed(price) as Price, fixed(orderQty) as Qty);
    assert.equal(formatDecimal(product), amount, `${price} x ${orderQty}`);
  }
});

test("amountOf: of any grid whose smallest amount is exact, every amount is exact", () => {
  const priceDecimals = fc.integer({ min: 0, max: SCALE });
  const count = fc.bigInt({ min: 0n, max: 10n ** 12n });
  fc.assert(
    fc.property(priceDecimals, count, count, (decimals, ticks, lots) => {
      const tick = 10n ** BigInt(SCALE - decimals);
      const lot = 10n ** BigInt(decimals);
      const amount = amountOf((ticks * tick) as Price, (lots * lot) as Qty);
      assert.equal(amount * ONE, ticks * tick * lots * lot);
    }),
    { numRuns },
  );
});

test("amountOf: a product that needs a ninth decimal is a bug, never a rounded amount", () => {
  assert.throws(() => amountOf(1n as Price, (ONE - 1n) as Qty), InvariantError);
  assert.throws(() => amountOf(1n as Price, 1n as Qty), InvariantError);
});

test("averagePrice: half up at the eighth decimal", () => {
  const table: readonly (readonly [amount: bigint, cumQty: bigint, average: bigint])[] = [
    [0n, 0n, 0n],
    [42_383_000_000_000n, 100_000_000_000n, 42_383_000_000n],
    // 1/3 ends below the half, 2/3 above it.
    [ONE, 3n * ONE, 33_333_333n],
    [2n * ONE, 3n * ONE, 66_666_667n],
    // Exactly half of a unit goes up; a hair less goes down.
    [1n, 2n * ONE, 1n],
    [3n, 2n * ONE, 2n],
    [499_999_999n, 1_000_000_000n * ONE, 0n],
    [500_000_000n, 1_000_000_000n * ONE, 1n],
  ];
  for (const [amount, cumQty, average] of table) {
    assert.equal(averagePrice(amount as Amount, cumQty as Qty), average, `${amount} / ${cumQty}`);
  }
});

test("averagePrice: lies within half a unit, and between the lowest and the highest fill", () => {
  const fill = fc.tuple(
    fc.bigInt({ min: 1n, max: 10n ** 9n }).map((ticks) => (ticks * 1_000_000n) as Price),
    fc.bigInt({ min: 1n, max: 10n ** 8n }).map((lots) => (lots * 100n) as Qty),
  );
  fc.assert(
    fc.property(fc.array(fill, { minLength: 1, maxLength: 8 }), (fills) => {
      let amount = ZERO_AMOUNT;
      let cumQty = ZERO_QTY;
      for (const [lastPx, lastQty] of fills) {
        amount = (amount + amountOf(lastPx, lastQty)) as Amount;
        cumQty = (cumQty + lastQty) as Qty;
      }
      const average = averagePrice(amount, cumQty);
      const prices = fills.map(([lastPx]) => lastPx);
      assert.ok(prices.some((lastPx) => lastPx <= average));
      assert.ok(prices.some((lastPx) => lastPx >= average));
      // -1/2 < average - exact <= 1/2, multiplied out.
      const error2 = 2n * (average * cumQty - amount * ONE);
      assert.ok(-cumQty < error2 && error2 <= cumQty);
    }),
    { numRuns },
  );
});

test("averagePrice: nothing traded has no price", () => {
  assert.equal(averagePrice(ZERO_AMOUNT, ZERO_QTY), ZERO_PRICE);
});

test("decimal: the source uses no float", () => {
  const source = readFileSync(new URL("./decimal.ts", import.meta.url), "utf8");
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  assert.doesNotMatch(code, /\bNumber\b|\bMath\b|parseFloat|toFixed|[^.\w][0-9]+\.[0-9]/);
});
