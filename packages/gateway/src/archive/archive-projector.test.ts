import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import { type ClOrdId, encodeDeskEvent, Side, type UnixDay } from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import type { Clock } from "../sys/clock.ts";
import { openArchive } from "./archive-file.ts";
import {
  ALICE,
  BOB,
  DESK,
  FIRST_DATE,
  openDesk,
  type ScriptedDesk,
  trade,
} from "./archive-fixture.ts";
import {
  ASIDE_EVENTS_MAX,
  LIST_STEP_ROWS,
  PROJECT_STEP_EVENTS,
  PROJECTED_EVENTS_MAX,
  RETRY_MS_MIN,
} from "./archive-limits.ts";
import type { FromArchive } from "./archive-messages.ts";
import { ArchiveProjector, type JournalSource } from "./archive-projector.ts";
import { type Booking, type BookingFilter, tradedSecond } from "./booking-filter.ts";
import type { OrderFilter } from "./order-filter.ts";

/** A clock whose turns and pauses end when the test says so. */
class SteppedClock implements Clock {
  #turns: (() => void)[] = [];
  readonly #pauses = new Set<() => void>();
  readonly pausesMs: number[] = [];

  wallMs = () => 0;
  monotonicMs = () => 0;

  after(delayMs: number, callback: () => void) {
    this.pausesMs.push(delayMs);
    this.#pauses.add(callback);
    return { cancel: () => this.#pauses.delete(callback) };
  }

  get pauseCount(): number {
    return this.#pauses.size;
  }

  atTurnEnd(callback: () => void): void {
    this.#turns.push(callback);
  }

  /** Whether there was a turn to run. */
  turn(): boolean {
    const next = this.#turns.shift();
    next?.();
    return next !== undefined;
  }

  turns(): void {
    while (this.turn()) {
      // Each turn may ask for another one.
    }
  }

  endPauses(): void {
    for (const end of this.#pauses) {
      this.#pauses.delete(end);
      end();
    }
  }
}

interface Setting {
  readonly desk: ScriptedDesk;
  readonly projector: ArchiveProjector;
  readonly clock: SteppedClock;
  readonly posted: FromArchive[];
  readonly damages: Error[];
  /** How often it left the core to others. */
  readonly asides: { count: number };
}

async function withProjector(
  run: (setting: Setting) => void,
  changed: (journal: JournalSource) => JournalSource = (journal) => journal,
): Promise<void> {
  await inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    const reader = new JournalReader(folder);
    const { database } = openArchive(folder, reader, [DESK]);
    const clock = new SteppedClock();
    const posted: FromArchive[] = [];
    const damages: Error[] = [];
    const asides = { count: 0 };
    const projector = new ArchiveProjector({
      database,
      journal: changed(reader),
      partitions: [DESK],
      required: new Map(),
      clock,
      post: (message) => void posted.push(structuredClone(message)),
      stepAside: () => {
        asides.count += 1;
      },
      onDamage: (error) => void damages.push(error),
    });
    try {
      run({ desk, projector, clock, posted, damages, asides });
    } finally {
      projector.close();
      journal.close();
    }
  });
}

function follow({ desk, projector }: Setting): void {
  desk.commit();
  projector.receive({ type: "follow", positions: new Map([[DESK, desk.durableSeq]]) });
}

function ask({ projector }: Setting, id: number, filter: OrderFilter, from = 0, limit = 10): void {
  const question = {
    name: "list",
    ask: { account: ALICE, filter, fromIndex: from, limit },
  } as const;
  projector.receive({ type: "question", id, question });
}

/** Closes two of three orders; enough of them for several steps of a list. */
const MANY = Math.ceil((2.4 * LIST_STEP_ROWS * 3) / 2);

test("projector: a list in several steps is the model's, from any index", () =>
  withProjector((setting) => {
    const { desk, clock, posted } = setting;
    trade(desk, ALICE, MANY);
    trade(desk, BOB, 5);
    follow(setting);
    clock.turns();
    const filters: OrderFilter[] = [{}, { symbol: "00005", side: Side.Sell }, { symbol: "none" }];
    for (const filter of filters) {
      const closed = desk.matching(ALICE, filter).filter(isClosed);
      const numbers = closed.map(({ orderId }) => Number(orderId));
      const last = numbers.length;
      for (const [from, limit] of [
        [0, 10],
        [0, last],
        [LIST_STEP_ROWS - 5, 10],
        [LIST_STEP_ROWS, LIST_STEP_ROWS],
        [2 * LIST_STEP_ROWS + 1, 7],
        [last - 3, 10],
        [last, 10],
        [last + 2 * LIST_STEP_ROWS, 10],
      ] as const) {
        if (from < 0) continue;
        posted.length = 0;
        ask(setting, 1, filter, from, limit);
        clock.turns();
        const positions = new Map([[DESK, desk.durableSeq]]);
        const orderNumbers = numbers.slice(from, from + limit);
        const answer = { total: last, orderNumbers, positions };
        assert.deepEqual(posted, [{ type: "answer", id: 1, answer }]);
      }
    }
  }));

