/** What every journal does, whatever keeps it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Journal, PartitionAppend } from "../../packages/gateway/src/journal/journal.ts";

/** An empty journal. `reopen` closes it and opens the same store again; `dispose` ends it. */
export interface JournalUnderTest {
  readonly journal: Journal;
  reopen(): Promise<Journal>;
  dispose(): Promise<void>;
}

/** Registers the tests under `name`; `open` gives each of them an empty journal of its own. */
export function journalSuite(name: string, open: () => Promise<JournalUnderTest>): void {
  const check = (title: string, run: (subject: JournalUnderTest) => Promise<void>) =>
    test(`${name} journal: ${title}`, async () => {
      const subject = await open();
      try {
        await run(subject);
      } finally {
        await subject.dispose();
      }
    });
  checkAppendAndRead(check);
  checkFences(check);
  checkReopen(check);
  checkAgainstModel(check);
}

type Check = (title: string, run: (subject: JournalUnderTest) => Promise<void>) => void;

function add(partition: string, epoch: number, expectedSeq: number, ...payloads: string[]) {
  return { partition, epoch, expectedSeq, payloads } satisfies PartitionAppend;
}

async function payloads(journal: Journal, partition: string): Promise<string[]> {
  const records = await journal.read(partition, 0, 1_000);
  assert.deepEqual(
    records.map(({ seq }) => seq),
    records.map((_, index) => index + 1),
    "seqs run from 1 without gaps",
  );
  return records.map(({ payload }) => payload);
}

function checkAppendAndRead(check: Check): void {
  check("what was appended is read back in order", async ({ journal }) => {
    const { epoch, lastSeq } = await journal.claim("a", "me");
    assert.equal(lastSeq, 0);
    const texts = ["1", "", "é 香港 \u{1f512}", "line\r\tend", "x".repeat(50_000)];
    assert.equal(await journal.append([add("a", epoch, 0, ...texts)]), "committed");
    assert.deepEqual(await payloads(journal, "a"), texts);
    assert.deepEqual(await payloads(journal, "b"), []);
  });

  check("an append can be settled before the event loop gets on", async ({ journal }) => {
    const { epoch } = await journal.claim("a", "me");
    const first = journal.append([add("a", epoch, 0, "1")]);
    const fenced = journal.append([add("a", epoch, 0, "2")]);
    const behind = journal.append([add("a", epoch, 1, "3")]);
    const settled: string[] = [];
    void first.then((outcome) => settled.push(`first ${outcome}`));
    void fenced.then((outcome) => settled.push(`fenced ${outcome}`));
    // Promises alone go on here. A store may settle nothing ahead of its messages.
    for (let look = 0; look < 1_000_000 && settled.length === 0; look += 1) {
      journal.settle();
      await Promise.resolve();
    }
    assert.ok(!settled.includes("fenced committed"));
    assert.deepEqual(await Promise.all([first, fenced, behind]), [
      "committed",
      "fenced",
      "committed",
    ]);
    journal.settle();
    assert.equal(await journal.append([add("a", epoch, 2, "4")]), "committed");
    assert.deepEqual(await payloads(journal, "a"), ["1", "3", "4"]);
  });

  check("read gives a window", async ({ journal }) => {
    const { epoch } = await journal.claim("a", "me");
    await journal.append([add("a", epoch, 0, "1", "2", "3", "4", "5")]);
    const window = async (afterSeq: number, limit: number) =>
      (await journal.read("a", afterSeq, limit)).map(({ seq }) => seq);
    assert.deepEqual(await window(0, 2), [1, 2]);
    assert.deepEqual(await window(2, 2), [3, 4]);
    assert.deepEqual(await window(4, 2), [5]);
    assert.deepEqual(await window(5, 2), []);
    assert.deepEqual(await window(99, 2), []);
  });

  check("one batch writes several partitions, each with its own seqs", async ({ journal }) => {
    const a = await journal.claim("a", "me");
    const b = await journal.claim("b", "me");
    const first = [add("a", a.epoch, 0, "a1"), add("b", b.epoch, 0, "b1", "b2")];
    assert.equal(await journal.append(first), "committed");
    const second = [add("b", b.epoch, 2, "b3"), add("a", a.epoch, 1, "a2")];
    assert.equal(await journal.append(second), "committed");
    assert.deepEqual(await payloads(journal, "a"), ["a1", "a2"]);
    assert.deepEqual(await payloads(journal, "b"), ["b1", "b2", "b3"]);
  });

  check("appends in flight are carried out in the order of the calls", async ({ journal }) => {
    const { epoch } = await journal.claim("a", "me");
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, seq) => journal.append([add("a", epoch, seq, `${seq}`)])),
    );
    assert.deepEqual(new Set(outcomes), new Set(["committed"]));
    assert.equal((await payloads(journal, "a")).length, 100);
  });

  check("an empty append tells whether the lease holds", async ({ journal }) => {
    assert.equal(await journal.append([]), "committed");
    const { epoch } = await journal.claim("a", "me");
    assert.equal(await journal.append([add("a", epoch, 0)]), "committed");
    assert.equal(await journal.append([add("a", epoch + 1, 0)]), "fenced");
    assert.deepEqual(await payloads(journal, "a"), []);
  });
}

