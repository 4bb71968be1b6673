/** Limits of single accounts and keys, as an operator sets them beside the settings. */
import { Argument, type Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import {
  API,
  type OperatorOptions,
  operated,
  showAllPages,
  showRead,
  showWrite,
  writing,
} from "./operator-command.ts";

/** What each option's value is, as its setting has it. */
const LIMIT_OPTIONS = [
  ["order-qty-max", "<qty>", "largest quantity of one order"],
  ["order-value-max", "<amounts>", "largest value of one order: 50000, or HKD:50000,*:9000"],
  ["price-distance-max", "<ratio>", "how far from the market, either way: 0.05 is 5 %"],
  ["duplicate-ms", "<ms>", "how long the same order is refused"],
  ["open-orders-max", "<count>", "open orders"],
  ["gross-exposure-max", "<amounts>", "what is held and ordered, all together"],
  ["orders-per-second-max", "<count>", "new orders and amends in a second"],
] as const;

export function addLimitCommands(program: Command, terminal: Terminal): void {
  const limits = program
    .command("limits")
    .description("list, set and clear limits of single accounts and keys");
  operated(
    limits
      .command("list", { isDefault: true })
      .description("list accounts and keys with limits of their own"),
  ).action((_options, command: Command) => {
    return showAllPages(terminal, command, `${API}/limits`, "limits");
  });
  operated(
    owned(
      limits.command("show").description("show the limits that hold, and where each comes from"),
    ),
  ).action((scope: string, name: string, _options, command: Command) => {
    return showRead(terminal, command, pathOf(scope, name));
  });
  addSet(limits, terminal);
  writing(
    owned(limits.command("clear").description("remove all of them: the settings hold again")),
  ).action((scope: string, name: string, { reason }: OperatorOptions, command: Command) => {
    return showWrite(terminal, command, pathOf(scope, name), { reason }, "DELETE");
  });
}

function addSet(limits: Command, terminal: Terminal): void {
  const set = writing(
    owned(limits.command("set").description("set these limits, in place of any that it has")),
  );
  for (const [name, value, description] of LIMIT_OPTIONS) {
    set.option(`--${name} ${value}`, `${description}; off is none`);
  }
  set
    .addHelpText("after", "\nA limit that is not named is as the settings have it.")
    .action(async (scope: string, name: string, _options: OperatorOptions, command: Command) => {
      const options = command.opts<OperatorOptions & Readonly<Record<string, string>>>();
      const given = LIMIT_OPTIONS.flatMap(([option]) => {
        const word = option.replaceAll("-", "_");
        const value = options[option.replace(/-(.)/g, (_, letter) => letter.toUpperCase())];
        return value === undefined ? [] : [[word, value] as const];
      });
      if (given.length === 0) throw new UsageError("name a limit, or take all away: limits clear");
      const body = { reason: options.reason, limits: Object.fromEntries(given) };
      await showWrite(terminal, command, pathOf(scope, name), body, "PUT");
    });
}

function owned(command: Command): Command {
  return command
    .addArgument(new Argument("<scope>", "whose limits").choices(["account", "key"]))
    .argument("<name>", "the account or the API key");
}

function pathOf(scope: string, name: string): string {
  return `${API}/limits/${scope}s/${encodeURIComponent(name)}`;
}
