/** Where a command reads and writes: a terminal, a pipe, or a test. */
import type { Readable, Writable } from "node:stream";
import { UsageError } from "./exit-codes.ts";

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly errors: Writable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the person asks to stop. */
  readonly stopped: AbortSignal;
}

export function print(terminal: Terminal, lines: readonly string[]): void {
  if (lines.length > 0) terminal.output.write(`${lines.join("\n")}\n`);
}

/** One JSON document a line. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.output.write(`${JSON.stringify(value)}\n`);
}

/** For people who watch; scripts get it on another stream than results. */
export function tell(terminal: Terminal, line: string): void {
  terminal.errors.write(`${line}\n`);
}

/** All of the input as text, at most so many bytes. */
export async function readAll(input: Readable, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk as Uint8Array);
    bytes += buffer.length;
    if (bytes > bytesMax) throw new UsageError(`the input is longer than ${bytesMax} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
