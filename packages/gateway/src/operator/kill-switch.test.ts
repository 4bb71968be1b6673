import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { WHOLE_GATEWAY } from "@countermand/core/control";
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
import { readConfig } from "../config.ts";
import { lockDataDir } from "../journal/data-dir-lock.ts";
import { createLog } from "../ops/log.ts";
import { RunningNode } from "../running-node.ts";
import { systemClock } from "../sys/clock.ts";
import { KILL_STEP_ORDERS } from "./limits.ts";

const CALLERS = [
  { apiKey: "demo-key", account: "80114138" as Account },
  { apiKey: "demo-key-2", account: "80114139" as Account },
] as const;

/** A node that stops and starts again in one folder. */
class Place {
  readonly #folder = mkdtempSync(join(tmpdir(), "countermand-kill-"));
  #stop: () => Promise<void> = async () => {};

  constructor(t: TestContext) {
    t.after(async () => {
      await this.#stop();
      rmSync(this.#folder, { recursive: true });
    });
  }

  async start(): Promise<RunningNode> {
    await this.#stop();
    const lock = lockDataDir(this.#folder);
    const environment = { COUNTERMAND_DATA_DIR: this.#folder, COUNTERMAND_SANDBOX_MARKET: "off" };
    const node = await RunningNode.start(
      {
        config: readConfig(environment),
        clock: systemClock,
        log: createLog("silent"),
        onFatal: (error) => assert.fail(error),
        deskCount: 3,
      },
      lock,
    );
    this.#stop = async () => {
      this.#stop = async () => {};
      await node.close();
      lock.release();
    };
    return node;
  }
}

const ORDER: PlaceRequest = {
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.Limit,
  side: Side.Buy,
  timeInForce: TimeInForce.Day,
  orderQty: 10_000_000_000n,
  price: 10_000_000_000n,
  stopPx: null,
  clOrdId: "" as ClOrdId,
  portfolioId: "",
};

/** Orders of both accounts, whose desks are two of three. */
function placeOrders({ sequencer }: RunningNode, count: number): Promise<unknown> {
  const writes = Array.from({ length: count }, (_, index) => {
    const caller = CALLERS[index % 2] ?? CALLERS[0];
    return sequencer.write(caller, "place", null, (turn) => {
      assert.ok(!("refused" in turn.place(ORDER)));
      return { httpStatus: 200, body: "" };
    });
  });
  return Promise.all(writes);
}

function kill(node: RunningNode): Promise<unknown> {
  const { service, sequencer } = node.operator;
  return sequencer.operate((nowMs) => {
    const by = { operator: "kim", apiKey: null, requestId: "" };
    const turn = { ...by, wallMs: 1 as UnixMs, nowMs };
    return service.kill(turn, { reason: "x", scope: WHOLE_GATEWAY, cancels: true });
  });
}

async function killed({ partitions }: RunningNode): Promise<void> {
  while ((partitions.control.block(1)?.kill?.left ?? 0) > 0) await setImmediate();
}

test("kill switch: a start goes on with a kill that a stop cut short, over all desks", async (t) => {
  const place = new Place(t);
  const node = await place.start();
  const count = 3 * KILL_STEP_ORDERS + 1;
  await placeOrders(node, count);
  // Its first step would come at the end of this turn: the stop is before it.
  void kill(node);
  const restarted = await place.start();
  assert.equal(restarted.partitions.openCount, count, "nothing was cancelled before the stop");
  await killed(restarted);
  assert.equal(restarted.partitions.openCount, 0);
  const nothing = { already: 0, tooLate: 0, failed: 0, left: 0 };
  assert.deepEqual(restarted.partitions.control.block(1)?.kill, { done: count, ...nothing });
});

test("kill switch: between its steps others' commands are decided", async (t) => {
  const place = new Place(t);
  const node = await place.start();
  const count = 5 * KILL_STEP_ORDERS;
  await placeOrders(node, count);
  const [caller] = CALLERS;
  const book = node.partitions.deskOf(caller.account).desk.book(caller.account);
  const newest = [...(book?.openNewestFirst() ?? [])].slice(0, 2);
  const killing = kill(node);
  // Decided at once, before the kill comes to them; the first is its client's cancel.
  const written = await node.sequencer.write(caller, "cancel", null, (turn) => {
    for (const order of newest) assert.ok(!("refused" in turn.cancel(order)));
    return { httpStatus: 200, body: "" };
  });
  assert.equal(written.result, "answered");
  assert.ok(node.partitions.openCount > 0, "the kill is not over");
  await killing;
  await killed(node);
  const { kill: counts } = node.partitions.control.block(1) ?? {};
  assert.deepEqual([counts?.done, counts?.already, counts?.tooLate], [count - 2, 2, 0]);
});
