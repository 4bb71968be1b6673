import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  type OrderId,
  type PlaceRequest,
  REFERENCE_INSTRUMENTS,
  Side,
} from "@countermand/core/model";
import type { MarketView, OwnOrder, Participant } from "@countermand/core/participants";
import { FakeClock } from "../sys/fake-clock.ts";
import { TURNS_UNDER_WAY_MAX, UNATTENDED_MS_MAX } from "./limits.ts";
import { type CommandOutcome, type MarketPort, SandboxMarket } from "./sandbox-market.ts";

const MINUTE_MS = 60_000;
const MAKER = "SIM00001" as Account;

/** A gateway without a market: it keeps the orders that are placed, and nothing trades. */
class ScriptedPort implements MarketPort {
  readonly lines: string[] = [];
  readonly open = new Map<OrderId, OwnOrder & { account: Account; symbol: string }>();
  attention = { requestCount: 0, streamCount: 1 };
  outcome: CommandOutcome = "done";
  /** While set, commands wait for {@link answer}. */
  isHolding = false;
  waitingCount = 0;
  waitingMax = 0;
  #waiting: (() => void)[] = [];
  #orderNo = 0;

  place(account: Account, request: PlaceRequest): Promise<CommandOutcome> {
    this.lines.push(`${account} ${request.symbol} place`);
    if (this.outcome === "done" && request.price !== null) {
      this.adopt(account, request.symbol, request.side, request.price);
    }
    return this.#answered();
  }

  cancel(account: Account, orderId: OrderId): Promise<CommandOutcome> {
    this.lines.push(`${account} ${this.open.get(orderId)?.symbol ?? "?"} cancel`);
    if (this.outcome === "done") this.open.delete(orderId);
    return this.#answered();
  }

  view(account: Account, symbol: string): MarketView {
    const own = [...this.open.values()].filter((order) => order.account === account);
    const ownOrders = own.filter((order) => order.symbol === symbol);
    return { bestBid: null, bestAsk: null, lastPrice: null, ownOrders };
  }

  lastPrice(): null {
    return null;
  }

  adopt(account: Account, symbol: string, side: Side, price: bigint): OrderId {
    this.#orderNo += 1;
    const orderId = String(22_000_000_000 + this.#orderNo) as OrderId;
    this.open.set(orderId, { orderId, account, symbol, side, price: price as OwnOrder["price"] });
    return orderId;
  }

  answer(): void {
    this.isHolding = false;
    for (const release of this.#waiting.splice(0)) release();
  }

  async #answered(): Promise<CommandOutcome> {
    const { outcome } = this;
    this.waitingCount += 1;
    this.waitingMax = Math.max(this.waitingMax, this.waitingCount);
    if (this.isHolding) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.waitingCount -= 1;
    return outcome;
  }
}

/** A clock whose time can jump while no timer runs, as when the process is suspended. */
class SuspendedClock extends FakeClock {
  lostMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.lostMs;
  }
}

interface Setup {
  readonly clock: SuspendedClock;
  readonly port: ScriptedPort;
  readonly market: SandboxMarket;
  readonly bugs: Error[];
  /** Lets time pass, and after every tenth of a second what was answered be seen. */
  run(ms: number): Promise<void>;
}

function setup(change: { roster?: readonly Participant[]; journalSeq?: number } = {}): Setup {
  const clock = new SuspendedClock();
  const port = new ScriptedPort();
  const bugs: Error[] = [];
  const market = new SandboxMarket({
    clock,
    port,
    seed: 1,
    journalSeq: 0,
    instruments: REFERENCE_INSTRUMENTS,
    onBug: (error) => bugs.push(error),
    ...change,
  });
  const run = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      clock.advance(100);
      await answersSeen();
    }
  };
  return { clock, port, market, bugs, run };
}

test("sandbox market: nothing happens before the start and after the stop", async () => {
  const { clock, port, market, run } = setup();
  await run(MINUTE_MS);
  assert.deepEqual([port.lines.length, clock.timerCount], [0, 0]);
  market.start();
  await run(MINUTE_MS);
  assert.ok(port.lines.length > 100);
  market.stop();
  assert.equal(clock.timerCount, 0);
  const count = port.lines.length;
  await run(MINUTE_MS);
  assert.equal(port.lines.length, count);
  market.stop();
});

test("sandbox market: an equal seed and journal position give the same commands", async () => {
  const linesOf = async (journalSeq: number) => {
    const { port, market, run } = setup({ journalSeq });
    market.start();
    await run(20_000);
    market.stop();
    return port.lines;
  };
  const lines = await linesOf(7);
  assert.deepEqual(await linesOf(7), lines);
  assert.notDeepEqual(await linesOf(8), lines);
});

test("sandbox market: after a pause there is no burst", async () => {
  const { clock, port, market, run } = setup();
  market.start();
  await run(MINUTE_MS);
  const before = port.lines.length;
  clock.lostMs = 60 * MINUTE_MS;
  await run(2_000);
  const burst = port.lines.length - before;
  assert.ok(burst <= 60, `${burst} commands`);
  await run(MINUTE_MS);
  assert.ok(port.lines.length - before - burst > 50, "it goes on");
});

