import assert from "node:assert/strict";
import { test } from "node:test";
import { Side } from "@countermand/core/model";
import { ArchiveError } from "../archive/archive-error.ts";
import type { ArchivedBookings, OrderArchive } from "../archive/order-archive.ts";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { StatementService } from "./statement-service.ts";
import type { TradeAnswer } from "./trade-service.ts";

const PAGE = { pageIndex: 1, pageSize: 10 };
const NOTHING: ArchivedBookings = { total: 0, bookings: [], skipCount: 0 };

/** Of a bench where a buy of a portfolio of Alice's has traded. */
async function traded(bookings: () => Promise<ArchivedBookings> = async () => NOTHING) {
  const bench = new RunsBench();
  bench.place(ALICE.account, { portfolioId: "other" });
  bench.place(BOB.account, { side: Side.Sell });
  await bench.committed();
  const asked: unknown[] = [];
  const archive = {
    bookings: ({ filter }: Parameters<OrderArchive["bookings"]>[0]) => {
      asked.push(filter.rows === "Executions" ? filter.portfolioIds : null);
      return bookings();
    },
  };
  const { sequencer } = bench;
  return { bench, asked, statements: new StatementService({ sequencer, archive }) };
}

function reasonOf({ body }: TradeAnswer): unknown {
  return JSON.parse(body).reason;
}

test("executions: a key with portfolios sees those of its own, in memory and in the archive", async () => {
  const { asked, statements } = await traded();
  const portfolioIds = new Set(["own"]);
  const totals = [ALICE, { ...ALICE, portfolioIds }, BOB].map(async (caller) => {
    return JSON.parse((await statements.executions(caller, PAGE)).body).data.total_records;
  });
  assert.deepEqual(await Promise.all(totals), [1, 0, 1]);
  assert.deepEqual(asked, [undefined, portfolioIds, undefined]);
});

test("executions: while nobody can read them they are unavailable, in a crowd refused", async () => {
  const unread = await traded(() => Promise.reject(new ArchiveError("it failed")));
  assert.equal(reasonOf(await unread.statements.executions(ALICE, PAGE)), "unavailable");
  const { bench, statements } = await traded();
  const { sequencer } = bench;
  bench.place(ALICE.account);
  while (!sequencer.refusesQueries) void sequencer.read(() => null);
  const refused = statements.transactions(ALICE, PAGE);
  await bench.settle();
  assert.equal(reasonOf(await refused), "overloaded");
});
