/**
 * Who signs in with a browser: a code lets in once, within its minute, in the process that made it;
 * a session is its holder's until that signs out or its key ends, and never again after.
 */
import type { Answer, Key, Request } from "../clients/requests.ts";
import type { Life } from "../world/scheduler.ts";
import type { Envelope } from "./answers.ts";
import type { KeyEnds } from "./key-ends.ts";

/** A code that somebody was told; null: an operator's. */
export interface MadeCode {
  readonly key: Key | null;
  readonly code: string;
  readonly askedAtMs: number;
  readonly life: Life;
  use: Use;
}

export interface Session {
  readonly of: MadeCode;
  readonly cookie: string;
  readonly csrfToken: string;
  readonly life: Life;
  end: Use;
  /** The process that ended it, where that may not be kept; null: it is. */
  endedIn: Life | null;
}

/** Whether it was used, or ended: "asked" where nobody knows. */
export type Use = "no" | "asked" | "yes";

/** What an answer must be: good, not, or either. */
export type Right = "good" | "bad" | "either";

export interface Moment {
  readonly sentAtMs: number;
  readonly sentWallMs: number;
  /** The process that was asked and answers. */
  readonly life: Life;
}

export interface SignInsOptions {
  readonly keyEnds: KeyEnds;
  readonly nowMs: () => number;
}

export class SignIns {
  readonly #options: SignInsOptions;
  readonly #sentCounts = new Map<string, number>();
  readonly #codes = new Set<string>();
  /** The last process whose disk has failed it in some way: what it was to keep may be lost. */
  diskFailedIn: Life | null = null;

  constructor(options: SignInsOptions) {
    this.#options = options;
  }

  sent({ id }: Request): void {
    this.#sentCounts.set(id, (this.#sentCounts.get(id) ?? 0) + 1);
  }

  /** What is wrong with the answer to who asked for a code, or null. */
  problem({ answers, id }: Request, answer: Answer): string | null {
    const { code, data, reason } = JSON.parse(answer.text) as Envelope;
    if (code !== 0) {
      const isAgain = (this.#sentCounts.get(id) ?? 0) > 1;
      return reason === "sign_in_repeated" && isAgain ? null : "it asks for the first time";
    }
    const made = answers.filter(({ text }) => text.includes('"sign_in_code"'));
    if (made.length > 1) return "the same bytes have made a code before";
    return this.newCodeProblem(data);
  }

  /** The same of any code. */
  newCodeProblem(data: unknown): string | null {
    const { sign_in_code: code, expires_in: lifeS } = data as Record<string, unknown>;
    if (typeof code !== "string" || !/^[\w-]{43}$/.test(code)) return "it is no code";
    if (this.#codes.has(code)) return "there was that code before";
    this.#codes.add(code);
    return lifeS === CODE_LIFE_MS / 1_000 ? null : "it lives for a minute";
  }

  /** It was told so by the process, which waits until that is kept. */
  signedOut(session: Session, { life }: Moment): void {
    Object.assign(session, { end: "yes", endedIn: this.diskFailedIn === life ? life : null });
  }

  /** Whether the code lets in. */
  codeRight({ askedAtMs, key, life, use }: MadeCode, moment: Moment): Right {
    if (use === "yes" || moment.life !== life) return "bad";
    const isYoung = this.#options.nowMs() - askedAtMs < CODE_LIFE_MS;
    if (use === "asked" || !isYoung) return "either";
    return this.#keyRight(key, moment);
  }

  sessionRight({ end, endedIn, life, of }: Session, moment: Moment): Right {
    const isSame = life === moment.life;
    if (of.key === null && !isSame) return "bad";
    if (end === "yes") {
      return endedIn === null || endedIn === moment.life ? "bad" : "either";
    }
    const right = this.#keyRight(of.key, moment);
    if (right === "bad") return "bad";
    // One that began just before a crash may not have been kept.
    return end === "asked" || !isSame || this.#options.keyEnds.hasJumped ? "either" : right;
  }

  /** With anything that is done to a key its codes go, and with its secret its sessions. */
  #keyRight(key: Key | null, { sentAtMs, sentWallMs }: Moment): Right {
    if (key === null) return "good";
    const { apiKey } = key;
    const { keyEnds } = this.#options;
    if (keyEnds.isOver({ apiKey, sentAtMs, sentWallMs })) return "bad";
    return keyEnds.hasChanged(apiKey) ? "either" : "good";
  }
}

const CODE_LIFE_MS = 60_000;
