/** The journal archived by age: moved into segments, and put back. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { count } from "../arguments.ts";
import { DATA_DIR, journalDirectory } from "../data-directory.ts";
import { UsageError } from "../exit-codes.ts";
import { isJson } from "../session.ts";
import { type Column, tableLines } from "../table.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { nowMs, parsedTimeMs } from "../time.ts";

interface ArchiveOptions {
  readonly dataDir?: string;
  readonly olderThan?: number;
  readonly before?: string;
  readonly to: string;
}

const DAY_MS = 86_400_000;

export function addJournalArchiveCommands(program: Command, terminal: Terminal): void {
  addArchive(program, terminal);
  addRestore(program, terminal);
}

function addArchive(program: Command, terminal: Terminal): void {
  program
    .command("archive-journal")
    .description("move old events of a stopped gateway's journal into verifiable segments")
    .option("--older-than <days>", "events of more than so many days ago", count)
    .option("--before <date>", "events before a date or an ISO time, such as 2026-01-31 (UTC)")
    .requiredOption("--to <folder>", "where the segments go; keep them together")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText(
      "after",
      "\nThe gateway must be stopped. Orders that closed before are not answered any more, and\n" +
        "streams cannot be resumed from before: countermand audit --segments has them.\n" +
        "Nothing is deleted before its segment is on the disk and verified.",
    )
    .action(async (options: ArchiveOptions, command: Command) => {
      const beforeMs = timeOf(options);
      const dataDir = journalDirectory(options.dataDir, terminal);
      const { archiveJournal } = await import("@countermand/gateway/offline");
      const report = archiveJournal({ dataDir, folder: resolve(options.to), beforeMs });
      if (isJson(command)) printJson(terminal, { data_dir: dataDir, ...report });
      else print(terminal, tableLines(COLUMNS, report.partitions));
      if (report.shrinkProblem === null) return;
      tell(
        terminal,
        `the events are archived, but the file kept its size: ${report.shrinkProblem}`,
      );
    });
}

interface Row {
  readonly partition: string;
  readonly moved: { readonly firstSeq: number; readonly lastSeq: number } | null;
  readonly keptBy: keyof typeof KEPT_BY;
  readonly segment: { readonly path: string; readonly bytes: number } | null;
}

const KEPT_BY = {
  age: "what follows is newer, or has no time",
  end: "the last event stays",
  remembered: "an answer behind it is remembered",
  snapshot: "no older snapshot stands for more",
} as const;

const COLUMNS: readonly Column<Row>[] = [
  { title: "PARTITION", of: ({ partition }) => partition },
  {
    title: "EVENTS",
    of: ({ moved }) => (moved === null ? "none" : `${moved.firstSeq} to ${moved.lastSeq}`),
  },
  { title: "WHY NO MORE", of: ({ keptBy }) => KEPT_BY[keptBy] },
  { title: "SEGMENT", of: ({ segment }) => segment?.path ?? "" },
];

/** @throws UsageError not exactly one time was given, or it is none */
function timeOf({ olderThan, before }: ArchiveOptions): number {
  if ((olderThan === undefined) === (before === undefined)) {
    throw new UsageError("say what is old: --older-than DAYS or --before DATE");
  }
  if (olderThan !== undefined) return nowMs() - olderThan * DAY_MS;
  const atMs = parsedTimeMs(before ?? "");
  if (atMs === null) throw new UsageError(`not a date: ${before}`);
  return atMs;
}

interface RestoreOptions {
  readonly dataDir?: string;
  readonly from: string;
}

function addRestore(program: Command, terminal: Terminal): void {
  program
    .command("restore-journal")
    .description("put all archived events back into a stopped gateway's journal")
    .requiredOption("--from <folder>", "the folder that has all its segments")
    .option("--data-dir <dir>", DATA_DIR)
    .addHelpText(
      "after",
      "\nThe gateway must be stopped. For a start that finds no snapshot it can use: then the\n" +
        "whole history is needed. All events come back or none; the segments stay where they are.",
    )
    .action(async (options: RestoreOptions, command: Command) => {
      const dataDir = journalDirectory(options.dataDir, terminal);
      const { restoreJournal } = await import("@countermand/gateway/offline");
      const counts = restoreJournal(dataDir, resolve(options.from));
      const restored = Object.fromEntries(counts);
      if (isJson(command)) printJson(terminal, { data_dir: dataDir, restored });
      else {
        const lines = [...counts].map(([name, events]) => `${name}: ${events} events are back`);
        print(terminal, counts.size === 0 ? ["nothing of this journal was archived"] : lines);
      }
    });
}
