// `npm run check`: every static checker, one line each with how many files it looked at. A checker
// that looked at nothing fails: a green that checks nothing is worse than a red.

import { spawnSync } from "node:child_process";
import { join } from "node:path";

interface Checker {
  readonly name: string;
  /** Arguments of Node: a program and its own arguments. */
  readonly args: readonly string[];
  /** How many files the output says were checked; 0 when it does not say. */
  readonly checkedCount: (output: string) => number;
}

const ROOT = join(import.meta.dirname, "..");

const TSC = "node_modules/typescript/bin/tsc";
const BIOME = "node_modules/@biomejs/biome/bin/biome";
const KNIP = "node_modules/knip/bin/knip.js";

const CHECKERS: readonly Checker[] = [
  typeChecker("packages/core"),
  typeChecker("packages/contract"),
  typeChecker("packages/client"),
  typeChecker("packages/console"),
  typeChecker("test/browser"),
  typeChecker("tsconfig.json"),
  {
    name: "biome",
    args: [BIOME, "ci", "--colors=off", "--error-on-warnings", "--max-diagnostics=100", "."],
    checkedCount: (output) => countIn(output, /^Checked (\d+) files?/m),
  },
  {
    name: "knip",
    args: [
      KNIP,
      "--no-progress",
      "--treat-config-hints-as-errors",
      "--reporter=symbols",
      "--reporter=./tools/knip-reporter.ts",
    ],
    checkedCount: (output) => countIn(output, /^knip: (\d+) files checked/m),
  },
  {
    name: "tidy",
    args: ["tools/tidy.ts"],
    checkedCount: (output) => countIn(output, /^tidy: (\d+) files checked/m),
  },
];

process.exitCode = CHECKERS.map(runChecker).every((passed) => passed) ? 0 : 1;

function runChecker(checker: Checker): boolean {
  const startMs = performance.now();
  const result = spawnSync(process.execPath, checker.args, {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const output = `${result.stdout}${result.stderr}`;
  const count = checker.checkedCount(output);
  const passed = result.status === 0 && count > 0;
  if (!passed) process.stdout.write(`${withoutFileList(output).trim()}\n`);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const verdict = passed ? "ok    " : "FAILED";
  const why = result.status === 0 && count === 0 ? ": it checked nothing" : "";
  process.stdout.write(
    `${verdict} ${checker.name.padEnd(22)} ${`${count}`.padStart(4)} files ${seconds} s${why}\n`,
  );
  return passed;
}

function typeChecker(project: string): Checker {
  return {
    name: `tsc ${project}`,
    args: [TSC, "--project", project, "--pretty", "false", "--listFiles"],
    checkedCount: (output) => output.split("\n").filter(isOurFile).length,
  };
}

/** A line of `tsc --listFiles` that names a file of this repository. */
function isOurFile(line: string): boolean {
  return isListed(line) && !line.includes("/node_modules/");
}

function isListed(line: string): boolean {
  return /^(\/|[A-Za-z]:[\\/])[^():]*\.[cm]?[jt]s$/.test(line.trim());
}

function withoutFileList(output: string): string {
  return output
    .split("\n")
    .filter((line) => !isListed(line))
    .join("\n");
}

function countIn(output: string, pattern: RegExp): number {
  return Number(pattern.exec(output)?.[1] ?? 0);
}
