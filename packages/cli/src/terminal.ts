/** Where a command reads and writes: a terminal, a pipe, or a test. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { type Readable, Writable } from "node:stream";
import { UsageError } from "./exit-codes.ts";

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly isTTY?: boolean };
  readonly errors: Writable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted when the person asks to stop; whoever reads it sees to that. */
  readonly stopped: AbortSignal;
}

export function print(terminal: Terminal, lines: readonly string[]): void {
  if (lines.length > 0) terminal.output.write(`${visible(lines.join("\n"))}\n`);
}

/** One JSON document a line. */
export function printJson(terminal: Terminal, value: unknown): void {
  terminal.output.write(`${visible(JSON.stringify(value))}\n`);
}

/** For people who watch; scripts get it on another stream than results. */
export function tell(terminal: Pick<Terminal, "errors">, line: string): void {
  terminal.errors.write(`${visible(line)}\n`);
}

/** What terminals obey in place of showing it, or turn the direction of a line with. */
const OBEYED = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Written as JSON escapes it: names and ids come from others, who may mean the terminal. */
function visible(text: string): string {
  return text.replace(OBEYED, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A line in place of the one before it, "" for none; nothing where nobody watches a terminal. */
export function showProgress({ errors }: Pick<Terminal, "errors">, line: string): void {
  if (errors.isTTY === true) errors.write(`\r\x1b[K${line}`);
}

/**
 * Asks before something that cannot be taken back.
 * @throws UsageError there is no terminal to ask on, or the answer is not yes
 */
export async function confirm(terminal: Terminal, question: string, isYes: boolean): Promise<void> {
  if (isYes) return;
  if (terminal.input.isTTY !== true) {
    throw new UsageError(`${question} Nobody can be asked here: add --yes to do it.`);
  }
  const asking = createInterface({ input: terminal.input, output: terminal.errors });
  // Control C and control D are no yes, either.
  const unanswered = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
  try {
    const answer = await Promise.race([asking.question(`${question} [y/N] `), unanswered]);
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("Not done.");
  } finally {
    asking.close();
  }
}

/** Lines that a person types unseen, until they are whole, or the input ends. */
export async function readHidden(
  { errors, input }: Terminal,
  question: string,
  isWhole: (text: string) => boolean,
): Promise<string> {
  const unseen = new Writable({ write: (_chunk, _encoding, written) => written() });
  const reading = createInterface({ input, output: unseen, terminal: true });
  errors.write(question);
  let text = "";
  for await (const line of reading) {
    text += `${line}\n`;
    if (isWhole(text)) break;
  }
  reading.close();
  errors.write("\n");
  return text;
}

/**
 * The text of a file that an option or a setting names.
 * @throws UsageError it cannot be read
 */
export function readNamed(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
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
