// Goal: every order of a run gets the outcome that the gateway gave to it, and no other's.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ReplyMessage } from "@countermand/client";
import { PendingCommands } from "../link/pending-commands.ts";
import { batchOutcomes, type CancelOutcome, cancelRun, runText } from "./cancel-run.ts";

const REPLY = { type: "reply", id: "c" } as const;
const LATE = {
  code: 11030204,
  message: "Order Limit",
  details: "it is filled",
  reason: "too_late_filled",
  retryable: false,
};

test("cancel run: outcomes are by place, and a refusal of all is everyone's", () => {
  const data = [
    { order_no: "1", result: { code: 0 } },
    { order_no: "2", result: LATE },
  ];
  assert.deepEqual(batchOutcomes(["1", "2"], { ...REPLY, code: 0, data }), [
    { orderNo: "1", isAccepted: true, problem: "", isUnknown: false },
    {
      orderNo: "2",
      isAccepted: false,
      problem: "not cancelled. too late filled: it is filled",
      isUnknown: false,
    },
  ]);
  const refusal = { ...REPLY, code: 10010009, reason: "not_permitted", details: "read only" };
  assert.deepEqual(
    batchOutcomes(["1", "2"], refusal).map(({ problem }) => problem),
    ["not cancelled. not permitted: read only", "not cancelled. not permitted: read only"],
  );
});

test("cancel run: an outcome that nobody knows is not told as a refusal", async () => {
  const pending = new PendingCommands();
  const reply = new Promise<ReplyMessage>((resolve) => {
    pending.add({ id: "c", text: "", sentAtMs: 0, resendMsMax: 0, resolve });
  });
  pending.giveUp();
  const outcomes = batchOutcomes(["1"], await reply);
  assert.equal(outcomes[0]?.problem, "outcome unknown: no answer came: look at the order");
  const data = [{ order_no: "2", result: LATE }];
  const known = batchOutcomes(["2"], { ...REPLY, code: 0, data });
  assert.equal(runText(outcomes), "0 of 1 cancels accepted, 1 not answered");
  assert.equal(
    runText([...known, ...outcomes]),
    "0 of 2 cancels accepted, 1 refused, 1 not answered",
  );
});

test("cancel run: fives, a pause when the gateway asks for one, each order once", async () => {
  const orderNos = Array.from({ length: 23 }, (_, n) => String(n));
  const batches: number[] = [];
  const told: CancelOutcome[] = [];
  let pauseCount = 0;
  let isLimited = true;
  await cancelRun(orderNos, {
    cancelBatch: (orders): Promise<ReplyMessage> => {
      if (isLimited) {
        isLimited = false;
        return Promise.resolve({ ...REPLY, code: 11030055, reason: "rate_limited" });
      }
      batches.push(orders.length);
      const data = orders.map(({ order_no }) => ({ order_no, result: { code: 0 } }));
      return Promise.resolve({ ...REPLY, code: 0, data });
    },
    delay: () => {
      pauseCount += 1;
      return Promise.resolve();
    },
    told: (outcomes) => told.push(...outcomes),
  });
  assert.deepEqual(batches.sort(), [3, 5, 5, 5, 5]);
  assert.equal(pauseCount, 1);
  assert.deepEqual(new Set(told.map(({ orderNo }) => orderNo)), new Set(orderNos));
  assert.equal(told.length, orderNos.length);
});
