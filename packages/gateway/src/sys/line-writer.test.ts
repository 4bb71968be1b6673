import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HELD_BYTES_MAX, LineWriter } from "./line-writer.ts";

const FILLING = ".".repeat(1024);

/** A pipe that is full, as one is whose reader sleeps. Both its ends. */
function fullPipe(t: TestContext): number {
  const folder = mkdtempSync(join(tmpdir(), "countermand-lines-"));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => {
    closeSync(pipe);
    rmSync(folder, { recursive: true });
  });
  try {
    for (;;) writeSync(pipe, FILLING);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "EAGAIN");
  }
  return pipe;
}

/** What is in the pipe, without what filled it. */
function drained(pipe: number): string {
  const pieces: string[] = [];
  const piece = Buffer.alloc(65_536);
  try {
    for (;;) pieces.push(piece.toString("utf8", 0, readSync(pipe, piece)));
  } catch (error) {
    assert.equal((error as { code?: string }).code, "EAGAIN");
  }
  return pieces.join("").replaceAll(".", "");
}

test("line writer: a reader that sleeps holds nobody up, and gets whole lines in order", (t) => {
  const pipe = fullPipe(t);
  const lines = new LineWriter(pipe);
  lines.write("one\n");
  lines.write("two\n");
  assert.equal(drained(pipe), "");
  lines.write("three\n");
  assert.equal(drained(pipe), "one\ntwo\nthree\n");
});

test("line writer: what a reader missed for long is bounded, and later lines are told again", (t) => {
  const pipe = fullPipe(t);
  const lines = new LineWriter(pipe);
  const line = `${"x".repeat(99)}\n`;
  for (let count = 0; count < 2 * HELD_BYTES_MAX; count += line.length) lines.write(line);
  drained(pipe);
  lines.write("first\n");
  const told = drained(pipe);
  lines.write("second\n");
  const all = `${told}${drained(pipe)}`.split("\n");
  assert.deepEqual(all.slice(-3), ["first", "second", ""]);
  const kept = all.slice(0, -3);
  assert.ok(kept.length > 0 && kept.length * line.length <= HELD_BYTES_MAX);
  assert.ok(kept.every((each) => each.length === line.length - 1));
});

test("line writer: a full disk is nobody's failure", (t) => {
  const full = openSync("/dev/full", "w");
  t.after(() => closeSync(full));
  const lines = new LineWriter(full);
  lines.write("one\n");
  lines.write("two\n");
});
