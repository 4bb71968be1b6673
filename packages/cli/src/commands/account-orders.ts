/** An account's orders as an operator sees them. */
import type { Order } from "@countermand/client";
import { type Command, Option } from "commander";
import { given, unixSeconds } from "../arguments.ts";
import { rowsOf } from "../paging.ts";
import { showRows, tellCut } from "../rows.ts";
import { isJson } from "../session.ts";
import type { Column } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { API, clientOf, operated } from "./operator-command.ts";
import { filtering, type OrdersOptions, ordersFilter } from "./orders-filter.ts";
import { ORDER_COLUMNS } from "./orders-view.ts";

interface AccountOrdersOptions extends OrdersOptions {
  readonly state?: string;
  readonly from?: number;
  readonly until?: number;
}

/** What clients see of it, and the key that placed it. */
interface OperatorOrder extends Order {
  readonly api_key: string;
}

interface OrdersAnswer {
  readonly total_records: number;
  readonly orders: readonly OperatorOrder[];
}

const COLUMNS: readonly Column<OperatorOrder>[] = [
  ...ORDER_COLUMNS,
  { title: "KEY", of: ({ api_key }) => api_key },
];

export function addAccountOrders(accounts: Command, terminal: Terminal): void {
  operated(
    filtering(
      accounts
        .command("orders")
        .description("list the orders of an account, newest first")
        .argument("<account>"),
    )
      .addOption(
        new Option("--state <state>", "which; open unless a status or reference is given").choices([
          "open",
          "closed",
          "all",
        ]),
      )
      .option(
        "--from <time>",
        "placed at this time or later, such as 2025-05-09T07:00",
        unixSeconds,
      )
      .option("--until <time>", "placed at this time or earlier", unixSeconds),
  )
    .addHelpText("after", "\nTimes are in UTC. What happened to one: countermand audit ORDER")
    .action(async (account: string, options: AccountOrdersOptions, command: Command) => {
      const client = clientOf(command, terminal);
      const path = `${API}/accounts/${encodeURIComponent(account)}/orders`;
      const filter = filterOf(options);
      const ask = async (page: number, pageSize: number) => {
        const paged = { ...filter, page_index: String(page), page_size: String(pageSize) };
        const answer = await client.read(`${path}?${new URLSearchParams(paged)}`);
        const { orders: rows, total_records: total } = answer as OrdersAnswer;
        return { rows, total };
      };
      const { rows: orders, total } = await rowsOf(options.limit, ask, ({ order_no }) => order_no);
      showRows(terminal, isJson(command), COLUMNS, orders, "no orders");
      tellCut(terminal, orders, total);
    });
}

function filterOf(options: AccountOrdersOptions): Record<string, string> {
  const { from, state, until } = options;
  // The gateway takes no end without a beginning.
  const start = from ?? (until === undefined ? undefined : 0);
  const members = {
    ...ordersFilter(options),
    ...given({ state, start_time: start, end_time: until }),
  };
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, String(value)]));
}
