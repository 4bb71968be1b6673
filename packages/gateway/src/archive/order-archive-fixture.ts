/** An archive of a scripted desk, with a thread that tests share: for tests of the whole. */
import assert from "node:assert/strict";
import { isClosed } from "@countermand/core/order";
import Database from "better-sqlite3";
import { inFolder } from "../journal/journal-fixture.ts";
import type { SqliteJournal } from "../journal/sqlite-journal.ts";
import { reusedArchiveThread } from "../reused-threads-fixture.ts";
import { ALICE, BOB, DESK, openDesk, type ScriptedDesk } from "./archive-fixture.ts";
import type { ArchiveNotice } from "./archive-keeper.ts";
import { type ArchiveOptions, OrderArchive } from "./order-archive.ts";

export const UNAVAILABLE = { name: "ArchiveError", code: "ARCHIVE_UNAVAILABLE" };

export interface Setting {
  readonly folder: string;
  readonly journal: SqliteJournal;
  readonly desk: ScriptedDesk;
  readonly notices: ArchiveNotice[];
  open(options?: ArchiveOptions): Promise<OrderArchive>;
  /** Resolves at the next notice of that type. */
  noticed(type: ArchiveNotice["type"]): Promise<void>;
}

/** Runs a test with a journal and a desk; closes whatever archives it opens. */
export async function withDesk(run: (setting: Setting) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const notices: ArchiveNotice[] = [];
    const opened: OrderArchive[] = [];
    const waiting = new Map<ArchiveNotice["type"], () => void>();
    const noticed = (type: ArchiveNotice["type"]) => {
      return new Promise<void>((resolve) => waiting.set(type, resolve));
    };
    const onNotice = (notice: ArchiveNotice): void => {
      notices.push(notice);
      waiting.get(notice.type)?.();
    };
    const open = async (options: ArchiveOptions = {}) => {
      const archive = await OrderArchive.open(folder, [DESK], {
        onNotice,
        gatherMs: 0,
        thread: reusedArchiveThread(),
        ...options,
      });
      opened.push(archive);
      return archive;
    };
    try {
      await run({ folder, journal, desk, notices, open, noticed });
    } finally {
      for (const archive of opened) await archive.close();
      journal.close();
    }
  });
}

export async function projectAll(archive: OrderArchive, desk: ScriptedDesk): Promise<void> {
  desk.commit();
  archive.follow(DESK, desk.durableSeq);
  await archive.reached(DESK, desk.durableSeq);
}

/** The archive holds what the desk closed, no more and no less. */
export async function assertComplete(archive: OrderArchive, desk: ScriptedDesk): Promise<void> {
  for (const account of [ALICE, BOB]) {
    const closed = desk.matching(account, {}).filter(isClosed);
    const listed = await archive.list(account, {}, 0, 1_000);
    assert.equal(listed.total, closed.length);
    assert.deepEqual(await archive.orders(account, listed.orderNumbers, {}), closed);
    assert.deepEqual(await archive.reports(account, 0, 1_000), desk.reportsOf(account));
  }
}

/** As somebody else does, or the disk. */
export function withDatabase(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}
