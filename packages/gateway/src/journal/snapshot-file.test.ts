import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { inFolder } from "./journal-fixture.ts";
import { readNewestSnapshot, type SnapshotHeader, writeSnapshot } from "./snapshot-file.ts";

const LINES = ["first", "", "é\u{1f512}", "sha256 not the trailer", "x".repeat(200)];

function headerAt(...seqs: number[]): SnapshotHeader {
  const hash = "0f".repeat(32);
  const positions = seqs.map((seq, index) => ({ partition: `p${index}`, seq, hash }));
  return { positions };
}

function any(): boolean {
  return true;
}

test("snapshot: comes back as it was written, as often as it is read", () =>
  inFolder((folder) => {
    assert.equal(readNewestSnapshot(join(folder, "absent"), any), null);
    for (const lines of [[], LINES, Array.from({ length: 5_000 }, (_, i) => `${i} ü`.repeat(9))]) {
      writeSnapshot(folder, headerAt(3, 4), lines);
      const snapshot = readNewestSnapshot(folder, any);
      assert.ok(snapshot !== null);
      assert.deepEqual(snapshot.header, headerAt(3, 4));
      assert.deepEqual([...snapshot.lines], lines);
      assert.deepEqual([...snapshot.lines], lines);
      assert.deepEqual(snapshot.passedOver, []);
    }
  }));

test("snapshot: behind the lines stands their hash", () =>
  inFolder((folder) => {
    const path = writeSnapshot(folder, headerAt(1), LINES);
    const hash = createHash("sha256")
      .update(`${LINES.join("\n")}\n`)
      .digest("hex");
    assert.equal(readFileSync(path, "utf8").split("\n").at(-3), `state ${hash}`);
  }));

test("snapshot: the name bears the sum of the seqs, and the newest two stay", () =>
  inFolder((folder) => {
    for (const header of [headerAt(9, 1), headerAt(0), headerAt(90, 15), headerAt(11)]) {
      writeSnapshot(folder, header, LINES);
    }
    assert.deepEqual(readdirSync(folder), [
      "snapshot-0000000000000011.txt",
      "snapshot-0000000000000105.txt",
    ]);
    assert.deepEqual(readNewestSnapshot(folder, any)?.header, headerAt(90, 15));
  }));

test("snapshot: one that the caller refuses is passed over with a note", () =>
  inFolder((folder) => {
    writeSnapshot(folder, headerAt(1), ["old"]);
    writeSnapshot(folder, headerAt(2), ["new"]);
    const snapshot = readNewestSnapshot(folder, ({ positions }) => positions[0]?.seq === 1);
    assert.deepEqual([...(snapshot?.lines ?? [])], ["old"]);
    assert.match(snapshot?.passedOver.join("\n") ?? "", /2\.txt: it does not fit the journal$/);
    const notes: string[] = [];
    const nothing = readNewestSnapshot(folder, () => false, notes);
    assert.equal(nothing, null);
    assert.equal(notes.length, 2);
  }));

test("snapshot: torn at any byte it is passed over", () =>
  inFolder((folder) => {
    writeSnapshot(folder, headerAt(1), ["old"]);
    const newest = writeSnapshot(folder, headerAt(2), LINES);
    const whole = readFileSync(newest);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(newest, whole.subarray(0, length));
      const snapshot = readNewestSnapshot(folder, any);
      assert.deepEqual(snapshot?.header, headerAt(1), `${length} bytes`);
      assert.match(snapshot?.passedOver[0] ?? "", /its checksum does not hold$/);
    }
  }));

test("snapshot: any flipped bit is passed over", () =>
  inFolder((folder) => {
    writeSnapshot(folder, headerAt(1), ["old"]);
    const newest = writeSnapshot(folder, headerAt(2), LINES);
    const whole = readFileSync(newest);
    for (let bit = 0; bit < whole.length * 8; bit += 7) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(newest, flipped);
      assert.deepEqual(readNewestSnapshot(folder, any)?.header, headerAt(1), `bit ${bit}`);
    }
  }));

test("snapshot: what is no snapshot is left alone or noted", () =>
  inFolder((folder) => {
    const path = writeSnapshot(folder, headerAt(1), LINES);
    writeFileSync(`${path}.tmp`, "half a snapshot");
    mkdirSync(join(folder, "snapshot-0000000000000007.txt"));
    const snapshot = readNewestSnapshot(folder, any);
    assert.deepEqual(snapshot?.header, headerAt(1));
    assert.match(snapshot?.passedOver[0] ?? "", /it cannot be read \(EISDIR\)$/);
  }));

test("snapshot: a line with a line end in it is a bug, and leaves the last snapshot", () =>
  inFolder((folder) => {
    writeSnapshot(folder, headerAt(1), LINES);
    assert.throws(() => writeSnapshot(folder, headerAt(2), ["a\nb"]), /must hold/);
    assert.deepEqual(readNewestSnapshot(folder, any)?.header, headerAt(1));
  }));

test("snapshot: what a kill in the middle of one left behind goes with the next one", () =>
  inFolder((folder) => {
    const path = writeSnapshot(folder, headerAt(1), LINES);
    writeFileSync(join(folder, "snapshot-0000000000000002.txt.tmp"), "half a snapshot");
    const next = writeSnapshot(folder, headerAt(3), LINES);
    assert.deepEqual(readdirSync(folder).sort(), [basename(path), basename(next)].sort());
  }));

test("snapshot: one that cannot be written leaves no draft", () =>
  inFolder((folder) => {
    const path = writeSnapshot(folder, headerAt(1), LINES);
    const failing = function* (): Iterable<string> {
      yield "a line";
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    assert.throws(() => writeSnapshot(folder, headerAt(2), failing()), { code: "ENOSPC" });
    assert.deepEqual(readdirSync(folder), [basename(path)]);
  }));
