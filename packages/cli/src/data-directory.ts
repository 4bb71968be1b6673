/** Where a gateway's files are, for commands that read them without it. */
import { accessSync, constants, existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";
import type { Terminal } from "./terminal.ts";

export const DATA_DIR =
  "the gateway's data directory; COUNTERMAND_DATA_DIR, or ./data, unless given";

/** @throws UsageError there is no journal; `instead` is what else to do */
export function journalDirectory(
  dataDir: string | undefined,
  terminal: Terminal,
  instead = "",
  mayLookInto = isSearchable,
): string {
  // An empty variable is one that is not set.
  const chosen = dataDir ?? (terminal.environment["COUNTERMAND_DATA_DIR"] || "./data");
  const folder = resolve(chosen);
  const files = ["journal.db", "journal.db-wal", "head"];
  if (files.some((name) => existsSync(join(folder, name)))) return folder;
  if (existsSync(folder) && !mayLookInto(folder)) {
    throw new UsageError(`this user may not look into ${folder}: run this as the gateway's user`);
  }
  const problem = `${folder} has no journal: name the data directory with --data-dir`;
  throw new UsageError(instead === "" ? problem : `${problem}, or ${instead}`);
}

/** To who may not, every file of a folder seems to be missing. */
function isSearchable(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