function checkFences(check: Check): void {
  check("a stale epoch writes nothing", async ({ journal }) => {
    const paused = await journal.claim("a", "paused");
    await journal.append([add("a", paused.epoch, 0, "1")]);
    const owner = await journal.claim("a", "owner");
    assert.ok(owner.epoch > paused.epoch);
    assert.equal(owner.lastSeq, 1);
    assert.equal(await journal.append([add("a", paused.epoch, 1, "late")]), "fenced");
    assert.equal(await journal.append([add("a", owner.epoch, 1, "2")]), "committed");
    assert.deepEqual(await payloads(journal, "a"), ["1", "2"]);
  });

  check("the same owner's earlier lease is stale too", async ({ journal }) => {
    const first = await journal.claim("a", "me");
    const second = await journal.claim("a", "me");
    assert.equal(await journal.renew(first), false);
    assert.equal(await journal.renew(second), true);
    assert.equal(await journal.append([add("a", first.epoch, 0, "x")]), "fenced");
  });

  check("an unexpected seq writes nothing", async ({ journal }) => {
    const { epoch } = await journal.claim("a", "me");
    await journal.append([add("a", epoch, 0, "1", "2")]);
    for (const expectedSeq of [0, 1, 3, 99]) {
      assert.equal(await journal.append([add("a", epoch, expectedSeq, "x")]), "fenced");
    }
    assert.deepEqual(await payloads(journal, "a"), ["1", "2"]);
  });

  check("a partition that nobody claimed is fenced", async ({ journal }) => {
    assert.equal(await journal.append([add("a", 1, 0, "x")]), "fenced");
    assert.equal(await journal.append([add("a", 0, 0, "x")]), "fenced");
  });

  check("one fenced part fences its whole batch, and no other", async ({ journal }) => {
    const a = await journal.claim("a", "me");
    const b = await journal.claim("b", "me");
    const outcomes = await Promise.all([
      journal.append([add("a", a.epoch, 0, "a1"), add("b", b.epoch + 1, 0, "stale")]),
      journal.append([add("a", a.epoch, 0, "a1"), add("b", b.epoch, 7, "gap")]),
      journal.append([add("b", b.epoch, 0, "b1")]),
      journal.append([add("b", b.epoch, 1, "b2"), add("c", 1, 0, "unclaimed")]),
    ]);
    assert.deepEqual(outcomes, ["fenced", "fenced", "committed", "fenced"]);
    assert.deepEqual(await payloads(journal, "a"), []);
    assert.deepEqual(await payloads(journal, "b"), ["b1"]);
  });

  check("a lease that was given back is fenced; a stale one changes nothing", async (subject) => {
    const { journal } = subject;
    const first = await journal.claim("a", "me");
    await journal.release(first);
    assert.equal(await journal.renew(first), false);
    assert.equal(await journal.append([add("a", first.epoch, 0, "x")]), "fenced");
    const second = await journal.claim("a", "me");
    assert.ok(second.epoch > first.epoch);
    await journal.release(first);
    assert.equal(await journal.renew(second), true);
    assert.equal(await journal.append([add("a", second.epoch, 0, "1")]), "committed");
  });
}

