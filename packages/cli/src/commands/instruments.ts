/** Instruments, as an operator lists, changes, adds and retires them. */
import { type Command, Option } from "commander";
import { collected } from "../arguments.ts";
import { confirm, type Terminal } from "../terminal.ts";
import {
  API,
  type OperatorOptions,
  operated,
  showRead,
  showWrite,
  writing,
} from "./operator-command.ts";

interface GridOptions extends OperatorOptions {
  readonly tick?: string;
  readonly lot?: string;
  readonly priceMax?: string;
  readonly qtyMax?: string;
}

interface ChangeOptions extends GridOptions {
  readonly name?: string;
  readonly halt?: boolean;
  readonly resume?: boolean;
  readonly resting?: "cancel" | "keep";
}

interface AddOptions extends GridOptions {
  readonly name: string;
  readonly market: readonly string[];
  readonly currency: string;
  readonly product?: string;
  readonly oddLot?: string;
}

interface RetireOptions extends OperatorOptions {
  readonly cancelOrders?: boolean;
}

const GRID = [
  ["--tick <decimal>", "smallest step between prices"],
  ["--lot <decimal>", "step of quantities"],
  ["--price-max <decimal>", "largest price"],
  ["--qty-max <decimal>", "largest quantity"],
] as const;

export function addInstrumentCommands(program: Command, terminal: Terminal): void {
  const instruments = program
    .command("instruments")
    .description("list, rename, halt, change, add and retire instruments");
  operated(
    instruments.command("list", { isDefault: true }).description("list all instruments"),
  ).action((_options, command: Command) => showRead(terminal, command, `${API}/instruments`));
  addChange(instruments, terminal);
  addAdd(instruments, terminal);
  addRetire(instruments, terminal);
}

function addChange(instruments: Command, terminal: Terminal): void {
  const change = instruments
    .command("change")
    .description("rename an instrument, halt it or let it trade again, change its tick and lot")
    .argument("<symbol>")
    .option("--name <text>", "its new name")
    .option("--halt", "take no new orders")
    .addOption(new Option("--resume", "take orders again").conflicts("halt"));
  writing(withGrid(change))
    .addOption(
      new Option(
        "--resting <choice>",
        "of open orders: all must fit, or cancel those that do not, which asks first",
      ).choices(["keep", "cancel"]),
    )
    .option("--yes", "do not ask")
    .action(async (symbol: string, options: ChangeOptions, command: Command) => {
      const { halt, name, reason, resting, resume } = options;
      if (resting === "cancel") {
        const question = `Change ${symbol}, and cancel the open orders that do not fit?`;
        await confirm(terminal, question, options.yes === true);
      }
      // Neither is no change.
      const halted = halt ?? (resume === true ? false : undefined);
      const body = { reason, name, halted, ...gridOf(options), resting };
      await showWrite(terminal, command, pathOf(symbol), body);
    });
}

function addAdd(instruments: Command, terminal: Terminal): void {
  const add = instruments
    .command("add")
    .description("list a new instrument; it trades at once")
    .argument("<symbol>")
    .requiredOption("--name <text>", "its name")
    .requiredOption("--market <name>", "a name of its market; may be given again", collected)
    .requiredOption("--currency <code>", "what its prices are in")
    .option("--product <text>", "what changes hands; the symbol unless given")
    .option("--odd-lot <qty>", "step of odd lots; none unless given");
  for (const [name, description] of GRID) add.requiredOption(name, description);
  writing(add).action(async (symbol: string, options: AddOptions, command: Command) => {
    const { currency, market: markets, name, oddLot, product, reason } = options;
    const what = { symbol, name, markets, currency, product };
    const body = { reason, ...what, ...gridOf(options), odd_lot: oddLot };
    await showWrite(terminal, command, `${API}/instruments`, body);
  });
}

function addRetire(instruments: Command, terminal: Terminal): void {
  writing(
    instruments
      .command("retire")
      .description("end an instrument's trading for good; asks first")
      .argument("<symbol>")
      .option("--cancel-orders", "cancel what is open; it must be halted")
      .option("--yes", "do not ask"),
  ).action(async (symbol: string, options: RetireOptions, command: Command) => {
    const { cancelOrders, reason, yes } = options;
    await confirm(terminal, `End trading in ${symbol} for good?`, yes === true);
    const body = { reason, resting: cancelOrders === true ? "cancel" : undefined };
    await showWrite(terminal, command, `${pathOf(symbol)}/retire`, body);
  });
}

function withGrid(command: Command): Command {
  for (const [name, description] of GRID) command.option(name, description);
  return command;
}

function gridOf({ lot, priceMax, qtyMax, tick }: GridOptions): object {
  return { tick, lot, price_max: priceMax, qty_max: qtyMax };
}

function pathOf(symbol: string): string {
  return `${API}/instruments/${encodeURIComponent(symbol)}`;
}
