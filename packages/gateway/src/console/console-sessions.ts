/**
 * Browsers that are signed in. A session stands for its key: it has the key's account and
 * permissions at every moment, and ends with it.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { StoredKey } from "../auth/key-store.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import {
  KEEP_RETRY_MS,
  KEPT_MS,
  SESSION_IDLE_MS,
  SESSION_LIFE_MS,
  SESSIONS_MAX,
  SESSIONS_PER_KEY_MAX,
  SWEEP_MS,
} from "./limits.ts";
import type { SessionFile } from "./session-file.ts";
import type { SignedIn } from "./sign-in-codes.ts";

export interface ConsoleSessionsOptions<Holder> {
  /**
   * Who may still be signed in, by name, a key or an operator, by the secret that began then.
   */
  readonly keys: { findSince(name: string, wallMs: number, sinceMs: number): Holder | null };
  readonly clock: Clock;
  readonly file: Pick<SessionFile, "read" | "write">;
  /** In the cookie's name: browsers do not tell the listeners of one host apart. */
  readonly cookieWord?: "console" | "operator";
  /** The table could not be kept any more: until it can, a restart has an older one. */
  readonly onNotKept: (error: Error) => void;
}

interface Session extends SignedIn {
  readonly hash: string;
  /** Wall clock: it is kept over restarts. */
  readonly beganAtMs: number;
  usedAtMs: number;
  /** Sockets to be cut when it ends. */
  readonly onEnd: Set<() => void>;
}

/** A session found good just now. */
export interface OpenSession<Holder = StoredKey> {
  readonly key: Holder;
  readonly csrfToken: string;
  /** Until it ends at the latest. */
  readonly lifeMs: number;
  /** Calls back when it ends; the answer takes that back. While it waits the session is in use. */
  readonly onEnd: (callback: () => void) => () => void;
}

export class ConsoleSessions<Holder = StoredKey> {
  /** Name of the cookie that browsers hold their token in. */
  readonly cookieName: string;
  readonly #options: ConsoleSessionsOptions<Holder>;
  readonly #instance: string;
  /** By hash of the token. */
  readonly #sessions = new Map<string, Session>();
  #sweep: Cancelable | null = null;
  /** The table is being written, and has changed since. */
  #keeping: Promise<void> | null = null;
  #hasChanged = false;
  /** The disk did not take the table: when it is tried again. */
  #retry: Cancelable | null = null;
  #isBehind = false;
  #isClosed = false;

  constructor(options: ConsoleSessionsOptions<Holder>) {
    this.#options = options;
    const { instance, sessions } = options.file.read();
    this.#instance = instance;
    this.cookieName = `countermand_${options.cookieWord ?? "console"}_${instance}`;
    const usedAtMs = options.clock.wallMs();
    for (const kept of sessions.slice(-SESSIONS_MAX)) {
      this.#sessions.set(kept.hash, { ...kept, usedAtMs, onEnd: new Set() });
    }
  }

