/** Gateways with a history for tests: they trade, stop, and start again in one folder. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import {
  type Account,
  Channel,
  type ClOrdId,
  MarketName,
  type OrderId,
  OrdType,
  type PlaceRequest,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { orderStories } from "../audit/order-story.ts";
import { readConfig } from "../config.ts";
import { lockDataDir } from "../journal/data-dir-lock.ts";
import { inspectJournal } from "../journal/inspect.ts";
import { createLog } from "../ops/log.ts";
import { reusedThreads } from "../reused-threads-fixture.ts";
import { RunningNode } from "../running-node.ts";
import { recoverState } from "../sequencer/recovery.ts";
import { stateHash } from "../sequencer/state.ts";
import { systemClock } from "../sys/clock.ts";
import type { CallOptions } from "../trade/trade-service.ts";
import { type ArchiveReport, archiveJournal } from "./archive-journal.ts";
import { layoutOfJournal } from "./kept-snapshots.ts";

export const CALLERS = [
  { apiKey: "demo-key", account: "80114138" as Account },
  { apiKey: "demo-key-2", account: "80114139" as Account },
] as const;

/** Something a client does, or an operator to the book; numbers are taken modulo what there is. */
export interface Deed {
  readonly kind: "buy" | "sell" | "stop" | "cancel" | "amend" | "refused" | "wait" | "regrid";
  readonly pick: number;
}

const LOT = 100n * 100_000_000n;
const HOUR_MS = 3_600_000;

export class Trading {
  readonly root: string;
  readonly dataDir: string;
  readonly segments: string;
  /** Orders that were placed, oldest first. */
  readonly orderIds: OrderId[] = [];
  /** Of the clock and of the exchange. */
  nowMs = 1_772_416_800_000;
  #requestCount = 0;
  #stop: () => Promise<void> = async () => {};

  constructor(t: TestContext) {
    this.root = mkdtempSync(join(tmpdir(), "countermand-retention-"));
    this.dataDir = join(this.root, "data");
    this.segments = join(this.root, "segments");
    t.after(async () => {
      await this.stop();
      rmSync(this.root, { recursive: true, force: true });
    });
  }

