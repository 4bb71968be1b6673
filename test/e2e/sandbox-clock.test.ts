// The sandbox's clock: what it takes and refuses, what it drives, and what it leaves alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "./gateway-in-process.ts";
import { envelope, isReplay, KEY_1, type OrderRow, SignedClient, sign } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { StrictMarket } from "./strict-market.ts";

const CLOCK = "/sandbox/v1/clock";
/** A Tuesday. */
const DAY = "2025-08-05";

interface ClockMarket {
  readonly market: string;
  readonly local_time: string;
  readonly session: string;
  readonly phase: string;
  readonly takes_cancels: boolean;
  readonly next_change: number;
}

interface Clock {
  readonly timestamp: number;
  readonly speed: number;
  readonly follows_real_time: boolean;
  readonly rules: string;
  readonly markets: readonly ClockMarket[];
}

function hk(time: string, day = DAY): number {
  return Date.parse(`${day}T${time}+08:00`);
}

async function moved(client: SignedClient, body: object): Promise<Clock> {
  const answer = await client.call("POST", CLOCK, body);
  assert.equal(answer.status, 200, answer.text);
  return envelope(answer).data as Clock;
}

async function shown(client: SignedClient): Promise<Clock> {
  return envelope(await client.call("GET", CLOCK)).data as Clock;
}

type Push = OrderRow & { readonly update_time: number };

/** The first so many pushes of a stream. */
async function pushesOf(stream: StreamClient, count: number): Promise<Push[]> {
  await stream.seen(`push ${count}`, ({ message }) => message.seq === count);
  return stream.received.flatMap(({ message: { type, data } }) => {
    return type === "order" && data !== undefined ? [data as Push] : [];
  });
}

function hkexOf({ markets }: Clock): ClockMarket {
  const found = markets.find(({ market }) => market === "hkex");
  assert.ok(found !== undefined);
  return found;
}

test("sandbox clock: sets on, steps from boundary to boundary, stands still and runs", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer } = market;
  const first = await shown(buyer);
  assert.deepEqual(
    [first.timestamp, first.speed, first.follows_real_time, first.rules],
    [hk("00:00:00"), 1, true, "strict"],
  );
  const nine = await moved(buyer, { set: hk("09:00:00"), speed: 0 });
  assert.deepEqual(hkexOf(nine), {
    market: "hkex",
    local_time: "2025-08-05 09:00:00 +08:00 Hong Kong",
    session: "order_input",
    phase: "auction",
    takes_cancels: true,
    next_change: hk("09:15:00"),
  });
  assert.deepEqual([nine.speed, nine.follows_real_time], [0, false]);
  const stepped = await moved(buyer, { step: "hkex" });
  assert.deepEqual([stepped.timestamp, hkexOf(stepped).takes_cancels], [hk("09:15:00"), false]);
  const advanced = await moved(buyer, { advance_ms: 120_000 });
  assert.equal(advanced.timestamp, hk("09:17:00"));
  assert.deepEqual(await shown(buyer), advanced, "it stands still");
  const any = await moved(buyer, { step: true });
  assert.equal(any.timestamp, hk("09:20:00"));
});

test("sandbox clock: the day of Hong Kong, with its pushes", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer, seller, gateway } = market;
  await moved(buyer, { set: hk("09:05:00"), speed: 0 });
  const stream = await StreamClient.open(gateway.url, KEY_1);
  t.after(() => stream.close());
  const bid = await market.place(buyer, { order_side: "buy", price: "430" });
  await market.place(seller, { order_side: "sell", price: "430" });
  const rest = await market.place(buyer, { order_side: "buy", price: "429" });
  await moved(buyer, { set: hk("09:17:00") });
  const [reason, details] = await market.tryCancel(buyer, rest);
  assert.equal(reason, "window_closed");
  assert.match(
    details,
    new RegExp(`09:30:00 \\+08:00 Hong Kong \\(Unix ${hk("09:30:00") / 1000}\\)`),
  );
  await moved(buyer, { set: hk("20:00:00") });
  const pushes = await pushesOf(stream, 4);
  assert.deepEqual(
    pushes.map(({ order_no, order_status, cancel_reason }) => [
      order_no,
      order_status,
      cancel_reason,
    ]),
    [
      [bid, "new", ""],
      [rest, "new", ""],
      [bid, "fex", ""],
      [rest, "can", "expired"],
    ],
  );
  const times = pushes.map(({ update_time }) => update_time * 1000);
  assert.ok((times[2] ?? 0) > hk("09:20:00") && (times[2] ?? 0) <= hk("09:22:00"));
  assert.equal(times[3], hk("16:10:00"), "an order expires at its day's end, not when it is seen");
});