test("sandbox market: commands under way are few, and none follows an unanswered one", async () => {
  const { port, market, run } = setup();
  market.start();
  port.isHolding = true;
  await run(MINUTE_MS);
  assert.equal(port.waitingCount, TURNS_UNDER_WAY_MAX);
  assert.equal(port.lines.length, TURNS_UNDER_WAY_MAX);
  const accounts = new Set(port.lines.map((line) => line.split(" ")[0]));
  assert.equal(accounts.size, TURNS_UNDER_WAY_MAX, "one turn of a participant at a time");
  port.answer();
  await run(MINUTE_MS);
  assert.ok(port.lines.length > 100);
  assert.ok(port.waitingMax <= TURNS_UNDER_WAY_MAX);
});

test("sandbox market: a turn that is under way at the stop ends with its command", async () => {
  const { port, market, bugs, run } = setup({ roster: [maker(MAKER)] });
  market.start();
  port.isHolding = true;
  await run(2_000);
  assert.equal(port.lines.length, 1);
  market.stop();
  port.answer();
  await run(MINUTE_MS);
  assert.deepEqual([port.lines.length, bugs.length], [1, 0]);
});

test("sandbox market: a refused participant leaves the symbol alone, longer each time", async () => {
  const roster: Participant[] = [maker(MAKER)];
  const { port, market, run } = setup({ roster });
  market.start();
  port.outcome = "refused";
  const counts: number[] = [];
  for (let minute = 0; minute < 4; minute += 1) {
    const before = port.lines.length;
    await run(MINUTE_MS);
    counts.push(port.lines.length - before);
  }
  const [first = 0, ...later] = counts;
  assert.ok(first >= 16 && first <= 28, counts.join(" "));
  for (const count of later) assert.ok(count >= 2 && count <= 8, counts.join(" "));
  port.outcome = "done";
  await run(2 * MINUTE_MS);
  assert.equal(port.open.size, 8 * REFERENCE_INSTRUMENTS.length);
  port.open.clear();
  port.outcome = "refused";
  const before = port.lines.length;
  await run(MINUTE_MS);
  assert.ok(port.lines.length - before >= 16, "the first pause is short again");
});

test("sandbox market: an overloaded gateway is left alone by all", async () => {
  const { port, market, run } = setup();
  market.start();
  port.outcome = "overloaded";
  await run(5 * MINUTE_MS);
  // One try after each pause: 1, 2, 4, 8, 16 and then every 30 seconds.
  assert.ok(port.lines.length >= 10 && port.lines.length <= 20, `${port.lines.length} commands`);
  port.outcome = "done";
  await run(MINUTE_MS);
  assert.ok(port.lines.length > 100);
});

test("sandbox market: orders of before the start are adopted or cancelled", async () => {
  const { port, market, run } = setup({ roster: [maker(MAKER)] });
  const fitting = port.adopt(MAKER, "00700", Side.Buy, 44_960_000_000n);
  const far = port.adopt(MAKER, "00700", Side.Buy, 40_000_000_000n);
  const crossing = port.adopt(MAKER, "00700", Side.Sell, 44_900_000_000n);
  market.start();
  await run(2_500);
  assert.ok(port.open.has(fitting));
  assert.ok(!port.open.has(far) && !port.open.has(crossing));
  assert.equal(port.view(MAKER, "00700").ownOrders.length, 8);
});

test("sandbox market: it rests when nobody is there, and goes on with the next request", async () => {
  const { port, market, run } = setup();
  port.attention = { requestCount: 0, streamCount: 0 };
  const commandsIn = async (durationMs: number) => {
    const before = port.lines.length;
    await run(durationMs);
    return port.lines.length - before;
  };
  market.start();
  assert.ok((await commandsIn(UNATTENDED_MS_MAX)) > 0, "a start is a reason to be there");
  assert.equal(await commandsIn(MINUTE_MS), 0);
  port.attention = { requestCount: 1, streamCount: 0 };
  assert.ok((await commandsIn(MINUTE_MS)) > 0);
  assert.ok((await commandsIn(UNATTENDED_MS_MAX)) > 0);
  assert.equal(await commandsIn(MINUTE_MS), 0);
  port.attention = { requestCount: 1, streamCount: 1 };
  assert.ok((await commandsIn(2 * UNATTENDED_MS_MAX)) > 0);
  assert.ok((await commandsIn(MINUTE_MS)) > 0, "a stream is a reason as long as it is open");
});

test("sandbox market: a command that throws stops it and is told", async () => {
  const { clock, port, market, bugs, run } = setup();
  port.place = () => Promise.reject(new Error("a bug"));
  market.start();
  await run(MINUTE_MS);
  assert.deepEqual(new Set(bugs.map(({ message }) => message)), new Set(["a bug"]));
  assert.equal(clock.timerCount, 0);
});

test("sandbox market: a view that throws stops it and is told", async () => {
  const { clock, port, market, bugs, run } = setup();
  port.view = () => {
    throw new Error("a bug");
  };
  market.start();
  await run(MINUTE_MS);
  assert.equal(bugs.length, 1);
  assert.equal(clock.timerCount, 0);
});

function maker(account: Account): Participant {
  const strategy = { kind: "MarketMaker", firstSteps: 1, gapSteps: 1, levels: 4 } as const;
  return { account, turnEveryMs: 1_000, strategy };
}

async function answersSeen(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
