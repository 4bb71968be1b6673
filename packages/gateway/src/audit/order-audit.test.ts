import assert from "node:assert/strict";
import { test } from "node:test";
import { AccountBook } from "@countermand/core/desk";
import type { Account, ClOrdId, KeyId, Order, OrderId, UnixMs } from "@countermand/core/model";
import { LIST_STEP_ORDERS, STORY_ORDERS_MAX } from "../archive/archive-limits.ts";
import type { StoryQuestion } from "../archive/archive-messages.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { OrderAudit } from "./order-audit.ts";

const ACCOUNT = "80114138" as Account;
const FIRST_NO = 22_000_000_001;

function orderOf(index: number, clOrdId: string): Order {
  const orderId = String(FIRST_NO + index) as OrderId;
  const terms = { orderId, account: ACCOUNT, clOrdId: clOrdId as ClOrdId, portfolioId: "" };
  const facts = { enteredBy: "demo-key" as KeyId, createdAtMs: 1 as UnixMs, streamSeq: index + 1 };
  return { ...terms, ...facts } as Order;
}

test("audit: of many open orders of a name the newest are asked about, found in steps", async () => {
  const book = new AccountBook(ACCOUNT, false);
  const namedCount = 2 * LIST_STEP_ORDERS;
  const otherCount = 2 * LIST_STEP_ORDERS + 1;
  for (let index = 0; index < namedCount + otherCount; index += 1) {
    book.insert(orderOf(index, index < namedCount ? "mine" : "other"));
  }
  let turnCount = 0;
  const turns = {
    next: () => {
      turnCount += 1;
      // The newest of that name closes meanwhile: it is asked about as it was.
      if (turnCount === 1) book.remove(String(FIRST_NO + namedCount - 1) as OrderId);
      return Promise.resolve();
    },
  };
  const partitions = {
    deskOf: () => ({ name: "desk-22", desk: { book: () => book } }),
    positions: () => ({ "desk-22": 7 }),
  };
  const operate = (decide: () => unknown) => Promise.resolve(decide());
  const sequencer = { partitions, operate, turns } as unknown as Sequencer;
  const questions: StoryQuestion[] = [];
  const story = (question: StoryQuestion) => {
    questions.push(question);
    return Promise.resolve(null);
  };
  const audit = new OrderAudit({ sequencer, archive: { reached: () => Promise.resolve(), story } });
  const sought = { account: ACCOUNT, clOrdId: "mine" };
  const { httpStatus } = await audit.story(sought, { cursor: null, limit: 500 });
  assert.equal(httpStatus, 404);
  const [{ open, beforeSeq } = assert.fail()] = questions;
  assert.equal(beforeSeq, 8);
  const expected = Array.from({ length: STORY_ORDERS_MAX }, (_, index) => {
    const streamSeq = namedCount - STORY_ORDERS_MAX + index + 1;
    return { orderNumber: FIRST_NO + streamSeq - 1, streamSeq };
  });
  assert.deepEqual(open?.heads, expected);
  assert.equal(turnCount, 2);
});