  /** Begins a session; gives the token that its browser is to hold. */
  begin({ apiKey, secretSinceMs }: SignedIn): string {
    this.#makeRoom(apiKey);
    const token = randomBytes(32).toString("base64url");
    const nowMs = this.#options.clock.wallMs();
    const hash = hashOf(token);
    this.#sessions.set(hash, {
      hash,
      apiKey,
      secretSinceMs,
      beganAtMs: nowMs,
      usedAtMs: nowMs,
      onEnd: new Set(),
    });
    this.#keep();
    return token;
  }

  /** Who would hold a session that begins now; null when nobody may any more. */
  holderOf(signedIn: SignedIn): Holder | null {
    return this.#holderOf(signedIn, this.#options.clock.wallMs());
  }

  /** The session of a token; null when there is none, it has ended, or its key is gone. */
  use(token: string): OpenSession<Holder> | null {
    const session = this.#sessions.get(hashOf(token));
    if (session === undefined) return null;
    const nowMs = this.#options.clock.wallMs();
    const key = this.#holderOf(session, nowMs);
    if (key === null || hasEnded(session, nowMs)) {
      this.#end(session);
      this.#keep();
      return null;
    }
    session.usedAtMs = nowMs;
    return {
      key,
      csrfToken: csrfTokenOf(token),
      lifeMs: session.beganAtMs + SESSION_LIFE_MS - nowMs,
      onEnd: (callback) => this.#watch(session, callback),
    };
  }

  /** Ends the session of a token, if there is one. */
  end(token: string): void {
    const session = this.#sessions.get(hashOf(token));
    if (session === undefined) return;
    this.#end(session);
    this.#keep();
  }

  /** Ends those that are over, whose key is gone, or the secret that they began with. */
  endLost(): void {
    const nowMs = this.#options.clock.wallMs();
    const ended = [...this.#sessions.values()].filter((session) => {
      return hasEnded(session, nowMs) || this.#holderOf(session, nowMs) === null;
    });
    for (const session of ended) this.#end(session);
    if (ended.length > 0) this.#keep();
  }

  /** Resolves when all that was changed is on the disk, or has had its time. Never rejects. */
  async kept(): Promise<void> {
    if (this.#keeping === null) return;
    const timeIsUp = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(KEPT_MS, timeIsUp.resolve);
    await Promise.race([this.#keeping, timeIsUp.promise]);
    timer.cancel();
  }

  /**
   * Looks after no more sessions; what is kept stays. What has ended is not: a start takes all that
   * it finds to be in use.
   */
  async close(): Promise<void> {
    this.endLost();
    this.#isClosed = true;
    this.#sweep?.cancel();
    if (this.#retry !== null) this.#keep();
    await this.kept();
  }

  #holderOf({ apiKey, secretSinceMs }: SignedIn, nowMs: number): Holder | null {
    return this.#options.keys.findSince(apiKey, nowMs, secretSinceMs);
  }

  #watch(session: Session, callback: () => void): () => void {
    session.onEnd.add(callback);
    this.#armSweep();
    return () => {
      session.onEnd.delete(callback);
      session.usedAtMs = this.#options.clock.wallMs();
    };
  }

  /** A page that only listens asks nothing, so nobody would notice that its session has ended. */
  #armSweep(): void {
    if (this.#isClosed) return;
    this.#sweep ??= this.#options.clock.after(SWEEP_MS, () => {
      this.#sweep = null;
      this.endLost();
      if ([...this.#sessions.values()].some(({ onEnd }) => onEnd.size > 0)) this.#armSweep();
    });
  }

  #makeRoom(apiKey: string): void {
    const byUse = [...this.#sessions.values()].sort((a, b) => a.usedAtMs - b.usedAtMs);
    const ofKey = byUse.filter((session) => session.apiKey === apiKey);
    const ending = [
      ...ofKey.slice(0, Math.max(0, ofKey.length - SESSIONS_PER_KEY_MAX + 1)),
      ...byUse.slice(0, Math.max(0, byUse.length - SESSIONS_MAX + 1)),
    ];
    for (const session of ending) this.#end(session);
  }

  #end(session: Session): void {
    if (!this.#sessions.delete(session.hash)) return;
    for (const callback of [...session.onEnd]) callback();
  }

  /** Nobody waits for the disk here: it may not answer, and this thread decides. */
  #keep(): void {
    this.#hasChanged = true;
    this.#retry?.cancel();
    this.#retry = null;
    this.#keeping ??= this.#write();
  }

  async #write(): Promise<void> {
    while (this.#hasChanged) {
      this.#hasChanged = false;
      const sessions = [...this.#sessions.values()].map((session) => {
        const { hash, apiKey, secretSinceMs, beganAtMs } = session;
        return { hash, apiKey, secretSinceMs, beganAtMs };
      });
      try {
        await this.#options.file.write({ instance: this.#instance, sessions });
        this.#isBehind = false;
      } catch (error) {
        // A full disk must not keep anybody from cancelling: the session holds meanwhile.
        this.#failed(error as Error);
      }
    }
    this.#keeping = null;
  }

  /** Else a crash would bring back who has signed out, though the disk has room again. */
  #failed(error: Error): void {
    if (!this.#isBehind) this.#options.onNotKept(error);
    this.#isBehind = true;
    if (this.#isClosed || this.#hasChanged) return;
    this.#retry = this.#options.clock.after(KEEP_RETRY_MS, () => {
      this.#retry = null;
      this.#keep();
    });
  }
}

/** Whether a token that came with a request is the session's own. */
export function isSameToken(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

function hasEnded({ beganAtMs, usedAtMs, onEnd }: Session, nowMs: number): boolean {
  if (nowMs - beganAtMs >= SESSION_LIFE_MS) return true;
  return onEnd.size === 0 && nowMs - usedAtMs >= SESSION_IDLE_MS;
}

/** Made from the token, which scripts cannot read: only a page of this origin can ask for it. */
function csrfTokenOf(token: string): string {
  return createHmac("sha256", token).update("csrf").digest("base64url");
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
