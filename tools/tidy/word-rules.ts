// Words that a folder does without, each with what to write instead.

import { type Fault, isSource, isTest, type RepoFile } from "./file.ts";
import { lineAt } from "./source-text.ts";

interface BannedWord {
  readonly pattern: RegExp;
  /** The paths where the ban holds, and those among them where it does not. */
  readonly inside: RegExp;
  readonly outside?: RegExp;
  /** Whether tests are free of it. */
  readonly testsExempt: boolean;
  /** Whether comments and strings count too. */
  readonly anywhere?: boolean;
  readonly cure: string;
}

const CORE = /^packages\/core\/src\//;
const PURE = /^packages\/(core|contract)\/src\//;
const PACKAGES = /^packages\//;
const EVERYWHERE = /^/;
/** The files in which a program asks its engine for the time. */
const CLOCKS = new RegExp(
  "^packages/(gateway/src/(sys/clock|http/docs-page)|(client|console)/src/system|" +
    "cli/src/time)\\.",
);

const BANNED_WORDS: readonly BannedWord[] = [
  {
    pattern: /\bMath\.random\b/g,
    inside: PURE,
    testsExempt: false,
    cure: "take a seed as an argument, so that a replay gives the same",
  },
  {
    pattern: /\b(?:async|await|Promise)\b/g,
    inside: PURE,
    testsExempt: true,
    cure: "return events and let the caller wait",
  },
  {
    pattern: /\b(?:Number|parseFloat|Number\.parseFloat)\(/g,
    inside: CORE,
    testsExempt: true,
    cure: "money is bigint: use model/decimal.ts",
  },
  {
    pattern: /\bDate\b/g,
    inside: PACKAGES,
    outside: CLOCKS,
    testsExempt: true,
    cure: "take the time as an argument; the gateway asks src/sys/clock.ts",
  },
  {
    pattern: /\bprocess\.env\b/g,
    inside: PACKAGES,
    outside: /^packages\/(gateway\/src\/config|cli\/src\/main)\.ts$/,
    testsExempt: true,
    cure: "read configuration in packages/gateway/src/config.ts and pass it on",
  },
  {
    pattern: /^import (?!type\b)[^;]*"node:http";/gm,
    inside: /^packages\/gateway\/src\//,
    outside: /^packages\/gateway\/src\/ws\/stream-harness\.ts$/,
    testsExempt: true,
    anywhere: true,
    cure: "a start pays for it, see http/node-http.ts: take values from there; types are free",
  },
  {
    pattern: /(?<![.\w])console\./g,
    inside: /^(packages|test)\//,
    testsExempt: false,
    cure: "log through the logger, or write to process.stdout in a command-line tool",
  },
  {
    pattern: /\b(?:FIXME|TODO|XXX)\b/g,
    inside: EVERYWHERE,
    testsExempt: false,
    anywhere: true,
    cure: "do it now or leave it out",
  },
  {
    pattern: /\b(?:test|it|describe|suite)\.(?:only|skip|todo)\b|\b(?:only|skip|todo): true\b/g,
    inside: EVERYWHERE,
    testsExempt: false,
    cure: "every test runs, always",
  },
  {
    pattern: /\bas any\b/g,
    inside: EVERYWHERE,
    testsExempt: false,
    cure: "name the type, or take unknown and narrow it",
  },
  {
    pattern: /@ts-(?:ignore|nocheck|expect-error)\b/g,
    inside: EVERYWHERE,
    testsExempt: false,
    anywhere: true,
    cure: "mend the type",
  },
];

export function wordFaults(files: readonly RepoFile[]): Fault[] {
  return files
    .filter((file) => isSource(file.path))
    .flatMap((file) => BANNED_WORDS.flatMap((word) => faultsOfWord(file, word)));
}

function faultsOfWord(file: RepoFile, word: BannedWord): Fault[] {
  if (!word.inside.test(file.path) || word.outside?.test(file.path)) return [];
  if (word.testsExempt && isTest(file.path)) return [];
  const text = word.anywhere === true ? file.text : file.code;
  return [...text.matchAll(word.pattern)].map((match) => ({
    rule: "banned-word",
    path: file.path,
    line: lineAt(text, match.index),
    message: `"${match[0]}" is not used here: ${word.cure}`,
  }));
}