function checkReopen(check: Check): void {
  check("events and epochs outlive it", async ({ journal, reopen }) => {
    const before = await journal.claim("a", "me");
    await journal.append([add("a", before.epoch, 0, "1", "2")]);
    const again = await reopen();
    assert.deepEqual(await payloads(again, "a"), ["1", "2"]);
    const after = await again.claim("a", "me");
    assert.ok(after.epoch > before.epoch);
    assert.equal(after.lastSeq, 2);
    assert.equal(await again.append([add("a", before.epoch, 2, "late")]), "fenced");
    assert.equal(await again.append([add("a", after.epoch, 2, "3")]), "committed");
    const third = await reopen();
    assert.deepEqual(await payloads(third, "a"), ["1", "2", "3"]);
  });

  check("a closed journal refuses every call", async ({ journal }) => {
    const lease = await journal.claim("a", "me");
    await journal.close();
    await journal.close();
    const calls = [
      journal.claim("a", "me"),
      journal.renew(lease),
      journal.release(lease),
      journal.append([add("a", lease.epoch, 0, "x")]),
      journal.read("a", 0, 1),
    ];
    for (const { status } of await Promise.allSettled(calls)) assert.equal(status, "rejected");
  });
}

type Step =
  | { readonly type: "claim"; readonly partition: string }
  | { readonly type: "append"; readonly parts: readonly Part[] }
  | { readonly type: "reopen" };

interface Part {
  readonly partition: string;
  /** How far the epoch and the seq are from what the journal expects. */
  readonly epochOff: number;
  readonly seqOff: number;
  readonly count: number;
}

const off = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.constantFrom(-1, 1));
const partition = fc.constantFrom("a", "b", "c");
const part = fc.record({ partition, epochOff: off, seqOff: off, count: fc.nat(20) });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant("claim"), partition }) },
  {
    weight: 9,
    arbitrary: fc.record({
      type: fc.constant("append"),
      parts: fc.uniqueArray(part, { selector: (each) => each.partition, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("reopen") }) },
);

/** The journal as three lists and three counters. */
class Model {
  readonly texts = new Map<string, string[]>();
  readonly epochs = new Map<string, number>();

  seqOf(name: string): number {
    return this.texts.get(name)?.length ?? 0;
  }

  batchOf(parts: readonly Part[]): PartitionAppend[] {
    return parts.map(({ partition: name, epochOff, seqOff, count }) => {
      const seq = this.seqOf(name);
      const epoch = (this.epochs.get(name) ?? 1) + epochOff;
      const texts = Array.from({ length: count }, (_, index) => `${name} ${seq + index + 1}`);
      return add(name, epoch, seq + seqOff, ...texts);
    });
  }

  append(batch: readonly PartitionAppend[]): "committed" | "fenced" {
    const fits = batch.every(
      ({ partition: name, epoch, expectedSeq }) =>
        this.epochs.get(name) === epoch && this.seqOf(name) === expectedSeq,
    );
    if (!fits) return "fenced";
    for (const { partition: name, payloads: texts } of batch) {
      this.texts.set(name, [...(this.texts.get(name) ?? []), ...texts]);
    }
    return "committed";
  }
}

function checkAgainstModel(check: Check): void {
  check("does what a list with fences does", async ({ journal, reopen }) => {
    const model = new Model();
    let current = journal;
    const steps = fc.array(step, { minLength: 5, maxLength: 25 });
    // The store stays the same over all runs: each run goes on where the one before it ended.
    await fc.assert(
      fc.asyncProperty(steps, async (run) => {
        for (const each of run) {
          if (each.type === "reopen") current = await reopen();
          else await takeStep(current, model, each);
        }
        for (const [name, texts] of model.texts) {
          const records = await current.read(name, 0, texts.length + 1);
          assert.deepEqual(
            records,
            texts.map((payload, index) => ({ seq: index + 1, payload })),
          );
        }
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
}

async function takeStep(
  journal: Journal,
  model: Model,
  taken: Exclude<Step, { type: "reopen" }>,
): Promise<void> {
  if (taken.type === "append") {
    const batch = model.batchOf(taken.parts);
    assert.equal(await journal.append(batch), model.append(batch));
    return;
  }
  const lease = await journal.claim(taken.partition, "me");
  assert.ok(lease.epoch > (model.epochs.get(taken.partition) ?? 0));
  assert.equal(lease.lastSeq, model.seqOf(taken.partition));
  model.epochs.set(taken.partition, lease.epoch);
}
