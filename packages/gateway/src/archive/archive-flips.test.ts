// Goal: whatever bit is flipped of what a list of all orders is made from, it is right, or the
// archive is found to be damaged and built again: never too few orders, too many, or others. Not
// covered is what a filter looks at: a word that has become another word is no contradiction.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { decodeDeskEvent } from "@countermand/core/model";
import Database from "better-sqlite3";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { openArchive } from "./archive-file.ts";
import { ALICE, BOB, DESK, openDesk, type ScriptedDesk, trade } from "./archive-fixture.ts";
import type { ArchiveQuestion, FromArchive, ListAnswer } from "./archive-messages.ts";
import { ArchiveProjector } from "./archive-projector.ts";
import type { OrderFilter } from "./order-filter.ts";

/** In each of the tables. Each costs a new file where it is found. */
const FLIPS = Number(process.env["FLIPS"] ?? 15);
const PAGE_ORDERS = 7;
/** Also the longer way, where a filter lets every order through. */
const FILTERS: readonly OrderFilter[] = [{}, { createdFromS: Number.MIN_SAFE_INTEGER }];

/** A projector over the folder's archive; whoever asks it gets null once it is damaged. */
class Asked {
  readonly #projector: ArchiveProjector;
  readonly #clock = new FakeClock();
  readonly #posted: FromArchive[] = [];
  readonly isRebuilt: boolean;
  isDamaged = false;

  constructor(folder: string, desk: ScriptedDesk) {
    const journal = new JournalReader(folder);
    const { database, rebuilt } = openArchive(folder, journal, [DESK]);
    this.isRebuilt = rebuilt !== null;
    this.#projector = new ArchiveProjector({
      database,
      journal,
      partitions: [DESK],
      required: new Map(),
      clock: this.#clock,
      post: (message) => void this.#posted.push(message),
      stepAside: () => {},
      onDamage: () => {
        this.isDamaged = true;
      },
    });
    const positions = new Map([[DESK, desk.durableSeq]]);
    this.#projector.receive({ type: "follow", positions });
    this.#turns();
  }

  ask(question: ArchiveQuestion): unknown {
    if (this.isDamaged) return null;
    const before = this.#posted.length;
    this.#projector.receive({ type: "question", id: 1, question });
    this.#turns();
    const answer = this.#posted.slice(before).find(({ type }) => type !== "projected");
    return answer?.type === "answer" ? answer.answer : null;
  }

  close(): void {
    this.#projector.close();
  }

  #turns(): void {
    // As many as a list of so few orders can take, and some.
    for (let turn = 0; turn < 50 && !this.isDamaged; turn += 1) this.#clock.endTurn();
  }
}

/** Every page of a list, as the orders that it names; null where the archive refuses. */
function listed(asked: Asked, filter: OrderFilter): string | null {
  const rows: unknown[] = [];
  for (let fromIndex = 0; ; fromIndex += PAGE_ORDERS) {
    const ask = { account: ALICE, filter, fromIndex, limit: PAGE_ORDERS };
    const list = asked.ask({ name: "list", ask }) as ListAnswer | null;
    if (list === null) return null;
    const { orderNumbers, total } = list;
    const orders = { account: ALICE, orderNumbers, filter };
    const payloads = asked.ask({ name: "orders", ask: orders }) as string[] | null;
    if (payloads === null) return null;
    for (const payload of payloads) {
      const event = decodeDeskEvent(payload);
      rows.push(event.type === "ExecutionReported" ? event.order.orderId : null);
    }
    rows.push(total);
    if (orderNumbers.length < PAGE_ORDERS) return rows.join(" ");
  }
}

/** Every bit of the tables that says anything, by table. */
function bitsOf(file: string, bytes: Buffer, table: string): number[] {
  const database = new Database(file, { readonly: true });
  const roots = database
    .prepare<[string], number>("SELECT rootpage FROM sqlite_schema WHERE tbl_name = ?")
    .pluck()
    .all(table);
  const pageBytes = database.pragma("page_size", { simple: true }) as number;
  database.close();
  const bits: number[] = [];
  for (const root of roots) {
    for (let at = (root - 1) * pageBytes; at < root * pageBytes; at += 1) {
      if (bytes[at] === 0 && bytes[at - 1] === 0) continue;
      for (let bit = 0; bit < 8; bit += 1) bits.push(8 * at + bit);
    }
  }
  return bits;
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return changed;
}

test("archive: a flipped bit gives no wrong list", () =>
  inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    trade(desk, ALICE, 30);
    trade(desk, BOB, 10);
    desk.commit();
    const whole = new Asked(folder, desk);
    const expected = FILTERS.map((filter) => listed(whole, filter));
    whole.close();
    const file = join(folder, "archive.db");
    const bytes = readFileSync(file);
    const picked = ["accounts", "closed_orders"].flatMap((table) => {
      const bits = bitsOf(file, bytes, table);
      return Array.from({ length: FLIPS }, () => bits[randomInt(bits.length)]);
    });
    const wrong: string[] = [];
    let found = 0;
    for (const bit of picked) {
      assert.ok(bit !== undefined);
      writeFileSync(file, flipped(bytes, bit));
      const asked = new Asked(folder, desk);
      for (const [index, filter] of FILTERS.entries()) {
        const list = listed(asked, filter);
        const isRight = list === null ? asked.isDamaged : list === expected[index];
        if (!isRight) wrong.push(`bit ${bit}, ${JSON.stringify(filter)}: ${list}`);
      }
      if (asked.isDamaged || asked.isRebuilt) found += 1;
      if (!asked.isDamaged) asked.close();
    }
    journal.close();
    assert.deepEqual(wrong, []);
    assert.ok(found > 0, "some bits matter");
  }));
