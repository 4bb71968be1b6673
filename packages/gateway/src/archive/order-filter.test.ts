import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClOrdId, MarketName, type OrderId, OrdStatus, Side } from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import fc from "fast-check";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { openArchive } from "./archive-file.ts";
import { ALICE, BOB, DESK, openDesk, projectWhole, type ScriptedDesk } from "./archive-fixture.ts";
import {
  admitsClosed,
  admitsOpen,
  type FilterStatus,
  matchesFilter,
  type OrderFilter,
} from "./order-filter.ts";

const FIRST_S = 1_746_774_142;

const symbols = ["00700", "700", "00005", "It's", ""] as const;
const names = ["", "a", "A", "a ", "\u00e9\u{1f600}", "x'--", "a\u0000b"] as const;
const statuses: readonly FilterStatus[] = [
  OrdStatus.New,
  OrdStatus.PartiallyFilled,
  OrdStatus.Filled,
  OrdStatus.Canceled,
  OrdStatus.Rejected,
];

const placedOrders = fc.array(
  fc.record({
    account: fc.constantFrom(ALICE, BOB),
    market: fc.constantFrom(...Object.values(MarketName)),
    symbol: fc.constantFrom(...symbols),
    side: fc.constantFrom(...Object.values(Side)),
    clOrdId: fc.constantFrom(...names),
    portfolioId: fc.constantFrom(...names),
    fills: fc.integer({ min: 0, max: 2 }),
    isCanceled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
);

const absent = { requiredKeys: [] };
const filters: fc.Arbitrary<OrderFilter> = fc.record(
  {
    market: fc.constantFrom(...Object.values(MarketName)),
    symbol: fc.constantFrom(...symbols),
    side: fc.constantFrom(...Object.values(Side)),
    portfolioId: fc.constantFrom(...names),
    portfolioIds: fc.uniqueArray(fc.constantFrom(...names)).map((ids) => new Set(ids)),
    ordStatus: fc.constantFrom(...statuses),
    createdFromS: fc.integer({ min: FIRST_S - 1, max: FIRST_S + 30 }),
    createdToS: fc.integer({ min: FIRST_S - 1, max: FIRST_S + 30 }),
    orderId: fc
      .constantFrom("22000000001", "22000000002", "022000000001", "22000000001.0", "1e3", "")
      .map((text) => text as OrderId),
    clOrdId: fc.constantFrom(...names).map((text) => text as ClOrdId),
  },
  absent,
);

function act(
  desk: ScriptedDesk,
  orders: typeof placedOrders extends fc.Arbitrary<infer T> ? T : 0,
) {
  for (const { account, fills, isCanceled, ...placed } of orders) {
    const orderId = desk.place(account, placed);
    for (let unit = 0; unit < fills; unit += 1) desk.fill(orderId);
    if (isCanceled && fills < 2) desk.cancel(orderId);
  }
  desk.commit();
}

test("order filter: memory and archive agree on every order and every filter", () =>
  fc.assert(
    fc.asyncProperty(
      placedOrders,
      fc.array(filters, { minLength: 1, maxLength: 20 }),
      (orders, asked) =>
        inFolder((folder) => {
          const { journal, desk } = openDesk(folder);
          const reader = new JournalReader(folder);
          const { database } = openArchive(folder, reader, [DESK]);
          act(desk, orders);
          const seq = desk.durableSeq;
          const hash = reader.hashAt(DESK, seq) ?? "";
          projectWhole(database, DESK, reader.read(DESK, 0, seq), { seq, hash });
          for (const filter of asked) {
            const matching = desk.matching(ALICE, filter);
            if (!admitsOpen(filter)) assert.ok(matching.every(isClosed));
            if (!admitsClosed(filter)) {
              assert.ok(!matching.some(isClosed));
              continue;
            }
            const numbers = matching.filter(isClosed).map(({ orderId }) => Number(orderId));
            const listed = database.list(ALICE, filter, 0, 1_000).next();
            assert.deepEqual(listed.value, { total: numbers.length, orderNumbers: numbers });
          }
          database.close();
          reader.close();
          journal.close();
        }),
    ),
    { numRuns: 40 },
  ));

test("order filter: the whole second of a bound counts", () =>
  inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    const order = desk.order(desk.place(ALICE));
    assert.equal(order.createdAtMs, 1_746_774_142_500);
    assert.ok(matchesFilter(order, { createdFromS: FIRST_S, createdToS: FIRST_S }));
    assert.ok(!matchesFilter(order, { createdFromS: FIRST_S + 1 }));
    assert.ok(!matchesFilter(order, { createdToS: FIRST_S - 1 }));
    journal.close();
  }));

test("order filter: each status is its own, a pending cancel keeps the one it had", () =>
  inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    const fresh = desk.place(ALICE);
    const partlyFilled = desk.place(ALICE);
    desk.fill(partlyFilled);
    const matching = (orderId: OrderId, cancelPending: boolean) => {
      const order = { ...desk.order(orderId), cancelPending };
      return statuses.filter((ordStatus) => matchesFilter(order, { ordStatus }));
    };
    for (const cancelPending of [false, true]) {
      assert.deepEqual(matching(fresh, cancelPending), [OrdStatus.New]);
      assert.deepEqual(matching(partlyFilled, cancelPending), [OrdStatus.PartiallyFilled]);
    }
    desk.fill(partlyFilled);
    desk.cancel(fresh);
    assert.deepEqual(matching(partlyFilled, false), [OrdStatus.Filled]);
    assert.deepEqual(matching(fresh, false), [OrdStatus.Canceled]);
    journal.close();
  }));
