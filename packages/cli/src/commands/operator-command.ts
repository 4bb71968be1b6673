/** What the commands of operators have in common: their options, their client, how they answer. */
import type { Command } from "commander";
import { OPERATOR_URL, type OperatorChoice, OperatorClient } from "../operator-client.ts";
import { operatorLines } from "../operator-text.ts";
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

/** For people, or as JSON. */
export function show(terminal: Terminal, command: Command, data: unknown): void {
  if (command.optsWithGlobals<{ readonly json?: boolean }>().json === true) {
    printJson(terminal, data);
    return;
  }
  print(terminal, operatorLines(data));
}
