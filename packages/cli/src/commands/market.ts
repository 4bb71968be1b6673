/** The public market: what is traded, books, trades and candles. No key is needed. */
import type {
  Candle,
  MarketDepth,
  MarketLevel,
  MarketSymbols,
  MarketTrade,
} from "@countermand/client";
import { Argument, type Command, Option } from "commander";
import { count } from "../arguments.ts";
import { showRows } from "../rows.ts";
import { session } from "../session.ts";
import { type Column, tableLines } from "../table.ts";
import { print, printJson, type Terminal } from "../terminal.ts";
import { millisecondsText, timeText } from "../time.ts";

/** How long a candle is. */
const INTERVALS = ["1m", "5m", "1h", "1d"] as const;

/** The gateway says 0 where there is none. */
function shownPrice(price: string): string {
  return price === "0" ? "none" : price;
}

const SYMBOL_COLUMNS: readonly Column<MarketSymbols["symbols"][number]>[] = [
  { title: "SYMBOL", of: ({ symbol }) => symbol },
  { title: "NAME", of: ({ name }) => name },
  { title: "MARKETS", of: ({ markets }) => markets.join(", ") },
  { title: "LAST", of: ({ last_price }) => shownPrice(last_price), isNumber: true },
  { title: "BID", of: ({ bid_price }) => shownPrice(bid_price), isNumber: true },
  { title: "ASK", of: ({ ask_price }) => shownPrice(ask_price), isNumber: true },
  { title: "LOT", of: ({ lot_qty }) => lot_qty, isNumber: true },
  { title: "TICK", of: ({ price_tick }) => price_tick, isNumber: true },
];

/** Both sides of a book at one depth. */
type BookRow = readonly [bid: MarketLevel | undefined, ask: MarketLevel | undefined];

const BOOK_COLUMNS: readonly Column<BookRow>[] = [
  { title: "ORDERS", of: ([bid]) => String(bid?.[2] ?? ""), isNumber: true },
  { title: "QTY", of: ([bid]) => bid?.[1] ?? "", isNumber: true },
  { title: "BID", of: ([bid]) => bid?.[0] ?? "", isNumber: true },
  { title: "ASK", of: ([, ask]) => ask?.[0] ?? "", isNumber: true },
  { title: "QTY", of: ([, ask]) => ask?.[1] ?? "", isNumber: true },
  { title: "ORDERS", of: ([, ask]) => String(ask?.[2] ?? ""), isNumber: true },
];

const TRADE_COLUMNS: readonly Column<MarketTrade>[] = [
  { title: "TIME", of: ({ time_ms }) => millisecondsText(time_ms) },
  { title: "PRICE", of: ({ price }) => price, isNumber: true },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "CAME IN", of: ({ aggressor_side }) => aggressor_side || "auction" },
  { title: "FILL", of: ({ exec_id }) => exec_id },
];

const CANDLE_COLUMNS: readonly Column<Candle>[] = [
  { title: "FROM", of: ({ start_time }) => timeText(start_time) },
  { title: "OPEN", of: ({ open }) => open, isNumber: true },
  { title: "HIGH", of: ({ high }) => high, isNumber: true },
  { title: "LOW", of: ({ low }) => low, isNumber: true },
  { title: "CLOSE", of: ({ close }) => close, isNumber: true },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "TRADES", of: ({ trades }) => String(trades), isNumber: true },
];

interface DepthOptions {
  readonly levels: number;
}

interface RowsOptions {
  readonly limit: number;
}

interface CandlesOptions extends RowsOptions {
  readonly interval: (typeof INTERVALS)[number];
}

export function addMarketCommands(program: Command, terminal: Terminal): void {
  program
    .command("symbols")
    .description("list what is traded, with last and best prices")
    .action(async (_options, command) => {
      const { client, asJson } = session(command, terminal);
      const { symbols } = await client.symbols();
      showRows(terminal, asJson, SYMBOL_COLUMNS, symbols, "nothing is traded");
    });
  program
    .command("depth")
    .description("show the best prices of a book, both sides")
    .addArgument(symbolArgument())
    .addOption(new Option("--levels <n>", "prices per side").argParser(count).default(10))
    .action(async (symbol: string, { levels }: DepthOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const depth = await client.depth(symbol, levels);
      if (asJson) printJson(terminal, depth);
      else print(terminal, depthLines(depth));
    });
  program
    .command("trades")
    .description("list the last trades of a symbol, newest first")
    .addArgument(symbolArgument())
    .addOption(limitOption())
    .action(async (symbol: string, { limit }: RowsOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const { trades } = await client.trades(symbol, limit);
      showRows(terminal, asJson, TRADE_COLUMNS, trades, "no trades");
    });
  program
    .command("candles")
    .description("list the candles of a symbol, oldest first; without trades there is none")
    .addArgument(symbolArgument())
    .addOption(new Option("--interval <length>", "of a candle").choices(INTERVALS).default("1m"))
    .addOption(limitOption())
    .action(async (symbol: string, options: CandlesOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const { candles } = await client.candles(symbol, options.interval, options.limit);
      showRows(terminal, asJson, CANDLE_COLUMNS, candles, "no trades");
    });
}

function symbolArgument(): Argument {
  return new Argument("<symbol>", "such as 00700");
}

function limitOption(): Option {
  return new Option("--limit <n>", "how many at most").argParser(count).default(20);
}

function depthLines({ asks, bids }: MarketDepth): string[] {
  const rows = Array.from({ length: Math.max(asks.length, bids.length) }, (_, index): BookRow => {
    return [bids[index], asks[index]];
  });
  return rows.length === 0 ? ["nobody bids or asks"] : tableLines(BOOK_COLUMNS, rows);
}
