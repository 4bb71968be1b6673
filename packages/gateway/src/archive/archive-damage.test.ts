import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type ClOrdId, type OrderId, Side } from "@countermand/core/model";
import { ALICE, BOB, DESK, type ScriptedDesk, trade } from "./archive-fixture.ts";
import { RUN_REPORTS_MAX } from "./archive-limits.ts";
import type { OrderArchive } from "./order-archive.ts";
import {
  assertComplete,
  projectAll,
  UNAVAILABLE,
  withDatabase,
  withDesk,
} from "./order-archive-fixture.ts";

/** Each spoils the closed archive of a data directory. */
const spoilings = {
  Missing: [(file: string) => rmSync(file)],
  Damaged: [
    (file: string) => writeFileSync(file, "this is no database, but long enough to be looked at"),
    (file: string) => truncateSync(file, 0),
    (file: string) => truncateSync(file, 5_000),
    (file: string) => withDatabase(file, "DROP TABLE closed_orders"),
    (file: string) => withDatabase(file, "PRAGMA application_id = 1"),
  ],
  OtherFormat: [(file: string) => withDatabase(file, "PRAGMA user_version = 99")],
  ForeignJournal: [
    (file: string) => withDatabase(file, "UPDATE partitions SET hash = upper(hash)"),
    (file: string) => withDatabase(file, "UPDATE partitions SET seq = seq + 1000"),
  ],
} as const;

for (const [reason, spoils] of Object.entries(spoilings)) {
  for (const [index, spoil] of spoils.entries()) {
    test(`archive: built again, ${reason} ${index + 1}`, () =>
      withDesk(async ({ folder, desk, open, notices }) => {
        trade(desk, ALICE, 40);
        trade(desk, BOB, 10);
        const first = await open();
        await projectAll(first, desk);
        await first.close();
        notices.length = 0;
        const file = join(folder, "archive.db");
        spoil(file);
        const spoiled = existsSync(file) ? readFileSync(file) : null;
        const second = await open();
        assert.deepEqual(notices, [{ type: "Rebuilding", reason }]);
        assert.equal(second.position(DESK), 0);
        await projectAll(second, desk);
        await assertComplete(second, desk);
        const aside = `${file}.damaged`;
        if (reason === "Damaged")
          assert.ok(spoiled !== null && readFileSync(aside).equals(spoiled));
        else assert.ok(!existsSync(aside));
      }));
  }
}

test("archive: damage found while it works is put aside and built again", () =>
  withDesk(async ({ folder, desk, open, notices, noticed }) => {
    const orderId = desk.place(ALICE);
    desk.cancel(orderId);
    trade(desk, ALICE, 20);
    const recovered = noticed("Recovered");
    const archive = await open();
    await projectAll(archive, desk);
    withDatabase(join(folder, "archive.db"), "UPDATE closed_orders SET seq = 1");
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await recovered;
    // What it once knew is refused, not missed, until it is known again.
    await archive.findClosed(ALICE, { orderId }).then(
      (order) => assert.deepEqual(order, desk.order(orderId)),
      (error) => assert.equal(error.code, "ARCHIVE_UNAVAILABLE"),
    );
    await archive.reached(DESK, desk.durableSeq);
    await assertComplete(archive, desk);
    const shapes = notices.map((notice) => ("reason" in notice ? notice.reason : notice.type));
    assert.deepEqual(shapes, ["Missing", "Failed", "Missing", "Recovered"]);
    assert.ok(existsSync(join(folder, "archive.db.damaged")));
  }));

/** A question that would be answered by what is damaged. */
type Ask = (archive: OrderArchive, desk: ScriptedDesk) => Promise<unknown>;

const REPORTS: Ask = (archive) => archive.reports(ALICE, 0, 10);

const BOOKINGS: Ask = (archive, desk) => {
  const page = { fromIndex: 0, limit: 10, throughSeq: desk.durableSeq };
  return archive.bookings({ account: ALICE, partition: DESK, filter: { rows: "Lines" }, ...page });
};

const SELL_ORDERS: Ask = async (archive) => {
  const filter = { side: Side.Sell };
  const { orderNumbers } = await archive.list(ALICE, filter, 0, 10);
  return await archive.orders(ALICE, orderNumbers, filter);
};

