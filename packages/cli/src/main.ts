#!/usr/bin/env node
/** The process of the command line: its streams, its signals, its exit code. */
import { ExitCode } from "./exit-codes.ts";
import { run } from "./program.ts";

const stopping = new AbortController();
let isHeeded = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: Error & { readonly code?: string }) => {
    // Whoever reads has gone: `countermand watch | head` is no failure.
    if (error.code === "EPIPE") process.exit();
    // What was asked for may be done: this is not the code of what changed nothing.
    if (stream === process.stdout) {
      process.stderr.write(`countermand: the answer cannot be written: ${error.message}\n`);
    }
    process.exit(ExitCode.Unknown);
  });
}

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
