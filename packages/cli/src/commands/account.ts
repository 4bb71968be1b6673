/** Cash, holdings, and what operators hold back. */
import type { Balance, Execution, Position, Restrictions, Transaction } from "@countermand/client";
import { type Command, Option } from "commander";
import { count, given, orderNo } from "../arguments.ts";
import { rowsOf } from "../paging.ts";
import { showRows, tellCut } from "../rows.ts";
import { session } from "../session.ts";
import type { Column } from "../table.ts";
import { print, printJson, type Terminal } from "../terminal.ts";
import { timeText } from "../time.ts";

const BALANCE_COLUMNS: readonly Column<Balance>[] = [
  { title: "CURRENCY", of: ({ base_currency }) => base_currency },
  { title: "CASH", of: ({ cash }) => cash, isNumber: true },
  { title: "ON HOLD", of: ({ cash_on_hold }) => cash_on_hold, isNumber: true },
  { title: "WITHDRAWABLE", of: ({ cash_withdraw }) => cash_withdraw, isNumber: true },
  { title: "UNSETTLED", of: ({ unsett_net_amt }) => unsett_net_amt, isNumber: true },
  { title: "HOLDINGS WORTH", of: ({ market_value }) => market_value, isNumber: true },
];

const POSITION_COLUMNS: readonly Column<Position>[] = [
  { title: "PRODUCT", of: ({ product_code }) => product_code },
  { title: "NAME", of: ({ product_name }) => product_name },
  { title: "MARKET", of: ({ market }) => market },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "SELLABLE", of: ({ avail_sell_qty }) => avail_sell_qty, isNumber: true },
  { title: "IN SELL ORDERS", of: ({ os_sell_qty }) => os_sell_qty, isNumber: true },
  { title: "UNSETTLED", of: ({ uncleared_qty }) => uncleared_qty, isNumber: true },
  { title: "AVERAGE COST", of: ({ avg_cost }) => avg_cost, isNumber: true },
];

interface ListOptions {
  readonly limit: number;
  readonly symbol?: string;
  readonly order?: string;
}

const EXECUTION_COLUMNS: readonly Column<Execution>[] = [
  { title: "TIME", of: ({ trade_time }) => timeText(trade_time) },
  { title: "ORDER", of: ({ order_no }) => order_no },
  { title: "SIDE", of: ({ order_side }) => order_side },
  { title: "SYMBOL", of: ({ symbol }) => symbol },
  { title: "QTY", of: ({ last_qty }) => last_qty, isNumber: true },
  { title: "PRICE", of: ({ last_price }) => last_price, isNumber: true },
  { title: "AMOUNT", of: ({ last_amount }) => last_amount, isNumber: true },
  { title: "CHARGES", of: ({ charge }) => charge, isNumber: true },
];

const TRANSACTION_COLUMNS: readonly Column<Transaction>[] = [
  { title: "DATE", of: ({ date }) => date },
  { title: "SETTLES", of: ({ sett_date }) => sett_date },
  {
    title: "WHAT",
    of: ({ business_type, business_sub_type }) => business_sub_type || business_type,
  },
  { title: "PRODUCT", of: ({ product_code }) => product_code },
  { title: "QTY", of: ({ qty }) => qty, isNumber: true },
  { title: "AMOUNT", of: ({ amt }) => amt, isNumber: true },
  { title: "CURRENCY", of: ({ base_currency }) => base_currency },
  { title: "BALANCE", of: ({ balance }) => balance, isNumber: true },
  { title: "REMARKS", of: ({ remarks }) => remarks },
];

export function addAccountCommands(program: Command, terminal: Terminal): void {
  program
    .command("balance")
    .description("show cash by currency")
    .action(async (_options, command) => {
      const { client, asJson } = session(command, terminal);
      const rows = await client.balance();
      showRows(terminal, asJson, BALANCE_COLUMNS, rows, "no cash");
    });
  program
    .command("positions")
    .description("show holdings by product")
    .action(async (_options, command) => {
      const { client, asJson } = session(command, terminal);
      const { rows } = await rowsOf(
        Number.POSITIVE_INFINITY,
        async (page, page_size) => {
          const found = await client.positions({ page, page_size });
          return { rows: found.positions, total: found.total_records };
        },
        ({ product_code }) => product_code,
      );
      showRows(terminal, asJson, POSITION_COLUMNS, rows, "no holdings");
    });
  program
    .command("executions")
    .description("list single fills, newest first")
    .option("--symbol <symbol>", "of this symbol")
    .option("--order <order>", "of this order", orderNo)
    .addOption(new Option("--limit <n>", "how many at most").argParser(count).default(20))
    .action(async (options: ListOptions, command) => {
      const { client, asJson } = session(command, terminal);
      const { limit, order, symbol } = options;
      const filter = given({ symbol, order_no: order });
      const { rows, total } = await rowsOf(
        limit,
        async (page_index, page_size) => {
          const page = await client.executions({ ...filter, page_index, page_size });
          return { rows: page.executions, total: page.total_records };
        },
        ({ exec_id }) => exec_id,
      );
      showRows(terminal, asJson, EXECUTION_COLUMNS, rows, "no fills");
      tellCut(terminal, rows, total);
    });
  program
    .command("transactions")
    .description("list what moved cash and holdings, newest first")
    .addOption(new Option("--limit <n>", "how many at most").argParser(count).default(20))
    .action(async ({ limit }: ListOptions, command) => {
      const { client, asJson } = session(command, terminal);
      const { rows, total } = await rowsOf(
        limit,
        async (page, page_size) => {
          const found = await client.transactions({ page, page_size });
          return { rows: found.transactions, total: found.total_records };
        },
        ({ id }) => id,
      );
      showRows(terminal, asJson, TRANSACTION_COLUMNS, rows, "no transactions");
      tellCut(terminal, rows, total);
    });
  program
    .command("restrictions")
    .description("show what operators hold back: modes of markets, blocks, halted symbols")
    .action(async (_options, command) => {
      const { client, asJson } = session(command, terminal);
      const restrictions = await client.restrictions();
      if (asJson) printJson(terminal, restrictions);
      else print(terminal, restrictionLines(restrictions));
    });
}

/** What operators hold back, one thing a line. */
function restrictionLines({ blocks, halted_symbols, markets }: Restrictions): string[] {
  const lines = [
    ...markets
      .filter(({ mode }) => mode !== "open")
      .map(({ market, mode }) => `${market} is ${mode.replaceAll("_", " ")}`),
    ...blocks.map(({ block_id, blocked_at, market, portfolio_id }) => {
      const where = [market, portfolio_id && `portfolio ${portfolio_id}`].filter(Boolean);
      const reach = where.length === 0 ? "all new orders" : `new orders in ${where.join(", ")}`;
      return `block ${block_id} since ${timeText(blocked_at)}: ${reach}`;
    }),
    ...halted_symbols.map((symbol) => `${symbol} is halted`),
  ];
  return lines.length === 0 ? ["nothing is held back"] : lines;
}
