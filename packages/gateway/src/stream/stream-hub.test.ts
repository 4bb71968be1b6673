import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  ExecType,
  type ExecutionReported,
  type OrderId,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
  ZERO_PRICE,
} from "@countermand/core/model";
import { orderApply, orderNew } from "@countermand/core/order";
import { aPlaceRequest } from "../place-request-fixture.ts";
import type { StreamMessage } from "./account-feed.ts";
import { StreamHub } from "./stream-hub.ts";
import type { StreamSession } from "./stream-session.ts";

const ALICE = "ALICE" as Account;
const BOB = "BOB" as Account;
const AT_MS = 1_746_774_142_000 as UnixMs;

function accepted(account: Account, streamSeq: number): ExecutionReported {
  const placed = orderNew({
    ...aPlaceRequest(),
    orderId: "22000000022" as OrderId,
    account,
    price: 42_383_000_000n as Price,
    stopPx: ZERO_PRICE,
    protectionPx: ZERO_PRICE,
    orderQty: 10_000_000_000n as Qty,
    createdAtMs: AT_MS,
  });
  const order = { ...orderApply(placed, { type: "Accepted" }), version: 1, streamSeq };
  return { type: "ExecutionReported", execType: ExecType.New, order, execution: null };
}

/** A session that only keeps what it is given. */
function listener(heard: (readonly StreamMessage[])[]): StreamSession {
  const publish = (messages: readonly StreamMessage[]) => heard.push(messages);
  return { publish } as unknown as StreamSession;
}

test("stream hub: reports go to the sessions of their account, encoded once", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  hub.startAt(ALICE, 7);
  const first: (readonly StreamMessage[])[] = [];
  const second: (readonly StreamMessage[])[] = [];
  hub.join({ account: ALICE, isTagged: false, isFirst: true }, listener(first));
  hub.join({ account: ALICE, isTagged: false, isFirst: true }, listener(second));
  hub.publish([accepted(ALICE, 8), accepted(BOB, 1), accepted(ALICE, 9)]);
  assert.deepEqual(
    first.map((messages) => messages.map(({ seq }) => seq)),
    [[8, 9]],
  );
  assert.equal(first[0], second[0], "the messages are shared");
  assert.equal(hub.durableSeq(ALICE), 9);
  assert.equal(hub.durableSeq(BOB), 1);
  assert.equal(hub.sessionCount, 2);
});

test("stream hub: a push has the reference fields, the additive ones and the account's seq", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  const text = hub.message(accepted(ALICE, 8)).body.text;
  assert.equal(
    text,
    '{"type":"order","seq":8,"data":{"market":"hkex","order_type":"limit_order","symbol":"00700",' +
      '"name":"TENCENT","order_side":"buy","account_code":"ALICE","order_no":"22000000022",' +
      '"order_status":"new","price":423.83,"qty":100,"outstand_qty":100,"execute_qty":0,' +
      '"execute_amount":0,"charge":0,"charge_base_currency":"HKD","base_currency":"HKD",' +
      '"reference_id":"","portfolio_id":"","reject_reason":"","update_time":1746774142,' +
      '"create_time":1746774142,"version":1,"time_in_force":"day","cancel_reason":""}}',
  );
});

test("stream hub: a gap in what becomes durable is a bug", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  hub.startAt(ALICE, 7);
  assert.throws(() => hub.publish([accepted(ALICE, 9)]), /without gaps/);
});

test("stream hub: a session that left hears nothing more", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  const heard: (readonly StreamMessage[])[] = [];
  const session = listener(heard);
  hub.join({ account: ALICE, isTagged: false, isFirst: true }, session);
  hub.observerOf(ALICE).left(session);
  hub.publish([accepted(ALICE, 1)]);
  assert.deepEqual(heard, []);
  assert.equal(hub.sessionCount, 0);
});

/** A session that only keeps what it is told beside reports. */
function noticed(texts: string[]): StreamSession {
  return { notify: (text: string) => texts.push(text) } as unknown as StreamSession;
}

test("stream hub: what is about the whole account is not told to who sees a part of it", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  const [whole, part, other]: [string[], string[], string[]] = [[], [], []];
  const view = { account: ALICE, isTagged: false, isFirst: true };
  hub.join(view, noticed(whole));
  hub.join({ ...view, portfolioIds: new Set(["p"]) }, noticed(part));
  hub.join({ ...view, account: BOB, isTagged: true }, noticed(other));
  for (const account of [ALICE, BOB]) hub.notify(account, (tag) => `${account} fired, ${tag}`);
  assert.deepEqual([whole, part, other], [["ALICE fired, null"], [], ["BOB fired, BOB"]]);
});

test("stream hub: what is about no account is told once on each socket", () => {
  const hub = new StreamHub(REFERENCE_INSTRUMENTS);
  const [copy, own]: [string[], string[]] = [[], []];
  hub.join({ account: ALICE, isTagged: true, isFirst: true }, noticed(copy));
  hub.join({ account: BOB, isTagged: true, isFirst: false }, noticed(copy));
  hub.join({ account: BOB, isTagged: false, isFirst: true }, noticed(own));
  hub.announce("halted");
  assert.deepEqual([copy, own], [["halted"], ["halted"]]);
});