test("projector: bookings in several steps are the model's, from any index", () =>
  withProjector((setting) => {
    const { desk, projector, clock, posted } = setting;
    desk.openAccount(ALICE);
    desk.openAccount(BOB);
    trade(desk, ALICE, MANY);
    trade(desk, BOB, 5);
    desk.adjust(ALICE, -5n);
    follow(setting);
    clock.turns();
    const middle = at(desk.booked, Math.floor(desk.booked.length / 2));
    const tradedS = tradedSecond(middle.event);
    const filters: BookingFilter[] = [
      { rows: "Executions" },
      { rows: "Executions", symbol: "00005", side: Side.Sell },
      { rows: "Executions", tradedFromS: tradedS - 100, tradedToS: tradedS },
      { rows: "Executions", clOrdId: "ref-3" as ClOrdId, tradedToS: tradedS },
      { rows: "Lines" },
      { rows: "Lines", cause: "Opening", direction: "In" },
      { rows: "Lines", direction: "Out", fromDate: (FIRST_DATE + 20) as UnixDay },
    ];
    const through = middle.seq + 7;
    for (const filter of filters) {
      for (const throughSeq of [desk.durableSeq, through]) {
        const all = desk.rowsMatching(ALICE, filter).filter(({ seq }) => seq <= throughSeq);
        for (const fromIndex of [0, 1, LIST_STEP_ROWS - 3, all.length - 2, all.length]) {
          if (fromIndex < 0) continue;
          posted.length = 0;
          const limit = 7;
          const range = { throughSeq, fromIndex, limit };
          const ask = { account: ALICE, partition: DESK, filter, ...range };
          projector.receive({ type: "question", id: 1, question: { name: "bookings", ask } });
          clock.turns();
          assert.deepEqual(posted, [{ type: "answer", id: 1, answer: pageOf(all, fromIndex, 7) }]);
        }
      }
    }
  }));

/** The answer that the model's rows make: each booking once, and what of it is not the page's. */
function pageOf(rows: readonly Booking[], fromIndex: number, limit: number) {
  const page = rows.slice(fromIndex, fromIndex + limit);
  const bookings = page.filter(({ seq }, index) => page[index - 1]?.seq !== seq);
  const first = page[0]?.seq;
  const skipCount = rows.slice(0, fromIndex).filter(({ seq }) => seq === first).length;
  const records = bookings.map(({ seq, event }) => ({ seq, payload: encodeDeskEvent(event) }));
  return { total: rows.length, records, skipCount };
}

test("projector: bookings behind what is projected are refused", () =>
  withProjector((setting) => {
    const { desk, projector, clock, posted } = setting;
    trade(desk, ALICE, 3);
    follow(setting);
    clock.turns();
    posted.length = 0;
    const filter = { rows: "Lines" } as const;
    const range = { throughSeq: desk.seq + 1, fromIndex: 0, limit: 1 };
    const ask = { account: ALICE, partition: DESK, filter, ...range };
    projector.receive({ type: "question", id: 1, question: { name: "bookings", ask } });
    clock.turns();
    assert.deepEqual(
      posted.map(({ type }) => type),
      ["refused"],
    );
  }));

test("projector: lookups come between the steps of a list, projecting after it", () =>
  withProjector((setting) => {
    const { desk, projector, clock, posted } = setting;
    trade(desk, ALICE, MANY);
    follow(setting);
    clock.turns();
    const before = desk.durableSeq;
    const closedCount = desk.matching(ALICE, { symbol: "00005" }).filter(isClosed).length;
    posted.length = 0;
    ask(setting, 1, { symbol: "00005" });
    clock.turn();
    trade(desk, ALICE, 4);
    follow(setting);
    const found = { account: ALICE, orderId: "22000000001" };
    projector.receive({
      type: "question",
      id: 2,
      question: { name: "closedByOrderId", ask: found },
    });
    ask(setting, 3, { symbol: "none" });
    clock.turns();
    const order = posted.map((message) => ("id" in message ? message.id : message.type));
    assert.deepEqual(order, [2, 1, "projected", 3]);
    const [, list] = posted;
    assert.ok(list?.type === "answer" && typeof list.answer === "object" && list.answer !== null);
    assert.ok("positions" in list.answer);
    assert.equal(list.answer.total, closedCount);
    assert.equal(list.answer.positions.get(DESK), before);
  }));

