/** The gateway inside the test's own process, on a clock that the test sets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { Gateway } from "../../packages/gateway/src/gateway.ts";
import { createLog } from "../../packages/gateway/src/ops/log.ts";
import { reusedThreads } from "../../packages/gateway/src/reused-threads-fixture.ts";
import { systemClock } from "../../packages/gateway/src/sys/clock.ts";

/** Real time stands still until a test moves it; timers are the machine's. */
export interface TestTime {
  /** The time of signatures, and of what is remembered of requests; Unix milliseconds. */
  wallMs: number;
  /** The time of orders; Unix milliseconds. */
  marketMs: number;
  /** Durations are measured by it; the machine's own when left out. */
  monotonicMs?: number;
}

type Environment = Readonly<Record<string, string>>;

/** What every one of them is started with. */
export const SETTINGS: Environment = {
  COUNTERMAND_PORT: "0",
  COUNTERMAND_SANDBOX_MARKET: "off",
  COUNTERMAND_DISK_RESERVE_MB: "1",
};

/** Starts a gateway; an error in it fails the test. */
export function startGateway(time: TestTime, environment: Environment): Promise<Gateway> {
  return Gateway.start({
    config: readConfig({ ...SETTINGS, ...environment }),
    clock: {
      ...systemClock,
      wallMs: () => time.wallMs,
      monotonicMs: () => time.monotonicMs ?? systemClock.monotonicMs(),
    },
    marketWallMs: () => time.marketMs,
    log: createLog("silent"),
    onFatal: (error) => {
      throw error;
    },
    threads: reusedThreads(),
  });
}

/** For a client with a clock of its own: time goes on. */
export const REAL_TIME: TestTime = {
  get wallMs() {
    return Date.now();
  },
  get marketMs() {
    return Date.now();
  },
};

/** Starts a gateway that is gone when the test ends; an error in it fails the test. */
export async function startInProcess(
  t: TestContext,
  time: TestTime,
  environment: Environment = {},
): Promise<Gateway> {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  const gateway = await startGateway(time, { COUNTERMAND_DATA_DIR: folder, ...environment });
  t.after(async () => {
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return gateway;
}
