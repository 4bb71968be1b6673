/**
 * The simulation from the command line, see USAGE. Exits with 1 at the first promise that is not
 * kept, and says how to see it again.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  type Args,
  positiveNumber,
  runProgram,
  UsageError,
  wholeNumber,
} from "../../tools/program-args.ts";
import { installDoors } from "./doors/install.ts";
import type { PlantedBug } from "./planted/planted-bug.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import type { OneCrash, SeedResult } from "./run-seed.ts";

const USAGE = `usage:
  npm run sim -- SEED             one seed, twice: both runs must be the same to the last byte
  npm run sim                     the seeds from 1 to 20
  npm run sim -- --seeds N        as many, from 1 or from --from SEED
  npm run sim -- --minutes M      fresh seeds for so long
  npm run sim -- --every SEED     a short story, with a crash at each of its changes of the disk
  npm run sim -- --planted NAME…  puts planted bugs in, all by default; shows that each is found

  --plant NAME  puts that bug in, for a seed or seeds
  --story       with SEED: all that happened
  --coverage    with seeds: which routes, commands and reasons none has met`;

const OPTIONS = {
  seeds: { type: "string" },
  from: { type: "string" },
  minutes: { type: "string" },
  planted: { type: "boolean" },
  plant: { type: "string" },
  every: { type: "string" },
  story: { type: "boolean" },
  coverage: { type: "boolean" },
} as const;

/** Lines of a failure's story that are shown. */
const STORY_SHOWN_MAX = 40;
const STORY_KEPT_MAX = 20_000;
const SEED_MAX = 2 ** 31;

process.exitCode = await runProgram({ usage: USAGE, options: OPTIONS, main });

async function main({ values, positionals }: Args<typeof OPTIONS>): Promise<number> {
  if (values.planted === true) return showPlanted(positionals);
  const { plant, from, every, minutes, seeds = "20" } = values;
  const [only, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`one seed at a time, got ${positionals.join(" ")}`);
  const first = from === undefined ? null : wholeNumber("--from", from);
  const count = wholeNumber("--seeds", seeds, 1);
  const length = minutes === undefined ? null : positiveNumber("--minutes", minutes);
  const everyOf = every === undefined ? null : wholeNumber("--every", every);
  const seed = only === undefined ? null : wholeNumber("seed", only);
  installDoors(plant === undefined ? undefined : plantedBug(plant).plants);
  const { runSeed } = await import("./run-seed.ts");
  const play: Play = (seed, oneCrash) => {
    return runSeed(seed, { storyMax: STORY_KEPT_MAX, ...(oneCrash !== undefined && { oneCrash }) });
  };
  if (everyOf !== null) return await crashEverywhere(everyOf, play);
  if (seed !== null) return await repeat(seed, play, values.story === true);
  if (length !== null) return await playFor(length, first ?? 1 + (Date.now() % SEED_MAX), play);
  return await playSeeds(first ?? 1, count, play, values.coverage === true);
}

type Play = (seed: number, oneCrash?: OneCrash) => Promise<SeedResult>;

/** At each change: the process is killed, and the power is cut. */
async function crashEverywhere(seed: number, play: Play): Promise<number> {
  const never = { atChange: Number.POSITIVE_INFINITY, end: "killed" } as const;
  const { changeCount } = await play(seed, never);
  const results: SeedResult[] = [];
  for (let atChange = 1; atChange <= changeCount; atChange += 1) {
    for (const end of ["killed", "powerCut"] as const) {
      const result = await play(seed, { atChange, end });
      results.push({ ...result, story: [] });
      if (result.violation === null) continue;
      print(`${end} at change ${atChange} of ${changeCount}:`);
      return printFailure(result);
    }
  }
  print(`seed ${seed}: killed, and without power, at each of ${changeCount} changes of the disk`);
  printTotals(results);
  return 0;
}

function plantedBug(name: string): PlantedBug {
  const bug = PLANTED_BUGS.find((each) => each.name === name);
  if (bug === undefined) throw new UsageError(`no planted bug is called ${name}`);
  return bug;
}

/** The same seed twice: every byte that anybody saw, and the state at the end, are the same. */
async function repeat(seed: number, play: Play, tellsStory: boolean): Promise<number> {
  const first = await play(seed);
  const second = await play(seed);
  for (const { traceHash, stateHash } of [first, second]) {
    print(`seed ${seed}  trace ${traceHash}  state ${stateHash}`);
  }
  if (tellsStory) print(first.story.join("\n"));
  if (first.traceHash !== second.traceHash) {
    print("the two runs differ: something in the simulation is not under its control");
    return 1;
  }
  printTotals([first]);
  return first.violation === null ? 0 : printFailure(first);
}

