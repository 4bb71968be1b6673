/** Placing, cancelling, amending and listing orders. */
import { writeFileSync } from "node:fs";
import type {
  AmendRequest,
  CancelOutcome,
  CancelRequest,
  CancelResult,
  Failure,
  Order,
  OrderName,
  PlaceRequest,
  PreviewedOrder,
} from "@countermand/client";
import { Argument, type Command, Option } from "commander";
import { count, decimal, given, orderNo, orderNos } from "../arguments.ts";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { showRows, tellCut } from "../rows.ts";
import { session, setExitCode } from "../session.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { filtering, type OrdersOptions, ordersFilter } from "./orders-filter.ts";
import { ORDER_COLUMNS, orderFacts, previewFacts, statusText } from "./orders-view.ts";

export function addTradingCommands(program: Command, terminal: Terminal): void {
  addPlace(program, terminal);
  addCancel(program, terminal);
  addCancelBatch(program, terminal);
  addAmend(program, terminal);
  addOrders(program, terminal);
  addOrder(program, terminal);
}

interface PlaceOptions {
  readonly market: string;
  readonly type?: string;
  readonly price?: string;
  readonly trigger?: string;
  readonly tif?: string;
  readonly reference?: string;
  readonly portfolio?: string;
  readonly postOnly?: boolean;
  readonly preview?: boolean;
}

function addPlace(program: Command, terminal: Terminal): void {
  program
    .command("place")
    .description("place an order; prints its number, or the whole order with --json")
    .addArgument(new Argument("<side>").choices(["buy", "sell"]))
    .argument("<symbol>", "with its zeros: 00700")
    .argument("<qty>", "a multiple of the board lot", decimal)
    .addOption(new Option("--market <market>", "hkex, usex, nasdaq or crypto").default("hkex"))
    .option("--price <price>", "limit price; without it a market order", decimal)
    .option("--type <type>", "order type; of limit, market and stop orders the figures say it")
    .option("--trigger <price>", "trigger, which makes it a stop order", decimal)
    .option("--tif <time>", "day, gtc, ioc or fok")
    .option("--reference <text>", "your own name of the order")
    .option("--portfolio <text>", "your own grouping of orders")
    .option("--post-only", "only if it does not trade as it comes in")
    .option("--preview", "show what would come of it now, and place nothing")
    .addHelpText(
      "after",
      "\nExample:\n  countermand place buy 00700 100 --price 423.83 --reference a1",
    )
    .action(async (side: "buy" | "sell", symbol: string, qty: string, options, command) => {
      const { client, asJson } = session(command, terminal);
      const request = placeRequest(side, symbol, qty, options);
      if (options.preview === true) {
        showPreview(terminal, asJson, await client.previewPlace(request));
        return;
      }
      const order = await client.placeAndShow(request);
      if (asJson) printJson(terminal, order);
      else print(terminal, [order.order_no]);
      const ended = endedAtOnce(order);
      if (ended !== null) tell(terminal, ended);
      if (order.order_status === "rej") setExitCode(command, ExitCode.Refused);
    });
}

/** The order as it would be, and that it is not. */
function showPreview(terminal: Terminal, asJson: boolean, order: PreviewedOrder): void {
  if (asJson) printJson(terminal, order);
  else print(terminal, [...previewFacts(order), "Nothing was done."]);
}

/** Null of an order that works, or that has traded whole: its number says enough. */
function endedAtOnce(order: Order): string | null {
  const { cancel_reason, execute_qty, order_no, order_status, qty, reject_reason } = order;
  if (order_status !== "can" && order_status !== "rej") return null;
  const reason = order_status === "rej" ? reject_reason : cancel_reason;
  return `${order_no} ${statusText(order)}: ${reason}, ${execute_qty} of ${qty} filled`;
}

function placeRequest(
  order_side: "buy" | "sell",
  symbol: string,
  qty: string,
  { market, type, price, trigger, tif, reference, portfolio, postOnly }: PlaceOptions,
): PlaceRequest {
  const order_type = type ?? typeOf(price, trigger);
  // Words the gateway does not know are its to refuse, with the list of those it does.
  return {
    market,
    order_type,
    symbol,
    order_side,
    qty,
    ...given({
      price,
      trigger_price: trigger,
      time_in_force: tif,
      reference_id: reference,
      portfolio_id: portfolio,
      only_if: postOnly === true ? "resting" : undefined,
    }),
  } as PlaceRequest;
}

function typeOf(price: string | undefined, trigger: string | undefined): string {
  if (trigger === undefined) return price === undefined ? "market_order" : "limit_order";
  return price === undefined ? "stop_market_order" : "stop_limit_order";
}

interface CancelOptions {
  readonly reference?: string;
  readonly onlyUnfilled?: boolean;
  readonly ifVersion?: number;
  readonly wait?: boolean;
  readonly receipt?: string;
  readonly preview?: boolean;
}

