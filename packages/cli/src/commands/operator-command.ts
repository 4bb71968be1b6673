/** What the commands of operators have in common: their options, their client, how they answer. */
import type { Command } from "commander";
import { OPERATOR_URL, type OperatorChoice, OperatorClient } from "../operator-client.ts";
import { factLines } from "../table.ts";
import { print, printJson, type Terminal } from "../terminal.ts";

export const API = "/operator/v1";

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

export function clientOf(command: Command, terminal: Terminal): OperatorClient {
  return new OperatorClient(command.optsWithGlobals<OperatorChoice>(), terminal.environment);
}

/** Facts of one thing, one line each; of a list, one thing a line. */
export function show(terminal: Terminal, command: Command, data: unknown): void {
  if (command.optsWithGlobals<{ readonly json?: boolean }>().json === true) {
    printJson(terminal, data);
    return;
  }
  const rows = rowsOf(data);
  if (rows === null) print(terminal, factLines(factsOf(data)));
  else if (rows.length === 0) print(terminal, ["none"]);
  else for (const row of rows) print(terminal, [...factLines(factsOf(row)), ""]);
}

/** The one list in an answer; null where it is about one thing. */
function rowsOf(data: unknown): readonly unknown[] | null {
  if (Array.isArray(data)) return data;
  if (typeof data !== "object" || data === null) return null;
  const lists = Object.values(data).filter((value) => Array.isArray(value));
  return lists.length === 1 && "total_records" in data ? (lists[0] as readonly unknown[]) : null;
}

function factsOf(data: unknown): (readonly [string, string])[] {
  if (typeof data !== "object" || data === null) return [["answer", String(data)]];
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => [
      name.replaceAll("_", " "),
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]);
}