const NAMED: Ask = (archive) => archive.findClosed(ALICE, { clOrdId: "ref-5" as ClOrdId });

const storyOf = (sought: Parameters<OrderArchive["story"]>[0]["sought"]): Ask => {
  return (archive, desk) => {
    const page = { open: null, cursor: null, beforeSeq: desk.durableSeq + 1, limit: 10 };
    return archive.story({ sought, ...page });
  };
};

const REFUSED = "22000000001" as OrderId;
const REFUSED_STORY = storyOf({ orderNumber: Number(REFUSED) });

/** A cancel of one order is refused and, after another event, one of another order. */
function refuseTwo(desk: ScriptedDesk): void {
  desk.refuse(REFUSED);
  desk.refuse(desk.place(ALICE));
}

interface Damage {
  readonly sql: string;
  readonly ask: Ask;
  /** What else happens before. */
  readonly more?: (desk: ScriptedDesk) => void;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  "a report's place names another one": {
    sql: "UPDATE stream_runs SET seq = seq + 1",
    ask: REPORTS,
  },
  "a report's place names what is none": {
    sql: "UPDATE stream_runs SET seq = 1",
    ask: REPORTS,
  },
  "a report's place is beyond every journal": {
    sql: "UPDATE stream_runs SET seq = 1 << 41",
    ask: REPORTS,
  },
  "a report's place is beyond what a number holds": {
    sql: "UPDATE stream_runs SET seq = 1 << 62",
    ask: REPORTS,
  },
  "the places of the first reports are missing": {
    sql: "DELETE FROM stream_runs WHERE stream_seq = 1",
    ask: REPORTS,
    more: (desk) => trade(desk, ALICE, RUN_REPORTS_MAX),
  },
  "a report's place is missing": {
    sql: `INSERT INTO stream_runs
      SELECT account_id, 1000, partition_id, seq, x'' FROM stream_runs`,
    ask: REPORTS,
  },
  "a booking's place names what is none": {
    sql: "UPDATE bookings SET seq = 1 WHERE seq = (SELECT max(seq) FROM bookings)",
    ask: BOOKINGS,
  },
  "a booking's place names another account's": {
    sql: `UPDATE bookings SET seq = (SELECT max(seq) FROM bookings) WHERE account_id = 1
      AND seq = (SELECT max(seq) FROM bookings WHERE account_id = 1)`,
    ask: BOOKINGS,
    more: (desk) => desk.openAccount(BOB),
  },
  "a row says that an order is of another side": {
    sql: "UPDATE closed_orders SET traits = traits | 1",
    ask: SELL_ORDERS,
  },
  "a client's name leads to an order of another name": {
    sql: "UPDATE closed_orders SET cl_ord_id = 'ref-5' WHERE cl_ord_id = 'ref-3'",
    ask: NAMED,
  },
  "a client's name leads to the story of another name": {
    sql: "UPDATE closed_orders SET cl_ord_id = 'story' WHERE cl_ord_id = 'ref-3'",
    ask: storyOf({ account: ALICE, clOrdId: "story" }),
  },
  "a refusal's place names another order's report": {
    sql: "UPDATE refusals SET seq = seq + 1",
    ask: REFUSED_STORY,
    more: refuseTwo,
  },
  "a refusal's place names what no story tells": {
    sql: "UPDATE refusals SET seq = 1",
    ask: REFUSED_STORY,
    more: refuseTwo,
  },
  "a refusal's place names another order's refusal": {
    sql: "UPDATE refusals SET seq = (SELECT max(seq) FROM refusals)",
    ask: REFUSED_STORY,
    more: refuseTwo,
  },
};

for (const [what, { sql, ask, more }] of Object.entries(DAMAGES)) {
  test(`archive: ${what}: refused and built again, never told and never fatal`, () =>
    withDesk(async ({ folder, desk, open, noticed }) => {
      desk.answer(ALICE);
      desk.openAccount(ALICE);
      trade(desk, ALICE, 4);
      more?.(desk);
      const recovered = noticed("Recovered");
      const archive = await open();
      await projectAll(archive, desk);
      withDatabase(join(folder, "archive.db"), sql);
      await assert.rejects(ask(archive, desk), UNAVAILABLE);
      await recovered;
      await archive.reached(DESK, desk.durableSeq);
      await assertComplete(archive, desk);
    }));
}
