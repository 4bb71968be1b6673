/** What an account has, as its balance and its positions show it. */
import type { Envelope } from "./answers.ts";
import type { Model } from "./model.ts";
import { ALL_INSTRUMENTS, decimal } from "./money.ts";

type Row = Readonly<Record<string, unknown>>;

/** By currency: cash with what is not settled, held back, free; by product: held, on sale. */
export function standingOf(model: Model, account: string): string {
  const rows = ALL_INSTRUMENTS.map(({ currency, product, symbol }) => ({
    [currency]: [
      model.balance(account, currency),
      model.cashOnHold(account, currency),
      model.freeCash(account, currency),
    ].map(decimal),
    [product]: [model.balance(account, product), model.sellsOnHold(account, symbol)].map(decimal),
  }));
  return JSON.stringify(Object.assign({}, ...rows));
}

/** The first difference of an answer from what the account has, or null. */
export function standingDifference({ data }: Envelope, standing: string): string | null {
  const expected = JSON.parse(standing) as Record<string, readonly string[]>;
  for (const { currency, product } of ALL_INSTRUMENTS) {
    const name = Array.isArray(data) ? currency : product;
    const shown = Array.isArray(data) ? cashShown(data, name) : holdingShown(data, name);
    const meant = (expected[name] ?? []).map(Number);
    const isSame = shown.every((has, index) => Math.abs(has - (meant[index] ?? 0)) < 1e-6);
    if (!isSame) return `${name} is ${shown.join(", ")}, expected ${meant.join(", ")}`;
  }
  return null;
}

function cashShown(rows: readonly Row[], currency: string): number[] {
  const row = rows.find((each) => each["base_currency"] === currency);
  // What an account never had is not in the list.
  const number = (field: string) => Number(row === undefined ? 0 : row[field]);
  return [
    number("cash") + number("unsett_net_amt"),
    number("cash_on_hold"),
    number("cash_withdraw"),
  ];
}

/** What an account neither holds nor sells is not in the list. */
function holdingShown(data: unknown, product: string): number[] {
  const { positions } = data as { positions: readonly Row[] };
  const row = positions.find((each) => each["product_code"] === product);
  return [Number(row?.["qty"] ?? 0), Number(row?.["os_sell_qty"] ?? 0)];
}
