/** Limits and budgets that a seed chooses: as the model has them, and as they are set. */
import type { LimitRow } from "../oracle/limits.ts";
import { decimal, ONE } from "../oracle/money.ts";
import type { Random } from "../world/random.ts";

/** Close to what traders do, so that each of them is met now and then. */
export function chooseRow(random: Random): LimitRow {
  const maybe = <Value>(value: Value) => (random.chance(0.3) ? value : undefined);
  const units = (from: number, to: number) => BigInt(random.between(from, to)) * ONE;
  const row = {
    orderQty: maybe(units(5, 8)),
    orderValue: maybe({ USD: units(400, 900), USDT: units(4, 9) }),
    priceDistance: maybe(BigInt(random.pick([40_000, 90_000, 2_000_000]))),
    duplicateMs: maybe(random.pick([40, 400])),
    openOrders: maybe(random.between(3, 12)),
    grossExposure: maybe({
      USD: units(10_001_000, 10_013_000),
      USDT: units(10_000_000, 10_400_000),
    }),
    perSecond: maybe(random.between(10, 60)),
  };
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

/** The settings of all accounts, or of all keys. */
export function rowSettings(whose: "ACCOUNT" | "KEY", row: LimitRow): Record<string, string> {
  const words = wordsOf(row);
  return Object.fromEntries(
    Object.entries(words).map(([word, value]) => {
      const name = `COUNTERMAND_${whose}_${word.toUpperCase()}`;
      return [name, typeof value === "string" ? value : amountsOf(value)];
    }),
  );
}

/** What an operator sends. */
export function wordsOf(row: LimitRow): Record<string, string | Record<string, string>> {
  const amounts = (byCurrency: Readonly<Record<string, bigint>>) => {
    return Object.fromEntries(
      Object.entries(byCurrency).map(([name, most]) => [name, decimal(most)]),
    );
  };
  return {
    ...(row.orderQty !== undefined && { order_qty_max: decimal(row.orderQty) }),
    ...(row.orderValue !== undefined && { order_value_max: amounts(row.orderValue) }),
    ...(row.priceDistance !== undefined && { price_distance_max: decimal(row.priceDistance) }),
    ...(row.duplicateMs !== undefined && { duplicate_ms: String(row.duplicateMs) }),
    ...(row.openOrders !== undefined && { open_orders_max: String(row.openOrders) }),
    ...(row.grossExposure !== undefined && { gross_exposure_max: amounts(row.grossExposure) }),
    ...(row.perSecond !== undefined && { orders_per_second_max: String(row.perSecond) }),
  };
}

function amountsOf(byCurrency: Readonly<Record<string, string>>): string {
  return Object.entries(byCurrency)
    .map(([name, most]) => `${name}:${most}`)
    .join(",");
}