/** More than a transaction reads or inserts in one step. */
function tradeForSteps(desk: ScriptedDesk): void {
  while (desk.seq <= 2.5 * PROJECT_STEP_EVENTS) trade(desk, ALICE, 30);
}

test("projector: lookups come between the steps of a transaction, lists behind it", () =>
  withProjector((setting) => {
    const { desk, projector, clock, posted } = setting;
    tradeForSteps(desk);
    follow(setting);
    const [first] = desk.matching(ALICE, {}).filter(isClosed).reverse();
    assert.ok(first !== undefined);
    const lookup = { account: ALICE, orderId: first.orderId };
    const found: unknown[] = [];
    ask(setting, 1, {});
    for (let id = 2; clock.turn() && projector.positions.get(DESK) === 0; id += 1) {
      const question = { name: "closedByOrderId", ask: lookup } as const;
      projector.receive({ type: "question", id, question });
      const answer = posted.at(-1);
      assert.ok(answer?.type === "answer" && answer.id === id, "it is answered at once");
      found.push(answer.answer);
    }
    assert.ok(found.length > 4);
    const report = desk.recorded.find(({ report: { order } }) => order === first)?.report;
    assert.ok(report !== undefined);
    assert.deepEqual(new Set(found), new Set([null, encodeDeskEvent(report)]));
    clock.turns();
    const rest = posted.slice(found.length);
    assert.deepEqual(
      rest.map(({ type }) => type),
      ["projected", "answer"],
    );
  }));

test("projector: the core is left to others before each step, not while nothing is to do", () =>
  withProjector((setting) => {
    const { desk, projector, clock, asides } = setting;
    tradeForSteps(desk);
    follow(setting);
    let steps = 0;
    while (projector.positions.get(DESK) === 0) {
      assert.ok(clock.turn(), "it has more to do");
      steps += 1;
      assert.equal(asides.count, steps);
    }
    assert.ok(steps > 5);
    clock.turns();
    assert.equal(asides.count, steps);
  }));

test("projector: far behind it leaves the core to nobody until it has caught up", () =>
  withProjector((setting) => {
    const { desk, projector, clock, asides } = setting;
    while (desk.seq <= ASIDE_EVENTS_MAX) trade(desk, ALICE, 500);
    follow(setting);
    while (projector.positions.get(DESK) === 0) {
      assert.equal(asides.count, 0);
      assert.ok(clock.turn(), "it has more to do");
    }
    clock.turns();
    assert.equal(projector.positions.get(DESK), desk.durableSeq);
    assert.ok(asides.count > 0);
  }));

test("projector: a transaction that is held leaves nothing and begins again", () =>
  withProjector((setting) => {
    const { desk, projector, clock, posted } = setting;
    tradeForSteps(desk);
    follow(setting);
    for (let turns = 1; turns < 40; turns += 1) {
      for (let turn = 0; turn < turns; turn += 1) clock.turn();
      if (projector.positions.get(DESK) !== 0) break;
      projector.receive({ type: "hold", isHeld: true });
      clock.turns();
      assert.equal(projector.positions.get(DESK), 0);
      projector.receive({ type: "hold", isHeld: false });
    }
    clock.turns();
    assert.equal(projector.positions.get(DESK), desk.durableSeq);
    ask(setting, 1, {});
    clock.turns();
    const list = posted.at(-1);
    assert.ok(list?.type === "answer" && typeof list.answer === "object" && list.answer !== null);
    assert.ok("total" in list.answer);
    assert.equal(list.answer.total, desk.matching(ALICE, {}).filter(isClosed).length);
  }));

