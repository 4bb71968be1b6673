/**
 * The properties of the tests, for longer than a test has: each is checked over and over from fresh
 * seeds. What holds in a few hundred cases may not in a million. A failure prints its seed and the
 * shrunk case, as in `npm test`.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Args, positiveNumber, runProgram, UsageError } from "../../tools/program-args.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const PRELOADED = join(import.meta.dirname, "longer.ts");

const USAGE = `usage:
  npm run properties                                 each for 10 seconds
  npm run properties -- --seconds=60 packages/core   those whose file's path contains that`;

const OPTIONS = { seconds: { type: "string", default: "10" } } as const;

process.exitCode = await runProgram({ usage: USAGE, options: OPTIONS, main });

function main({ values, positionals }: Args<typeof OPTIONS>): number {
  const seconds = positiveNumber("--seconds", values.seconds);
  const files = globSync("{packages,test}/**/*.test.ts", {
    cwd: ROOT,
    exclude: (name) => name === "node_modules",
  })
    .filter((file) => positionals.length === 0 || positionals.some((part) => file.includes(part)))
    .filter((file) => readFileSync(join(ROOT, file), "utf8").includes('from "fast-check"'))
    .sort();
  if (files.length === 0) throw new UsageError(`no properties in: ${positionals.join(" ")}`);
  const { status } = spawnSync(
    process.execPath,
    [`--import=${PRELOADED}`, "--test", "--test-reporter=spec", ...files],
    {
      cwd: ROOT,
      stdio: "inherit",
      env: {
        NODE_COMPILE_CACHE: join(ROOT, "node_modules", ".cache", "code"),
        ...process.env,
        PROPERTY_SECONDS: String(seconds),
      },
    },
  );
  return status ?? 1;
}
