/**
 * A copy of a data directory that a gateway can start on, taken beside the running one or without
 * one: the journal as it is at one moment, its head, snapshots and the directory's own keys. It is
 * verified before it gets its name, so what bears the name is a whole backup.
 */
import Database from "better-sqlite3";
import {
  createPrivateFile,
  diskErrorCode,
  ensureFolder,
  fileBytes,
  fileNames,
  filePath,
  readFileIfPresent,
  readPieces,
  removeEmptyFolder,
  removeFile,
  removeFolder,
  renameDurably,
  replaceFile,
} from "../sys/disk.ts";
import { CHAIN_START } from "./event-chain.ts";
import { readHead, writeHead } from "./head-file.ts";
import { inspectJournal, type JournalInspection } from "./inspect.ts";
import { JournalError } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { journalErrorFrom, journalFiles } from "./journal-schema.ts";
import { readNewestSnapshot } from "./snapshot-file.ts";

export interface Backup {
  readonly folder: string;
  /** Of the database. */
  readonly bytes: number;
  readonly eventCount: number;
  readonly partitions: readonly {
    readonly partition: string;
    readonly lastSeq: number;
    readonly hash: string;
    /** The last event that was archived; 0 where none was. */
    readonly archivedSeq: number;
  }[];
}

/** What only this directory has; others are made again or derived. */
const KEY_FILES = ["receipt-key.pem", "sandbox-keys.json"];
const SNAPSHOTS = "snapshots";
const PIECE_BYTES = 65_536;
/** As many as there are: one step is one moment, and none is begun anew when the gateway writes. */
const ALL_PAGES = 0x7fff_ffff;

/** The folder is there already: nothing is put over another backup. */
export class BackupExistsError extends Error {
  override readonly name = "BackupExistsError";
}

/**
 * Makes the backup folder; on stable storage when it resolves.
 * @throws BackupExistsError
 * @throws JournalError the journal or the copy must not be used; no folder is left
 */
export async function backUp(dataDir: string, folder: string): Promise<Backup> {
  const draft = `${folder}.partial`;
  for (const path of [folder, draft]) {
    if (fileNames(path).length > 0) throw new BackupExistsError(`${path} is there and not empty`);
  }
  ensureFolder(draft);
  try {
    // Before the database: what these say of the journal stands in it then.
    copySnapshots(dataDir, draft);
    const head = headOf(dataDir);
    copyKeys(dataDir, draft);
    await copyDatabase(dataDir, draft);
    const inspection = verified(draft, head);
    // Others may have put something there meanwhile.
    if (!removeEmptyFolder(folder)) throw new BackupExistsError(`${folder} is not empty any more`);
    renameDurably(draft, folder);
    return backupOf(folder, inspection);
  } catch (error) {
    removeFolder(draft);
    throw error;
  }
}

function copySnapshots(dataDir: string, draft: string): void {
  const from = filePath(dataDir, SNAPSHOTS);
  for (const name of fileNames(from).filter((each) => each.endsWith(".txt"))) {
    ensureFolder(filePath(draft, SNAPSHOTS));
    try {
      // In pieces: with many open orders one is larger than memory.
      const pieces = readPieces(filePath(from, name), 0, PIECE_BYTES);
      replaceFile(filePath(draft, SNAPSHOTS, name), pieces);
    } catch (error) {
      // One that is replaced by a newer one meanwhile is no loss: they only save time.
      if (diskErrorCode(error) !== "ENOENT") throw error;
    }
  }
}

function headOf(dataDir: string): Buffer {
  const { head } = journalFiles(dataDir);
  const bytes = readFileIfPresent(head);
  if (bytes !== null) return bytes;
  throw new JournalError("JOURNAL_HEAD_UNREADABLE", head, "is missing");
}

function copyKeys(dataDir: string, draft: string): void {
  for (const name of KEY_FILES) {
    const bytes = readFileIfPresent(filePath(dataDir, name));
    if (bytes !== null) createPrivateFile(filePath(draft, name), bytes.toString("utf8"));
  }
}

async function copyDatabase(dataDir: string, draft: string): Promise<void> {
  const files = journalFiles(dataDir);
  try {
    const database = new Database(files.database, { readonly: true, fileMustExist: true });
    try {
      await database.backup(journalFiles(draft).database, { progress: () => ALL_PAGES });
    } finally {
      database.close();
    }
  } catch (error) {
    throw journalErrorFrom(error, files.database);
  }
}

/** Follows the copy's chain to its end, past the head it was taken with, which it then gets. */
function verified(draft: string, head: Buffer): JournalInspection {
  const files = journalFiles(draft);
  replaceFile(files.head, [head]);
  const inspection = inspectJournal(draft, { isHeadOld: true });
  const isCut = [...inspection.partitions.values()].some(({ archivedSeq }) => archivedSeq > 0);
  if (isCut && !hasSnapshot(draft, inspection)) {
    const problem = "has archived events, and there is no whole snapshot that holds their state";
    throw new JournalError("JOURNAL_DAMAGED", files.database, problem);
  }
  const named = [...inspection.partitions].filter(([, { lastSeq }]) => lastSeq > 0);
  const ends = named.map(([name, { lastSeq, hash, epoch }]) => {
    return [name, { seq: lastSeq, hash, epoch }] as const;
  });
  writeHead(files.head, new Map([...(readHead(files.head) ?? []), ...ends]));
  // What SQLite makes to read it: the log is empty.
  for (const suffix of ["-wal", "-shm"]) removeFile(`${files.database}${suffix}`);
  return inspection;
}

/** Whether one that is whole stands for everything that was archived. */
function hasSnapshot(draft: string, { partitions }: JournalInspection): boolean {
  const reader = new JournalReader(draft);
  try {
    const found = readNewestSnapshot(filePath(draft, SNAPSHOTS), ({ positions }) => {
      const hashes = new Map(positions.map((each) => [each.partition, each]));
      return [...partitions].every(([partition, { archivedSeq }]) => {
        const { seq, hash } = hashes.get(partition) ?? CHAIN_START;
        return seq >= archivedSeq && reader.hashAt(partition, seq) === hash;
      });
    });
    return found !== null;
  } finally {
    reader.close();
  }
}

function backupOf(folder: string, { eventCount, partitions }: JournalInspection): Backup {
  return {
    folder,
    bytes: fileBytes(journalFiles(folder).database) ?? 0,
    eventCount,
    partitions: [...partitions].map(([partition, end]) => ({ partition, ...end })),
  };
}