  async start(dataDir = this.dataDir): Promise<RunningNode> {
    await this.stop();
    const lock = lockDataDir(dataDir);
    const node = await RunningNode.start(
      {
        config: readConfig({
          COUNTERMAND_DATA_DIR: dataDir,
          COUNTERMAND_SANDBOX_MARKET: "off",
          COUNTERMAND_DISK_RESERVE_MB: "1",
        }),
        clock: { ...systemClock, wallMs: () => this.nowMs },
        marketWallMs: () => this.nowMs,
        log: createLog("silent"),
        onFatal: (error) => assert.fail(error),
        deskCount: 3,
        threads: reusedThreads(),
      },
      lock,
    ).catch((error: Error) => {
      lock.release();
      throw error;
    });
    this.#stop = async () => {
      await node.close();
      lock.release();
    };
    return node;
  }

  async stop(): Promise<void> {
    const stop = this.#stop;
    this.#stop = async () => {};
    await stop();
  }

  /** Does it all, a minute apart; what is refused is part of a history. */
  async act(node: RunningNode, deeds: readonly Deed[]): Promise<void> {
    const { trade } = node.services;
    for (const { kind, pick } of deeds) {
      this.nowMs += kind === "wait" ? (1 + (pick % 30)) * HOUR_MS : 60_000;
      const caller = CALLERS[pick % 2] ?? CALLERS[0];
      const orderId = this.orderIds[pick % Math.max(1, this.orderIds.length)];
      if (kind === "buy" || kind === "sell" || kind === "stop") {
        const order = kind === "stop" ? stop(pick) : placed(SIDES[kind], pick);
        const { body } = await trade.place(caller, order, this.#options());
        const { data } = JSON.parse(body) as { data?: { order_no: string } };
        if (data !== undefined) this.orderIds.push(data.order_no as OrderId);
      } else if (kind === "regrid") {
        await this.#regrid(node, pick);
      } else if (kind !== "wait" && orderId !== undefined) {
        const target = { by: "orderId", orderId } as const;
        const condition = kind === "refused" ? { ...UNCONDITIONAL, version: 99 } : UNCONDITIONAL;
        if (kind === "amend") {
          const amount = { orderQty: LOT * BigInt(1 + (pick % 9)), price: null, stopPx: null };
          await trade.amend(caller, { target, condition, ...amount }, this.#options());
        } else {
          await trade.cancel(caller, { target, condition }, this.#options());
        }
      }
    }
  }

  /** Another tick and lot; what does not fit them is cancelled. */
  async #regrid({ operator, sequencer }: RunningNode, pick: number): Promise<void> {
    const priceTick = (1_000_000n * BigInt(1 + (pick % 2))) as Price;
    const lotQty = (LOT * BigInt(1 + (pick % 3 === 0 ? 1 : 0))) as Qty;
    const grid = { priceTick, lotQty, priceMax: null, orderQtyMax: null };
    for (const request of [
      { halted: true, grid, resting: "cancel" },
      { halted: false, grid: { ...grid, priceTick: null, lotQty: null }, resting: null },
    ] as const) {
      const { httpStatus } = await sequencer.operate((nowMs) => {
        const turn = { operator: "kim", requestId: "", apiKey: null, wallMs: nowMs, nowMs };
        const named = { reason: "drawn", securityDesc: null, ...request };
        return operator.service.changeInstrument(turn, "00700", named);
      });
      assert.equal(httpStatus, 200);
    }
  }

  archive(beforeMs: number, dataDir = this.dataDir, folder = this.segments): ArchiveReport {
    return archiveJournal({ dataDir, folder, beforeMs });
  }

  /** What a start comes to, from the newest snapshot and the journal behind it. */
  recoveredHash(dataDir = this.dataDir): string {
    const layout = layoutOfJournal(dataDir, inspectJournal(dataDir));
    return stateHash(recoverState({ dataDir, layout }).state);
  }

  /** The stories of all orders, as text. */
  stories(segments: string | null, dataDir = this.dataDir): string[][] {
    return this.orderIds.map((orderId) => [...orderStories(dataDir, { orderId }, segments)]);
  }

  /** A copy of the data directory as it is at this moment, as a crash would leave it. */
  copied(name: string): string {
    const to = join(this.root, name);
    // A draft may be gone before it is copied: its thread goes on meanwhile.
    cpSync(this.dataDir, to, { recursive: true, filter: (path) => !path.endsWith(".tmp") });
    return to;
  }

  #options(): CallOptions {
    this.#requestCount += 1;
    const expiresAtMs = (this.nowMs + 300_000) as UnixMs;
    const identity = { fingerprint: `f-${this.#requestCount}`, contentDigest: "", expiresAtMs };
    const origin = { channel: Channel.Http, requestId: `r-${this.#requestCount}` };
    return { identity, rememberAlways: false, representation: true, origin };
  }
}

const SIDES = { buy: Side.Buy, sell: Side.Sell } as const;

/** A buy that waits for a price which trades now and then. */
function stop(pick: number): PlaceRequest {
  const stopPx = (401n + BigInt(pick % 4)) * 100_000_000n;
  const price = 405n * 100_000_000n;
  return { ...placed(Side.Buy, pick), ordType: OrdType.StopLimit, price, stopPx };
}

/** Prices cross now and then. */
function placed(side: Side, pick: number): PlaceRequest {
  const step = BigInt(pick % 5);
  const price = 400n + (side === Side.Buy ? step : 4n - step);
  return {
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.Limit,
    side,
    timeInForce: pick % 3 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel,
    orderQty: LOT * BigInt(1 + (pick % 4)),
    price: price * 100_000_000n,
    stopPx: null,
    clOrdId: (pick % 4 === 0 ? "" : `ref-${pick % 6}`) as ClOrdId,
    portfolioId: "",
  };
}
