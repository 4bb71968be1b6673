import assert from "node:assert/strict";
import { chmodSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { diskErrorCode, ensureFolder } from "./disk.ts";
import { temporaryFolder } from "./temporary-folder-fixture.ts";

test("disk: of a folder that is made every new name is synced, and of one that is there none", (t) => {
  const root = temporaryFolder(t);
  const synced: string[] = [];
  const ensure = (folder: string) => ensureFolder(folder, (parent) => synced.push(parent));
  ensure(join(root, "a", "b", "c"));
  assert.ok(statSync(join(root, "a", "b", "c")).isDirectory());
  assert.deepEqual(synced.splice(0), [join(root, "a", "b"), join(root, "a"), root]);
  ensure(`${join(root, "a", "b", "d")}/`);
  assert.deepEqual(synced.splice(0), [join(root, "a", "b")]);
  ensure(join(root, "a", "b"));
  assert.deepEqual(synced.splice(0), []);
  // The first name that it makes is not above the folder: it ends all the same.
  ensure(`${root}/a/left/../../d/e`);
  assert.ok(synced.includes(join(root, "d")) && synced.includes(root));
});

test("disk: a folder that nobody can make is said to be one, at once", (t) => {
  const root = temporaryFolder(t);
  writeFileSync(join(root, "file"), "");
  symlinkSync(join(root, "nowhere"), join(root, "dangling"));
  const cases = [
    [join(root, "file"), "ENOTDIR"],
    [join(root, "file", "a"), "ENOTDIR"],
    [join(root, "dangling"), "EEXIST"],
    [join(root, "dangling", "a"), "EEXIST"],
    // Node's own way never came back from here.
    ...(process.platform === "linux" ? [["/proc/countermand/data", "ENOENT"]] : []),
  ] as const;
  for (const [folder = "", code] of cases) {
    assert.throws(
      () => ensureFolder(folder),
      (error) => diskErrorCode(error) === code,
      folder,
    );
  }
});

test("disk: a folder that is made is its owner's alone, one that is there keeps its mode", (t) => {
  const folder = temporaryFolder(t);
  const modeOf = (path: string) => statSync(path).mode & 0o777;
  chmodSync(folder, 0o755);
  const made = join(folder, "data", "journal");
  ensureFolder(made);
  assert.equal(modeOf(made), 0o700);
  assert.equal(modeOf(folder), 0o755);
  ensureFolder(folder);
  assert.equal(modeOf(folder), 0o755);
});
