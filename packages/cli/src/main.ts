#!/usr/bin/env node
/** The process of the command line: its streams, its signals, its exit code. */
import { enableCompileCache } from "node:module";
import { join } from "node:path";

// In a clone sources are stripped of their types and compiled once, not at every start. What is
// installed has no types: there it would gain nothing.
if (import.meta.filename.endsWith(".ts")) {
  const cache = join(import.meta.dirname, "..", "..", "..", "node_modules", ".cache", "code");
  // Threads look there, too.
  process.env["NODE_COMPILE_CACHE"] ??= cache;
  enableCompileCache(process.env["NODE_COMPILE_CACHE"]);
}
const { ExitCode } = await import("./exit-codes.ts");
const { run } = await import("./program.ts");

const stopping = new AbortController();
let isHeeded = false;
process.stdout.on("error", (error: Error & { readonly code?: string }) => {
  // Whoever reads has gone: `countermand watch | head` is no failure.
  if (error.code === "EPIPE") process.exit();
  // What was asked for may be done: this is not the code of what changed nothing.
  process.stderr.write(`countermand: the answer cannot be written: ${error.message}\n`);
  process.exit(ExitCode.Unknown);
});
// What it would have said to whoever watches is lost; what is under way goes on, and its exit code
// says what came of it.
process.stderr.on("error", () => {});

process.exitCode = await run(process.argv.slice(2), {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: process.env,
  /** Signals end a command as they end any program, unless it asks for this. */
  get stopped() {
    if (!isHeeded) {
      isHeeded = true;
      for (const signal of ["SIGINT", "SIGTERM"] as const) {
        process.once(signal, () => stopping.abort());
      }
    }
    return stopping.signal;
  },
});
