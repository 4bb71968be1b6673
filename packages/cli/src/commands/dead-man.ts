/** The dead-man's switch: orders that go when nobody is there any more. */
import {
  ApiError,
  ConnectionError,
  type CountermandClient,
  type DeadManRequest,
  type DeadManSwitch,
  OutcomeUnknownError,
} from "@countermand/client";
import { type Command, InvalidArgumentError, Option } from "commander";
import { session } from "../session.ts";
import { type Column, tableLines } from "../table.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { monotonicMs as systemMs, pause as systemPause } from "../time.ts";

/** Between a refresh that was not answered and the next. */
const RETRY_MS = 1_000;
const SCOPES = ["key", "portfolio", "symbol", "prefix"] as const;

const COLUMNS: readonly Column<DeadManSwitch>[] = [
  { title: "SCOPE", of: ({ scope }) => scope },
  { title: "VALUE", of: ({ value }) => value },
  { title: "STATE", of: ({ state }) => state },
  { title: "TIMEOUT", of: ({ timeout }) => `${timeout} s`, isNumber: true },
  {
    title: "FIRES IN",
    of: ({ fires_in_ms }) => `${Math.ceil(fires_in_ms / 1_000)} s`,
    isNumber: true,
  },
  { title: "BLOCKS", of: ({ blocks }) => (blocks ? "yes" : "no") },
];

interface DeadManOptions {
  readonly scope: (typeof SCOPES)[number];
  readonly value?: string;
  readonly timeout: number;
  readonly keep?: boolean;
}

export function addDeadManCommand(program: Command, terminal: Terminal): void {
  const deadMan = program
    .command("dead-man")
    .description("dead-man's switches: orders are cancelled unless you refresh the switch in time");
  deadMan
    .command("status", { isDefault: true })
    .description("show switches that are armed or have fired")
    .action(async (_options, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const { switches } = await client.deadManStatus();
      if (asJson) for (const each of switches) printJson(terminal, each);
      else if (switches.length === 0) print(terminal, ["none is armed, none has fired"]);
      else print(terminal, tableLines(COLUMNS, switches));
    });
  scoped(deadMan.command("arm").description("arm or refresh one; with --keep until Ctrl-C"))
    .addOption(new Option("--timeout <seconds>", "3 to 86400").argParser(timeoutOf).default(60))
    .option("--keep", "refresh it three times in each timeout")
    .action(async (options: DeadManOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const request = requestOf(options, options.timeout);
      show(terminal, asJson, await client.deadMan(request));
      if (options.keep === true) await keep(client, request, terminal);
    });
  scoped(deadMan.command("release").description("release one, and unblock what it blocks")).action(
    async (options: DeadManOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      show(terminal, asJson, await client.deadMan(requestOf(options, 0)));
    },
  );
}

function scoped(command: Command): Command {
  return command
    .addOption(new Option("--scope <scope>", "which orders").choices(SCOPES).default("key"))
    .option("--value <text>", "the portfolio, symbol or prefix of your own names");
}

function requestOf({ scope, value }: DeadManOptions, timeout: number): DeadManRequest {
  return {
    timeout,
    scope: scope === "prefix" ? "reference_id_prefix" : scope,
    ...(value !== undefined && { value }),
  };
}

interface KeepClock {
  readonly monotonicMs: () => number;
  /** Resolves after milliseconds, or when the signal comes. */
  readonly pause: (ms: number, stopped: AbortSignal) => Promise<void>;
}

/**
 * Ends when the person does; the switch then fires by itself. A refresh that is not answered, or
 * not taken now, is tried again until the switch must have fired: a gateway that restarts or is
 * busy is no reason to let it.
 */
export async function keep(
  client: Pick<CountermandClient, "deadMan">,
  request: DeadManRequest,
  terminal: Pick<Terminal, "errors" | "stopped">,
  { monotonicMs, pause }: KeepClock = { monotonicMs: systemMs, pause: systemPause },
): Promise<void> {
  const { stopped } = terminal;
  const timeoutMs = 1_000 * Number(request.timeout);
  tell(terminal, "kept armed until Ctrl-C; then it fires, unless it is released");
  let armedMs = monotonicMs();
  let pauseMs = timeoutMs / 3;
  for (;;) {
    await pause(pauseMs, stopped);
    if (stopped.aborted) return;
    const askedMs = monotonicMs();
    try {
      await client.deadMan(request);
      armedMs = askedMs;
      pauseMs = timeoutMs / 3;
    } catch (error) {
      if (stopped.aborted) return;
      if (!mayPass(error) || monotonicMs() - armedMs >= timeoutMs) throw error;
      tell(terminal, `not refreshed, trying again: ${error.message}`);
      pauseMs = RETRY_MS;
    }
  }
}

function mayPass(error: unknown): error is Error {
  if (error instanceof ApiError) return error.retryable;
  return error instanceof OutcomeUnknownError || error instanceof ConnectionError;
}

function show(terminal: Terminal, asJson: boolean, shown: DeadManSwitch): void {
  if (asJson) printJson(terminal, shown);
  else print(terminal, tableLines(COLUMNS, [shown]));
}

function timeoutOf(text: string): number {
  const seconds = /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : 0;
  if (seconds >= 3 && seconds <= 86_400) return seconds;
  throw new InvalidArgumentError("Write seconds, 3 to 86400.");
}
