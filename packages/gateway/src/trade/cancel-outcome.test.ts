import assert from "node:assert/strict";
import { test } from "node:test";
import type { CancelTarget, ClOrdId } from "@countermand/core/model";
import { ALICE, DESK, openDesk } from "../archive/archive-fixture.ts";
import type { OrderArchive } from "../archive/order-archive.ts";
import { inFolder } from "../journal/journal-fixture.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { lookUpClosed, targetKey } from "./cancel-outcome.ts";

test("lookUpClosed: an order that goes from memory to the archive meanwhile is found", async () => {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const orderId = desk.place(ALICE, { clOrdId: "moving" });
    desk.cancel(orderId);
    const sequencer = { partitions: desk, knows: () => false } as unknown as Sequencer;
    // The archive is read just before it takes the order, and answers just after.
    const archive = {
      findClosed: async () => {
        desk.recent.projected(DESK, desk.seq);
        return null;
      },
    } as unknown as OrderArchive;
    const target: CancelTarget = { by: "clOrdId", clOrdId: "moving" as ClOrdId };
    const caller = { apiKey: "key", account: ALICE };
    const archived = await lookUpClosed(sequencer, archive, caller, [{ target }]);
    assert.deepEqual(archived.get(targetKey(target)), desk.order(orderId));
    journal.close();
  });
});

test("lookUpClosed: what the archive cannot say just now is told apart from what it says", async () => {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const sequencer = { partitions: desk, knows: () => false } as unknown as Sequencer;
    const archive = {
      findClosed: (_account: unknown, { clOrdId }: { readonly clOrdId: string }) => {
        if (clOrdId === "none") return Promise.resolve(null);
        const problem = new Error("the folder is gone");
        const code = clOrdId === "away" ? "ARCHIVE_UNAVAILABLE" : "EBADF";
        return Promise.reject(Object.assign(problem, { code }));
      },
    } as unknown as OrderArchive;
    const caller = { apiKey: "key", account: ALICE };
    const [none, away, bug] = ["none", "away", "bug"].map((name): CancelTarget => {
      return { by: "clOrdId", clOrdId: name as ClOrdId };
    }) as [CancelTarget, CancelTarget, CancelTarget];
    const requests = [{ target: none }, { target: away }];
    const archived = await lookUpClosed(sequencer, archive, caller, requests);
    assert.equal(archived.get(targetKey(none)), null);
    assert.equal(archived.get(targetKey(away)), "unreadable");
    const faulty = lookUpClosed(sequencer, archive, caller, [{ target: bug }]);
    await assert.rejects(faulty, { code: "EBADF" });
    journal.close();
  });
});
