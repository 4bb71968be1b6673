/** What an operator does: block and kill, set modes, run accounts, instruments and keys. */
import { type Command, Option } from "commander";
import { count, oneOf, wholeNumber } from "../arguments.ts";
import { UsageError } from "../exit-codes.ts";
import { OPERATOR_URL, type OperatorChoice, OperatorClient } from "../operator-client.ts";
import { factLines } from "../table.ts";
import { confirm, print, printJson, type Terminal } from "../terminal.ts";

const API = "/operator/v1";
const MODES = ["open", "cancel_only", "halted"] as const;
const DECIMAL_ASSIGNMENT = /^([A-Za-z0-9._-]+)=(-?[0-9]{1,18}(?:\.[0-9]{1,8})?)$/;

interface OperatorOptions extends OperatorChoice {
  readonly reason: string;
  readonly yes?: boolean;
}

export function addOperatingCommands(program: Command, terminal: Terminal): void {
  addKill(program, terminal);
  addBlocks(program, terminal);
  addModes(program, terminal);
  addAccounts(program, terminal);
  addInstruments(program, terminal);
  addKeys(program, terminal);
}

/** The options of every command that an operator gives. */
function operated(command: Command): Command {
  return command
    .option("--operator-url <url>", `the operator's listener; ${OPERATOR_URL} unless given`)
    .option("--operator <name>", "who you are, for the journal; your user name unless given")
    .option("--token-file <file>", "the operator's token; else COUNTERMAND_OPERATOR_TOKEN_FILE");
}

/** Those of a command that changes something. */
function writing(command: Command): Command {
  return operated(command).requiredOption("--reason <text>", "why, for the journal");
}

function clientOf(command: Command, terminal: Terminal): OperatorClient {
  return new OperatorClient(command.optsWithGlobals<OperatorChoice>(), terminal.environment);
}

