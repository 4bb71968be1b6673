/** What can be proven without the gateway: that a journal is whole, and that a receipt is good. */
import { resolve } from "node:path";
import { parseWire } from "@countermand/client";
import type { JournalVerdict } from "@countermand/gateway/offline";
import type { Command } from "commander";
import { DATA_DIR, journalDirectory } from "../data-directory.ts";
import { exactJson } from "../exact-json.ts";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { addressAt, chosenProfile, type ProfileChoice } from "../profiles.ts";
import { isJson, setExitCode } from "../session.ts";
import { type Column, factLines, tableLines } from "../table.ts";
import {
  print,
  printJson,
  readAll,
  readNamed,
  showProgress,
  type Terminal,
  tell,
} from "../terminal.ts";
import { millisecondsText } from "../time.ts";
import { addAuditCommand } from "./audit.ts";

interface EvidenceOptions extends ProfileChoice {
  readonly dataDir?: string;
  readonly jwks?: string;
  readonly segments?: string;
}

const RECEIPT_BYTES_MAX = 65_536;
const FETCH_TIMEOUT_MS = 10_000;

export function addEvidenceCommands(program: Command, terminal: Terminal): void {
  addVerify(program, terminal);
  addBackup(program, terminal);
  addAuditCommand(program, terminal);
  addReceipt(program, terminal);
}

type PartitionRow = JournalVerdict["partitions"][number];

const PARTITION_COLUMNS: readonly Column<PartitionRow>[] = [
  { title: "PARTITION", of: ({ partition }) => partition },
  { title: "EVENTS", of: ({ lastSeq }) => String(lastSeq), isNumber: true },
  { title: "LAST HASH", of: ({ hash }) => hash },
];

/** Shown where something was. */
const ARCHIVED_COLUMN: Column<PartitionRow> = {
  title: "ARCHIVED",
  of: ({ archivedSeq }) => String(archivedSeq),
  isNumber: true,
};

function addVerify(program: Command, terminal: Terminal): void {
  program
    .command("verify")
    .description("verify a journal against its hash chain and its head, without a gateway")
    .option("--data-dir <dir>", DATA_DIR)
    .option(
      "--segments <folder>",
      "also verify what archive-journal cut from it, from the first event on",
    )
    .addHelpText(
      "after",
      "\nReads only. Beside a running gateway it verifies what was there when it began.\n" +
        "Exit code 0: every event is whole; 1: it is not, and the first broken place is named.",
    )
    .action(async ({ dataDir, segments }: EvidenceOptions, command: Command) => {
      const folder = journalDirectory(dataDir, terminal);
      const { verifyJournal } = await import("@countermand/gateway/offline");
      const onProgress = progressOf(terminal);
      const verdict = verifyJournal(folder, { onProgress, ...(segments && { segments }) });
      showProgress(terminal, "");
      const { problem } = verdict;
      if (isJson(command)) printJson(terminal, { data_dir: folder, ...verdict });
      else if (problem === null) print(terminal, wholeLines(verdict));
      else {
        tell(terminal, `${brokenAfter(verdict, problem.code)}: ${problem.what}`);
        tell(terminal, `${problem.file} (${problem.code})`);
      }
      if (problem !== null) setExitCode(command, ExitCode.Refused);
    });
}

/** Of what could not even be read nothing is known. */
function brokenAfter({ eventCount }: JournalVerdict, code: string): string {
  if (eventCount === 0 && code === "JOURNAL_UNREADABLE") return "not verified";
  return `broken after ${eventCount} good events`;
}

function wholeLines(verdict: JournalVerdict): string[] {
  const { damagedTail, eventCount, isInUse, partitions } = verdict;
  const state = isInUse ? "; a gateway uses it and may have gone on since" : "";
  const columns = isCut(verdict) ? [...PARTITION_COLUMNS, ARCHIVED_COLUMN] : PARTITION_COLUMNS;
  return [
    ...tableLines(columns, partitions),
    "",
    `whole: ${eventCount} events, and the head is reached${state}`,
    ...archivedLines(verdict),
    ...(damagedTail === null ? [] : [tailText(damagedTail)]),
  ];
}

function isCut({ partitions }: JournalVerdict): boolean {
  return partitions.some(({ archivedSeq }) => archivedSeq > 0);
}

/** What of the history was not, or was, verified beside the journal. */
function archivedLines(verdict: JournalVerdict): string[] {
  const { segmentEventCount } = verdict;
  if (segmentEventCount !== null) {
    return [`whole: ${segmentEventCount} archived events, which lead to the journal unbroken`];
  }
  if (!isCut(verdict)) return [];
  return ["archived events were not looked at: give their folder with --segments"];
}