async function playSeeds(
  from: number,
  count: number,
  play: Play,
  tellsCoverage: boolean,
): Promise<number> {
  const results: SeedResult[] = [];
  for (let seed = from; seed < from + count; seed += 1) {
    const result = await play(seed);
    results.push({ ...result, story: [] });
    if (result.violation !== null) return printFailure(result);
  }
  printTotals(results);
  if (tellsCoverage) await printCoverage(results);
  return 0;
}

async function playFor(minutes: number, from: number, play: Play): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + minutes * 60_000;
  const totals: SeedResult[] = [];
  let shownMs = startMs;
  for (let seed = from; performance.now() < endMs; seed += 1) {
    const result = await play(seed);
    if (result.violation !== null) {
      printTotals(totals);
      return printFailure(result);
    }
    totals.push({ ...result, story: [] });
    if (performance.now() - shownMs < 60_000) continue;
    shownMs = performance.now();
    print(`${totals.length} seeds after ${((shownMs - startMs) / 60_000).toFixed(0)} minutes`);
  }
  printTotals(totals);
  const perMinute = totals.length / ((performance.now() - startMs) / 60_000);
  print(`seeds ${from} to ${from + totals.length - 1}: ${perMinute.toFixed(0)} a minute`);
  return 0;
}

function printTotals(results: readonly SeedResult[]): void {
  const sum = (of: (result: SeedResult) => number) =>
    results.reduce((all, each) => all + of(each), 0);
  print(
    `${results.length} seeds, ${sum(({ eventCount }) => eventCount)} events, ` +
      `${sum(({ requestCount }) => requestCount)} requests, ` +
      `${sum(({ answerCount }) => answerCount)} answers and ` +
      `${sum(({ pushCount }) => pushCount)} pushes held against the model, ` +
      `${(sum(({ simulatedMs }) => simulatedMs) / 1000).toFixed(1)} simulated seconds`,
  );
  print(`faults: ${countsOf(results.map(({ faults }) => faults))}`);
  print(`happened: ${countsOf(results.map(({ seen }) => seen))}`);
}

/** The tables of the product are loaded behind the doors, like all of it. */
async function printCoverage(results: readonly SeedResult[]): Promise<void> {
  const { coverageOf } = await import("./coverage.ts");
  const reached = Object.fromEntries(sumsOf(results.map((result) => result.reached)));
  for (const line of coverageOf(reached)) print(line);
}

function sumsOf(all: readonly Readonly<Record<string, number>>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const counts of all) {
    for (const [kind, count] of Object.entries(counts)) {
      sums.set(kind, (sums.get(kind) ?? 0) + count);
    }
  }
  return sums;
}

function countsOf(all: readonly Readonly<Record<string, number>>[]): string {
  const rows = [...sumsOf(all)].sort(([one], [other]) => one.localeCompare(other));
  return rows.map(([kind, count]) => `${kind} ${count}`).join(", ") || "nothing";
}

/** What was not kept, and of what happened only what speaks of it. */
function printFailure({ seed, violation, story }: SeedResult): number {
  print(`\nseed ${seed} FAILED: ${violation}\n`);
  for (const line of shortestStory(story, violation ?? "")) print(line.slice(0, 400));
  print(`\nagain: npm run sim -- ${seed}    everything: npm run sim -- ${seed} --story`);
  return 1;
}

/** Lines about the requests, orders and faults that the failure names; else the last ones. */
function shortestStory(story: readonly string[], violation: string): readonly string[] {
  const names = [...new Set(violation.match(/\b(r\d+|22\d{9})\b/g) ?? [])].slice(0, 3);
  const word = new RegExp(`\\b(${names.join("|")})\\b`);
  const about = story.filter((line) => {
    return / (fault:|gateway|bit) /.test(line) || (names.length > 0 && word.test(line));
  });
  const lines = names.length > 0 ? about : story;
  return lines.slice(-STORY_SHOWN_MAX);
}

/** Each planted bug in a process of its own: it is in the sources as they are loaded there. */
function showPlanted(names: readonly string[]): number {
  const bugs = names.length === 0 ? PLANTED_BUGS : names.map(plantedBug);
  let missed = 0;
  for (const { name, what, seedsMax } of bugs) {
    const args = [fileURLToPath(import.meta.url), "--plant", name, "--seeds", `${seedsMax}`];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const found = /^seed (\d+) FAILED: (.*)$/m.exec(stdout);
    const isFound = status === 1 && found !== null;
    if (!isFound) missed += 1;
    const verdict = isFound ? `found by seed ${found[1]}` : `NOT FOUND by ${seedsMax} seeds`;
    print(`${verdict.padEnd(22)} ${name}: ${what}`);
    if (isFound) print(`${" ".repeat(23)}${found[2]?.slice(0, 160)}`);
    else if (status !== 0) print(stderr);
  }
  print(`${bugs.length - missed} of ${bugs.length} planted bugs found`);
  return missed === 0 ? 0 : 1;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
