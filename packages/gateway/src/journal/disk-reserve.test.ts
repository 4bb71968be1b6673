import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DiskReserve } from "./disk-reserve.ts";
import { inFolder } from "./journal-fixture.ts";
import { RESERVE_SLICE_BYTES } from "./limits.ts";

const WHOLE = 2.5 * RESERVE_SLICE_BYTES;
/** No disk has so much. */
const TOO_MUCH = 2 ** 52;

function inFile(run: (open: (bytes?: number) => DiskReserve, file: string) => void) {
  return inFolder((folder) => {
    const file = join(folder, "reserve");
    run((bytes = WHOLE) => new DiskReserve(folder, file, bytes), file);
  });
}

test("reserve: takes its room, gives it slice by slice, and takes it again", () =>
  inFile((open, file) => {
    const reserve = open();
    assert.equal(reserve.isWhole, false);
    assert.equal(reserve.refill(), true);
    assert.equal(statSync(file).size, WHOLE);
    assert.ok(reserve.isWhole);
    assert.ok(reserve.makeRoom());
    assert.equal(statSync(file).size, 1.5 * RESERVE_SLICE_BYTES);
    assert.equal(reserve.isWhole, false);
    assert.ok(reserve.makeRoom() && reserve.makeRoom());
    assert.equal(existsSync(file), false);
    assert.equal(reserve.makeRoom(), false);
    assert.equal(reserve.heldBytes, 0);
    assert.equal(reserve.refill(), true);
  }));

test("reserve: what an earlier run left is looked at, and cut to what is wanted", () =>
  inFile((open, file) => {
    open().refill();
    truncateSync(file, 1_000);
    const later = open();
    assert.equal(later.heldBytes, 1_000);
    assert.equal(later.refill(), true);
    assert.equal(open(5_000).heldBytes, 5_000);
    assert.equal(statSync(file).size, 5_000);
    assert.ok(open(0).isWhole);
    assert.equal(existsSync(file), false);
  }));

test("reserve: takes nothing where there is not room for as much again", () =>
  inFile((open, file) => {
    assert.equal(open(TOO_MUCH).refill(), false);
    assert.equal(existsSync(file), false);
  }));

test("reserve: gives for a start until there is room, at most all", () =>
  inFile((open) => {
    const reserve = open();
    reserve.refill();
    reserve.makeRoomFor(1);
    assert.ok(reserve.isWhole);
    reserve.makeRoomFor(TOO_MUCH);
    assert.equal(reserve.heldBytes, 0);
  }));

test("reserve: its bytes cannot be compressed away", () =>
  inFile((open, file) => {
    open().refill();
    assert.ok(new Set(readFileSync(file).subarray(0, 4_096)).size > 200);
  }));
