import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blockKey, blockKeys, isPartitionId, placeOfKey } from "./event-block.ts";
import { CHAIN_START, eventHash } from "./event-chain.ts";
import { inspectJournal } from "./inspect.ts";
import { cutJournal, uncutJournal } from "./journal-cut.ts";
import { inFolder, payloadAt } from "./journal-fixture.ts";
import { JournalReader } from "./journal-reader.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

/** Commits of so many events each, under epochs that rise where the owner comes anew. */
interface History {
  readonly commits: readonly { readonly size: number; readonly isNewOwner: boolean }[];
}

interface Event {
  readonly seq: number;
  readonly epoch: number;
  readonly hash: string;
  readonly payload: string;
}

const history: fc.Arbitrary<History> = fc.record({
  commits: fc.array(
    fc.record({
      size: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 80 })),
      isNewOwner: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** Writes it into two partitions, in one transaction each time; what each of them has then. */
function written(folder: string, { commits }: History): Map<string, Event[]> {
  const journal = SqliteJournal.open(folder);
  const made = new Map<string, Event[]>([
    ["desk", []],
    ["exchange", []],
  ]);
  const epochs = new Map<string, number>();
  for (const { size, isNewOwner } of commits) {
    const batch = [...made].map(([partition, events]) => {
      if (isNewOwner || !epochs.has(partition)) {
        epochs.set(partition, journal.claim(partition, "test").epoch);
      }
      const epoch = epochs.get(partition) ?? 0;
      const expectedSeq = events.length;
      const payloads = Array.from({ length: size }, (_, index) => {
        const payload = payloadAt(partition, expectedSeq + 1 + index);
        return (expectedSeq + index) % 7 === 0 ? payload.repeat(3) : payload.slice(0, 40);
      });
      for (const payload of payloads) events.push(nextEvent(partition, events, epoch, payload));
      return { partition, epoch, expectedSeq, payloads };
    });
    assert.deepEqual(journal.append([batch]), ["committed"]);
  }
  journal.close();
  return made;
}

function nextEvent(partition: string, before: Event[], epoch: number, payload: string): Event {
  const { seq, hash } = before.at(-1) ?? CHAIN_START;
  const next = seq + 1;
  return { seq: next, epoch, hash: eventHash(hash, partition, next, epoch, payload), payload };
}

/** Every way to read says what was written behind `archivedSeq`. */
function assertReads(folder: string, made: ReadonlyMap<string, Event[]>, archivedSeq = 0): void {
  const reader = new JournalReader(folder);
  for (const [partition, events] of made) {
    const kept = events.slice(partition === "desk" ? archivedSeq : 0);
    const records = kept.map(({ seq, payload }) => ({ seq, payload }));
    const first = kept[0]?.seq ?? 1;
    assert.deepEqual([...reader.records(partition, first - 1)], records);
    assert.deepEqual([...reader.containing(partition, "")], kept);
    assert.equal(reader.ends().get(partition), events.length);
    for (const [at, { seq, epoch, hash, payload }] of kept.entries()) {
      assert.equal(reader.hashAt(partition, seq), hash);
      assert.deepEqual(reader.sealed(partition, seq), { epoch, hash, payload });
      assert.deepEqual(reader.read(partition, seq - 1, 2), records.slice(at, at + 2));
    }
    const begin = payloadAt(partition, 1).slice(0, 4);
    const matching = reader.beginningWith([begin], partition, first, events.length - 1);
    assert.deepEqual(matching, records.slice(1, -1));
    assert.equal(reader.sealed(partition, events.length + 1), null);
  }
  reader.close();
}

test("blocks: whatever the commits, every event is read as it was written", async () => {
  await fc.assert(
    fc.asyncProperty(history, (commits) =>
      inFolder((folder) => {
        const made = written(folder, commits);
        assertReads(folder, made);
        const { partitions, eventCount } = inspectJournal(folder);
        for (const [partition, events] of made) {
          assert.equal(partitions.get(partition)?.hash, events.at(-1)?.hash);
        }
        assert.equal(eventCount, 2 * (made.get("desk")?.length ?? 0));
        assert.deepEqual(inspectJournal(folder, { bySeals: true }), {
          partitions,
          eventCount,
          damagedTail: null,
        });
      }),
    ),
    { numRuns: 20 },
  );
});

test("blocks: a cut goes through the middle of one, and everything comes back", async () => {
  await fc.assert(
    fc.asyncProperty(history, fc.nat(), (commits, place) =>
      inFolder((folder) => {
        const made = written(folder, commits);
        const events = made.get("desk") ?? [];
        const last = events[place % events.length];
        if (last === undefined || last.seq === events.length) return; // The last event stays.
        const before = inspectJournal(folder);
        cutJournal(folder, [{ partition: "desk", anchor: last }], () => {});
        assertReads(folder, made, last.seq);
        const after = inspectJournal(folder).partitions.get("desk");
        assert.deepEqual(after, { ...before.partitions.get("desk"), archivedSeq: last.seq });
        const sealed = inspectJournal(folder, { bySeals: true });
        assert.deepEqual(sealed.partitions.get("desk"), after);
        uncutJournal(folder, new Map([["desk", events.slice(0, last.seq)]]));
        assertReads(folder, made);
        assert.deepEqual(inspectJournal(folder), before);
        assert.deepEqual(inspectJournal(folder, { bySeals: true }), before);
      }),
    ),
    { numRuns: 20 },
  );
});

test("blocks: those of a partition stand together, in order, apart from all others", () => {
  const partitionIds = [1, 2, 8_191];
  const keys = partitionIds.flatMap((id) => {
    const [before, last] = blockKeys(id);
    return [before, blockKey(id, 1), blockKey(id, 32), last];
  });
  assert.ok(keys.every(Number.isSafeInteger));
  assert.deepEqual(
    keys.toSorted((a, b) => a - b),
    keys,
  );
  assert.equal(new Set(keys).size, keys.length);
  assert.deepEqual(placeOfKey(blockKey(8_191, 1_000_000_000_000)), [8_191, 1_000_000_000_000]);
  assert.deepEqual([0, 1, 8_191, 8_192, 1.5, "1"].map(isPartitionId), [
    false,
    true,
    true,
    false,
    false,
    false,
  ]);
});