test("projector: closed within a transaction, it leaves nothing of it", () =>
  inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    tradeForSteps(desk);
    desk.commit();
    let isProjected = false;
    for (let turns = 1; !isProjected; turns += 1) {
      const reader = new JournalReader(folder);
      const { database, rebuilt } = openArchive(folder, reader, [DESK]);
      assert.equal(rebuilt, turns === 1 ? "Missing" : null);
      assert.equal(database.positions().get(DESK)?.seq ?? 0, 0);
      assert.equal(database.earliestStreamSeq(ALICE), null);
      const clock = new SteppedClock();
      const projector = new ArchiveProjector({
        database,
        journal: reader,
        partitions: [DESK],
        required: new Map(),
        clock,
        post: () => {},
        stepAside: () => {},
        onDamage: (error) => assert.fail(error),
      });
      projector.receive({ type: "follow", positions: new Map([[DESK, desk.durableSeq]]) });
      for (let turn = 0; turn < turns; turn += 1) clock.turn();
      isProjected = projector.positions.get(DESK) !== 0;
      projector.receive({ type: "close" });
      clock.turns();
    }
    journal.close();
  }));

test("projector: batches are bounded, and each tells its position", () =>
  withProjector((setting) => {
    const { desk, clock, posted } = setting;
    while (desk.seq <= 2 * PROJECTED_EVENTS_MAX) trade(desk, ALICE, 3);
    follow(setting);
    clock.turns();
    const seqs = posted.map((message) => ("seq" in message ? message.seq : 0));
    assert.deepEqual(seqs, [PROJECTED_EVENTS_MAX, 2 * PROJECTED_EVENTS_MAX, desk.durableSeq]);
  }));

function shortened(journal: JournalSource, isShort: () => boolean): JournalSource {
  return {
    read: (partition, after, limit) => {
      const records = journal.read(partition, after, limit);
      return isShort() ? records.slice(1) : records;
    },
    hashAt: (partition, seq) => journal.hashAt(partition, seq),
    sealed: (partition, seq) => journal.sealed(partition, seq),
    close: () => journal.close(),
  };
}

test("projector: closed while it pauses, it leaves no timer and does nothing more", () =>
  withProjector(
    (setting) => {
      const { desk, projector, clock, posted } = setting;
      trade(desk, ALICE, 3);
      follow(setting);
      clock.turns();
      assert.equal(clock.pauseCount, 1);
      projector.receive({ type: "close" });
      assert.equal(clock.pauseCount, 0);
      assert.equal(clock.turn(), false);
      assert.deepEqual(
        posted.map(({ type }) => type),
        ["failed"],
      );
    },
    (journal) => shortened(journal, () => true),
  ));

test("projector: a missing event is reported and tried again, less and less often", () => {
  let isShort = true;
  return withProjector(
    (setting) => {
      const { desk, projector, clock, posted } = setting;
      trade(desk, ALICE, 3);
      follow(setting);
      for (let tries = 0; tries < 3; tries += 1) {
        clock.turns();
        clock.endPauses();
      }
      assert.deepEqual(clock.pausesMs, [RETRY_MS_MIN, 2 * RETRY_MS_MIN, 4 * RETRY_MS_MIN]);
      const [first] = posted;
      assert.ok(first?.type === "failed");
      assert.match(first.problem, /ends before 6, which is durable/);
      assert.equal(projector.positions.get(DESK), 0);
      isShort = false;
      clock.turns();
      assert.equal(projector.positions.get(DESK), desk.durableSeq);
    },
    (journal) => shortened(journal, () => isShort),
  );
});

test("projector: a record that comes twice is damage and ends it, with no half batch", () => {
  const repeating = (journal: JournalSource): JournalSource => ({
    read: (partition, after, limit) => {
      const records = journal.read(partition, after, limit);
      return records.map((record) => records[0] ?? record);
    },
    hashAt: (partition, seq) => journal.hashAt(partition, seq),
    sealed: (partition, seq) => journal.sealed(partition, seq),
    close: () => journal.close(),
  });
  return withProjector((setting) => {
    const { desk, projector, clock, posted, damages } = setting;
    trade(desk, ALICE, 3);
    follow(setting);
    clock.turns();
    assert.equal(damages.length, 1);
    assert.match(damages[0]?.message ?? "", /UNIQUE constraint failed: stream_runs/);
    assert.deepEqual(posted, []);
    assert.equal(projector.positions.get(DESK), 0);
    ask(setting, 1, {});
    assert.equal(clock.turn(), false);
  }, repeating);
});

test("projector: a bug is thrown, not retried", () => {
  const broken = (journal: JournalSource): JournalSource => ({
    read: () => {
      throw new TypeError("a bug");
    },
    hashAt: () => "",
    sealed: () => null,
    close: () => journal.close(),
  });
  return withProjector((setting) => {
    trade(setting.desk, ALICE, 3);
    follow(setting);
    assert.throws(() => setting.clock.turns(), /a bug/);
  }, broken);
});
