import assert from "node:assert/strict";
import { test } from "node:test";
import { type Account, type ClOrdId, type OrderId, OrdStatus, Side } from "@countermand/core/model";
import fc from "fast-check";
import { inFolder } from "../journal/journal-fixture.ts";
import { reusedArchiveThread } from "../reused-threads-fixture.ts";
import { ALICE, BOB, DESK, openDesk, ScriptedDesk, trade } from "./archive-fixture.ts";
import { OrderArchive } from "./order-archive.ts";
import { admitsClosed, type OrderFilter } from "./order-filter.ts";
import { type OrderPlaces, type OrderQuery, queryOrders } from "./order-query.ts";

/** Partitions that the test writes: a gateway may have several. */
const OTHER = "desk-2";

interface Setting {
  readonly desk: ScriptedDesk;
  readonly other: ScriptedDesk;
  readonly archive: OrderArchive;
  places(account: Account): OrderPlaces;
}

type Asked = Pick<OrderQuery, "filter" | "state">;

async function withArchive(run: (setting: Setting) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const other = new ScriptedDesk(journal, OTHER);
    const { recent } = desk;
    const archive = await OrderArchive.open(folder, [DESK, OTHER], {
      gatherMs: 0,
      thread: reusedArchiveThread(),
      onProjected: (partition, seq) => recent.projected(partition, seq),
    });
    const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
    const places = (account: Account) => ({ open: desk.book(account), recent, archive, nextTurn });
    try {
      await run({ desk, other, archive, places });
    } finally {
      await archive.close();
      journal.close();
    }
  });
}

/**
 * A page is what the model says: at the moment the archive answers, which is after `meanwhile`, or
 * at the moment of the call where the archive is not asked.
 */
async function assertPage(
  { desk, places }: Setting,
  { filter, state }: Asked,
  pageIndex: number,
  pageSize: number,
  meanwhile: () => void = () => {},
): Promise<void> {
  const query = { account: ALICE, filter, state, pageIndex, pageSize };
  const asked = queryOrders(query, places(ALICE));
  const matching = () => {
    return desk.matching(ALICE, filter).filter(({ orderId }) => {
      const isOpen = desk.book(ALICE).openOrder(orderId) !== null;
      return state === undefined || isOpen === (state === "open");
    });
  };
  const before = matching();
  meanwhile();
  const expected = admitsClosed(filter) && state !== "open" ? matching() : before;
  const page = await asked;
  const start = (pageIndex - 1) * pageSize;
  assert.deepEqual(page, {
    total: expected.length,
    orders: expected.slice(start, start + pageSize),
  });
}

const filters: fc.Arbitrary<OrderFilter> = fc.oneof(
  fc.constant({}),
  fc.constantFrom<OrderFilter[]>(
    { ordStatus: OrdStatus.New },
    { ordStatus: OrdStatus.PartiallyFilled },
    { ordStatus: OrdStatus.Filled },
    { ordStatus: OrdStatus.Canceled },
    { symbol: "00700" },
    { symbol: "00005", side: Side.Buy },
    { clOrdId: "ref-1" as ClOrdId },
    { clOrdId: "" as ClOrdId },
    { orderId: "22000000003" as OrderId },
    { orderId: "22000000003" as OrderId, clOrdId: "ref-2" as ClOrdId },
    { createdFromS: 1_746_774_145, createdToS: 1_746_774_150 },
  ),
);

const choice = fc.nat({ max: 1_000 });
const steps = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("place"), choice }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("fill"), choice }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("cancel"), choice }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("follow"), choice }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait"), choice }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("query"),
      filter: filters,
      state: fc.constantFrom(undefined, "open" as const, "closed" as const),
      pageIndex: fc.integer({ min: 1, max: 4 }),
      pageSize: fc.integer({ min: 1, max: 7 }),
      // Done after the query was asked and before its answer can arrive.
      meanwhile: fc.array(fc.constantFrom("place", "fill", "cancel", "follow"), { maxLength: 5 }),
      choice,
    }),
  },
);
type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

