/** Every command, and what happens when one fails. */

import { ApiError } from "@countermand/client";
import { Command, CommanderError } from "commander";
import { addAccountCommands } from "./commands/account.ts";
import { addBenchCommand } from "./commands/bench.ts";
import { addCancelAllCommand } from "./commands/cancel-all.ts";
import { addConsoleCommand, addOperatorConsoleCommand } from "./commands/console.ts";
import { addDeadManCommand } from "./commands/dead-man.ts";
import { addEvidenceCommands } from "./commands/evidence.ts";
import { addJournalArchiveCommands } from "./commands/journal-archive.ts";
import { addMarketCommands } from "./commands/market.ts";
import { addMcpCommand } from "./commands/mcp.ts";
import { addNodeCommands } from "./commands/node.ts";
import { addOperatingCommands } from "./commands/operating.ts";
import { addProfileCommands } from "./commands/profiles.ts";
import { addSandboxCommands } from "./commands/sandbox.ts";
import { addSigningCommands } from "./commands/signing.ts";
import { addTradingCommands } from "./commands/trading.ts";
import { addWatchCommand } from "./commands/watch.ts";
import { addCompletionCommand } from "./completion.ts";
import { adviceOf, ExitCode, exitCodeOf, UsageError } from "./exit-codes.ts";
import { isJson } from "./session.ts";
import { printJson, type Terminal, tell } from "./terminal.ts";
import { pointToHelp, unknownSubcommand, usageErrorText } from "./usage-errors.ts";
import { version } from "./version.ts";

const ABOUT = `The command line of the Countermand order gateway.

Without any configuration it talks to the sandbox on this machine with its public key.
Other gateways and keys are profiles: countermand profiles --help`;

const AFTER = `
Exit codes: 0 done, 1 refused, 2 wrong command line, 3 outcome unknown, 4 unreachable,
5 partly done, 6 a wait timed out, 130 stopped by Ctrl-C with nothing changed.

Begin with:
  countermand serve                     a gateway with a living market, on this machine
  countermand place buy 00700 100 --price 423.83
  countermand orders
  countermand watch`;

/** The commander of all commands. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("countermand")
    .description(ABOUT)
    .version(version())
    .option("--profile <name>", "the gateway and key to use")
    .option("--url <url>", "address of the gateway, in place of the profile's")
    .option("--json", "write JSON documents, one a line, for scripts")
    .addHelpText("after", AFTER)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text),
      outputError: (text, write) => write(usageErrorText(text)),
    })
    .exitOverride()
    .showSuggestionAfterError();
  addNodeCommands(program, terminal);
  addTradingCommands(program, terminal);
  addCancelAllCommand(program, terminal);
  addDeadManCommand(program, terminal);
  addWatchCommand(program, terminal);
  addAccountCommands(program, terminal);
  addMarketCommands(program, terminal);
  addSandboxCommands(program, terminal);
  addConsoleCommand(program, terminal);
  addSigningCommands(program, terminal);
  addBenchCommand(program, terminal);
  addMcpCommand(program, terminal);
  addOperatingCommands(program, terminal);
  addOperatorConsoleCommand(program, terminal);
  addEvidenceCommands(program, terminal);
  addJournalArchiveCommands(program, terminal);
  addProfileCommands(program, terminal);
  addCompletionCommand(program, terminal);
  pointToHelp(program, "countermand");
  return program;
}

/** Carries out a command line; gives the exit code, and never throws. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const program = createProgram(terminal);
  let code: number = ExitCode.Done;
  program.hook("postAction", (_program, command) => {
    code = (command.getOptionValue("exitCode") as number | undefined) ?? code;
  });
  try {
    const unknown = unknownSubcommand(program, args);
    if (unknown !== null) throw new UsageError(unknown);
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ExitCode.Usage;
    const { aborted, reason } = terminal.stopped;
    if (aborted && error === reason) return ExitCode.Stopped;
    report(error, isJson(program), terminal);
    return exitCodeOf(error);
  }
}

function report(error: unknown, asJson: boolean, terminal: Terminal): void {
  const problem = error instanceof Error ? error.message : String(error);
  if (asJson) {
    const { failure } = error instanceof ApiError ? error : { failure: undefined };
    printJson(terminal, { error: (error as Error).name, message: problem, failure });
  }
  tell(terminal, `countermand: ${problem}`);
  const advice = adviceOf(error);
  if (advice !== "") tell(terminal, advice);
}
