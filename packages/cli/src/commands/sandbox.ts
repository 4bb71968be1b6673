/** What only a sandbox has: faults on request, and a clock that can be set. */
import type { Clock, ClockMarket, ClockRequest, Fault, FaultRequest } from "@countermand/client";
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { count, decimal, given, wholeNumber } from "../arguments.ts";
import { UsageError } from "../exit-codes.ts";
import { showRows } from "../rows.ts";
import { session } from "../session.ts";
import { type Column, factLines, tableLines } from "../table.ts";
import { print, printJson, type Terminal } from "../terminal.ts";
import { durationMs, millisecondsText, parsedTimeMs } from "../time.ts";

/** What each fault does, in a few words; docs/protocol/sandbox.md says the whole. */
const FAULTS: Readonly<Record<FaultRequest["fault"], string>> = {
  delayed_order: "the venue takes the order later",
  stuck_order: "the order never reaches the venue",
  rejected_order: "the venue refuses the order",
  partial_fill_then_cancel: "half is filled, the rest withdrawn",
  delayed_cancel: "the venue takes the cancel later",
  stuck_cancel: "the venue never answers the cancel",
  rejected_cancel: "the venue refuses the cancel",
  fill_before_cancel: "the order is filled, the cancel comes too late",
  dropped_frame: "an order message is not sent",
  repeated_frame: "an order message is sent twice",
  lost_answer: "it is done, and not answered",
};

const ARM_HELP = `
Faults:
${factLines(Object.entries(FAULTS))
  .map((line) => `  ${line}`)
  .join("\n")}`;

const FAULT_COLUMNS: readonly Column<Fault>[] = [
  { title: "ID", of: ({ id }) => String(id), isNumber: true },
  { title: "FAULT", of: ({ fault }) => fault },
  { title: "DELAY", of: ({ delay_ms }) => (delay_ms === undefined ? "" : `${delay_ms} ms`) },
  { title: "HAPPENED", of: ({ count: most, fired }) => `${fired} of ${most}`, isNumber: true },
  { title: "CHANCE", of: ({ probability }) => probability, isNumber: true },
  { title: "SEED", of: ({ seed }) => String(seed), isNumber: true },
];

const MARKET_COLUMNS: readonly Column<ClockMarket>[] = [
  { title: "MARKET", of: ({ market }) => market },
  { title: "LOCAL TIME", of: ({ local_time }) => local_time },
  { title: "SESSION", of: ({ session: name }) => name },
  { title: "BOOKS", of: ({ phase }) => phase },
  { title: "CANCELS", of: ({ takes_cancels }) => (takes_cancels ? "yes" : "no") },
  {
    title: "NEXT CHANGE",
    of: ({ next_change }) => (next_change === 0 ? "never" : millisecondsText(next_change)),
  },
];

interface ArmOptions {
  readonly delay?: number;
  readonly count?: number;
  readonly probability?: string;
  readonly seed?: number;
}

interface ClockOptions {
  readonly to?: number;
  readonly advance?: number;
  readonly step?: true | Exclude<ClockRequest["step"], true | undefined>;
  readonly speed?: number;
}

export function addSandboxCommands(program: Command, terminal: Terminal): void {
  addFaults(program, terminal);
  addClock(program, terminal);
}

function addFaults(program: Command, terminal: Terminal): void {
  const faults = program
    .command("faults")
    .description("in a sandbox: list, arm and disarm faults, to test a program against them");
  faults
    .command("list", { isDefault: true })
    .description("list the key's faults, and how often each has happened")
    .action(async (_options, command: Command) => {
      const { client, asJson } = session(command, terminal);
      showRows(terminal, asJson, FAULT_COLUMNS, (await client.faults()).faults, "none is armed");
    });
  faults
    .command("arm")
    .description("have one happen at the next occasion of this key")
    .addArgument(new Argument("<fault>", "what goes wrong").choices(Object.keys(FAULTS)))
    .option("--delay <time>", "such as 500ms or 2s; the fault's own unless given", duration)
    .option("--count <n>", "how many times; 1 unless given", count)
    .option("--probability <chance>", "at each occasion, such as 0.5; 1 unless given", decimal)
    .option("--seed <n>", "decides at which occasions; 1 unless given", wholeNumber)
    .addHelpText("after", ARM_HELP)
    .action(async (fault: FaultRequest["fault"], options: ArmOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const { count: times, delay, probability, seed } = options;
      const rest = given({ delay_ms: delay, count: times, probability, seed });
      showRows(terminal, asJson, FAULT_COLUMNS, [await client.armFault({ fault, ...rest })], "");
    });
  faults
    .command("clear")
    .description("disarm all of the key's")
    .action(async (_options, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const cleared = await client.disarmFaults();
      if (asJson) printJson(terminal, { cleared });
      else print(terminal, [cleared === 0 ? "none was armed" : `${cleared} disarmed`]);
    });
}

function addClock(program: Command, terminal: Terminal): void {
  const clock = program
    .command("clock")
    .description("in a sandbox: show and set the exchange's clock, for everybody on it");
  clock
    .command("show", { isDefault: true })
    .description("show its time, and where each market is in its day")
    .action(async (_options, command: Command) => {
      const { client, asJson } = session(command, terminal);
      showClock(terminal, asJson, await client.exchangeClock());
    });
  clock
    .command("set")
    .description("set it on, or how fast it runs; everything due until then happens first")
    .option("--to <time>", "an ISO time such as 2026-03-02T01:30, in UTC", instant)
    .option("--advance <time>", "so much further, such as 90s, 15m, 2h or 1d", duration)
    .addOption(
      new Option("--step [market]", "to the next change of a market's session, or of any").choices([
        "hkex",
        "usex",
        "nasdaq",
        "crypto",
      ]),
    )
    .option("--speed <n>", "so many times as fast as real time; 0 stands still", wholeNumber)
    .action(async (options: ClockOptions, command: Command) => {
      const { advance, speed, step, to } = options;
      const moves = [to, advance, step].filter((move) => move !== undefined);
      if (moves.length > 1 || (moves.length === 0 && speed === undefined)) {
        throw new UsageError("Say one of --to, --advance and --step, or --speed, or both.");
      }
      const { client, asJson } = session(command, terminal);
      const request: ClockRequest = given({ set: to, advance_ms: advance, step, speed });
      showClock(terminal, asJson, await client.setExchangeClock(request));
    });
}

function showClock(terminal: Terminal, asJson: boolean, clock: Clock): void {
  if (asJson) {
    printJson(terminal, clock);
    return;
  }
  const { follows_real_time, markets, rules, speed, timestamp } = clock;
  print(terminal, [
    ...factLines([
      ["time", millisecondsText(timestamp)],
      ["runs", follows_real_time ? "with real time" : speedText(speed)],
      ["rules", rules],
    ]),
    "",
    ...tableLines(MARKET_COLUMNS, markets),
  ]);
}

function speedText(speed: number): string {
  if (speed === 0) return "stands still";
  return speed === 1 ? "as fast as real time" : `${speed} times as fast as real time`;
}

function duration(text: string): number {
  const ms = durationMs(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError("Write a time such as 500ms, 90s, 15m, 2h or 1d.");
}

function instant(text: string): number {
  const atMs = parsedTimeMs(text);
  if (atMs !== null && atMs >= 0) return atMs;
  throw new InvalidArgumentError("Write a date, or a time such as 2026-03-02T01:30, in UTC.");
}
