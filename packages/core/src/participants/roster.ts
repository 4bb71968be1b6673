/** Who trades in the simulated market, and what they begin with, as data. */
import { type Amount, fixed, type Qty } from "../model/decimal.ts";
import type { AccountOpened } from "../model/event.ts";
import type { Account, UnixMs } from "../model/ids.ts";
import type { Participant, Strategy } from "./participant.ts";

/** Over four symbols these make about five commands a second. */
export const ROSTER: readonly Participant[] = [
  row("SIM00001", 1_500, { kind: "MarketMaker", firstSteps: 1, gapSteps: 1, levels: 4 }),
  row("SIM00002", 2_500, { kind: "MarketMaker", firstSteps: 2, gapSteps: 2, levels: 4 }),
  row("SIM00003", 3_000, { kind: "NoiseTrader", openOrdersMax: 3 }),
  row("SIM00004", 5_000, { kind: "NoiseTrader", openOrdersMax: 4 }),
  row("SIM00005", 8_000, { kind: "NoiseTrader", openOrdersMax: 5 }),
  row("SIM00006", 10_000, { kind: "MomentumTrader", thresholdSteps: 3 }),
];

const ACCOUNTS: ReadonlySet<Account> = new Set(ROSTER.map(({ account }) => account));

/** Whether it is an account that nobody can ask about: it has no key and gets none. */
export function isSimulated(account: Account): boolean {
  return ACCOUNTS.has(account);
}

/** Enough for decades at the default rate, and far below the 18 digits that a sum may have. */
const CASH = [
  ["HKD", "1000000000000"],
  ["USD", "1000000000000"],
  ["USDT", "1000000000000"],
] as const;

const HOLDINGS = [
  ["00700", "10000000000"],
  ["AAPL", "10000000000"],
  ["BTC", "10000000"],
  ["DODO", "1000000000000"],
] as const;

/**
 * The participants' accounts, in the books like everybody's: what they win, others lose. They have
 * no keys, so nobody else trades for them.
 */
export function participantAccounts(
  atMs: UnixMs,
  roster: readonly Participant[] = ROSTER,
): readonly AccountOpened[] {
  return roster.map(({ account }) => ({
    type: "AccountOpened",
    atMs,
    account,
    cash: CASH.map(([currency, text]) => [currency, fixed(text) as Amount]),
    holdings: HOLDINGS.map(([product, text]) => [product, fixed(text) as Qty]),
    shortSellingAllowed: false,
  }));
}

function row(account: string, turnEveryMs: number, strategy: Strategy): Participant {
  return { account: account as Account, turnEveryMs, strategy };
}
