import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import {
  Exchange,
  type ExchangeEvent,
  MarketPhase,
  type SessionCommand,
} from "../exchange/index.ts";
import {
  type Account,
  type Instrument,
  MarketName,
  type NewOrderSingle,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
} from "../model/index.ts";
import { formatLocal, HONG_KONG, instrumentsUnder, ruleProfile } from "../rules/index.ts";
import {
  alignSteps,
  auctionReferencePx,
  dueSteps,
  firstBoundary,
  nextBoundary,
} from "./session-driver.ts";
import { decodeSessionEvent, encodeSessionEvent, type SessionEvent } from "./session-event.ts";
import { SessionState } from "./session-state.ts";

const STRICT = ruleProfile("strict", { seed: 7 });
const REFERENCE = ruleProfile("reference", { seed: 7 });
const INSTRUMENTS = instrumentsUnder(STRICT, REFERENCE_INSTRUMENTS);
const TENCENT = at(INSTRUMENTS, 0);
/** A full trading day, a Tuesday. */
const DAY = "2025-08-05";

/** A moment in Hong Kong. */
function hk(time: string, day = DAY): UnixMs {
  return Date.parse(`${day}T${time}+08:00`) as UnixMs;
}

/** Books that time leads through their sessions, and what it did. */
class Venue {
  readonly exchange = new Exchange(INSTRUMENTS);
  readonly state = new SessionState();
  readonly events: ExchangeEvent[] = [];
  readonly done: string[] = [];
  #orderCount = 0;

  constructor(startMs: UnixMs) {
    this.state.apply({ type: "RulesBegan", atMs: startMs, profile: "strict", seed: 7 });
    this.#carryOut(alignSteps(this.#world, startMs));
  }

  advance(toMs: UnixMs): void {
    this.#carryOut(dueSteps(this.#world, this.state.reachedMs, toMs));
    this.state.apply({ type: "TimeReached", atMs: toMs });
  }

  /** Reads `buy 200@430 limit gtc`; no price for one at any price. */
  place(text: string): void {
    const match = /^(buy|sell) (\d+)(?:@([\d.]+))? (\w+)(?: (gtc))?$/.exec(text);
    assert.ok(match !== null, text);
    const [, side, qty = "", price, type = "", gtc] = match;
    this.#orderCount += 1;
    const order: NewOrderSingle = {
      type: "NewOrderSingle",
      orderId: String(22_000_000_000 + this.#orderCount) as OrderId,
      account: (side === "buy" ? "buyer" : "seller") as Account,
      symbol: TENCENT.symbol,
      side: side === "buy" ? Side.Buy : Side.Sell,
      ordType: TYPES[type] ?? OrdType.Limit,
      timeInForce: gtc === undefined ? TimeInForce.Day : TimeInForce.GoodTillCancel,
      price: units(price ?? "0") as Price,
      stopPx: 0n as Price,
      protectionPx: 0n as Price,
      orderQty: units(qty) as Qty,
    };
    this.events.push(...this.exchange.handle(order).events);
  }

  get removed(): string[] {
    return this.events.flatMap((event) => (event.type === "Removed" ? [event.reason] : []));
  }

  get #world() {
    const { exchange: books, state: closes } = this;
    return { profile: STRICT, instruments: INSTRUMENTS, books, closes };
  }

  #carryOut(steps: ReturnType<typeof dueSteps>): void {
    for (const step of steps) {
      if ("event" in step) {
        this.state.apply(step.event);
        this.done.push(`${local(step.atMs)} close ${step.event.symbol}`);
        continue;
      }
      this.done.push(`${local(step.atMs)} ${nameOf(step.command)} ${step.command.symbol}`);
      this.events.push(...this.exchange.handle(step.command).events);
    }
  }
}

const TYPES: Readonly<Record<string, OrdType>> = {
  limit: OrdType.Limit,
  auction: OrdType.Auction,
  auctionlimit: OrdType.AuctionLimit,
};

function units(text: string): bigint {
  return BigInt(Math.round(Number(text) * 1e8));
}

function nameOf(command: SessionCommand): string {
  return command.type === "ChangePhase" ? command.phase : command.type;
}

function local(atMs: UnixMs): string {
  return formatLocal(HONG_KONG, atMs).slice(0, 19);
}

function ofTencent(done: readonly string[]): string[] {
  return done.filter((line) => line.endsWith("00700")).map((line) => line.slice(11, -6));
}

