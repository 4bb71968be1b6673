/** What selects orders of a list: the options of a client's list and of an operator's. */
import type { OrdersQuery } from "@countermand/client";
import { type Command, Option } from "commander";
import { count, given } from "../arguments.ts";
import { statusWord } from "./orders-view.ts";

export interface OrdersOptions {
  readonly market?: string;
  readonly symbol?: string;
  readonly side?: string;
  readonly status?: string;
  readonly reference?: string;
  readonly portfolio?: string;
  readonly limit: number;
}

export function filtering(command: Command): Command {
  return command
    .option("--market <market>", "of this market")
    .option("--symbol <symbol>", "of this symbol")
    .option("--side <side>", "buy or sell")
    .option("--status <status>", "open, partly-filled, filled, cancelled or rejected", statusWord)
    .option("--reference <text>", "with this reference")
    .option("--portfolio <text>", "of this portfolio")
    .addOption(new Option("--limit <n>", "how many at most").argParser(count).default(20));
}

/** Words the gateway does not know are its to refuse, with the list of those it does. */
export function ordersFilter(options: OrdersOptions): Partial<OrdersQuery> {
  const { market, symbol, side, status, reference, portfolio } = options;
  return given({
    market,
    symbol,
    order_side: side,
    order_status: status,
    reference_id: reference,
    portfolio_id: portfolio,
  }) as Partial<OrdersQuery>;
}
