/** What can be proven without the gateway: that a journal is whole, and that a receipt is good. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { chosenProfile, type ProfileChoice } from "../profiles.ts";
import { setExitCode } from "../session.ts";
import { type Column, factLines, tableLines } from "../table.ts";
import { print, printJson, readAll, type Terminal, tell } from "../terminal.ts";
import { millisecondsText } from "../time.ts";

interface EvidenceOptions extends ProfileChoice {
  readonly json?: boolean;
  readonly dataDir?: string;
  readonly jwks?: string;
}

const DATA_DIR = "the gateway's data directory; COUNTERMAND_DATA_DIR, or ./data, unless given";
const RECEIPT_BYTES_MAX = 65_536;
const FETCH_TIMEOUT_MS = 10_000;

export function addEvidenceCommands(program: Command, terminal: Terminal): void {
  addVerify(program, terminal);
  addAudit(program, terminal);
  addReceipt(program, terminal);
}

/** @throws UsageError there is no journal */
function journalDirectory(dataDir: string | undefined, terminal: Terminal): string {
  const chosen = dataDir ?? terminal.environment["COUNTERMAND_DATA_DIR"] ?? "./data";
  const folder = resolve(chosen);
  const files = ["journal.db", "journal.db-wal", "head"];
  if (files.some((name) => existsSync(join(folder, name)))) return folder;
  throw new UsageError(`${folder} has no journal: name the data directory with --data-dir`);
}

interface PartitionRow {
  readonly partition: string;
  readonly lastSeq: number;
  readonly hash: string;
}

const PARTITION_COLUMNS: readonly Column<PartitionRow>[] = [
  { title: "PARTITION", of: ({ partition }) => partition },
  { title: "EVENTS", of: ({ lastSeq }) => String(lastSeq), isNumber: true },
  { title: "LAST HASH", of: ({ hash }) => hash },
];

function addVerify(program: Command, terminal: Terminal): void {
  program
    .command("verify")
    .description("verify a journal against its chain of hashes and its head, without a gateway")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText(
      "after",
      "\nReads only. Beside a running gateway it verifies what was there when it began.\n" +
        "Exit code 0: every event is whole; 1: it is not, and the first broken place is named.",
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<EvidenceOptions>();
      const folder = journalDirectory(options.dataDir, terminal);
      const { verifyJournal } = await import("@countermand/gateway/offline");
      const verdict = verifyJournal(folder, progressOf(terminal));
      if (terminal.errors.isTTY === true) terminal.errors.write(CLEAR_LINE);
      const { problem, eventCount, partitions, isInUse, damagedTail } = verdict;
      if (options.json === true) printJson(terminal, { data_dir: folder, ...verdict });
      else if (problem !== null) {
        tell(terminal, `broken after ${eventCount} good events: ${problem.what}`);
        tell(terminal, `${problem.file} (${problem.code})`);
      } else {
        const state = isInUse ? "; a gateway uses it and may have gone on since" : "";
        print(terminal, [
          ...tableLines(PARTITION_COLUMNS, partitions),
          "",
          `whole: ${eventCount} events, and the head is reached${state}`,
          ...(damagedTail === null ? [] : [tailText(damagedTail)]),
        ]);
      }
      if (problem !== null) setExitCode(command, ExitCode.Refused);
    });
}

const CLEAR_LINE = "\r\x1b[K";
const PROGRESS_EVENTS = 50_000;

/** A line that a terminal overwrites; nothing for a pipe. */
function progressOf({ errors }: Terminal): (eventCount: number, expectedCount: number) => void {
  if (errors.isTTY !== true) return () => {};
  let nextAt = PROGRESS_EVENTS;
  return (eventCount, expectedCount) => {
    if (eventCount < nextAt) return;
    nextAt += PROGRESS_EVENTS;
    const percent = Math.floor((100 * eventCount) / Math.max(eventCount, expectedCount));
    errors.write(`${CLEAR_LINE}${percent} %, ${eventCount} events`);
  };
}

function tailText({
  bytes,
  commits,
}: {
  readonly bytes: number;
  readonly commits: number;
}): string {
  return (
    `the log ends with ${bytes} bytes of no whole commit (${commits} ended in them): ` +
    "the next start keeps them aside"
  );
}

/** One event of an order, as the gateway writes it. */
interface StoryRow {
  readonly at_ms: number;
  readonly event: string;
  readonly order_no: string;
  readonly channel: string;
  readonly actor: string;
  readonly request_id: string;
  readonly code?: number;
  readonly http_status?: number;
  readonly reason?: string;
  readonly qty?: number;
  readonly execute_qty?: number;
  readonly last_qty?: number;
  readonly last_price?: number;
  readonly cancel_reason?: string;
  readonly reject_reason?: string;
  readonly partition: string;
  readonly journal_seq: number;
  readonly event_hash: string;
}

