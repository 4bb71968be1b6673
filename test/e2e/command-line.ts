/** The command line, run inside the test's own process. */
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { run } from "../../packages/cli/src/program.ts";

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  /** What is typed. */
  readonly input?: string | undefined;
  /** Aborted when the command is asked to end; never, unless given. */
  readonly stopped?: AbortSignal | undefined;
}

/** Runs a command to its end. */
export async function runCommand(
  args: readonly string[],
  { environment = {}, input = "", stopped = new AbortController().signal }: Surroundings = {},
): Promise<Ran> {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(output), text(errors)]);
  const code = await run(args, {
    input: Readable.from([input]),
    output,
    errors,
    environment,
    stopped,
  });
  output.end();
  errors.end();
  const [told, complained] = await texts;
  return { code, output: told, errors: complained };
}

/** The words of a line, as a shell takes it apart. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = ""]) => quoted ?? plain);
}
