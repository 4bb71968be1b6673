// The repository's own rules: those that the compiler, biome and knip cannot check. Prints every
// fault and how many files it looked at; looking at none is a failure.

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, isSource, type RepoFile } from "./tidy/file.ts";
import { fileFaults } from "./tidy/file-rules.ts";
import { importFaults } from "./tidy/import-rules.ts";
import { markdownFaults } from "./tidy/markdown-rules.ts";
import { blankText } from "./tidy/source-text.ts";
import { wordFaults } from "./tidy/word-rules.ts";

/** One rule that one file may break. When the file no longer does, the row itself is a fault. */
export interface Exception {
  readonly rule: string;
  readonly path: string;
  readonly reason: string;
}

const EXCEPTIONS: readonly Exception[] = [
  {
    rule: "banned-word",
    path: "packages/core/src/exchange/listing.ts",
    reason: "inside the book, ticks and lots are safe integers; this is where they are made",
  },
  {
    rule: "banned-word",
    path: "packages/core/src/market-data/market-data.ts",
    reason: "depth is counted in ticks and lots, safe integers; another grid counts them anew",
  },
  {
    rule: "file-size",
    path: "packages/client/src/wire.ts",
    reason: "a program writes it, and every type of the wire is in it",
  },
  {
    rule: "markdown-name",
    path: "docs/decisions/0015-console-bundle-and-sign-in.md",
    reason: "it names packages/console/built, which a program writes and nobody reads here",
  },
  {
    rule: "banned-word",
    path: "tools/tidy/word-rules.ts",
    reason: "it lists the words that it bans",
  },
  {
    rule: "banned-word",
    path: "tools/tidy.test.ts",
    reason: "it plants the words that must be found",
  },
  {
    rule: "machine-place",
    path: "tools/tidy.test.ts",
    reason: "it plants the places that must be found",
  },
];

/** All faults of a set of files, ordered by path and line, exceptions taken into account. */
export function tidyFaults(
  files: readonly RepoFile[],
  exceptions: readonly Exception[] = EXCEPTIONS,
): Fault[] {
  const all = [fileFaults, importFaults, markdownFaults, wordFaults].flatMap((rule) => rule(files));
  const covers = (exception: Exception, fault: Fault) =>
    exception.rule === fault.rule && exception.path === fault.path;
  const kept = all.filter((fault) => !exceptions.some((exception) => covers(exception, fault)));
  const stale = exceptions
    .filter((exception) => !all.some((fault) => covers(exception, fault)))
    .map(({ rule, path }) => ({
      rule: "stale-exception",
      path,
      line: 0,
      message: `the exception from ${rule} no longer applies: remove it from tools/tidy.ts`,
    }));
  return [...kept, ...stale].sort((a, b) => comparePlaces(a, b));
}

/** A file as the rules see it. */
export function repoFile(
  path: string,
  text: string,
  sizeBytes = Buffer.byteLength(text),
): RepoFile {
  const code = isSource(path) ? blankText(text) : "";
  return { path, text, sizeBytes, code };
}

function comparePlaces(a: Fault, b: Fault): number {
  return a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1;
}

/** Every file that is committed or would be: tracked ones and new ones that are not ignored. */
function readRepository(root: string): RepoFile[] {
  const args = [
    "-c",
    "safe.directory=*",
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
    "-z",
  ];
  const git = spawnSync("git", args, { cwd: root, encoding: "utf8" });
  if (git.status !== 0) throw new Error(`git ls-files failed: ${git.stderr || git.error?.message}`);
  return (
    git.stdout
      .split("\0")
      .filter((path) => path !== "" && existsSync(join(root, path)))
      // The bundler's output: a test compares it with its sources.
      .filter((path) => !path.startsWith("packages/console/built/"))
      .map((path) => readFile(root, path))
  );
}

/** A picture has no text: only its size is looked at. */
function readFile(root: string, path: string): RepoFile {
  const bytes = readFileSync(join(root, path));
  return repoFile(path, path.endsWith(".png") ? "" : bytes.toString("utf8"), bytes.length);
}

function main(): void {
  const files = readRepository(process.cwd());
  const faults = tidyFaults(files);
  for (const { path, line, rule, message } of faults) {
    process.stdout.write(`${path}${line === 0 ? "" : `:${line}`}: ${message} [${rule}]\n`);
  }
  if (files.length === 0) process.stdout.write("nothing to check: that is a failure\n");
  process.stdout.write(`tidy: ${files.length} files checked, ${faults.length} faults\n`);
  process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0;
}

if (process.argv[1] === import.meta.filename) main();
