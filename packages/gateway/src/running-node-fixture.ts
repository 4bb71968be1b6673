/** For tests of what a restart keeps: a node in a folder of its own that stops and starts again. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Account, UnixMs } from "@countermand/core/model";
import pino from "pino";
import { readConfig } from "./config.ts";
import { lockDataDir } from "./journal/data-dir-lock.ts";
import type { NodeOptions } from "./node-foundation.ts";
import { reusedThreads } from "./reused-threads-fixture.ts";
import { RunningNode } from "./running-node.ts";
import { systemClock } from "./sys/clock.ts";
import type { CallOptions } from "./trade/trade-service.ts";

/** The demo accounts; of three desks each has its own. */
export const FIRST = { apiKey: "demo-key", account: "80114138" as Account };
export const SECOND = { apiKey: "demo-key-2", account: "80114139" as Account };

let requestCount = 0;

/** Options of a request that is none of the others. */
export function newRequest(): CallOptions {
  requestCount += 1;
  const expiresAtMs = (systemClock.wallMs() + 300_000) as UnixMs;
  const identity = { fingerprint: String(requestCount), contentDigest: "", expiresAtMs };
  return { identity, rememberAlways: false, representation: true };
}

/** Its node stops when the test ends. */
export class NodePlace {
  readonly folder = mkdtempSync(join(tmpdir(), "countermand-node-"));
  #stop: () => Promise<void> = async () => {};
  #onSnapshot: () => void = () => {};
  /** Resolves when the next snapshot is in its place. */
  snapshot = Promise.resolve();
  /** Events that the last start replayed. */
  replayedCount = 0;

  constructor(t: TestContext) {
    t.after(async () => {
      await this.#stop();
      rmSync(this.folder, { recursive: true });
    });
  }

  /** Stops the node that runs here. */
  async stop(): Promise<void> {
    await this.#stop();
    this.#stop = async () => {};
  }

  /** Stops the node that runs here, and starts the next on what it left. */
  async start(
    options: Partial<NodeOptions> = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RunningNode> {
    await this.stop();
    this.snapshot = new Promise((resolve) => {
      this.#onSnapshot = resolve;
    });
    const write = (line: string) => {
      const { event, replayed } = JSON.parse(line) as { event: string; replayed: number };
      if (event === "snapshot.written") this.#onSnapshot();
      if (event === "journal.recovered") this.replayedCount = replayed;
    };
    const lock = lockDataDir(this.folder);
    try {
      const node = await RunningNode.start(
        {
          config: readConfig({
            COUNTERMAND_DATA_DIR: this.folder,
            COUNTERMAND_SANDBOX_MARKET: "off",
            COUNTERMAND_DISK_RESERVE_MB: "1",
            ...settings,
          }),
          clock: systemClock,
          log: pino({ messageKey: "event" }, { write }),
          onFatal: (error) => assert.fail(error),
          threads: reusedThreads(),
          ...options,
        },
        lock,
      );
      this.#stop = async () => {
        await node.close();
        lock.release();
      };
      return node;
    } catch (error) {
      lock.release();
      throw error;
    }
  }
}