test("session driver: a full day of Hong Kong, step by step", () => {
  const venue = new Venue(hk("08:00:00"));
  assert.equal(venue.exchange.phase("00700"), MarketPhase.Closed);
  venue.advance(hk("09:10:00"));
  venue.place("buy 200@430 limit");
  venue.place("sell 100@429.8 auctionlimit");
  venue.advance(hk("23:59:59"));
  const steps = ofTencent(venue.done);
  const random = (line: string) => line.replace(/^(09:2[01]|16:0[89]):\d\d/, "$1:..");
  const shapes = steps.map(random).map((line) => line.replace(/^(09:2|16:0).:\.\./, "$1.:.."));
  assert.deepEqual(shapes, [
    "08:00:00 closed",
    "09:00:00 auction",
    "09:2.:.. Uncross",
    "09:2.:.. closed",
    "09:30:00 continuous",
    "12:00:00 closed",
    "13:00:00 continuous",
    "16:00:00 closed",
    "16:01:00 auction",
    "16:0.:.. Uncross",
    "16:0.:.. closed",
    "16:10:00 ExpireDay",
    "16:10:00 close",
  ]);
  // Buys outweigh sells at both prices: the higher one.
  assert.deepEqual(venue.exchange.lastTradePrice("00700"), units("430"));
  assert.equal(venue.state.closePx("00700"), units("430"));
  assert.deepEqual(venue.removed, ["expired"]);
});

test("session driver: the opening auction has the close before as its reference", () => {
  const venue = new Venue(hk("08:00:00"));
  venue.state.apply({
    type: "DayClosed",
    atMs: hk("08:00:00"),
    symbol: "00700",
    closePx: units("420") as Price,
  });
  venue.advance(hk("09:00:00"));
  venue.place("buy 100 auction");
  venue.place("sell 100 auction");
  venue.advance(hk("09:25:00"));
  assert.equal(venue.exchange.lastTradePrice("00700"), units("420"));
});

test("session driver: an auction's reference is what its limits are counted from", () => {
  const previousClose = { kind: "Band", percent: 15n, around: "previousClose" } as const;
  const lastPrice = { kind: "Band", percent: 5n, around: "lastPrice" } as const;
  const quote = {
    kind: "Quote",
    passiveSpreads: 24n,
    passivePercent: 4n,
    throughSpreads: {},
    nominalTimes: 9n,
  } as const;
  const [last, close] = [units("424") as Price, units("420") as Price];
  const facts = {
    books: { lastTradePrice: () => last },
    closes: { closePx: () => close },
  } as unknown as Parameters<typeof auctionReferencePx>[1];
  const table = [
    [previousClose, close],
    [{ kind: "InsideBest", firstStage: previousClose }, close],
    [lastPrice, last],
    [{ kind: "InsideBest", firstStage: lastPrice }, last],
    [quote, last],
    [null, last],
  ] as const;
  for (const [limit, expected] of table) {
    assert.equal(auctionReferencePx(limit, facts, "00700"), expected);
  }
});

test("session driver: a close is told of what has traded, and not again while it is the same", () => {
  const venue = new Venue(hk("09:05:00"));
  venue.place("buy 100@430 limit");
  venue.place("sell 100@430 auctionlimit");
  venue.advance(hk("23:59:59", "2025-08-07"));
  const closes = venue.done.filter((line) => line.includes("close "));
  assert.deepEqual(closes, [`${DAY} 16:10:00 close 00700`]);
});

test("session driver: at one moment the auction is matched before the day ends", () => {
  // Half days end in the closing auction, too.
  const venue = new Venue(hk("12:06:30", "2025-12-24"));
  venue.place("buy 100@430 limit");
  venue.place("sell 100@430 auctionlimit");
  venue.advance(hk("12:10:00", "2025-12-24"));
  assert.equal(venue.exchange.lastTradePrice("00700"), units("430"));
  assert.deepEqual(venue.removed, []);
  assert.equal(venue.state.closePx("00700"), units("430"));
});

test("session driver: in the reference rules nothing ever happens by time", () => {
  assert.equal(firstBoundary(REFERENCE, hk("09:00:00")), null);
});

test("session driver: markets' boundaries come in order of time, a moment's by market", () => {
  let afterMs = hk("00:00:00");
  const seen: string[] = [];
  while (seen.length < 60) {
    const boundary = firstBoundary(STRICT, afterMs);
    assert.ok(boundary !== null && boundary.atMs > afterMs);
    seen.push(boundary.group);
    afterMs = boundary.atMs;
  }
  assert.deepEqual([...new Set(seen)].sort(), ["crypto", "hkex", "usex"]);
});

/** What each venue is given before its way, so that there is something to do on it. */
const ORDERS = [
  "buy 200@430 limit gtc",
  "buy 300@429.8 limit",
  "buy 100 auction",
  "sell 100@431 limit gtc",
  "sell 400@429.8 auctionlimit",
  "sell 100 auction",
];