function addBackup(program: Command, terminal: Terminal): void {
  program
    .command("backup")
    .description("make a verified copy of a data directory, also while the gateway runs")
    .argument("<folder>", "the backup's folder, which must not exist yet")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText(
      "after",
      "\nThe journal at one moment, its head, snapshots and the directory's own keys: keep it as\n" +
        "secret as they are. Exit code 0: whole and on the disk; 1: there is no backup, and why.",
    )
    .action(async (folder: string, { dataDir }: EvidenceOptions, command: Command) => {
      const from = journalDirectory(dataDir, terminal);
      const { BackupExistsError, backUp, JournalError } = await import(
        "@countermand/gateway/offline"
      );
      try {
        const backup = await backUp(from, resolve(folder));
        if (isJson(command)) printJson(terminal, { data_dir: from, ...backup });
        else {
          print(terminal, [
            ...tableLines(PARTITION_COLUMNS, backup.partitions),
            "",
            `${backup.folder}: whole, ${backup.eventCount} events, ${backup.bytes} bytes`,
          ]);
        }
      } catch (error) {
        const isExpected = error instanceof BackupExistsError || error instanceof JournalError;
        if (!isExpected) throw error;
        tell(terminal, `no backup: ${error.message}`);
        setExitCode(command, ExitCode.Refused);
      }
    });
}

const PROGRESS_EVENTS = 50_000;

function progressOf(terminal: Terminal): (eventCount: number, expectedCount: number) => void {
  let nextAt = PROGRESS_EVENTS;
  return (eventCount, expectedCount) => {
    if (eventCount < nextAt) return;
    nextAt += PROGRESS_EVENTS;
    const percent = Math.floor((100 * eventCount) / Math.max(eventCount, expectedCount));
    showProgress(terminal, `${percent} %, ${eventCount} events`);
  };
}

function tailText({ bytes, commits }: NonNullable<JournalVerdict["damagedTail"]>): string {
  return (
    `the log ends with ${bytes} bytes of no whole commit (${commits} ended in them): ` +
    "the next start keeps them aside"
  );
}

function addReceipt(program: Command, terminal: Terminal): void {
  const receipt = program
    .command("receipt")
    .description("verify a signed receipt of a cancel, also without the gateway");
  receipt
    .command("verify")
    .description("verify a receipt against public keys and, with --data-dir, against a journal")
    .argument("<file>", "the receipt, or an answer that has one; - for the standard input")
    .option("--jwks <file>", "public keys as GET /receipt-keys gave them; else they are asked for")
    .option("--data-dir <dir>", "also look whether the journal there says the same")
    .option("--segments <folder>", "with --data-dir: what archive-journal cut from that journal")
    .addHelpText(
      "after",
      "\nKeys that come from the gateway prove only what that gateway says: keep a copy of them.\n" +
        "Exit code 0: the receipt is good; 1: it is not.",
    )
    .action(async (file: string, _options, command: Command) => {
      const options = command.optsWithGlobals<EvidenceOptions>();
      const receipts = receiptsIn(await contentOf(file, terminal));
      const jwks = await keySet(options, terminal);
      for (const receipt of receipts) {
        const judged = await judgedReceipt(receipt, jwks, options, terminal);
        if (isJson(command)) printJson(terminal, receiptJson(judged));
        else if (judged.problem === null)
          print(terminal, receiptLines(judged.json, options.dataDir !== undefined));
        else tell(terminal, `not good: ${judged.problem}`);
        if (judged.problem !== null) setExitCode(command, ExitCode.Refused);
      }
    });
}

/** What a receipt states, if it is one, and what is wrong with it. */
type JudgedReceipt =
  | { readonly problem: null; readonly json: string }
  | { readonly problem: string; readonly json: string | null };

async function judgedReceipt(
  receipt: string,
  jwks: unknown,
  { dataDir, segments }: EvidenceOptions,
  terminal: Terminal,
): Promise<JudgedReceipt> {
  const { journalProblem, verifyReceipt } = await import("@countermand/gateway/offline");
  const verdict = verifyReceipt(receipt, jwks);
  if (!verdict.isGood) return { problem: verdict.problem, json: null };
  const { json } = verdict;
  if (dataDir === undefined) return { problem: null, json };
  const folder = journalDirectory(dataDir, terminal);
  return { problem: journalProblem(folder, verdict, segments ?? null), json };
}

function receiptJson({ json, problem }: JudgedReceipt): object {
  const statement = json === null ? null : exactJson(json);
  return { good: problem === null, problem, statement };
}

function receiptLines(json: string, isCompared: boolean): string[] {
  const facts = Object.entries(parseWire(json) as object).map(([name, value]) => {
    const text = String(value);
    const shown = name.endsWith("_ms") ? `${text} (${millisecondsText(Number(value))})` : text;
    return [name, shown] as const;
  });
  const good = "good: signed by the gateway, unchanged since";
  return [...factLines(facts), "", isCompared ? `${good}; the journal says the same` : good];
}

async function contentOf(file: string, terminal: Terminal): Promise<string> {
  if (file === "-") return await readAll(terminal.input, RECEIPT_BYTES_MAX);
  return readNamed(file);
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
  if (options.jwks !== undefined) return parsed(readNamed(options.jwks), options.jwks);
  const { url } = chosenProfile(options, terminal.environment);
  const address = addressAt(url, "/receipt-keys");
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    // What a gateway that starts says is no set of keys, and no word about the receipt.
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
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
