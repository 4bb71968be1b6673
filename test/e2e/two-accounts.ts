/** What most tests of trading begin with: a gateway in this process and two accounts. */
import type { TestContext } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startInProcess, type TestTime } from "./gateway-in-process.ts";
import { KEY_1, KEY_2, SignedClient } from "./signed-client.ts";

/** Time that a test moves, durations and all. */
export type MovedTime = TestTime & { monotonicMs: number };

export interface TwoAccounts {
  readonly time: MovedTime;
  readonly gateway: Gateway;
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
  const gateway = await startInProcess(t, time, settings);
  const { url } = gateway;
  const [first, second] = [new SignedClient(url, KEY_1), new SignedClient(url, KEY_2)];
  t.after(() => {
    first.close();
    second.close();
  });
  return { time, gateway, url, first, second };
}
