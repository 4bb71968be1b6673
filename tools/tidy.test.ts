// Goal: every rule of tidy finds a fault planted for it, and says nothing about the mended form.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { repoFile, tidyFaults } from "./tidy.ts";

/** Files that everything else is planted beside: three packages with their doors. */
const BASE: Readonly<Record<string, string>> = {
  "package.json": `{ "scripts": { "check": "node tools/check.ts" } }`,
  "packages/core/package.json": `{ "name": "@countermand/core", "exports": {
    "./model": "./src/model/index.ts", "./desk": "./src/desk/index.ts" } }`,
  "packages/core/src/model/index.ts": "export const zero = 0n;\n",
  "packages/core/src/desk/index.ts": 'export { zero } from "../model/index.ts";\n',
  "packages/contract/package.json": `{ "name": "@countermand/contract", "exports": {
    ".": "./src/index.ts" } }`,
  "packages/contract/src/index.ts": 'export { zero } from "@countermand/core/model";\n',
  "packages/gateway/package.json": `{ "name": "@countermand/gateway", "exports": {
    ".": "./src/main.ts" } }`,
  "packages/gateway/src/main.ts": 'import "./sys/clock.ts";\n',
  "packages/gateway/src/sys/clock.ts": "export const nowMs = (): number => Date.now();\n",
};

const CORE = "packages/core/src/desk/index.ts";
const MODEL = "packages/core/src/model/index.ts";
const CONTRACT = "packages/contract/src/index.ts";
const GATEWAY = "packages/gateway/src/main.ts";
const CLOCK = "packages/gateway/src/sys/clock.ts";
const TEST = "packages/core/src/desk/desk.test.ts";

/** What tidy says of the base with some files replaced, one "rule path:line" per fault. */
function faultsWith(planted: Readonly<Record<string, string>>): string[] {
  const files = Object.entries({ ...BASE, ...planted });
  return tidyFaults(
    files.map(([path, text]) => repoFile(path, text)),
    [],
  ).map(({ rule, path, line }) => `${rule} ${path}:${line}`);
}

test("tidy: a tree without faults", () => {
  assert.deepEqual(faultsWith({}), []);
});

