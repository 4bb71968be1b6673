/** What an operator does: block and kill, set modes, run accounts. */
import { Argument, type Command, Option } from "commander";
import { count, given } from "../arguments.ts";
import { UsageError } from "../exit-codes.ts";
import { confirm, type Terminal, tell } from "../terminal.ts";
import { addAccountOrders } from "./account-orders.ts";
import { addInstrumentCommands } from "./instruments.ts";
import { addKeyCommands } from "./keys.ts";
import { addLimitCommands } from "./limits.ts";
import {
  API,
  clientOf,
  type OperatorOptions,
  operated,
  show,
  showAllPages,
  showRead,
  showWrite,
  writing,
} from "./operator-command.ts";

const MODES = ["open", "cancel_only", "halted"] as const;
const DECIMAL_ASSIGNMENT = /^([A-Za-z0-9._-]+)=(-?[0-9]{1,18}(?:\.[0-9]{1,8})?)$/;

export function addOperatingCommands(program: Command, terminal: Terminal): void {
  addKill(program, terminal);
  addBlocks(program, terminal);
  addModes(program, terminal);
  addAccounts(program, terminal);
  addInstrumentCommands(program, terminal);
  addLimitCommands(program, terminal);
  addKeyCommands(program, terminal);
}

function addKill(program: Command, terminal: Terminal): void {
  writing(
    program
      .command("kill")
      .description(
        "kill switch: block new orders in a scope, then cancel its open ones; asks first",
      )
      .option("--gateway", "everything")
      .option("--market <market>", "a market and all its names")
      .option("--account <account>", "an account")
      .option("--portfolio <text>", "orders of this portfolio")
      .option("--key <key>", "an API key and what it entered")
      .option("--block-only", "cancel nothing")
      .option("--yes", "do not ask"),
  )
    .addHelpText("after", "\nOptions named together must all fit. End it with: countermand release")
    .action(async (options: OperatorOptions & ScopeOptions, command: Command) => {
      const scope = scopeOf(options);
      const what = Object.entries(scope).map(([name, value]) => `${name} ${value}`);
      const verb = options.blockOnly === true ? "Block" : "Block, and cancel the open orders of,";
      await confirm(terminal, `${verb} ${what.join(", ")}?`, options.yes === true);
      const body = { reason: options.reason, scope, cancel_orders: options.blockOnly !== true };
      const block = await clientOf(command, terminal).write(`${API}/kill`, body);
      show(terminal, command, block);
      const { block_id } = block as { readonly block_id: number };
      tell(terminal, "How far its cancels have come: countermand blocks");
      tell(terminal, `Its end: countermand release ${block_id} --reason TEXT`);
    });
}

interface ScopeOptions {
  readonly gateway?: boolean;
  readonly market?: string;
  readonly account?: string;
  readonly portfolio?: string;
  readonly key?: string;
  readonly blockOnly?: boolean;
}

function scopeOf({ gateway, market, account, portfolio, key }: ScopeOptions): object {
  const scope = given({ gateway, market, account, portfolio_id: portfolio, api_key: key });
  if (Object.keys(scope).length === 0) {
    throw new UsageError("name what to stop: --gateway, --market, --account, --portfolio or --key");
  }
  return scope;
}

function addBlocks(program: Command, terminal: Terminal): void {
  operated(
    program
      .command("blocks")
      .description("list what is blocked, by whom and why, and how far each kill has come")
      .addOption(
        new Option("--state <state>").choices(["active", "released", "all"]).default("active"),
      ),
  ).action(async ({ state }: { readonly state: string }, command: Command) => {
    await showRead(terminal, command, `${API}/blocks?state=${state}`);
  });
  writing(
    program.command("release").description("end a block").argument("<block>", "its number", count),
  ).action(async (block: number, { reason }: OperatorOptions, command: Command) => {
    await showWrite(terminal, command, `${API}/blocks/${block}/release`, { reason });
  });
}