function act(setting: Setting, type: string, chosen: number): void {
  const { desk, archive } = setting;
  const open = desk.open();
  const orderId = open[chosen % Math.max(1, open.length)];
  if (type === "place") trade(desk, chosen % 4 === 0 ? BOB : ALICE, 1 + (chosen % 3));
  else if (type === "fill" && orderId !== undefined) desk.fill(orderId);
  else if (type === "cancel" && orderId !== undefined) desk.cancel(orderId);
  else if (type === "follow") {
    desk.commit();
    const lag = desk.durableSeq - archive.durable(DESK);
    archive.follow(DESK, archive.durable(DESK) + (lag === 0 ? 0 : chosen % (lag + 1)));
  }
}

async function play(setting: Setting, step: Step): Promise<void> {
  const { archive } = setting;
  if (step.type === "wait") await archive.reached(DESK, archive.durable(DESK));
  if (!("filter" in step)) return act(setting, step.type, step.choice);
  await assertPage(setting, step, step.pageIndex, step.pageSize, () => {
    for (const type of step.meanwhile) act(setting, type, step.choice);
  });
}

test("order query: every page is the model's, however far the projection lags", () =>
  fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), (script) =>
      withArchive(async (setting) => {
        for (const step of script) await play(setting, step);
        // All pages together are all orders, each once.
        const { desk, places } = setting;
        const orders = [];
        const total = desk.matching(ALICE, {}).length;
        for (let pageIndex = 1; (pageIndex - 1) * 5 < total; pageIndex += 1) {
          const query = { account: ALICE, filter: {}, pageIndex, pageSize: 5 };
          orders.push(...(await queryOrders(query, places(ALICE))).orders);
        }
        assert.deepEqual(orders, desk.matching(ALICE, {}));
      }),
    ),
    { numRuns: 15 },
  ));

test("order query: deep pages with more orders in memory than the page reaches back", () =>
  withArchive(async (setting) => {
    const { desk, archive } = setting;
    trade(desk, ALICE, 900);
    for (const orderId of desk.open().slice(0, 100)) desk.cancel(orderId);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    await archive.reached(DESK, desk.durableSeq);
    for (const pageIndex of [1, 2, 9, 18, 19]) {
      await assertPage(setting, { filter: {} }, pageIndex, 50);
      await assertPage(setting, { filter: {}, state: "closed" }, pageIndex, 50);
      await assertPage(setting, { filter: {}, state: "open" }, pageIndex, 50);
    }
    // Memory outgrows the window while the archive is asked: it is asked once more.
    await assertPage(setting, { filter: {} }, 16, 50, () => {
      for (let count = 0; count < 300; count += 1) desk.place(ALICE);
    });
    await assertPage(setting, { filter: { side: Side.Sell } }, 3, 50);
  }));

test("order query: what another partition projects does not disturb", () =>
  withArchive(async (setting) => {
    const { desk, other, archive } = setting;
    trade(desk, ALICE, 10);
    trade(other, BOB, 10);
    desk.commit();
    other.commit();
    archive.follow(OTHER, other.durableSeq);
    await archive.reached(OTHER, other.durableSeq);
    await assertPage(setting, { filter: {} }, 1, 20);
    archive.follow(DESK, desk.durableSeq);
    await archive.reached(DESK, desk.durableSeq);
    await assertPage(setting, { filter: {} }, 1, 20);
    assert.equal(desk.recent.size, 0);
  }));

test("order query: refused when memory has let go of more than the archive has", () =>
  withArchive(async ({ desk, places }) => {
    trade(desk, ALICE, 10);
    desk.recent.projected(DESK, 5);
    const query = { account: ALICE, filter: {}, pageIndex: 1, pageSize: 20 };
    await assert.rejects(queryOrders(query, places(ALICE)), { code: "ARCHIVE_UNAVAILABLE" });
  }));