function addKill(program: Command, terminal: Terminal): void {
  writing(
    program
      .command("kill")
      .description(
        "the kill switch: block new orders in a scope, then cancel its open ones; asks first",
      )
      .option("--gateway", "everything")
      .option("--market <market>", "a market and all its names")
      .option("--account <account>", "an account")
      .option("--portfolio <text>", "orders of this portfolio")
      .option("--key <key>", "an API key and what it entered")
      .option("--block-only", "cancel nothing")
      .option("--yes", "do it without asking"),
  )
    .addHelpText("after", "\nOptions named together must all fit. End it with: countermand release")
    .action(async (options: OperatorOptions & ScopeOptions, command: Command) => {
      const scope = scopeOf(options);
      const what = Object.entries(scope).map(([name, value]) => `${name} ${value}`);
      const verb = options.blockOnly === true ? "Block" : "Block, and cancel the open orders of,";
      await confirm(terminal, `${verb} ${what.join(", ")}?`, options.yes === true);
      const body = { reason: options.reason, scope, cancel_orders: options.blockOnly !== true };
      show(terminal, command, await clientOf(command, terminal).write(`${API}/kill`, body));
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
  const scope = {
    ...(gateway === true && { gateway: true }),
    ...(market !== undefined && { market }),
    ...(account !== undefined && { account }),
    ...(portfolio !== undefined && { portfolio_id: portfolio }),
    ...(key !== undefined && { api_key: key }),
  };
  if (Object.keys(scope).length === 0) {
    throw new UsageError("name what to stop: --gateway, --market, --account, --portfolio or --key");
  }
  return scope;
}

function addBlocks(program: Command, terminal: Terminal): void {
  operated(
    program
      .command("blocks")
      .description("what is blocked, by whom and why, and how far each kill has come")
      .addOption(
        new Option("--state <state>").choices(["active", "released", "all"]).default("active"),
      ),
  ).action(async ({ state }: { readonly state: string }, command: Command) => {
    show(terminal, command, await clientOf(command, terminal).read(`${API}/blocks?state=${state}`));
  });
  writing(
    program.command("release").description("end a block").argument("<block>", "its number", count),
  ).action(async (block: number, { reason }: OperatorOptions, command: Command) => {
    const path = `${API}/blocks/${block}/release`;
    show(terminal, command, await clientOf(command, terminal).write(path, { reason }));
  });
}

function addModes(program: Command, terminal: Terminal): void {
  operated(program.command("modes").description("the mode of each market, and of all")).action(
    async (_options, command: Command) => {
      show(terminal, command, await clientOf(command, terminal).read(`${API}/modes`));
    },
  );
  writing(
    program
      .command("mode")
      .description("set the mode of a market, or of all")
      .argument("<market>", "hkex, usex, crypto or all")
      .argument("<mode>", MODES.join(", "), oneOf(MODES))
      .option("--yes", "do it without asking"),
  ).action(async (market: string, mode: string, options: OperatorOptions, command: Command) => {
    const { reason, yes } = options;
    await confirm(terminal, `Set ${market} to ${mode}?`, yes === true);
    const body = { reason, market, mode };
    show(terminal, command, await clientOf(command, terminal).write(`${API}/modes`, body));
  });
}

interface MoneyOptions extends OperatorOptions {
  readonly cash?: Readonly<Record<string, string>>;
  readonly holding?: Readonly<Record<string, string>>;
  readonly shortSelling?: boolean;
  readonly cancelOrders?: boolean;
  readonly withdraw?: boolean;
}

function addAccounts(program: Command, terminal: Terminal): void {
  const accounts = program
    .command("accounts")
    .description("list, open, credit, debit and close accounts");
  operated(accounts.command("list", { isDefault: true }).description("all accounts")).action(
    async (_options, command: Command) => {
      show(
        terminal,
        command,
        await clientOf(command, terminal).read(`${API}/accounts?page_size=100`),
      );
    },
  );
  operated(accounts.command("show").description("one account").argument("<account>")).action(
    async (account: string, _options, command: Command) => {
      const path = `${API}/accounts/${encodeURIComponent(account)}`;
      show(terminal, command, await clientOf(command, terminal).read(path));
    },
  );
  withMoney(
    accounts
      .command("open")
      .description("open an account")
      .argument("<account>")
      .option("--short-selling", "it may sell what it does not hold"),
  ).action(async (account: string, options: MoneyOptions, command: Command) => {
    const { reason, shortSelling } = options;
    const body = { reason, account, short_selling: shortSelling === true, ...moneyOf(options) };
    show(terminal, command, await clientOf(command, terminal).write(`${API}/accounts`, body));
  });
  withMoney(
    accounts
      .command("adjust")
      .description("credit, or with figures below zero debit, cash and holdings; all or nothing")
      .argument("<account>"),
  ).action(async (account: string, options: MoneyOptions, command: Command) => {
    const path = `${API}/accounts/${encodeURIComponent(account)}/adjust`;
    const body = { reason: options.reason, ...moneyOf(options) };
    show(terminal, command, await clientOf(command, terminal).write(path, body));
  });
  writing(
    accounts
      .command("close")
      .description("close an account for good; asks first")
      .argument("<account>")
      .option("--cancel-orders", "cancel its open orders first")
      .option("--withdraw", "debit what is there")
      .option("--yes", "do it without asking"),
  ).action(async (account: string, options: MoneyOptions, command: Command) => {
    const { cancelOrders, reason, withdraw, yes } = options;
    await confirm(terminal, `Close account ${account} for good?`, yes === true);
    const path = `${API}/accounts/${encodeURIComponent(account)}/close`;
    const body = { reason, cancel_orders: cancelOrders === true, withdraw: withdraw === true };
    show(terminal, command, await clientOf(command, terminal).write(path, body));
  });
}

function withMoney(command: Command): Command {
  return writing(command)
    .option("--cash <CURRENCY=AMOUNT>", "an amount; may be given again", assignment)
    .option("--holding <PRODUCT=QTY>", "a quantity; may be given again", assignment);
}

function moneyOf({ cash, holding }: MoneyOptions): object {
  return {
    ...(cash !== undefined && { cash }),
    ...(holding !== undefined && { holdings: holding }),
  };
}

/** Collects NAME=DECIMAL; figures stay text, digit for digit. */
function assignment(
  text: string,
  before: Readonly<Record<string, string>> | undefined,
): Readonly<Record<string, string>> {
  const [, name, value] = DECIMAL_ASSIGNMENT.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new UsageError(`write NAME=DECIMAL, such as HKD=1000.50, not ${text}`);
  }
  return { ...before, [name]: value };
}

function addInstruments(program: Command, terminal: Terminal): void {
  const instruments = program
    .command("instruments")
    .description("list, rename and halt instruments");
  operated(instruments.command("list", { isDefault: true }).description("all instruments")).action(
    async (_options, command: Command) => {
      show(terminal, command, await clientOf(command, terminal).read(`${API}/instruments`));
    },
  );
  writing(
    instruments
      .command("change")
      .description("rename an instrument, halt it or let it trade again")
      .argument("<symbol>")
      .option("--name <text>", "its new name")
      .option("--halt", "take no new orders")
      .option("--resume", "take orders again"),
  ).action(async (symbol: string, options: InstrumentOptions, command: Command) => {
    const { halt, name, reason, resume } = options;
    const isHalted = halt === true ? true : resume === true ? false : undefined;
    const body = {
      reason,
      ...(name !== undefined && { name }),
      ...(isHalted !== undefined && { halted: isHalted }),
    };
    const path = `${API}/instruments/${encodeURIComponent(symbol)}`;
    show(terminal, command, await clientOf(command, terminal).write(path, body));
  });
}

interface InstrumentOptions extends OperatorOptions {
  readonly name?: string;
  readonly halt?: boolean;
  readonly resume?: boolean;
}

interface KeyOptions extends OperatorOptions {
  readonly account?: readonly string[];
  readonly permission?: readonly string[];
  readonly portfolio?: readonly string[];
  readonly address?: readonly string[];
  readonly publicKey?: string;
  readonly label?: string;
  readonly overlap?: number;
  readonly at?: number;
}

function addKeys(program: Command, terminal: Terminal): void {
  const keys = program
    .command("keys")
    .description("list, make, rotate, expire and revoke API keys");
  operated(
    keys
      .command("list", { isDefault: true })
      .description("API keys, newest first")
      .addOption(
        new Option("--state <state>")
          .choices(["active", "expired", "revoked", "all"])
          .default("active"),
      ),
  ).action(async ({ state }: { readonly state: string }, command: Command) => {
    show(terminal, command, await clientOf(command, terminal).read(`${API}/keys?state=${state}`));
  });
  writing(
    keys
      .command("create")
      .description("make a key; its secret is shown this once")
      .requiredOption("--account <account>", "it acts for; several make a drop copy", listed)
      .requiredOption(
        "--permission <word>",
        "read, trade, cancel or operate; may be given again",
        listed,
      )
      .option("--portfolio <text>", "what of the account it sees; may be given again", listed)
      .option("--address <range>", "where requests may come from; may be given again", listed)
      .option("--public-key <base64>", "of an Ed25519 key, in place of a secret")
      .option("--label <text>", "for people")
      .option("--expires-at <ms>", "Unix milliseconds", wholeNumber),
  ).action(async (options: KeyOptions & { readonly expiresAt?: number }, command: Command) => {
    const { account, address, expiresAt, label, permission, portfolio, publicKey, reason } =
      options;
    const body = {
      reason,
      accounts: account ?? [],
      permissions: permission ?? [],
      ...(portfolio !== undefined && { portfolios: portfolio }),
      ...(address !== undefined && { addresses: address }),
      ...(publicKey !== undefined && { algorithm: "ed25519", public_key: publicKey }),
      ...(label !== undefined && { label }),
      ...(expiresAt !== undefined && { expires_at: expiresAt }),
    };
    show(terminal, command, await clientOf(command, terminal).write(`${API}/keys`, body));
  });
  addKeyEnds(keys, terminal);
}

function addKeyEnds(keys: Command, terminal: Terminal): void {
  const act = (verb: string, bodyOf: (options: KeyOptions) => object) => {
    return async (key: string, options: KeyOptions, command: Command) => {
      const { reason, yes } = options;
      if (verb === "revoke") await confirm(terminal, `Revoke ${key} for good?`, yes === true);
      const path = `${API}/keys/${encodeURIComponent(key)}/${verb}`;
      const body = { reason, ...bodyOf(options) };
      show(terminal, command, await clientOf(command, terminal).write(path, body));
    };
  };
  writing(
    keys
      .command("rotate")
      .description("give a key another secret, shown this once")
      .argument("<key>")
      .option("--overlap <seconds>", "how long the old one stays good", wholeNumber, 0)
      .option("--public-key <base64>", "of an Ed25519 key"),
  ).action(
    act("rotate", ({ overlap, publicKey }) => ({
      overlap_seconds: overlap,
      ...(publicKey !== undefined && { public_key: publicKey }),
    })),
  );
  writing(
    keys
      .command("expire")
      .description("say when a key expires; at once without --at")
      .argument("<key>")
      .option("--at <ms>", "Unix milliseconds", wholeNumber),
  ).action(act("expire", ({ at }) => (at === undefined ? {} : { expires_at: at })));
  writing(
    keys
      .command("revoke")
      .description("end a key for good, and its streams at once; asks first")
      .argument("<key>")
      .option("--yes", "do it without asking"),
  ).action(act("revoke", () => ({})));
}

function listed(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** Facts of one thing, one line each; of a list, one thing a line. */
function show(terminal: Terminal, command: Command, data: unknown): void {
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