test("sandbox clock: each refusal, and nothing is done", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer } = market;
  const now = await moved(buyer, { set: hk("10:00:00"), speed: 0 });
  const table: readonly (readonly [body: object, status: number, reason: string])[] = [
    [{ at: 1 }, 400, "unknown_field"],
    [{}, 400, "nothing_to_set"],
    [{ set: hk("11:00:00"), step: true }, 400, "two_moves"],
    [{ set: "tomorrow" }, 400, "invalid_clock_time"],
    [{ advance_ms: -1 }, 400, "invalid_clock_time"],
    [{ step: "lse" }, 400, "invalid_clock_step"],
    [{ speed: 0.5 }, 400, "invalid_clock_speed"],
    [{ set: hk("09:59:59") }, 409, "clock_backwards"],
    [{ advance_ms: 4_102_444_800_000 }, 409, "clock_too_far"],
  ];
  for (const [body, status, reason] of table) {
    const answer = await buyer.call("POST", CLOCK, body);
    assert.deepEqual([answer.status, envelope(answer).reason], [status, reason]);
  }
  assert.deepEqual(await shown(buyer), now);
  const queried = await buyer.call("GET", `${CLOCK}?x=1`);
  assert.equal(envelope(queried).reason, "unknown_query_parameter");
});

test("sandbox clock: the reference rules have no boundary, and keep their orders", async (t) => {
  const time = { wallMs: Date.now(), marketMs: Date.parse("2025-08-05T00:00:00Z") };
  const gateway = await startInProcess(t, time, { COUNTERMAND_SANDBOX_MARKET: "off" });
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  const order = { market: "hkex", symbol: "00700", order_type: "limit_order", order_side: "buy" };
  const orderNo = await client.place({ ...order, price: "423.83", qty: "100" });
  assert.equal(envelope(await client.call("POST", CLOCK, { step: true })).reason, "no_boundary");
  const far = await moved(client, { set: hk("10:00:00", "2055-08-05") });
  assert.ok(
    far.markets.every(({ session, next_change }) => session === "continuous" && next_change === 0),
  );
  const [row] = await client.orders(`order_no=${orderNo}`);
  assert.equal(row?.order_status, "new");
});

test("sandbox clock: signatures and replays keep real time", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer } = market;
  const signed = sign(KEY_1, "POST", CLOCK, '{"advance_ms":2592000000,"speed":0}');
  const once = await buyer.send(signed);
  const again = await buyer.send(signed);
  assert.equal(once.status, 200);
  assert.equal(again.text, once.text);
  assert.ok(isReplay(again));
  assert.equal((await shown(buyer)).timestamp, hk("00:00:00") + 2_592_000_000);
  const { timestamp } = envelope(await buyer.call("GET", "/time")).data as { timestamp: number };
  assert.ok(Math.abs(timestamp - Date.now()) < 300_000, "the server's clock is real time");
});

test("sandbox clock: goes on after a stop where it stood, also after a long one", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  await moved(market.buyer, { set: hk("11:59:00", "2030-08-06"), speed: 0 });
  const kept = await market.place(market.buyer, {
    order_side: "buy",
    price: "400",
    time_in_force: "gtc",
  });
  const before = await shown(market.buyer);
  const state = await market.gateway.stateHash();
  await market.stop();
  await market.start();
  assert.deepEqual(await market.gateway.stateHash(), state);
  assert.deepEqual(await shown(market.buyer), before);
  assert.equal((await market.order(market.buyer, kept)).order_status, "new");
  // Thirty years on: what rests is still there, and it is a weekday's session.
  const far = await moved(market.buyer, { set: hk("10:00:00", "2060-08-05") });
  assert.equal(hkexOf(far).session, "continuous");
  assert.equal((await market.order(market.buyer, kept)).order_status, "new");
});

test("sandbox clock: a clock that runs crosses boundaries by itself", async (t) => {
  const market = await StrictMarket.open(t, DAY);
  const { buyer, gateway } = market;
  await moved(buyer, { set: hk("15:59:00"), speed: 0 });
  const stream = await StreamClient.open(gateway.url, KEY_1);
  t.after(() => stream.close());
  await market.place(buyer, { order_side: "buy", price: "400" });
  // Eleven minutes at a day a second; nobody sends anything meanwhile.
  await moved(buyer, { speed: 86_400 });
  const [, expired] = await pushesOf(stream, 2);
  assert.deepEqual([expired?.order_status, expired?.cancel_reason], ["can", "expired"]);
});
