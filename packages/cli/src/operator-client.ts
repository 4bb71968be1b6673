/**
 * The operator's API of a gateway: its own listener, its own token. A write carries a name of its
 * own, so that the same one again after a lost answer acts once.
 */
import {
  type ApiError,
  ConnectionError,
  OutcomeUnknownError,
  parseWire,
  type Repeat,
} from "@countermand/client";
import {
  type Attempt,
  answered,
  causeOf,
  type FailedAttempt,
  isOfAttempt,
  NOT_LET_IN,
  NOT_NOW,
  notAnswered,
  remedyOf,
  type UnknownOutcome,
} from "@countermand/client/attempt";
import { UsageError } from "./exit-codes.ts";
import { addressOf } from "./profiles.ts";
import { readNamed } from "./terminal.ts";
import { pause } from "./time.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface OperatorChoice {
  readonly operatorUrl?: string;
  readonly operator?: string;
  readonly tokenFile?: string;
}

type WriteMethod = "DELETE" | "POST" | "PUT";
export interface WriteOptions {
  readonly method?: WriteMethod;
  /** What it changes must still have this version. */
  readonly ifVersion?: string;
}

type Parse = (text: string) => unknown;

export const OPERATOR_URL = "http://127.0.0.1:8081";
const ATTEMPTS_MAX = 4;
const ATTEMPT_TIMEOUT_MS = 10_000;
/** Before the second attempt; before each later one twice as long. */
const PAUSE_MS = 250;

export class OperatorClient {
  readonly url: string;
  readonly #token: string;
  readonly #operator: string;
  readonly #stopped: AbortSignal;
  readonly #onRepeat: (repeat: Pick<Repeat, "problem">) => void;
  readonly #pause: typeof pause;

  /**
   * `stopped` ends what is under way; `onRepeat` is told why something is sent again.
   * @throws UsageError no token, nobody's name, or an address that is none
   */
  constructor(
    choice: OperatorChoice,
    environment: Environment,
    stopped: AbortSignal,
    onRepeat: (repeat: Pick<Repeat, "problem">) => void,
    wait: typeof pause = pause,
  ) {
    // An empty variable is one that is not set.
    const url = choice.operatorUrl ?? (environment["COUNTERMAND_OPERATOR_URL"] || OPERATOR_URL);
    this.url = addressOf(url).replace(/\/+$/, "");
    this.#stopped = stopped;
    this.#onRepeat = onRepeat;
    this.#pause = wait;
    this.#token = operatorToken(choice, environment);
    const user = environment["USER"] || environment["USERNAME"];
    const name = choice.operator ?? (environment["COUNTERMAND_OPERATOR"] || user);
    if (name === undefined || !/^[\x20-\x7e]+$/.test(name)) {
      throw new UsageError(
        "say who you are in printable ASCII characters, for the journal: --operator NAME",
      );
    }
    this.#operator = name;
  }

  /** @throws ApiError @throws ConnectionError */
  async read(path: string, parse: Parse = parseOperator): Promise<unknown> {
    return await this.#send("GET", path, null, parse);
  }

  /** Undefined members of the body are left out. @throws ApiError @throws OutcomeUnknownError */
  async write(
    path: string,
    body: object,
    { method = "POST", ifVersion }: WriteOptions = {},
  ): Promise<unknown> {
    const more = ifVersion === undefined ? {} : { "If-Match": `"${ifVersion}"` };
    return await this.#send(method, path, JSON.stringify(body), parseOperator, more);
  }

