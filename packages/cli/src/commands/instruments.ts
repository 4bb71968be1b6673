/** Instruments, as an operator lists, changes, adds and retires them. */
import { type Command, Option } from "commander";
import { confirm, type Terminal } from "../terminal.ts";
import {
  API,
  clientOf,
  type OperatorOptions,
  operated,
  show,
  writing,
} from "./operator-command.ts";

interface InstrumentOptions extends OperatorOptions {
  readonly name?: string;
  readonly halt?: boolean;
  readonly resume?: boolean;
  readonly tick?: string;
  readonly lot?: string;
  readonly priceMax?: string;
  readonly qtyMax?: string;
  readonly resting?: string;
  readonly market?: readonly string[];
  readonly currency?: string;
  readonly product?: string;
  readonly oddLot?: string;
}

export function addInstrumentCommands(program: Command, terminal: Terminal): void {
  const instruments = program
    .command("instruments")
    .description("list, rename, halt, change, add and retire instruments");
  operated(instruments.command("list", { isDefault: true }).description("all instruments")).action(
    async (_options, command: Command) => {
      show(terminal, command, await clientOf(command, terminal).read(`${API}/instruments`));
    },
  );
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
    .option("--yes", "do it without asking")
    .action(async (symbol: string, options: InstrumentOptions, command: Command) => {
      const { halt, name, reason, resting, resume } = options;
      if (resting === "cancel") {
        const question = `Change ${symbol}, and cancel the open orders that do not fit?`;
        await confirm(terminal, question, options.yes === true);
      }
      const isHalted = halt === true ? true : resume === true ? false : undefined;
      const body = {
        reason,
        ...(name !== undefined && { name }),
        ...(isHalted !== undefined && { halted: isHalted }),
        ...gridOf(options),
        ...(resting !== undefined && { resting }),
      };
      const path = pathOf(symbol);
      show(terminal, command, await clientOf(command, terminal).write(path, body));
    });
}

function addAdd(instruments: Command, terminal: Terminal): void {
  const add = instruments
    .command("add")
    .description("list a new instrument; it is traded at once")
    .argument("<symbol>")
    .requiredOption("--name <text>", "its name")
    .requiredOption("--market <name>", "a name of its market; may be given again", collected)
    .requiredOption("--currency <code>", "what its prices are in")
    .option("--product <text>", "what changes hands; the symbol unless given")
    .option("--odd-lot <qty>", "step of odd lots; none unless given");
  writing(withGrid(add)).action(
    async (symbol: string, options: InstrumentOptions, command: Command) => {
      const { currency, market, name, oddLot, product, reason } = options;
      const body = {
        reason,
        symbol,
        name,
        markets: market,
        currency,
        ...(product !== undefined && { product }),
        ...gridOf(options),
        ...(oddLot !== undefined && { odd_lot: oddLot }),
      };
      const client = clientOf(command, terminal);
      show(terminal, command, await client.write(`${API}/instruments`, body));
    },
  );
}

function addRetire(instruments: Command, terminal: Terminal): void {
  writing(
    instruments
      .command("retire")
      .description("end its trading for good; asks first")
      .argument("<symbol>")
      .option("--cancel-orders", "cancel what is open; it must be halted")
      .option("--yes", "do it without asking"),
  ).action(
    async (
      symbol: string,
      options: OperatorOptions & { readonly cancelOrders?: boolean },
      command: Command,
    ) => {
      await confirm(terminal, `End trading in ${symbol} for good?`, options.yes === true);
      const resting = options.cancelOrders === true ? { resting: "cancel" } : {};
      const body = { reason: options.reason, ...resting };
      const client = clientOf(command, terminal);
      show(terminal, command, await client.write(`${pathOf(symbol)}/retire`, body));
    },
  );
}

function withGrid(command: Command): Command {
  return command
    .option("--tick <decimal>", "smallest step between prices")
    .option("--lot <decimal>", "step of quantities")
    .option("--price-max <decimal>", "largest price")
    .option("--qty-max <decimal>", "largest quantity");
}

function gridOf({ lot, priceMax, qtyMax, tick }: InstrumentOptions): object {
  return {
    ...(tick !== undefined && { tick }),
    ...(lot !== undefined && { lot }),
    ...(priceMax !== undefined && { price_max: priceMax }),
    ...(qtyMax !== undefined && { qty_max: qtyMax }),
  };
}

function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function pathOf(symbol: string): string {
  return `${API}/instruments/${encodeURIComponent(symbol)}`;
}
