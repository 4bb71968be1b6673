/**
 * The sandbox profile: two accounts with fixed, public keys. The gateway binds to loopback with
 * them.
 */
import { type Account, type AccountOpened, fixed, type UnixMs } from "@countermand/core/model";

export interface SandboxKey {
  readonly apiKey: string;
  readonly secret: string;
  readonly account: Account;
}

export const SANDBOX_KEYS: readonly SandboxKey[] = [
  { apiKey: "demo-key", secret: "demo-secret", account: "80114138" as Account },
  { apiKey: "demo-key-2", secret: "demo-secret-2", account: "80114139" as Account },
];

const CASH = [
  ["HKD", "100000000"],
  ["USD", "10000000"],
  ["USDT", "10000000"],
] as const;

const HOLDINGS = [
  ["00700", "1000000"],
  ["AAPL", "100000"],
  ["BTC", "1000"],
  ["DODO", "10000000"],
] as const;

export function sandboxAccount(account: Account, atMs: UnixMs): AccountOpened {
  return {
    type: "AccountOpened",
    atMs,
    account,
    shortSellingAllowed: false,
    cash: CASH.map(([currency, text]) => [
      currency,
      fixed(text) as AccountOpened["cash"][number][1],
    ]),
    holdings: HOLDINGS.map(([product, text]) => [
      product,
      fixed(text) as AccountOpened["holdings"][number][1],
    ]),
  };
}
