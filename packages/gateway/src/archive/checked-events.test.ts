import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "@countermand/core/model";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { ALICE, BOB, DESK, openDesk } from "./archive-fixture.ts";
import type { BookingFilter } from "./booking-filter.ts";
import { CheckedEvents } from "./checked-events.ts";

/** The orders of {@link withEvents}, in the order in which they are placed. */
const [FIRST, BOBS, SECOND] = [22_000_000_001, 22_000_000_002, 22_000_000_003];

/** Runs a test with the events of a small journal; a comment gives each its position. */
async function withEvents(run: (events: CheckedEvents) => void): Promise<void> {
  await inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    desk.answer(ALICE); // 1
    desk.openAccount(ALICE); // 2
    const first = desk.place(ALICE, { clOrdId: "mine" }); // 3
    desk.fill(first); // 4
    desk.refuse(first); // 5
    desk.fill(first); // 6
    desk.cancel(desk.place(BOB)); // 7, 8
    desk.refuse(desk.place(ALICE)); // 9, 10
    desk.commit();
    const reader = new JournalReader(folder);
    try {
      run(new CheckedEvents(reader));
    } finally {
      reader.close();
      journal.close();
    }
  });
}

/** A row as it should be, and what is wrong about others. */
interface Case<Row extends { readonly seq: number }> {
  readonly right: Row;
  readonly wrong: Readonly<Record<string, Partial<Row>>>;
}

function testReads<Row extends { readonly seq: number }>(
  name: string,
  read: (events: CheckedEvents, row: Row) => unknown,
  { right, wrong }: Case<Row>,
): void {
  const nowhere = [0, -1, 1.5, 11, 2 ** 41, 2 ** 62].map(
    (seq) => [`no event ${seq}`, seq] as const,
  );
  const rows: (readonly [string, Row])[] = [
    ...Object.entries(wrong).map(([what, of]) => [what, { ...right, ...of }] as const),
    ...nowhere.map(([what, seq]) => [what, { ...right, seq }] as const),
  ];
  test(`checked events: ${name}: the one that the row is of`, () =>
    withEvents((events) => assert.ok(read(events, right) !== null)));
  for (const [what, row] of rows) {
    test(`checked events: ${name}: ${what} is damage`, () =>
      withEvents((events) => {
        assert.throws(() => read(events, row), { name: "ArchiveDamagedError" });
      }));
  }
}

testReads<{ seq: number; account: string; streamSeq: number }>(
  "a report",
  (events, row) => {
    return events.report(row.account, { partition: DESK, ...row });
  },
  {
    right: { seq: 4, account: ALICE, streamSeq: 2 },
    wrong: {
      "another account's report": { seq: 7, streamSeq: 1 },
      "another position of the stream": { seq: 3 },
      "what is no report": { seq: 5 },
    },
  },
);

testReads<{ seq: number; account: string; orderNumber: number; clOrdId: string }>(
  "the end of an order",
  (events, row) => {
    const { account, clOrdId, ...place } = row;
    const isAsked = (order: Order) => order.clOrdId === clOrdId;
    return events.closing(account, { partition: DESK, ...place }, isAsked);
  },
  {
    right: { seq: 6, account: ALICE, orderNumber: FIRST, clOrdId: "mine" },
    wrong: {
      "another account's order": { seq: 8, orderNumber: BOBS },
      "another order": { orderNumber: SECOND },
      "a report after which it is open": { seq: 4 },
      "what is no report": { seq: 5 },
      "an order that was not asked for": { clOrdId: "other" },
    },
  },
);

testReads<{ seq: number; account: string; filter: BookingFilter }>(
  "a booking",
  (events, row) => {
    const { seq, ...asked } = row;
    const range = { throughSeq: 10, fromIndex: 0, limit: 10 };
    return events.booking({ partition: DESK, ...asked, ...range }, seq);
  },
  {
    right: { seq: 4, account: ALICE, filter: { rows: "Executions" } },
    wrong: {
      "another account's": { account: BOB },
      "a report of no trade": { seq: 3 },
      "what is no booking": { seq: 1, filter: { rows: "Lines" } },
      "one that the filter leaves out": { filter: { rows: "Executions", symbol: "00005" } },
      "an opening among executions": { seq: 2 },
    },
  },
);

testReads<{ seq: number; account: string; orderNumber: number }>(
  "a refused command",
  (events, row) => {
    return events.refusal(row.account, row.orderNumber, { partition: DESK, seq: row.seq });
  },
  {
    right: { seq: 5, account: ALICE, orderNumber: FIRST },
    wrong: {
      "another account's": { account: BOB },
      "one about another order": { seq: 10 },
      "a report of the order": { seq: 4 },
      "what no story tells": { seq: 1 },
    },
  },
);

testReads<{ seq: number }>(
  "any event",
  (events, { seq }) => events.named({ partition: DESK, seq }),
  { right: { seq: 1 }, wrong: {} },
);

test("checked events: that an event is not there is no damage where no row names it", () =>
  withEvents((events) => {
    assert.notEqual(events.payload(DESK, 10), null);
    assert.notEqual(events.sealed({ partition: DESK, seq: 10 }), null);
    for (const seq of [0, 11, 2 ** 62]) {
      assert.equal(events.payload(DESK, seq), null);
      assert.equal(events.sealed({ partition: DESK, seq }), null);
    }
    assert.equal(events.payload("no-such", 1), null);
  }));