test("session driver: one way and any number of parts of it leave the same books", () => {
  const startMs = hk("09:05:00");
  const DAYS_MAX = 12;
  fc.assert(
    fc.property(
      fc.subarray(ORDERS),
      fc.array(fc.integer({ min: 0, max: DAYS_MAX * 86_400_000 }), { minLength: 1, maxLength: 40 }),
      (orders, cuts) => {
        const stops = cuts.toSorted((a, b) => a - b).map((ms) => (startMs + ms) as UnixMs);
        const [parts, whole] = [new Venue(startMs), new Venue(startMs)];
        for (const venue of [parts, whole]) for (const text of orders) venue.place(text);
        for (const stop of stops) parts.advance(stop);
        whole.advance(at(stops, stops.length - 1));
        assert.deepEqual(linesOf(parts), linesOf(whole));
        const traded = (venue: Venue) => venue.events.filter(({ type }) => type !== "PhaseChanged");
        const without = (venue: Venue) => traded(venue).filter((event) => !isEmptyUncross(event));
        assert.deepEqual(without(parts), without(whole));
      },
    ),
    { numRuns: 40 },
  );
});

test("session driver: thirty years are as few steps as three days", () => {
  const venue = new Venue(hk("09:05:00"));
  for (const text of ORDERS) venue.place(text);
  venue.advance(hk("10:00:00", "2055-08-05"));
  assert.ok(venue.done.length < 250, `${venue.done.length} steps`);
  assert.equal(venue.exchange.phase("00700"), MarketPhase.Continuous);
  assert.ok(venue.exchange.openOrderCount > 0, "what is good till cancelled is still there");
});

test("session driver: a start in the middle of a session leads the books into it", () => {
  for (const [time, phase] of [
    ["09:05:00", MarketPhase.Auction],
    ["09:25:00", MarketPhase.Closed],
    ["10:00:00", MarketPhase.Continuous],
    ["12:15:00", MarketPhase.Closed],
  ] as const) {
    assert.equal(new Venue(hk(time)).exchange.phase("00700"), phase, time);
  }
});

test("session driver: a boundary is never at the moment it is asked after", () => {
  fc.assert(
    fc.property(fc.integer({ min: hk("00:00:00"), max: hk("00:00:00") + 9e8 }), (number) => {
      const afterMs = number as UnixMs;
      for (const group of [MarketName.Hkex, MarketName.Usex, MarketName.Crypto] as const) {
        const boundary = nextBoundary(group, STRICT.markets[group], afterMs);
        assert.ok(boundary !== null && boundary.atMs > afterMs);
      }
    }),
  );
});

test("session state: a fold and its lines, event by event", () => {
  const events: readonly SessionEvent[] = [
    { type: "RulesBegan", atMs: 1_000 as UnixMs, profile: "strict", seed: 3 },
    { type: "DayClosed", atMs: 1_500 as UnixMs, symbol: "B", closePx: 5n as Price },
    { type: "DayClosed", atMs: 1_600 as UnixMs, symbol: "A", closePx: 7n as Price },
    { type: "TimeReached", atMs: 2_000 as UnixMs },
    { type: "ClockSet", atMs: 3_000 as UnixMs, speed: 60 },
    { type: "DayClosed", atMs: 3_500 as UnixMs, symbol: "A", closePx: 8n as Price },
  ];
  const state = new SessionState();
  for (const event of events) {
    assert.deepEqual(decodeSessionEvent(encodeSessionEvent(event)), event);
    state.apply(event);
    const lines = [...state.snapshotLines()];
    assert.deepEqual([...SessionState.restore(lines).snapshotLines()], lines);
  }
  assert.deepEqual(
    [...state.snapshotLines()],
    ['["session",3000,60,"strict",3]', '["close","A","8"]', '["close","B","5"]'],
  );
  assert.throws(() => state.apply({ type: "TimeReached", atMs: 2_999 as UnixMs }), /backwards/);
  const empty = SessionState.restore(new SessionState().snapshotLines());
  assert.equal(empty.rules, null);
  assert.throws(() => decodeSessionEvent('["?",1]'), /known kind/);
});

function linesOf({ exchange, state }: Venue): string[] {
  return [...exchange.snapshotLines(), ...state.snapshotLines()];
}

function isEmptyUncross(event: ExchangeEvent): boolean {
  return event.type === "Uncrossed" && event.lots === 0;
}

// The grid of strict books takes every spread.
test("session driver: strict instruments keep all but their tick", () => {
  const ticks = INSTRUMENTS.map(({ symbol, priceTick }: Instrument) => `${symbol} ${priceTick}`);
  assert.deepEqual(ticks, ["00700 100000", "AAPL 10000", "DODO-USDT 100", "BTC-USDT 1000000"]);
});
