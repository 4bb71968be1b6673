/** Limits of single accounts and keys, as an operator sets them beside the settings. */
import { Argument, type Command } from "commander";
import { UsageError } from "../exit-codes.ts";
import type { Terminal } from "../terminal.ts";
import {
  API,
  clientOf,
  type OperatorOptions,
  operated,
  show,
  showAllPages,
  showRead,
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

/** What a limit is that no operator sets. */
const AS_SETTINGS = "settings";

interface LimitOptions extends OperatorOptions {
  readonly ifVersion?: string;
}

/** What the gateway answers about one owner's limits, as far as it is needed here. */
interface OwnedLimits {
  readonly limits: Readonly<Record<string, { readonly value: unknown; readonly from: string }>>;
  readonly version: string;
}

type LimitValues = Readonly<Record<string, unknown>>;

export function addLimitCommands(program: Command, terminal: Terminal): void {
  const limits = program
    .command("limits")
    .description("list, set, change and clear limits of single accounts and keys");
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
  addChange(limits, terminal);
  guarded(
    owned(limits.command("clear").description("remove all of them: the settings hold again")),
  ).action((scope: string, name: string, _options, command: Command) => {
    return replace(terminal, command, pathOf(scope, name), () => null);
  });
}

function addSet(limits: Command, terminal: Terminal): void {
  guarded(
    withLimits(
      owned(limits.command("set").description("set these limits, in place of any that it has")),
      "off is none",
    ),
  )
    .addHelpText("after", "\nA limit that is not named is as the settings have it.")
    .action(async (scope: string, name: string, _options: LimitOptions, command: Command) => {
      const given = givenLimits(command, "name a limit, or take all away: limits clear");
      await replace(terminal, command, pathOf(scope, name), () => given);
    });
}

function addChange(limits: Command, terminal: Terminal): void {
  guarded(
    withLimits(
      owned(limits.command("change").description("set these limits and keep its others")),
      "off is none, settings as the settings have it",
    ),
  ).action(async (scope: string, name: string, _options: LimitOptions, command: Command) => {
    const given = givenLimits(command, "name a limit that changes");
    await replace(terminal, command, pathOf(scope, name), (before) => changed(before, given));
  });
}

/**
 * Reads what there is and replaces it, unless somebody else did meanwhile: then nothing is changed.
 * `make` gives null for no limits of its own.
 */
async function replace(
  terminal: Terminal,
  command: Command,
  path: string,
  make: (before: OwnedLimits) => LimitValues | null,
): Promise<void> {
  const { reason, ifVersion } = command.opts<LimitOptions>();
  const client = clientOf(command, terminal);
  const before = (await client.read(path)) as OwnedLimits;
  const made = make(before);
  const body = made === null ? { reason } : { reason, limits: made };
  const method = made === null ? "DELETE" : "PUT";
  const guard = { method, ifVersion: ifVersion ?? before.version } as const;
  show(terminal, command, await client.write(path, body, guard));
}

/** Those that operators set before stay, unless they are named. Null where none is left. */
function changed({ limits }: OwnedLimits, given: LimitValues): LimitValues | null {
  const own = Object.entries(limits).filter(([, { from }]) => from === "operator");
  const before = own.map(([name, { value }]) => [name, value] as const);
  const after = [...before, ...Object.entries(given)];
  const left = Object.entries(Object.fromEntries(after)).filter(([, value]) => {
    return value !== AS_SETTINGS;
  });
  return left.length === 0 ? null : Object.fromEntries(left);
}

function givenLimits(command: Command, none: string): LimitValues {
  const options = command.opts<Readonly<Record<string, string>>>();
  const given = LIMIT_OPTIONS.flatMap(([option]) => {
    const word = option.replaceAll("-", "_");
    const value = options[option.replace(/-(.)/g, (_, letter) => letter.toUpperCase())];
    return value === undefined ? [] : [[word, value] as const];
  });
  if (given.length === 0) throw new UsageError(none);
  return Object.fromEntries(given);
}

function withLimits(command: Command, words: string): Command {
  for (const [name, value, description] of LIMIT_OPTIONS) {
    command.option(`--${name} ${value}`, `${description}; ${words}`);
  }
  return command;
}

function guarded(command: Command): Command {
  return writing(command).option(
    "--if-version <version>",
    "only if they still have this version of limits show; what is read just before unless given",
  );
}

function owned(command: Command): Command {
  return command
    .addArgument(new Argument("<scope>", "whose limits").choices(["account", "key"]))
    .argument("<name>", "the account or the API key");
}

function pathOf(scope: string, name: string): string {
  return `${API}/limits/${scope}s/${encodeURIComponent(name)}`;
}
