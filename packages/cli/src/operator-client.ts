/**
 * The operator's API of a gateway: its own listener, its own token. A write carries a name of its
 * own, so that the same one again after a lost answer acts once.
 */
import {
  ApiError,
  ConnectionError,
  OutcomeUnknownError,
  parseWire,
  type Repeat,
  type Unsent,
  unsent,
} from "@countermand/client";
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

  /**
   * `stopped` ends what is under way; `onRepeat` is told why something is sent again.
   * @throws UsageError no token, nobody's name, or an address that is none
   */
  constructor(
    choice: OperatorChoice,
    environment: Environment,
    stopped: AbortSignal,
    onRepeat: (repeat: Pick<Repeat, "problem">) => void,
  ) {
    const url = choice.operatorUrl ?? environment["COUNTERMAND_OPERATOR_URL"] ?? OPERATOR_URL;
    this.url = addressOf(url).replace(/\/+$/, "");
    this.#stopped = stopped;
    this.#onRepeat = onRepeat;
    this.#token = operatorToken(choice, environment);
    const name = choice.operator ?? environment["COUNTERMAND_OPERATOR"] ?? environment["USER"];
    if (name === undefined || name === "") {
      throw new UsageError("say who you are, for the journal: --operator NAME");
    }
    this.#operator = name;
  }

  /** @throws ApiError @throws ConnectionError */
  async read(path: string, parse: Parse = parseOperator): Promise<unknown> {
    return await this.#send("GET", path, null, parse);
  }

  /** @throws ApiError @throws OutcomeUnknownError */
  async write(
    path: string,
    body: object,
    method: "DELETE" | "POST" | "PUT" = "POST",
  ): Promise<unknown> {
    return await this.#send(method, path, JSON.stringify(body));
  }

  async #send(
    method: string,
    path: string,
    body: string | null,
    parse: Parse = parseOperator,
  ): Promise<unknown> {
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#token}` };
    if (body !== null) {
      headers["Content-Type"] = "application/json";
      headers["X-Operator"] = this.#operator;
      headers["Idempotency-Key"] = crypto.randomUUID();
    }
    const request = `${method} ${path}`;
    let lost: unknown = null;
    let isUnsent = true;
    let attempts = 1;
    for (; ; attempts += 1) {
      let known: Unsent | null = null;
      const answer = await this.#attempt(method, path, headers, body).catch((error: unknown) => {
        known = unsent(error);
        isUnsent &&= known !== null;
        if (lost === null || !isUnsent) lost = error;
        return null;
      });
      if (answer !== null) return answerOf(answer.status, parse(answer.text));
      const remedy = remedyOf(known);
      if (remedy !== null && isUnsent) {
        throw new ConnectionError(`${request} was not sent, because ${remedy}`, lost);
      }
      if (attempts === ATTEMPTS_MAX || remedy !== null) break;
      if (!this.#stopped.aborted) {
        this.#onRepeat({
          problem: new ConnectionError(`no answer from ${this.url}`, lost).message,
        });
      }
      await pause(PAUSE_MS * 2 ** (attempts - 1), this.#stopped);
      if (!this.#stopped.aborted) continue;
      if (body === null || isUnsent) throw this.#stopped.reason;
      break;
    }
    if (body !== null && !isUnsent) throw new OutcomeUnknownError(request, attempts, lost);
    throw new ConnectionError(`no answer to ${request} at ${this.url}`, lost);
  }

  async #attempt(
    method: string,
    path: string,
    headers: Record<string, string>,
    body: string | null,
  ): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers,
      redirect: "error",
      signal: AbortSignal.any([this.#stopped, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]),
      ...(body === null ? {} : { body }),
    });
    return { status: response.status, text: await response.text() };
  }
}

function remedyOf(known: Unsent | null): string | null {
  return known === null ? null : known.remedy;
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

function answerOf(status: number, parsed: unknown): unknown {
  const envelope = parsed as { readonly code: number; readonly data?: unknown };
  if (envelope.code === 0) return envelope.data ?? null;
  throw new ApiError(status, envelope as never);
}

function operatorToken({ tokenFile }: OperatorChoice, environment: Environment): string {
  const file = tokenFile ?? environment["COUNTERMAND_OPERATOR_TOKEN_FILE"];
  const token = file ? readNamed(file).trim() : environment["COUNTERMAND_OPERATOR_TOKEN"];
  if (token !== undefined && token !== "") return token;
  throw new UsageError(
    "the operator's token is in no file: give --token-file, or set COUNTERMAND_OPERATOR_TOKEN_FILE",
  );
}
