#!/usr/bin/env node
/** The process of the command line: its streams, its signals, its exit code. */
import { run } from "./program.ts";

const stopping = new AbortController();
let isHeeded = false;
// Whoever reads has gone: `countermand watch | head` is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: { readonly code?: string }) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
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
