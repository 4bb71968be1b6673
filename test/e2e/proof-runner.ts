/**
 * Runs proofs and prints each figure beside its target: what is behind `npm run crash`, `npm run
 * hostile` and `npm run load`.
 *
 * Exit code 0: all figures hold. 1: one does not, or a proof broke off. 2: no such proof. 3: what
 * could run holds, but this machine lacks what some need; they are named and not counted as passed.
 */
import { randomInt } from "node:crypto";
import {
  type Args,
  positiveNumber,
  runProgram,
  UsageError,
  wholeNumber,
} from "../../tools/program-args.ts";
import { CannotRun, type Figure, type Proof, type ProofOptions } from "./crash/proof.ts";
import { Workplace } from "./gateway-process.ts";

const EXIT_FAILED = 1;
const EXIT_COULD_NOT_RUN = 3;

type Outcome = "held" | "failed" | "could not run";

const OPTIONS = {
  list: { type: "boolean", default: false },
  long: { type: "boolean", default: false },
  minutes: { type: "string" },
  seed: { type: "string" },
} as const;

type Form = Pick<ProofOptions, "isLong" | "minutes" | "seed">;

const usageOf = (command: string) => `usage:
  npm run ${command}             all proofs, in their short form
  npm run ${command} -- NAME…    some of them
  npm run ${command} -- --list   what there is

  --long       with the counts that are named as targets
  --minutes N  how long a proof goes on that has no end of its own
  --seed N     repeats the choices of a run`;

/** Runs those that the command line names, all by default; resolves with the exit code. */
export async function runProofs(command: string, proofs: readonly Proof[]): Promise<number> {
  const main = (args: Args<typeof OPTIONS>) => runChosen(command, proofs, args);
  return await runProgram({ usage: usageOf(command), options: OPTIONS, main });
}

async function runChosen(
  command: string,
  proofs: readonly Proof[],
  { values, positionals }: Args<typeof OPTIONS>,
): Promise<number> {
  if (values.list) {
    for (const { name, about } of proofs) say(`${name.padEnd(14)} ${about}`);
    return 0;
  }
  const unknown = positionals.filter((name) => !proofs.some((proof) => proof.name === name));
  if (unknown.length > 0) throw new UsageError(`no such proof: ${unknown.join(", ")}`);
  const chosen = proofs.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const { minutes, seed = process.env["TEST_SEED"] ?? String(randomInt(2 ** 31)) } = values;
  const form: Form = {
    isLong: values.long,
    minutes: minutes === undefined ? null : positiveNumber("--minutes", minutes),
    seed: wholeNumber("--seed", seed),
  };
  const outcomes = new Map<string, Outcome>();
  for (const proof of chosen) outcomes.set(proof.name, await prove(command, proof, form));
  return exitCodeOf(command, outcomes);
}

function exitCodeOf(command: string, outcomes: ReadonlyMap<string, Outcome>): number {
  const named = (sought: Outcome) => {
    return [...outcomes].filter(([, outcome]) => outcome === sought).map(([name]) => name);
  };
  const [held, failed, notRun] = [named("held"), named("failed"), named("could not run")];
  say(
    `${command}: ${held.length} held, ${failed.length} failed, ${notRun.length} could not run here`,
  );
  if (failed.length > 0) say(`${command}: failed: ${failed.join(", ")}`);
  if (notRun.length > 0) say(`${command}: could not run here: ${notRun.join(", ")}`);
  if (failed.length > 0) return EXIT_FAILED;
  return notRun.length > 0 ? EXIT_COULD_NOT_RUN : 0;
}

async function prove(command: string, proof: Proof, form: Form): Promise<Outcome> {
  const { name, about } = proof;
  const { isLong, seed } = form;
  const startedMs = performance.now();
  say(`${name}: ${about} (seed ${seed}${isLong ? ", long form" : ""})`);
  const place = new Workplace();
  try {
    const figures = await proof.run({ ...form, place, progress });
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    for (const figure of figures) say(lineOf(figure));
    say(`  took ${seconds} s`);
    return figures.every(({ holds }) => holds !== false) ? "held" : "failed";
  } catch (error) {
    if (error instanceof CannotRun) {
      say(`  cannot run here: ${error.message}`);
      return "could not run";
    }
    say(`  broke off; again with: npm run ${command} -- ${name} --seed=${seed}`);
    say(String((error as Error).stack));
    if ((error as Error).cause !== undefined) say(String(((error as Error).cause as Error).stack));
    return "failed";
  } finally {
    progress("");
    await place.close();
  }
}

function lineOf({ what, figure, target, holds }: Figure): string {
  const verdict = holds === null ? "" : holds ? "holds" : "FAILS";
  return `  ${what.padEnd(58)} ${figure.padStart(16)}   ${target.padEnd(16)} ${verdict}`.trimEnd();
}

/** Over the line before, and only for a person. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function say(line: string): void {
  progress("");
  process.stdout.write(`${line}\n`);
}
