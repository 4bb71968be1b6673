import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { growFile } from "../sys/disk.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { inFolder } from "./journal-fixture.ts";
import { isDiskFull } from "./journal-schema.ts";
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

test("reserve: somebody who made room by hand has taken it, and that ends nothing", () =>
  inFile((open, file) => {
    const reserve = open();
    assert.ok(reserve.refill());
    rmSync(file);
    assert.equal(reserve.makeRoom(), false);
    assert.deepEqual([reserve.heldBytes, reserve.isWhole], [0, false]);
    assert.ok(reserve.refill());
    truncateSync(file, RESERVE_SLICE_BYTES);
    assert.ok(reserve.makeRoom());
    assert.deepEqual([reserve.heldBytes, existsSync(file)], [0, false]);
  }));

test("reserve: whoever looks at it sees that somebody has taken of it by hand", () =>
  inFile((open, file) => {
    const reserve = open();
    reserve.refill();
    truncateSync(file, 1_000);
    assert.equal(reserve.hasNoRoom(), false);
    assert.equal(statSync(file).size, 1_000, "what is not there is not made up");
    assert.deepEqual([reserve.heldBytes, reserve.isWhole], [1_000, false]);
    rmSync(file);
    assert.equal(reserve.hasNoRoom(), false);
    assert.deepEqual([reserve.heldBytes, existsSync(file)], [0, false]);
    for (const bytes of [0, 1_000]) {
      assert.ok(reserve.refill());
      truncateSync(file, bytes);
      assert.ok(reserve.refill());
      assert.equal(statSync(file).size, WHOLE, "it is whole again");
    }
  }));

test("reserve: takes what room there is for, and the rest when there is more", () =>
  inFolder((folder) => {
    const file = join(folder, "reserve");
    let room = 1.5 * RESERVE_SLICE_BYTES;
    const grow = (path: string, piece: Uint8Array): void => {
      const taken = piece.subarray(0, room);
      growFile(path, taken);
      room -= taken.length;
      if (taken.length < piece.length) throw fileError("ENOSPC", "write");
    };
    const reserve = new DiskReserve(folder, file, WHOLE, grow);
    assert.equal(reserve.refill(), false);
    assert.deepEqual([reserve.isWhole, reserve.heldBytes], [false, 1.5 * RESERVE_SLICE_BYTES]);
    assert.ok(reserve.hasNoRoom());
    assert.equal(statSync(file).size, 1.5 * RESERVE_SLICE_BYTES, "it has kept what it has");
    room = WHOLE;
    assert.ok(reserve.refill());
    assert.deepEqual([statSync(file).size, room], [WHOLE, 1.5 * RESERVE_SLICE_BYTES]);
    room = 0;
    reserve.makeRoomFor(1);
    assert.equal(reserve.heldBytes, 0, "nobody says how much of a quota is left: it is tried");
  }));

test("reserve: a disk that fails is no disk without room", () =>
  inFolder((folder) => {
    const grow = (): void => {
      throw fileError("EIO", "write");
    };
    const reserve = new DiskReserve(folder, join(folder, "reserve"), WHOLE, grow);
    assert.throws(() => reserve.refill(), { code: "EIO" });
    assert.equal(reserve.hasNoRoom(), false);
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

test("reserve: a slice more is tried and taken back, and leaves the reserve as it was", () =>
  inFile((open, file) => {
    const reserve = open();
    assert.equal(reserve.hasNoRoom(), false);
    assert.equal(existsSync(file), false);
    reserve.refill();
    assert.equal(reserve.hasNoRoom(), false);
    assert.equal(statSync(file).size, WHOLE);
    assert.ok(reserve.isWhole);
  }));

/** As Node makes them: it has no name for a quota that is used up. */
function fileError(code: string, syscall: string): Error {
  const errno = -(constants.errno[code as keyof typeof constants.errno] ?? 0);
  const named = code === "EDQUOT" ? "UNKNOWN" : code;
  return Object.assign(new Error(`${named}: ${syscall}`), { code: named, errno, syscall });
}

test("disk full: the disk or a quota has no room, and no flush has told it", () => {
  const nobody = { hasNoRoom: () => assert.fail("what the system says is enough") };
  for (const code of ["ENOSPC", "EDQUOT"]) {
    for (const syscall of ["write", "open", "ftruncate"]) {
      assert.ok(isDiskFull(fileError(code, syscall), nobody), `${code} ${syscall}`);
    }
    for (const syscall of ["fsync", "close"]) {
      assert.ok(!isDiskFull(fileError(code, syscall), nobody), `${code} ${syscall}`);
    }
  }
  assert.ok(!isDiskFull(fileError("EIO", "write"), nobody));
  assert.ok(!isDiskFull(new Error("a bug"), nobody));
});

test("disk full: of a write that SQLite says has failed, the reserve tells why", () => {
  const full = { hasNoRoom: () => true };
  const room = { hasNoRoom: () => false };
  const broken = {
    hasNoRoom: () => {
      throw fileError("EIO", "ftruncate");
    },
  };
  const error = (code: string) => new Database.SqliteError("it failed", code);
  for (const code of ["SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"]) {
    assert.deepEqual(
      [full, room, broken].map((reserve) => isDiskFull(error(code), reserve)),
      [true, false, false],
    );
  }
  assert.ok(isDiskFull(error("SQLITE_FULL"), room));
  assert.ok(!isDiskFull(error("SQLITE_IOERR_FSYNC"), full));
  assert.ok(!isDiskFull(error("SQLITE_CORRUPT"), full));
});

test("reserve: its bytes cannot be compressed away", () =>
  inFile((open, file) => {
    open().refill();
    assert.ok(new Set(readFileSync(file).subarray(0, 4_096)).size > 200);
  }));