function addCancel(program: Command, terminal: Terminal): void {
  program
    .command("cancel")
    .description("cancel one order, by its number or, with --reference, by your own name")
    .argument("[order]", "the order's number", orderNo)
    .option("--reference <text>", "your own name of the order")
    .option("--only-unfilled", "only if nothing of it has traded")
    .option("--if-version <n>", "only if it is still at this version", count)
    .option("--wait", "wait until it is closed, whatever closes it")
    .option("--receipt <file>", "write the gateway's signed receipt into this file")
    .option("--preview", "show what would come of it now, and cancel nothing")
    .action(async (order: string | undefined, options: CancelOptions, command: Command) => {
      const request = cancelRequest(order, options);
      const { preview, receipt: file, wait } = options;
      if (preview === true) return await previewCancel(command, terminal, request);
      if (wait !== true) return await cancelNow(command, terminal, request, file ?? null);
      if (file !== undefined) throw new UsageError("--receipt and --wait exclude each other");
      await cancelToTheEnd(command, terminal, request);
    });
}

async function previewCancel(
  command: Command,
  terminal: Terminal,
  request: CancelRequest,
): Promise<void> {
  const { client, asJson } = session(command, terminal);
  const order = await client.previewCancel(request);
  const { cancelled_qty, execute_qty, order_no, reason } = order;
  const words = reason === "cancelled" ? "would be cancelled" : reason.replaceAll("_", " ");
  const figures = `${cancelled_qty} cancelled, ${execute_qty} filled`;
  if (asJson) printJson(terminal, order);
  else print(terminal, [`${order_no} ${words}: ${figures}. Nothing was done.`]);
}

async function cancelToTheEnd(
  command: Command,
  terminal: Terminal,
  request: CancelRequest,
): Promise<void> {
  const { client, asJson } = session(command, terminal);
  const final = await client.cancelAndConfirm(request);
  if (asJson) printJson(terminal, final);
  else print(terminal, [`${final.order_no} ${statusText(final)}`]);
  if (final.order_status !== "can") setExitCode(command, ExitCode.Partly);
}

async function cancelNow(
  command: Command,
  terminal: Terminal,
  request: CancelRequest,
  receiptFile: string | null,
): Promise<void> {
  const { client, asJson } = session(command, terminal);
  const ended = await client.cancel(request, { receipt: receiptFile !== null });
  if (asJson) printJson(terminal, ended);
  else print(terminal, outcomeLines(ended));
  const advice = cancelAdvice(ended.outcome === "refused" ? ended.reason : ended.outcome);
  if (advice !== "" && !asJson) tell(terminal, advice);
  if (ended.outcome === "refused") setExitCode(command, ExitCode.Refused);
  if (ended.outcome === "refused" || receiptFile === null) return;
  const problem = receiptProblem(receiptFile, ended.receipt ?? "");
  if (problem !== null) {
    tell(terminal, problem);
    setExitCode(command, ExitCode.Partly);
  } else if (!asJson) print(terminal, [`its receipt is in ${receiptFile}`]);
}

/** The cancel is done: what goes wrong here is no reason to think otherwise. */
function receiptProblem(file: string, receipt: string): string | null {
  if (receipt === "") {
    return "the receipt cannot be made just now: cancel the order once more to get it";
  }
  try {
    writeFileSync(file, `${receipt}\n`);
    return null;
  } catch (error) {
    return `the receipt is not kept (${(error as Error).message}): ${receipt}`;
  }
}

function cancelRequest(
  order: string | undefined,
  { reference, onlyUnfilled, ifVersion }: CancelOptions,
): CancelRequest {
  return {
    ...orderName(order, reference),
    ...(onlyUnfilled === true && { only_if: "unfilled" }),
    ...given({ version: ifVersion }),
  };
}

function orderName(order: string | undefined, reference: string | undefined): OrderName {
  if (order !== undefined) return { order_no: order };
  if (reference !== undefined) return { reference_id: reference };
  throw new UsageError("name the order by its number or with --reference");
}

function outcomeLines(ended: CancelOutcome): string[] {
  if (ended.outcome === "refused") {
    const order =
      ended.order === null ? "" : `, order ${ended.order.order_no} ${statusText(ended.order)}`;
    return [`not cancelled: ${failureText(ended.failure)}${order}`];
  }
  const { order_no, cancelled_qty, execute_qty } = ended.order;
  const words = ended.outcome.replaceAll("_", " ");
  return [`${order_no} ${words}: ${cancelled_qty} cancelled, ${execute_qty} filled`];
}

function failureText({ code, details, message, reason }: Failure): string {
  return `${reason}: ${details === "" ? message : details} (${code})`;
}

