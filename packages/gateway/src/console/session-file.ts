/**
 * Sessions of the console on the disk, so that a page stays signed in through a restart. Only
 * hashes of what browsers hold: the file lets nobody in. Losing it signs everybody out.
 */
import { randomBytes } from "node:crypto";
import { filePath, readFileIfPresent, replacePrivateFileLater } from "../sys/disk.ts";

/** A session as it is kept. */
export interface KeptSession {
  /** SHA-256 of the token, base64url. */
  readonly hash: string;
  readonly apiKey: string;
  /** When the secret began that it is of. */
  readonly secretSinceMs: number;
  readonly beganAtMs: number;
}

export interface KeptSessions {
  /** Tells the cookies of gateways on one host apart: cookies know no ports. */
  readonly instance: string;
  readonly sessions: readonly KeptSession[];
}

const INSTANCE = /^[0-9a-f]{8}$/;

export class SessionFile {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = filePath(dataDir, "console-sessions.json");
  }

  /** What was kept; nothing where there is no file, or one that is not ours. */
  read(): KeptSessions {
    const text = readFileIfPresent(this.#path)?.toString("utf8");
    const kept = text === undefined ? null : parsed(text);
    return kept ?? { instance: randomBytes(4).toString("hex"), sessions: [] };
  }

  /** Rejects with the disk's error. Precondition: the one before is done. */
  write(kept: KeptSessions): Promise<void> {
    return replacePrivateFileLater(this.#path, JSON.stringify(kept));
  }
}

function parsed(text: string): KeptSessions | null {
  try {
    const { instance, sessions } = JSON.parse(text) as Partial<KeptSessions>;
    if (typeof instance !== "string" || !INSTANCE.test(instance)) return null;
    return Array.isArray(sessions) ? { instance, sessions: sessions.filter(isKept) } : null;
  } catch {
    return null;
  }
}

function isKept(value: unknown): value is KeptSession {
  if (typeof value !== "object" || value === null) return false;
  const { hash, apiKey, secretSinceMs, beganAtMs } = value as Partial<KeptSession>;
  const isNamed = typeof hash === "string" && typeof apiKey === "string";
  return isNamed && typeof secretSinceMs === "number" && typeof beganAtMs === "number";
}