const PLANTED: ReadonlyArray<readonly [rule: string, path: string, text: string, line?: number]> = [
  ["import-direction", MODEL, 'export { zero } from "../desk/index.ts";'],
  ["import-direction", CORE, 'import "node:fs";'],
  ["import-direction", CORE, 'import fc from "fast-check";'],
  ["import-direction", CORE, 'import type { X } from "@countermand/contract";'],
  ["import-direction", CORE, 'export const x = import("node:fs");'],
  ["import-direction", CONTRACT, 'import "@countermand/core/desk";'],
  ["import-direction", CONTRACT, 'import "@countermand/core/unknown";'],
  ["import-direction", CONTRACT, 'import "@countermand/gateway";'],
  ["import-direction", CONTRACT, 'import "node:crypto";'],
  ["import-direction", CLOCK, 'import "@countermand/core/model";'],
  ["import-direction", CLOCK, 'import "../main.ts";'],
  ["import-direction", "tools/one.ts", 'import "@countermand/core/model";'],
  ["import-direction", "elsewhere/one.test.ts", 'import "node:fs";'],
  ["deep-import", TEST, 'import "../../../contract/src/index.ts";'],
  ["unreached-file", "packages/gateway/src/dead.ts", "export const dead = 1;", 0],
  ["unreached-file", "packages/gateway/src/self.ts", 'import "./self.ts";', 0],
  ["banned-word", CORE, "export const x = Math.random();"],
  ["banned-word", TEST, "export const x = Math.random();"],
  ["banned-word", CORE, "export async function x() {}"],
  ["banned-word", CONTRACT, "export const x = y.then(() => await z);"],
  ["banned-word", CORE, "export type X = Promise<void>;"],
  ["banned-word", CORE, 'export const x = Number("1");'],
  ["banned-word", CORE, 'export const x = parseFloat("1");'],
  ["banned-word", GATEWAY, 'import "./sys/clock.ts";\nexport const x = new Date();', 2],
  ["banned-word", GATEWAY, 'import "./sys/clock.ts"; const x = process.env;'],
  ["banned-word", GATEWAY, 'import "./sys/clock.ts"; console.log(1);'],
  ["banned-word", CLOCK, 'import { get } from "node:http";'],
  ["banned-word", "tools/one.ts", "// FIXME: later", 1],
  ["banned-word", "tools/one.mjs", "// TODO(1): later", 1],
  ["banned-word", "tools/one.ts", "// @ts-ignore"],
  ["banned-word", "tools/one.ts", "export const x = y as any;"],
  ["banned-word", TEST, 'test.only("a", () => {});'],
  ["banned-word", TEST, 'describe.skip("a", () => {});'],
  ["banned-word", TEST, 'test("a", { skip: true }, () => {});'],
  ["line-length", "tools/one.ts", `// ${"x".repeat(98)}`],
  ["line-length", "tools/one.ts", `one("${"x".repeat(105)}");`],
  ["line-length", ".ci/run", `# ${"x".repeat(99)}`],
  ["file-size", "tools/one.ts", "\n".repeat(701), 0],
  ["file-size", "test/golden/large.json", " ".repeat(256 * 1024 + 1), 0],
  ["file-extension", "tools/one.js", "", 0],
  ["file-extension", "docs/picture", "", 0],
  ["vague-name", "tools/string-utils.ts", "", 0],
  ["vague-name", "docs/misc/page.md", "# Page", 0],
  ["vague-name", "test/order-manager.test.ts", "", 0],
  ["machine-place", "docs/page.md", "# Page\n\nSee /home/someone/file", 3],
  ["machine-place", "test/golden/lock.json", '"https://registry.example.org/x"'],
  ["markdown-title", "docs/page.md", "Text", 0],
  ["markdown-title", "docs/page.md", "# One\n\n# Two", 3],
  ["markdown-link", "docs/page.md", "# Page\n\n[text](absent.md)", 3],
  ["markdown-link", "docs/page.md", "# Page\n\n[text](#absent)", 3],
  ["markdown-name", "docs/page.md", "# Page\n\nIn `packages/core/src/absent.ts`", 3],
  ["markdown-name", "docs/page.md", "# Page\n\n```sh\nnode packages/absent.ts 1\n```", 4],
  ["markdown-name", "docs/page.md", "# Page\n\nBy `npm run absent -- --long`", 3],
];

function titleOf(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 60) || "nothing in it";
}

for (const [rule, path, text, line = 1] of PLANTED) {
  test(`tidy: ${rule} in ${path}: ${titleOf(text)}`, () => {
    const expected = `${rule} ${path}:${line}`;
    assert.ok(faultsWith({ [path]: text }).includes(expected), `expected ${expected}`);
  });
}