function addAudit(program: Command, terminal: Terminal): void {
  program
    .command("audit")
    .description("the whole story of an order: what happened, who asked, what was answered")
    .argument("[order]", "the order's number")
    .option("--reference <text>", "your own name of the order; with --account")
    .option("--account <account>", "whose order a --reference means")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText("after", "\nReads the journal, from beginning to end, also beside a gateway.")
    .action(async (order: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<AuditOptions>();
      const sought = soughtOrder(order, options);
      const folder = journalDirectory(options.dataDir, terminal);
      const { orderStories } = await import("@countermand/gateway/offline");
      let count = 0;
      for (const json of orderStories(folder, sought)) {
        count += 1;
        if (options.json === true) print(terminal, [json]);
        else print(terminal, storyLines(JSON.parse(json) as StoryRow));
      }
      if (count > 0) return;
      tell(terminal, "the journal has no such order");
      setExitCode(command, ExitCode.Refused);
    });
}

interface AuditOptions extends EvidenceOptions {
  readonly reference?: string;
  readonly account?: string;
}

function soughtOrder(order: string | undefined, { reference, account }: AuditOptions) {
  if (order !== undefined && reference === undefined) return { orderId: order };
  if (order === undefined && reference !== undefined && account !== undefined) {
    return { account, clOrdId: reference };
  }
  throw new UsageError("name the order by its number, or with --reference and --account");
}

function storyLines(row: StoryRow): string[] {
  const { at_ms, event, order_no, channel, actor, request_id, code, http_status } = row;
  const request = request_id === "" ? "" : `, request ${JSON.stringify(request_id)}`;
  const who = channel === "" ? "" : `  by ${actor} over ${channel}${request}`;
  const answer = code === undefined ? "" : `, answered ${http_status} code ${code}`;
  return [
    `${millisecondsText(at_ms)}  ${order_no}  ${event.replaceAll("_", " ")}${whatOf(row)}`,
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

function addReceipt(program: Command, terminal: Terminal): void {
  const receipt = program
    .command("receipt")
    .description("signed receipts of cancels: verify one, also without the gateway");
  receipt
    .command("verify")
    .description("verify a receipt against public keys, and against a journal where there is one")
    .argument("<file>", "the receipt, or an answer that has one; - for the standard input")
    .option("--jwks <file>", "public keys as GET /receipt-keys gave them; else they are asked for")
    .option("--data-dir <dir>", "also look whether the journal there says the same")
    .addHelpText(
      "after",
      "\nKeys that come from the gateway prove only what that gateway says: keep a copy of them.\n" +
        "Exit code 0: the receipt is good; 1: it is not.",
    )
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<EvidenceOptions>();
      const receipts = receiptsIn(await contentOf(file, terminal));
      const jwks = await keySet(options, terminal);
      const { journalProblem, verifyReceipt } = await import("@countermand/gateway/offline");
      for (const text of receipts) {
        const verdict = verifyReceipt(text, jwks);
        const { dataDir } = options;
        const problem = verdict.isGood
          ? dataDir === undefined
            ? null
            : journalProblem(journalDirectory(dataDir, terminal), verdict)
          : verdict.problem;
        show(terminal, options.json === true, problem, verdict.isGood ? verdict.statement : null);
        if (problem !== null) setExitCode(command, ExitCode.Refused);
      }
    });
}

function show(
  terminal: Terminal,
  asJson: boolean,
  problem: string | null,
  statement: object | null,
): void {
  if (asJson) {
    printJson(terminal, { good: problem === null, problem, statement });
    return;
  }
  if (problem !== null || statement === null) {
    tell(terminal, `not good: ${problem}`);
    return;
  }
  const facts = Object.entries(statement).map(([name, value]): [string, string] => {
    const text = String(value);
    return [name, name.endsWith("_ms") ? `${text} (${millisecondsText(Number(value))})` : text];
  });
  print(terminal, [...factLines(facts), "", "good: signed by the gateway, unchanged since"]);
}

async function contentOf(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return await readAll(terminal.input, RECEIPT_BYTES_MAX);
  return readText(file);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${(error as Error).message}`);
  }
}

/** A receipt alone, or all that an answer has. */
function receiptsIn(content: string): string[] {
  const text = content.trim();
  if (!text.startsWith("{")) return [text];
  const found = [...text.matchAll(/"receipt"\s*:\s*"([^"]+)"/g)].map(([, receipt = ""]) => receipt);
  if (found.length === 0) throw new UsageError("there is no receipt in it");
  return found;
}

async function keySet(options: EvidenceOptions, terminal: Terminal): Promise<unknown> {
  if (options.jwks !== undefined) return parsed(readText(options.jwks), options.jwks);
  const { url } = chosenProfile(options, terminal.environment);
  const address = new URL("/receipt-keys", url).href;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    return await response.json();
  } catch (error) {
    throw new UsageError(
      `no keys from ${address} (${(error as Error).message}): give them with --jwks FILE`,
    );
  }
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${file} is not JSON`);
  }
}
