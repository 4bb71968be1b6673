import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import {
  type Account,
  type ClOrdId,
  MarketName,
  OrdType,
  type PlaceRequest,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import pino from "pino";
import { readConfig } from "./config.ts";
import { lockDataDir } from "./journal/data-dir-lock.ts";
import { type NodeOptions, RunningNode } from "./running-node.ts";
import { systemClock } from "./sys/clock.ts";
import type { CallOptions } from "./trade/trade-service.ts";

const FIRST = { apiKey: "demo-key", account: "80114138" as Account };
const SECOND = { apiKey: "demo-key-2", account: "80114139" as Account };

/** A node in a folder of its own that stops and starts again. */
class Place {
  readonly #folder = mkdtempSync(join(tmpdir(), "countermand-node-"));
  #stop: () => Promise<void> = async () => {};
  #onSnapshot: () => void = () => {};
  #requestCount = 0;
  /** Resolves when the next snapshot is in its place. */
  snapshot = Promise.resolve();

  constructor(t: TestContext) {
    t.after(async () => {
      await this.#stop();
      rmSync(this.#folder, { recursive: true });
    });
  }

  async start(
    options: Partial<NodeOptions> = {},
    settings: Readonly<Record<string, string>> = {},
  ): Promise<RunningNode> {
    await this.#stop();
    this.snapshot = new Promise((resolve) => {
      this.#onSnapshot = resolve;
    });
    const write = (line: string) => {
      if (line.includes("snapshot.written")) this.#onSnapshot();
    };
    const lock = lockDataDir(this.#folder);
    const node = await RunningNode.start(
      {
        config: readConfig({
          COUNTERMAND_DATA_DIR: this.#folder,
          COUNTERMAND_SANDBOX_MARKET: "off",
          ...settings,
        }),
        clock: systemClock,
        log: pino({ messageKey: "event" }, { write }),
        onFatal: (error) => assert.fail(error),
        ...options,
      },
      lock,
    );
    this.#stop = async () => {
      await node.close();
      lock.release();
    };
    return node;
  }

  /** Options of a request that is none of the others. */
  options(): CallOptions {
    this.#requestCount += 1;
    const expiresAtMs = (Date.now() + 300_000) as UnixMs;
    const fingerprint = String(this.#requestCount);
    const identity = { fingerprint, contentDigest: "", expiresAtMs };
    return { identity, rememberAlways: false, representation: true };
  }
}

function order(side: Side, clOrdId: string): PlaceRequest {
  return {
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.Limit,
    side,
    timeInForce: TimeInForce.Day,
    orderQty: 10_000_000_000n,
    price: 10_000_000_000n,
    stopPx: null,
    clOrdId: clOrdId as ClOrdId,
    portfolioId: "",
  };
}

test("market time: runs on after a restart from a snapshot, though the clock ran back", async (t) => {
  const place = new Place(t);
  const laterMs = Date.now() + 3_600_000;
  // Two accounts, a settlement, an order, its entry in the book and its answer: the last position.
  const node = await place.start({ marketWallMs: () => laterMs, snapshotEveryEventCount: 6 });
  await node.services.trade.place(FIRST, order(Side.Buy, "mine"), place.options());
  await place.snapshot;
  const restarted = await place.start();
  const target = { by: "clOrdId", clOrdId: "mine" as ClOrdId } as const;
  const { body } = await restarted.services.trade.cancel(
    FIRST,
    { target, condition: UNCONDITIONAL },
    place.options(),
  );
  const { data } = JSON.parse(body) as { data: { create_time: number; update_time: number } };
  assert.equal(data.create_time, Math.floor(laterMs / 1000));
  assert.equal(data.update_time, data.create_time, "no change lies before the order");
});

test("sessions: a snapshot has the clock that was set, and what time did before it", async (t) => {
  const place = new Place(t);
  const strict = { COUNTERMAND_MARKET_RULES: "strict" };
  const openingMs = Date.parse("2025-08-05T09:05:00+08:00");
  const options = { marketWallMs: () => openingMs, snapshotEveryEventCount: 25 };
  const node = await place.start(options, strict);
  const { trade, clock } = node.services;
  await trade.place(FIRST, order(Side.Buy, "bid"), place.options());
  await trade.place(SECOND, order(Side.Sell, "ask"), place.options());
  await trade.place(FIRST, order(Side.Buy, "rest"), place.options());
  const eveningMs = Date.parse("2025-08-05T20:00:00+08:00") as UnixMs;
  const move = { to: "time", atMs: eveningMs } as const;
  await clock.move(FIRST, { move, speed: 0 }, place.options());
  await place.snapshot;
  const before = await node.stateHash();
  const restarted = await place.start({ marketWallMs: () => openingMs }, strict);
  assert.deepEqual(await restarted.stateHash(), before);
  const { state } = restarted.partitions.sessions;
  assert.deepEqual(
    [state.reachedMs, state.speed, state.closePx("00700")],
    [eveningMs, 0, 10_000_000_000n],
  );
  assert.equal(restarted.partitions.openCount, 0, "what did not trade has expired");
});

test("partitions: a fill across two desks is there after a restart, on both sides", async (t) => {
  const place = new Place(t);
  const node = await place.start({ deskCount: 3 });
  await node.services.trade.place(FIRST, order(Side.Buy, "bid"), place.options());
  await node.services.trade.place(SECOND, order(Side.Sell, "ask"), place.options());
  const before = await node.stateHash();
  assert.notEqual(
    node.partitions.deskOf(FIRST.account).name,
    node.partitions.deskOf(SECOND.account).name,
  );
  // The journal knows how many desks there are; the option is for one that begins.
  const restarted = await place.start({ deskCount: 1 });
  assert.deepEqual(await restarted.stateHash(), before);
  for (const caller of [FIRST, SECOND]) {
    const page = await restarted.services.trade.orders(caller, { pageIndex: 1, pageSize: 10 });
    const { data } = JSON.parse(page.body) as { data: { orders: { order_status: string }[] } };
    assert.deepEqual(
      data.orders.map(({ order_status }) => order_status),
      ["fex"],
    );
  }
});
