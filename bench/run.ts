/** Runs the benchmarks in their short form, one after the other, and prints one table. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { runProgram, UsageError } from "../tools/program-args.ts";
import { machineNote, type Row, table } from "./report.ts";

/** Each with the arguments of its short form. */
const BENCHMARKS: ReadonlyMap<string, readonly string[]> = new Map([
  ["cancel-http", ["15000", "5"]],
  ["trade-rates", ["10000", "5"]],
  ["latency", ["1000", "10000", "5"]],
  ["cancel-open-orders", ["1000000", "24"]],
  ["overload", ["5", "3"]],
  ["kill", ["10000", "3"]],
  ["restart", ["100000", "1000000", "3"]],
  ["console", ["20000", "500", "10"]],
  ["exchange-core", ["1000000", "5"]],
  ["journal", ["60", "5"]],
  ["fan-out", ["500", "200", "5"]],
]);

const USAGE = `usage:
  npm run bench              all benchmarks, some 15 minutes on a machine that does nothing else
  npm run bench -- NAME…     some of them: ${[...BENCHMARKS.keys()].join(", ")}`;

process.exitCode = await runProgram({
  usage: USAGE,
  options: {},
  main: ({ positionals }) => runBenchmarks(positionals),
});

async function runBenchmarks(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.find((name) => !BENCHMARKS.has(name));
  if (unknown !== undefined) throw new UsageError(`no such benchmark: ${unknown}`);
  const rows: Row[] = [];
  for (const [name, args] of BENCHMARKS) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    process.stderr.write(`running ${name}\n`);
    rows.push(...(await runOne(name, args)));
  }
  process.stdout.write(`${machineNote()}\n\n${table(rows)}`);
  return 0;
}

/** In a process of its own, so that none finds the heap of another. */
function runOne(name: string, args: readonly string[]): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const file = join(import.meta.dirname, `${name}.ts`);
    const command = ["--expose-gc", file, ...args];
    const child = spawn(process.execPath, command, { stdio: ["ignore", 1, 2, "ipc"] });
    let rows: readonly Row[] | null = null;
    child.once("message", (sent) => {
      rows = sent as readonly Row[];
      child.disconnect();
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (code === 0 && rows !== null) resolve(rows);
      else reject(new Error(`${name} ended with ${code ?? signal}`));
    });
  });
}
