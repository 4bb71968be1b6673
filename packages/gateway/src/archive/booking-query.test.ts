import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClOrdId,
  MarketName,
  type OrderId,
  Side,
  type UnixDay,
} from "@countermand/core/model";
import fc from "fast-check";
import { inFolder } from "../journal/journal-fixture.ts";
import { reusedArchiveThread } from "../reused-threads-fixture.ts";
import { ALICE, BOB, DESK, FIRST_DATE, openDesk, type ScriptedDesk } from "./archive-fixture.ts";
import type { BookingFilter } from "./booking-filter.ts";
import { type BookingPage, queryBookings } from "./booking-query.ts";
import { OrderArchive } from "./order-archive.ts";

const FIRST_S = 1_746_774_142;

const anyOptional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const anySecond = fc.integer({ min: FIRST_S - 2, max: FIRST_S + 30 });
const anyDate = fc
  .integer({ min: FIRST_DATE - 1, max: FIRST_DATE + 3 })
  .map((day) => day as UnixDay);
const anyFilter: fc.Arbitrary<BookingFilter> = fc.oneof(
  fc.record({
    rows: fc.constant("Executions" as const),
    market: anyOptional(fc.constantFrom(MarketName.Hkex, MarketName.Crypto)),
    symbol: anyOptional(fc.constantFrom("00700", "00005")),
    side: anyOptional(fc.constantFrom(Side.Buy, Side.Sell)),
    orderId: anyOptional(
      fc.constantFrom("22000000002", "22000000005", "1", "x") as fc.Arbitrary<OrderId>,
    ),
    clOrdId: anyOptional(fc.constantFrom("a", "", "none") as fc.Arbitrary<ClOrdId>),
    portfolioId: anyOptional(fc.constantFrom("p", "")),
    portfolioIds: anyOptional(
      fc.uniqueArray(fc.constantFrom("p", "", "none")).map((ids) => new Set(ids)),
    ),
    tradedFromS: anyOptional(anySecond),
    tradedToS: anyOptional(anySecond),
  }),
  fc.record({
    rows: fc.constant("Executions" as const),
    tradedFromS: anyOptional(anySecond),
    tradedToS: anyOptional(anySecond),
  }),
  fc.record({
    rows: fc.constant("Lines" as const),
    cause: anyOptional(
      fc.constantFrom("Opening" as const, "Adjustment" as const, "Trade" as const),
    ),
    direction: anyOptional(fc.constantFrom("In" as const, "Out" as const)),
    fromDate: anyOptional(anyDate),
    toDate: anyOptional(anyDate),
  }),
  fc.constantFrom<BookingFilter>({ rows: "Executions" }, { rows: "Lines" }),
);

/** Something that happens, or that the archive does meanwhile. */
const anyStep = fc.constantFrom(
  "place",
  "sell",
  "fill",
  "fill",
  "cancel",
  "adjust",
  "debit",
  "project",
);
const anyQuestion = fc.tuple(
  anyFilter,
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 6 }),
);

interface Setting {
  readonly desk: ScriptedDesk;
  readonly archive: OrderArchive;
}

async function withArchive(run: (setting: Setting) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const archive = await OrderArchive.open(folder, [DESK], {
      gatherMs: 0,
      thread: reusedArchiveThread(),
      onProjected: (partition, seq) => desk.recent.projected(partition, seq),
    });
    try {
      await run({ desk, archive });
    } finally {
      await archive.close();
      journal.close();
    }
  });
}

async function runStep({ desk, archive }: Setting, step: string, index: number): Promise<void> {
  const [oldest] = desk.open();
  const account = index % 4 === 3 ? BOB : ALICE;
  const names = { clOrdId: index % 2 === 0 ? "a" : "", portfolioId: index % 3 === 0 ? "p" : "" };
  switch (step) {
    case "place":
    case "sell": {
      const side = step === "sell" ? Side.Sell : Side.Buy;
      const symbol = index % 2 === 0 ? "00700" : "00005";
      desk.place(account, { ...names, side, symbol, units: 3 });
      return;
    }
    case "fill":
      if (oldest !== undefined) desk.fill(oldest);
      return;
    case "cancel":
      if (oldest !== undefined) desk.cancel(oldest);
      return;
    case "adjust":
    case "debit":
      desk.adjust(account, step === "debit" ? -3n : 3n);
      return;
    default:
      desk.commit();
      archive.follow(DESK, desk.durableSeq);
      await archive.reached(DESK, desk.durableSeq);
  }
}

/** What a page shows, as the model's rows. */
function rowsOf(
  { bookings, skipCount }: BookingPage,
  all: readonly { seq: number }[],
  limit: number,
) {
  const rows = bookings.flatMap(({ seq }) => all.filter((row) => row.seq === seq));
  return rows.slice(skipCount, skipCount + limit).map(({ seq }) => seq);
}

test("bookings: a page is the model's, wherever its bookings lie", () =>
  withArchive(async (setting) => {
    const { desk, archive } = setting;
    for (const account of [ALICE, BOB]) desk.openAccount(account);
    const round = async (steps: readonly string[], questions: readonly Question[]) => {
      for (const [index, step] of steps.entries()) await runStep(setting, step, index);
      for (const [filter, pageIndex, pageSize] of questions) {
        const query = { account: ALICE, partition: DESK, filter, pageIndex, pageSize };
        const all = desk.rowsMatching(ALICE, filter);
        const nextTurn = () => Promise.resolve();
        const asked = queryBookings(query, { recent: desk.recent, archive, nextTurn });
        // What comes after the call is not seen, projected or not.
        desk.adjust(ALICE, 1n);
        desk.commit();
        archive.follow(DESK, desk.durableSeq);
        const page = await asked;
        assert.equal(page.total, all.length);
        const start = (pageIndex - 1) * pageSize;
        const expected = all.slice(start, start + pageSize).map(({ seq }) => seq);
        assert.deepEqual(rowsOf(page, all, pageSize), expected);
      }
    };
    // One history that grows: each run begins where the one before has ended.
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 12 }),
        fc.array(anyQuestion, { minLength: 1, maxLength: 4 }),
        round,
      ),
      { numRuns: 60, endOnFailure: true },
    );
  }));

type Question = readonly [BookingFilter, number, number];
