/** What the commands of operators have in common: their options, their client, how they answer. */
import type { Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import {
  OPERATOR_URL,
  type OperatorChoice,
  OperatorClient,
  type WriteOptions,
} from "../operator-client.ts";
import { operatorLines } from "../operator-text.ts";
import type { ProfileChoice } from "../profiles.ts";
import { isJson, waitTeller } from "../session.ts";
import { print, printJson, type Terminal } from "../terminal.ts";

export const API = "/operator/v1";
/** Rows that the gateway gives at most at a time. */
const PAGE_SIZE = 100;

export interface OperatorOptions extends OperatorChoice {
  readonly reason: string;
  readonly yes?: boolean;
}

/** The options of every command that an operator gives. */
export function operated(command: Command): Command {
  return command
    .option("--operator-url <url>", `the operator's listener; ${OPERATOR_URL} unless given`)
    .option("--operator <name>", "who you are, for the journal; your user name unless given")
    .option("--token-file <file>", "the operator's token; else COUNTERMAND_OPERATOR_TOKEN_FILE");
}

/** Those of a command that changes something. */
export function writing(command: Command): Command {
  return operated(command).requiredOption("--reason <text>", "why, for the journal");
}

/** @throws UsageError no token, nobody's name, or an option that means another gateway's listener */
export function clientOf(command: Command, terminal: Terminal): OperatorClient {
  const options = command.optsWithGlobals<OperatorChoice & ProfileChoice>();
  for (const name of ["url", "profile"] as const) {
    if (options[name] === undefined) continue;
    throw new UsageError(`--${name} is for orders: operators have --operator-url and --token-file`);
  }
  return operatorClient(options, terminal);
}

/** @throws UsageError no token, or nobody's name */
export function operatorClient(choice: OperatorChoice, terminal: Terminal): OperatorClient {
  return new OperatorClient(choice, terminal.environment, terminal.stopped, waitTeller(terminal));
}

/** Asks, and shows what is answered. */
export async function showRead(terminal: Terminal, command: Command, path: string): Promise<void> {
  show(terminal, command, await clientOf(command, terminal).read(path));
}

/** Changes something, and shows what is answered. */
export async function showWrite(
  terminal: Terminal,
  command: Command,
  path: string,
  body: object,
  options?: WriteOptions,
): Promise<void> {
  show(terminal, command, await clientOf(command, terminal).write(path, body, options));
}

/** All rows of a list that comes in pages, shown. */
export async function showAllPages(
  terminal: Terminal,
  command: Command,
  path: string,
  list: string,
): Promise<void> {
  show(terminal, command, await readAllPages(clientOf(command, terminal), path, list));
}

/** For people, or as JSON. */
export function show(terminal: Terminal, command: Command, data: unknown): void {
  if (isJson(command)) printJson(terminal, data);
  else print(terminal, operatorLines(data));
}

async function readAllPages(client: OperatorClient, path: string, list: string): Promise<unknown> {
  const rows: unknown[] = [];
  for (let page = 1; ; page += 1) {
    const query = `page_index=${page}&page_size=${PAGE_SIZE}`;
    const found = (await client.read(`${path}?${query}`)) as Readonly<Record<string, unknown>>;
    const more = found[list] as readonly unknown[];
    rows.push(...more);
    const total = Number(found["total_records"]);
    if (more.length === 0 || rows.length >= total) return { total_records: total, [list]: rows };
  }
}
