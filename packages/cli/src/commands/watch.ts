/** Following the order stream on a terminal. */
import type { OrderUpdate, StreamEvent } from "@countermand/client";
import type { Command } from "commander";
import { count, position } from "../arguments.ts";
import { session } from "../session.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { timeText } from "../time.ts";
import { statusText } from "./orders-view.ts";

const FROM = "begin with the messages after this one: N@HISTORY, or a number alone; 0 for all";

export function addWatchCommand(program: Command, terminal: Terminal): void {
  program
    .command("watch")
    .description("show every change of every order as it happens, without gaps across reconnects")
    .option("--from <position>", FROM, position)
    .option("--count <n>", "end after so many changes", count)
    .addHelpText(
      "after",
      "\nCtrl-C ends it and says where to go on: N@HISTORY, the number of the last message and the\n" +
        "history that it is of. With both, watch notices when the gateway was put back from a backup\n" +
        "and numbers are given a second time: it says so, and begins anew with the open orders. With\n" +
        "a number alone it can go on in the wrong stream. With --json each message is one line.",
    )
    .action(async (options: { readonly from?: string; readonly count?: number }, command) => {
      const { client, asJson } = session(command, terminal);
      const { from, count: wanted = Number.POSITIVE_INFINITY } = options;
      const stream = client.stream(from === undefined ? {} : { afterSeq: from });
      terminal.stopped.addEventListener("abort", () => stream.close());
      let seen = 0;
      let shown = stream.position;
      for await (const event of stream) {
        if ("position" in event) shown = event.position;
        if (asJson) printJson(terminal, event);
        else show(terminal, event);
        if (event.type === "order") seen += 1;
        if (seen >= wanted) break;
      }
      if (stream.accounts.length === 0) tell(terminal, `go on with --from ${shown}`);
    });
}

function show(terminal: Terminal, event: StreamEvent): void {
  switch (event.type) {
    case "order":
      print(terminal, [changeLine(event.seq, event.order)]);
      return;
    case "snapshot": {
      const lost = event.isReset ? " (what happened before can no longer be replayed)" : "";
      const whose = event.account === undefined ? "" : ` of account ${event.account}`;
      tell(terminal, `${event.orders.length} open orders${whose} at seq ${event.seq}${lost}`);
      return;
    }
    case "notice":
      tell(terminal, `notice: ${event.notice.details || event.notice.message}`);
      return;
    case "connected":
      tell(terminal, "connected");
      return;
    case "caughtUp":
      tell(terminal, "caught up: what follows is new");
      return;
    case "disconnected":
      tell(terminal, `disconnected: ${event.reason}; again in ${event.retryInMs} ms`);
  }
}

function changeLine(seq: number, order: OrderUpdate): string {
  const { order_no, order_side, symbol, qty, price, update_time } = order;
  const trade =
    order.exec_id === undefined ? "" : `, ${order.last_qty} traded at ${order.last_price}`;
  const what = `${order_side} ${qty} ${symbol} @ ${price}`;
  return `${seq}  ${timeText(update_time)}  ${order_no}  ${what}  ${statusText(order)}${trade}`;
}