/** What to do next after a cancel that did not just succeed; "" where its line says it. */
function cancelAdvice(said: string): string {
  switch (said) {
    case "cancel_pending":
      return "The venue has not answered yet. Waits for the end: the same with --wait";
    case "unknown_order":
      return "The account never had such an order. What it has: countermand orders";
    case "too_late_filled":
      return "The fill was first; count it: countermand executions";
    case "cancel_rejected":
    case "version_changed":
    case "not_unfilled":
      return "Nothing was done, the order works on: countermand order ORDER";
    default:
      return "";
  }
}

function addCancelBatch(program: Command, terminal: Terminal): void {
  program
    .command("cancel-batch")
    .description("cancel 1 to 5 orders in one request, each with its own result")
    .argument("<orders...>", "their numbers", orderNos)
    .action(async (orders: readonly string[], _options, command) => {
      const { client, asJson } = session(command, terminal);
      const results = await client.cancelBatch(orders.map((order_no) => ({ order_no })));
      if (asJson) for (const result of results) printJson(terminal, result);
      else print(terminal, results.map(resultLine));
      const failedCount = results.filter(({ result }) => result.code !== 0).length;
      if (failedCount === 0) return;
      const isAll = failedCount === results.length;
      setExitCode(command, isAll ? ExitCode.Refused : ExitCode.Partly);
    });
}

function resultLine({ order_no, result }: CancelResult): string {
  if (result.code === 0) return `${order_no} cancelled`;
  return `${order_no} not cancelled: ${failureText(result as Failure)}`;
}

interface AmendOptions {
  readonly reference?: string;
  readonly price?: string;
  readonly qty?: string;
  readonly trigger?: string;
  readonly ifVersion?: number;
  readonly postOnly?: boolean;
  readonly preview?: boolean;
}

function addAmend(program: Command, terminal: Terminal): void {
  program
    .command("amend")
    .description("change an open order; a smaller quantity alone keeps its place in the queue")
    .argument("[order]", "the order's number", orderNo)
    .option("--reference <text>", "your own name of the order")
    .option("--price <price>", "new limit price", decimal)
    .option("--qty <qty>", "new quantity; what has traded counts", decimal)
    .option("--trigger <price>", "new trigger of a waiting stop order", decimal)
    .option("--if-version <n>", "only if it is still at this version", count)
    .option("--post-only", "only if the new terms do not trade as they come in")
    .option("--preview", "show what would come of it now, and change nothing")
    .action(async (number: string | undefined, options: AmendOptions, command) => {
      const { client, asJson } = session(command, terminal);
      const { price, qty, trigger, ifVersion, postOnly } = options;
      const request: AmendRequest = {
        ...orderName(number, options.reference),
        ...given({ price, qty, trigger_price: trigger, version: ifVersion }),
        ...(postOnly === true && { only_if: "resting" }),
      };
      if (options.preview === true) {
        showPreview(terminal, asJson, await client.previewAmend(request));
        return;
      }
      const order = await client.amend(request);
      if (asJson) printJson(terminal, order);
      else print(terminal, orderFacts(order));
    });
}

interface ListedOptions extends OrdersOptions {
  readonly open?: boolean;
}

function addOrders(program: Command, terminal: Terminal): void {
  filtering(program.command("orders").description("list orders, newest first"))
    .option("--open", "those that may still trade, partly filled ones too")
    .action(async (options: ListedOptions, command: Command) => {
      const { client, asJson } = session(command, terminal);
      const { limit, open } = options;
      const filter = { ...ordersFilter(options), ...(open === true && { state: "open" as const }) };
      const orders = [];
      let isCut = false;
      // One more than is shown says whether there are more.
      const query = { ...filter, page_size: Math.min(limit + 1, 100) };
      for await (const order of client.allOrders(query)) {
        isCut = orders.length === limit;
        if (isCut) break;
        orders.push(order);
      }
      showRows(terminal, asJson, ORDER_COLUMNS, orders, "no orders");
      if (!isCut) return;
      const { total_records } = await client.orders({ ...filter, page_size: 1 });
      tellCut(terminal, orders, total_records);
    });
}

function addOrder(program: Command, terminal: Terminal): void {
  program
    .command("order")
    .description("show one order, by its number or, with --reference, by your own name")
    .argument("[order]", "the order's number", orderNo)
    .option("--reference <text>", "your own name of the order")
    .action(async (number: string | undefined, options: { reference?: string }, command) => {
      const { client, asJson } = session(command, terminal);
      const order = await client.order(orderName(number, options.reference));
      if (order === null) {
        print(terminal, asJson ? ["null"] : ["never received: there is no such order"]);
        setExitCode(command, ExitCode.Refused);
      } else if (asJson) printJson(terminal, order);
      else print(terminal, orderFacts(order));
    });
}