const INNOCENT: ReadonlyArray<readonly [what: string, path: string, text: string]> = [
  ["a banned word in a comment", CORE, "// Not a Date, async or console.log\n/* Promise */"],
  ["a banned word in text", CORE, "export const x = \"await Date\" + 'Promise' + `async`;"],
  ["a banned word in a regular expression", CORE, "export const x = /Date['\"]/;"],
  ["a test that takes the time", TEST, "const x = new Date();"],
  ["a test that imports packages", TEST, 'import fc from "fast-check";\nimport "node:test";'],
  ["the clock", CLOCK, "export const x = Date.now();"],
  ["100 columns", "tools/one.ts", `// ${"x".repeat(97)}`],
  ["110 columns with a text", "tools/one.ts", `// "${"x".repeat(105)}"`],
  ["700 lines", "tools/one.ts", "\n".repeat(700)],
  ["a vague word that is not the noun", "tools/data-folder.ts", ""],
  ["a link to a folder", "docs/page.md", "# Page\n\n[text](../packages/core/)"],
  ["a link to a heading", "docs/page.md", "# Page\n\n[text](#a-b-c)\n\n## A `b`, c?"],
  ["a link out", "docs/page.md", "# Page\n\n[text](https://example.org/a#b)"],
  ["a file by its name", "docs/page.md", "# Page\n\n`node packages/core/package.json`"],
  ["a folder by its name", "docs/page.md", "# Page\n\n`packages/core/src`, `docs/`"],
  ["a pattern of names", "docs/page.md", "# Page\n\n`packages/*/src`, `packages/core/NAME/*.ts`"],
  ["a path elsewhere", "docs/page.md", "# Page\n\n`data/journal.db`, `/packages/absent`"],
  ["a script by its name", "docs/page.md", "# Page\n\n`npm run check`"],
  ["a title in code", "docs/page.md", "# Page\n\n```sh\n# comment\n[a](b.md)\n```\n\n`[a](b.md)`"],
];

for (const [what, path, text] of INNOCENT) {
  test(`tidy: no fault in ${what}`, () => {
    assert.deepEqual(faultsWith({ [path]: text }), []);
  });
}

test("tidy: code inside a template is code, its text is not", () => {
  const inTemplate = ["export const x = `Date ", "{ { a: `", "{new Date()}` } } Date`;"].join("$");
  assert.deepEqual(faultsWith({ [CORE]: inTemplate }), [`banned-word ${CORE}:1`]);
});

test("tidy: code after a division and after a regular expression is code", () => {
  const source = "export const x = 4 / 2; const y = /[/]'/; const z = Date;";
  assert.deepEqual(faultsWith({ [CORE]: source }), [`banned-word ${CORE}:1`]);
});

test("tidy: a worker thread's file is reached by its URL", () => {
  const worker = "packages/gateway/src/worker.ts";
  const main = 'import "./sys/clock.ts"; new URL("./worker.ts", import.meta.url);';
  assert.deepEqual(faultsWith({ [GATEWAY]: main, [worker]: "export const x = 1;" }), []);
});

test("tidy: an exception silences its own file and rule, and no other", () => {
  const files = [repoFile("tools/one.ts", "// FIXME"), repoFile("tools/two.ts", "// FIXME")];
  const exception = { rule: "banned-word", path: "tools/one.ts", reason: "planted" };
  const paths = tidyFaults(files, [exception]).map((fault) => fault.path);
  assert.deepEqual(paths, ["tools/two.ts"]);
});

test("tidy: an exception that no longer applies is a fault", () => {
  const exception = { rule: "banned-word", path: "tools/one.ts", reason: "planted" };
  const faults = tidyFaults([repoFile("tools/one.ts", "// Mended.")], [exception]);
  assert.deepEqual(
    faults.map(({ rule, path }) => [rule, path]),
    [["stale-exception", "tools/one.ts"]],
  );
});

test("tidy: the program fails on a fault, on an empty repository, and outside of one", () => {
  const folder = mkdtempSync(join(tmpdir(), "tidy-"));
  const run = (command: string, args: string[]) =>
    spawnSync(command, args, { cwd: folder, encoding: "utf8" });
  const tidy = () => run(process.execPath, [join(import.meta.dirname, "tidy.ts")]);
  try {
    assert.notEqual(tidy().status, 0);
    assert.equal(run("git", ["init", "--quiet"]).status, 0);
    const empty = tidy();
    assert.match(empty.stdout, /^nothing to check/m);
    assert.equal(empty.status, 1);
    writeFileSync(join(folder, "page.md"), "No title.\n");
    const one = tidy();
    assert.match(one.stdout, /^page\.md: a page has a title \[markdown-title\]$/m);
    assert.match(one.stdout, /^tidy: 1 files checked/m);
    assert.equal(one.status, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