function addModes(program: Command, terminal: Terminal): void {
  operated(program.command("modes").description("show the mode of each market, and of all")).action(
    (_options, command: Command) => showRead(terminal, command, `${API}/modes`),
  );
  writing(
    program
      .command("mode")
      .description("set the mode of a market, or of all")
      .argument("<market>", "hkex, usex, crypto or all")
      .addArgument(new Argument("<mode>", "what it takes").choices(MODES))
      .option("--yes", "do not ask"),
  ).action(async (market: string, mode: string, options: OperatorOptions, command: Command) => {
    const { reason, yes } = options;
    await confirm(terminal, `Set ${market} to ${mode}?`, yes === true);
    await showWrite(terminal, command, `${API}/modes`, { reason, market, mode });
  });
}

interface MoneyOptions extends OperatorOptions {
  readonly cash?: Readonly<Record<string, string>>;
  readonly holding?: Readonly<Record<string, string>>;
}

interface OpenOptions extends MoneyOptions {
  readonly shortSelling?: boolean;
}

interface CloseOptions extends OperatorOptions {
  readonly cancelOrders?: boolean;
  readonly withdraw?: boolean;
}

function addAccounts(program: Command, terminal: Terminal): void {
  const accounts = program
    .command("accounts")
    .description("list, open, credit, debit and close accounts; list their orders");
  operated(accounts.command("list", { isDefault: true }).description("list all accounts")).action(
    (_options, command: Command) => {
      return showAllPages(terminal, command, `${API}/accounts`, "accounts");
    },
  );
  operated(accounts.command("show").description("show one account").argument("<account>")).action(
    (account: string, _options, command: Command) => {
      return showRead(terminal, command, pathOf(account));
    },
  );
  addAccountOrders(accounts, terminal);
  withMoney(
    accounts
      .command("open")
      .description("open an account")
      .argument("<account>")
      .option("--short-selling", "it may sell what it does not hold"),
  ).action(async (account: string, options: OpenOptions, command: Command) => {
    const { reason, shortSelling } = options;
    const body = { reason, account, short_selling: shortSelling === true, ...moneyOf(options) };
    await showWrite(terminal, command, `${API}/accounts`, body);
  });
  withMoney(
    accounts
      .command("adjust")
      .description("credit cash and holdings, or debit them with negative figures; all or nothing")
      .argument("<account>"),
  ).action(async (account: string, options: MoneyOptions, command: Command) => {
    const body = { reason: options.reason, ...moneyOf(options) };
    await showWrite(terminal, command, `${pathOf(account)}/adjust`, body);
  });
  writing(
    accounts
      .command("close")
      .description("close an account for good; asks first")
      .argument("<account>")
      .option("--cancel-orders", "cancel its open orders first")
      .option("--withdraw", "debit what is there")
      .option("--yes", "do not ask"),
  ).action(async (account: string, options: CloseOptions, command: Command) => {
    const { cancelOrders, reason, withdraw, yes } = options;
    await confirm(terminal, `Close account ${account} for good?`, yes === true);
    const body = { reason, cancel_orders: cancelOrders === true, withdraw: withdraw === true };
    await showWrite(terminal, command, `${pathOf(account)}/close`, body);
  });
}

function withMoney(command: Command): Command {
  return writing(command)
    .option("--cash <CURRENCY=AMOUNT>", "an amount; may be given again", assignment)
    .option("--holding <PRODUCT=QTY>", "a quantity; may be given again", assignment);
}

function moneyOf({ cash, holding }: MoneyOptions): object {
  return { cash, holdings: holding };
}

function pathOf(account: string): string {
  return `${API}/accounts/${encodeURIComponent(account)}`;
}

/** Collects NAME=DECIMAL; figures stay text, digit for digit. */
function assignment(
  text: string,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const [, name, value] = DECIMAL_ASSIGNMENT.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(
      `write NAME=DECIMAL, such as HKD=1000.50, and the option again for each other: not ${text}`,
    );
  }
  // None of two figures is dropped, and nobody means to have them added up.
  if (before !== undefined && Object.hasOwn(before, name)) {
    throw new UsageError(`${name} is named twice`);
  }
  return { ...before, [name]: value };
}
