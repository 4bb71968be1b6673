/**
 * What the programs behind `npm run …` are called with: options and names, read strictly. A mistake
 * is one sentence above the usage, never a stack.
 */
import { type ParseArgsConfig, parseArgs } from "node:util";

const EXIT_USAGE = 2;

type Options = NonNullable<ParseArgsConfig["options"]>;

export type Args<O extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>
>;

/** Of whoever called the program. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Program<O extends Options> {
  /** What `--help` prints, and what stands below a mistake. */
  readonly usage: string;
  readonly options: O;
  /** Resolves with the exit code. @throws UsageError */
  readonly main: (args: Args<O>) => Promise<number> | number;
}

/** Runs it with the arguments of this process; resolves with the exit code. */
export async function runProgram<const O extends Options>(program: Program<O>): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv.some((arg) => arg === "--help" || arg === "-h")) {
    process.stdout.write(`${program.usage}\n`);
    return 0;
  }
  try {
    return await program.main(programArgs(argv, program.options));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${program.usage}\n`);
    return EXIT_USAGE;
  }
}

/** @throws UsageError for an option that there is not, or that lacks its value */
export function programArgs<const O extends Options>(argv: readonly string[], options: O): Args<O> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS_") !== true) throw error;
    // Behind the first sentence Node tells how an argument may begin with a hyphen: none does.
    throw new UsageError(message.split(". ")[0]);
  }
}

/** @throws UsageError for a text that is no whole number, or a smaller one than `min` */
export function wholeNumber(name: string, text: string, min = 0): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new UsageError(`${name} ${text}: expected a whole number from ${min}`);
}

/** @throws UsageError for a text that is no number above zero */
export function positiveNumber(name: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value) && value > 0) return value;
  throw new UsageError(`${name} ${text}: expected a number above zero`);
}
