/** The story of an order: out of a journal, or from a gateway that runs. */
import { parseWire } from "@countermand/client";
import type { Command } from "commander";
import { DATA_DIR, journalDirectory } from "../data-directory.ts";
import { exactJson } from "../exact-json.ts";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { OPERATOR_URL, type OperatorChoice } from "../operator-client.ts";
import { isJson, setExitCode } from "../session.ts";
import { print, type Terminal, tell } from "../terminal.ts";
import { millisecondsText } from "../time.ts";
import { API, operatorClient } from "./operator-command.ts";

interface AuditOptions extends OperatorChoice {
  readonly dataDir?: string;
  readonly segments?: string;
  readonly reference?: string;
  readonly account?: string;
}

type SoughtOrder =
  | { readonly orderId: string }
  | { readonly account: string; readonly clOrdId: string };

/** One event of an order, as the gateway writes it; its figures are text, digit for digit. */
interface StoryRow {
  readonly at_ms: string;
  readonly event: string;
  readonly order_no: string;
  readonly channel: string;
  readonly actor: string;
  readonly request_id: string;
  readonly code?: number;
  readonly http_status?: string;
  readonly reason?: string;
  readonly qty?: string;
  readonly execute_qty?: string;
  readonly last_qty?: string;
  readonly last_price?: string;
  readonly cancel_reason?: string;
  readonly reject_reason?: string;
  readonly partition: string;
  readonly journal_seq: string;
  readonly event_hash: string;
}

export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command("audit")
    .description("tell the whole story of an order: what happened, who asked, what was answered")
    .argument("[order]", "the order's number")
    .option("--reference <text>", "your own name of the order; with --account")
    .option("--account <account>", "whose order a --reference means")
    .option("--data-dir <dir>", DATA_DIR)
    .option("--segments <folder>", "also search what archive-journal cut from the journal")
    .option(
      "--operator-url <url>",
      `ask the gateway's operator listener, such as ${OPERATOR_URL}, instead of a data directory`,
    )
    .option("--operator <name>", "who asks; your user name unless given")
    .option("--token-file <file>", "the operator's token; else COUNTERMAND_OPERATOR_TOKEN_FILE")
    .addHelpText(
      "after",
      "\nReads the journal, from beginning to end, also beside a gateway. With --operator-url the\n" +
        "gateway follows the order alone, which takes milliseconds, and the files are not needed.",
    )
    .action(async (order: string | undefined, options: AuditOptions, command: Command) => {
      const sought = soughtOrder(order, options);
      const tellFrom = options.operatorUrl === undefined ? tellFromJournal : tellFromGateway;
      const asJson = isJson(command);
      const count = await tellFrom(options, sought, terminal, (json) => {
        print(terminal, asJson ? [json] : storyLines(json));
      });
      if (count > 0) return;
      tell(terminal, "the journal has no such order");
      setExitCode(command, ExitCode.Refused);
    });
}

/** How many events there were. */
async function tellFromJournal(
  options: AuditOptions,
  sought: SoughtOrder,
  terminal: Terminal,
  tellEvent: (json: string) => void,
): Promise<number> {
  if (options.tokenFile !== undefined) {
    throw new UsageError("--token-file is for --operator-url URL");
  }
  const folder = journalDirectory(options.dataDir, terminal, "ask the gateway: --operator-url URL");
  const { hasArchivedOrders, orderStories } = await import("@countermand/gateway/offline");
  let count = 0;
  for (const json of orderStories(folder, sought, options.segments ?? null)) {
    count += 1;
    tellEvent(json);
  }
  if (options.segments === undefined && hasArchivedOrders(folder)) {
    tell(terminal, "older events were archived: --segments FOLDER has them too");
  }
  return count;
}

interface StoryPart {
  readonly events: readonly object[];
  readonly earlier: string | null;
  readonly complete: boolean;
}

async function tellFromGateway(
  options: AuditOptions,
  sought: SoughtOrder,
  terminal: Terminal,
  tellEvent: (json: string) => void,
): Promise<number> {
  if (options.dataDir !== undefined || options.segments !== undefined) {
    throw new UsageError("--data-dir and --segments are files: not together with --operator-url");
  }
  const client = operatorClient(options, terminal);
  // The gateway tells the end of a story first.
  const parts: (readonly object[])[] = [];
  let isComplete = true;
  for (let before: string | null | undefined; before !== null; ) {
    const part = (await client.read(storyPath(sought, before), exactJson)) as StoryPart;
    parts.push(part.events);
    isComplete &&= part.complete;
    before = part.earlier;
  }
  const events = parts.reverse().flat();
  for (const event of events) tellEvent(JSON.stringify(event));
  if (!isComplete) {
    tell(terminal, "the story begins earlier: --data-dir DIR --segments FOLDER has it whole");
  }
  return events.length;
}

function storyPath(sought: SoughtOrder, before: string | undefined): string {
  const query = new URLSearchParams(before === undefined ? {} : { before });
  if ("orderId" in sought) {
    const path = `${API}/orders/${encodeURIComponent(sought.orderId)}/audit`;
    return query.size === 0 ? path : `${path}?${query}`;
  }
  query.set("account", sought.account);
  query.set("reference_id", sought.clOrdId);
  return `${API}/audit?${query}`;
}

function soughtOrder(order: string | undefined, { reference, account }: AuditOptions): SoughtOrder {
  if (order !== undefined && reference === undefined) return { orderId: order };
  if (order === undefined && reference !== undefined && account !== undefined) {
    return { account, clOrdId: reference };
  }
  throw new UsageError("name the order by its number, or with --reference and --account");
}

/** An event of a story, which is one JSON document, as people read it. */
export function storyLines(json: string): string[] {
  const row = parseWire(json) as StoryRow;
  const { at_ms, event, order_no, channel, actor, request_id, code, http_status } = row;
  const request = request_id === "" ? "" : `, request ${JSON.stringify(request_id)}`;
  const who = channel === "" ? "" : `  by ${actor} over ${channel}${request}`;
  const answer = code === undefined ? "" : `, answered ${http_status} code ${code}`;
  return [
    `${millisecondsText(Number(at_ms))}  ${order_no}  ${event.replaceAll("_", " ")}${whatOf(row)}`,
    ...(who === "" ? [] : [`${who}${answer}`]),
    `  ${row.partition} ${row.journal_seq} ${row.event_hash}`,
  ];
}

function whatOf(row: StoryRow): string {
  if (row.last_qty !== undefined) return ` ${row.last_qty} at ${row.last_price}`;
  const why = [row.reason, row.cancel_reason, row.reject_reason].find((text) => Boolean(text));
  const amounts = row.qty === undefined ? "" : ` (${row.execute_qty} of ${row.qty} traded)`;
  return `${why === undefined ? "" : `: ${why}`}${amounts}`;
}
