import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256Hex } from "./event-chain.ts";
import { type Head, HeadFile, readHead, writeHead } from "./head-file.ts";
import { JournalError, type JournalErrorCode } from "./journal.ts";
import { inFolder } from "./journal-fixture.ts";

const HEAD: Head = new Map([
  ["desk", { seq: 12, hash: "ab".repeat(32) }],
  ['venue "香港"', { seq: 9_007_199_254_740_991, hash: "01".repeat(32) }],
]);

function refusedAs(code: JournalErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof JournalError && error.code === code;
}

test("head: comes back as it was written, and none is none", () =>
  inFolder((folder) => {
    const file = join(folder, "head");
    assert.equal(readHead(file), null);
    for (const head of [new Map(), HEAD]) {
      writeHead(file, head);
      assert.deepEqual(readHead(file), head);
    }
  }));

test("head: torn at every byte it is refused", () =>
  inFolder((folder) => {
    const file = join(folder, "head");
    writeHead(file, HEAD);
    const whole = readFileSync(file);
    for (let length = 0; length < whole.length; length += 1) {
      writeFileSync(file, whole.subarray(0, length));
      assert.throws(() => readHead(file), refusedAs("JOURNAL_HEAD_UNREADABLE"), `${length} bytes`);
    }
  }));

test("head: any flipped bit is refused", () =>
  inFolder((folder) => {
    const file = join(folder, "head");
    writeHead(file, HEAD);
    const whole = readFileSync(file);
    for (let bit = 0; bit < whole.length * 8; bit += 3) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      writeFileSync(file, flipped);
      assert.throws(() => readHead(file), refusedAs("JOURNAL_HEAD_UNREADABLE"), `bit ${bit}`);
    }
  }));

test("head: a write torn at any byte leaves the head before it", () =>
  inFolder((folder) => {
    const file = join(folder, "head");
    writeHead(file, HEAD);
    const next = readFileSync(file).toString("utf8").replace("12", "13");
    for (let length = 0; length <= next.length; length += 1) {
      writeFileSync(`${file}.tmp`, next.slice(0, length));
      assert.deepEqual(readHead(file), HEAD);
    }
    writeHead(file, new Map());
    assert.deepEqual(readHead(file), new Map());
  }));

test("head: written later it is the same, also over what a crash left behind", () =>
  inFolder(async (folder) => {
    const path = join(folder, "head");
    writeFileSync(`${path}.next.tmp`, "half a head");
    const file = new HeadFile(path);
    for (const head of [HEAD, new Map()]) {
      assert.equal(await file.writeLater(head), true);
      assert.deepEqual(readHead(path), head);
    }
    assert.equal(existsSync(`${path}.next.tmp`), false);
  }));

test("head: one that is on its way never takes the place of a newer one", () =>
  inFolder(async (folder) => {
    const path = join(folder, "head");
    const file = new HeadFile(path);
    const older = file.writeLater(new Map());
    file.write(HEAD);
    assert.equal(await older, false);
    assert.deepEqual(readHead(path), HEAD);
    assert.equal(existsSync(`${path}.next.tmp`), false);
  }));

test("head: one that cannot be written later leaves the head before it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "head");
    const file = new HeadFile(path);
    file.write(HEAD);
    mkdirSync(`${path}.next.tmp`);
    await assert.rejects(file.writeLater(new Map()), { code: "ERR_FS_EISDIR" });
    assert.deepEqual(readHead(path), HEAD);
  }));

test("head: a newer format is named", () =>
  inFolder((folder) => {
    const file = join(folder, "head");
    const line = '{"format":2,"partitions":"unheard of"}\n';
    writeFileSync(file, `${line}sha256 ${sha256Hex(line)}\n`);
    assert.throws(() => readHead(file), refusedAs("JOURNAL_NEWER_FORMAT"));
  }));
