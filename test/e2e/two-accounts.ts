/** What most tests of trading begin with: a gateway in this process, two accounts, an order. */
import type { TestContext } from "node:test";
import { startInProcess, type TestTime } from "./gateway-in-process.ts";
import { KEY_1, KEY_2, SignedClient } from "./signed-client.ts";

/** Time that a test moves, durations and all. */
export type MovedTime = TestTime & { monotonicMs: number };

export interface TwoAccounts {
  readonly time: MovedTime;
  readonly url: string;
  readonly first: SignedClient;
  readonly second: SignedClient;
}

export function movedTime(): MovedTime {
  const now = Date.now();
  return { wallMs: now, marketMs: now, monotonicMs: 1_000_000 };
}

/** Starts a gateway on time that stands still, and a client for each of two accounts. */
export async function startTwoAccounts(
  t: TestContext,
  settings: Readonly<Record<string, string>> = {},
): Promise<TwoAccounts> {
  const time = movedTime();
  const { url } = await startInProcess(t, time, settings);
  const [first, second] = [new SignedClient(url, KEY_1), new SignedClient(url, KEY_2)];
  t.after(() => {
    first.close();
    second.close();
  });
  return { time, url, first, second };
}

/** A new order that rests where nobody sells: a buy of one lot at 1, unless changed. */
export function restingOrder(change: object = {}): object {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    price: 1,
    qty: 100,
    ...change,
  };
}
