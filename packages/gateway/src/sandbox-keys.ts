/**
 * The sandbox's two keys: the public ones of the documentation, or two that this data directory has
 * for itself, made at its first start.
 */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SANDBOX_KEYS, type SandboxKey } from "./sandbox.ts";
import { renameDurably } from "./sys/disk.ts";

export const SANDBOX_KEY_KINDS = ["demo", "random"] as const;
export type SandboxKeyKind = (typeof SANDBOX_KEY_KINDS)[number];

export interface SandboxKeys {
  readonly keys: readonly SandboxKey[];
  /** Where random keys are kept; null for the public ones. */
  readonly path: string | null;
  /** Made just now: nobody has seen them yet. */
  readonly areNew: boolean;
}

const FILE_NAME = "sandbox-keys.json";
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;
/** Bits that nobody guesses: 160 for a secret; a key's name only has to be its own. */
const SECRET_BYTES = 20;
const NAME_BYTES = 6;

/** The file with the keys is not what this program wrote. */
class SandboxKeysError extends Error {
  override readonly name = "SandboxKeysError";
  readonly code = "SANDBOX_KEYS_UNREADABLE";
}

/**
 * Precondition: the data directory exists and is locked.
 * @throws SandboxKeysError
 */
export function sandboxKeys(kind: SandboxKeyKind, dataDir: string): SandboxKeys {
  if (kind === "demo") return { keys: SANDBOX_KEYS, path: null, areNew: false };
  const path = join(dataDir, FILE_NAME);
  const kept = readKeys(path);
  if (kept !== null) return { keys: kept, path, areNew: false };
  const keys = SANDBOX_KEYS.map(({ account }) => ({
    apiKey: `sandbox-${randomBytes(NAME_BYTES).toString("hex")}`,
    secret: randomBytes(SECRET_BYTES).toString("hex"),
    account,
  }));
  writeKeys(path, keys);
  return { keys, path, areNew: true };
}

function readKeys(path: string): readonly SandboxKey[] | null {
  let text: string;
  try {
    if (process.platform !== "win32" && (statSync(path).mode & OTHERS) !== 0) {
      throw new SandboxKeysError(`${path} holds secrets and others may read it: chmod 600 ${path}`);
    }
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return null;
    throw error;
  }
  const keys = parsed(text);
  if (keys !== null) return keys;
  throw new SandboxKeysError(`${path} is damaged: remove it, and the next start makes new keys`);
}

function parsed(text: string): readonly SandboxKey[] | null {
  try {
    const rows = JSON.parse(text) as readonly SandboxKey[];
    const isWhole = SANDBOX_KEYS.every(({ account }, index) => {
      const row = rows[index];
      return row?.account === account && isText(row.apiKey) && isText(row.secret);
    });
    return isWhole && rows.length === SANDBOX_KEYS.length ? rows : null;
  } catch {
    return null;
  }
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

/** Never half written: keys that were printed are there at the next start. */
function writeKeys(path: string, keys: readonly SandboxKey[]): void {
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w", OWNER_ONLY);
  try {
    writeSync(file, `${JSON.stringify(keys, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameDurably(fresh, path);
}