  async #send(
    method: string,
    path: string,
    body: string | null,
    parse: Parse = parseOperator,
    more: Readonly<Record<string, string>> = {},
  ): Promise<unknown> {
    this.#stopped.throwIfAborted();
    const headers = { ...this.#headers(body), ...more };
    const request = `${method} ${path}`;
    let lost: UnknownOutcome | null = null;
    for (let attempts = 1; ; attempts += 1) {
      const attempt = await this.#attempt({ method, path, headers, body, parse });
      if (attempt.type === "success") return attempt.success.data ?? null;
      if (attempt.type === "unknown") lost ??= attempt;
      const isUnknown = lost !== null && body !== null;
      const isEnd = !isWorthRepeating(attempt, isUnknown) || attempts === ATTEMPTS_MAX;
      if (!isEnd && (await this.#paused(attempts, causeOf(attempt)))) continue;
      // A refusal says that what was lost was not done. One that is about who asks, about now, or
      // about this attempt does not.
      if (attempt.type === "refused" && !(isUnknown && saysNothingOfBefore(attempt.error))) {
        throw attempt.error;
      }
      if (isUnknown) throw new OutcomeUnknownError(request, attempts, lost?.cause);
      this.#stopped.throwIfAborted();
      const remedy = remedyOf(attempt);
      if (attempt.type === "turned away") {
        throw new ConnectionError(`${request} was turned away, nothing was done`, attempt.cause);
      }
      const problem =
        remedy === null
          ? `no answer to ${request} at ${this.url}`
          : `${request} was not sent, because ${remedy}`;
      throw new ConnectionError(problem, causeOf(lost ?? attempt));
    }
  }

  #headers(body: string | null): Record<string, string> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#token}` };
    if (body === null) return headers;
    return {
      ...headers,
      "Content-Type": "application/json",
      "X-Operator": this.#operator,
      "Idempotency-Key": crypto.randomUUID(),
    };
  }

  /** False where the person stopped it first. */
  async #paused(attempts: number, cause: unknown): Promise<boolean> {
    if (!this.#stopped.aborted) {
      const { message } = new ConnectionError(`no answer from ${this.url}`, cause);
      this.#onRepeat({ problem: message });
    }
    await this.#pause(PAUSE_MS * 2 ** (attempts - 1), this.#stopped);
    return !this.#stopped.aborted;
  }

  async #attempt({ method, path, headers, body, parse }: Sending): Promise<Attempt> {
    try {
      const response = await fetch(`${this.url}${path}`, {
        method,
        headers,
        redirect: "manual",
        signal: AbortSignal.any([this.#stopped, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
        ...(body === null ? {} : { body }),
      });
      return answered(response, await response.text(), parse);
    } catch (cause) {
      return notAnswered(cause);
    }
  }
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly parse: Parse;
}

function saysNothingOfBefore(error: ApiError): boolean {
  const { httpStatus } = error;
  return NOT_NOW.has(httpStatus) || NOT_LET_IN.has(httpStatus) || isOfAttempt(error);
}

function isWorthRepeating(attempt: FailedAttempt, isUnknown: boolean): boolean {
  if (attempt.type === "unsent") return attempt.remedy === null;
  if (attempt.type === "turned away") return isUnknown || !attempt.isLasting;
  if (attempt.type === "unknown") return true;
  const { httpStatus, retryable } = attempt.error;
  return NOT_NOW.has(httpStatus) && retryable;
}

/** Counts and times of the operator API that no answer to a client has. */
const INTEGERS: ReadonlySet<string> = new Set([
  "at",
  "expires_at",
  "left",
  "open_orders",
  "previous_until",
  "rotated_at",
]);

/** Decimals as text, as for clients; counts and times as numbers. */
function parseOperator(text: string): unknown {
  return counted(parseWire(text));
}

function counted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(counted);
  const members = Object.entries(value).map(([name, member]) => {
    const isCount = INTEGERS.has(name) && typeof member === "string" && /^\d+$/.test(member);
    return [name, isCount ? Number(member) : counted(member)];
  });
  return Object.fromEntries(members) as unknown;
}

/** Whether somebody operates from here. */
export function namesOperatorToken(environment: Environment): boolean {
  const names = ["COUNTERMAND_OPERATOR_TOKEN_FILE", "COUNTERMAND_OPERATOR_TOKEN"];
  return names.some((name) => (environment[name] ?? "") !== "");
}

function operatorToken({ tokenFile }: OperatorChoice, environment: Environment): string {
  const file = tokenFile ?? environment["COUNTERMAND_OPERATOR_TOKEN_FILE"];
  const token = file ? readNamed(file).trim() : environment["COUNTERMAND_OPERATOR_TOKEN"];
  if (token !== undefined && token !== "") {
    // Said here: whoever makes the header would show the token in its error.
    if (/^[\x21-\x7e]+$/.test(token)) return token;
    throw new UsageError("the operator's token must be one word of printable ASCII");
  }
  throw new UsageError(
    "the operator's token is in no file: give --token-file, or set COUNTERMAND_OPERATOR_TOKEN_FILE",
  );
}
