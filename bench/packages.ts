/**
 * Question: how much does the client add to a page, and how soon does the command line say what it
 * can do?
 *
 * The client is bundled and made small by esbuild, all of it, and compressed as servers do (gzip,
 * level 9). Help is a process from start to end, the packed form; the machine's bare Node start is
 * beside it. Both the quickest of the starts and the median: what else the machine does only adds.
 *
 * Run: `npm run pack`, then `npx node bench/packages.ts [starts]`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { buildSync } from "esbuild";
import { atMost, median, type Row, report, row } from "./report.ts";

const ROOT = join(import.meta.dirname, "..");
const CLIENT = join(ROOT, "packages", "client", "src", "index.ts");
const STAGED = join(ROOT, "build", "staged");
const BUNDLE_KB_MAX = 15;
const HELP_MS_MAX = 150;

const starts = Number(process.argv[2] ?? 21);
report([clientRow(), helpRow()]);

function clientRow(): Row {
  const { outputFiles } = buildSync({
    entryPoints: [CLIENT],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
  });
  const [bundle] = outputFiles;
  if (bundle === undefined) throw new Error("there is no bundle");
  const kb = gzipSync(bundle.contents, { level: 9 }).length / 1000;
  const brotliKb = brotliCompressSync(bundle.contents).length / 1000;
  return row("client library, bundled and compressed", `${kb.toFixed(1)} KB`, {
    peer: `brotli: ${brotliKb.toFixed(1)} KB`,
    ...atMost(kb, BUNDLE_KB_MAX, " KB"),
  });
}

function helpRow(): Row {
  const program = join(STAGED, "cli", "dist", "main.js");
  if (!existsSync(program)) throw new Error("npm run pack first");
  const help: number[] = [];
  const bare: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    help.push(timeMs([program, "--help"]));
    bare.push(timeMs(["--eval", "0"]));
  }
  return row("countermand --help, from start to end", startText(help), {
    peer: `node --eval 0: ${startText(bare)}`,
    ...atMost(Math.min(...help), HELP_MS_MAX, " ms"),
  });
}

function startText(ms: readonly number[]): string {
  return `${Math.min(...ms).toFixed(0)} ms, median ${median(ms).toFixed(0)}`;
}

function timeMs(args: readonly string[]): number {
  const startMs = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${args.join(" ")} ended with ${status}`);
  return performance.now() - startMs;
}
