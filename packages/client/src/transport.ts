/**
 * Signed requests over fetch. A request is signed once and repeated with the same bytes, which the
 * gateway carries out at most once; so a repeat can never act twice.
 */
import { ServerClock } from "./clock.ts";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { attemptsText, problemText } from "./problem.ts";
import { type Credentials, Signer } from "./sign.ts";
import { systemDelay, systemNow } from "./system.ts";
import { unsent } from "./unsent.ts";
import type { Failure } from "./wire.ts";
import { parseWire } from "./wire-json.ts";

export interface TransportOptions {
  /** Where the gateway is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Absent: only what needs no signature can be asked. */
  readonly credentials?: Credentials;
  /** Milliseconds for one attempt; 10,000 unless given. */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds for a call with all its attempts; 30,000 unless given. */
  readonly callTimeoutMs?: number;
  /** Aborted, it ends every call of the client; `withSignal` has one for some calls only. */
  readonly signal?: AbortSignal;
  /**
   * Told before each pause, after which the same bytes are sent again, so that whoever waits can
   * say what for.
   */
  readonly onRepeat?: (repeat: Repeat) => void;
  /** For tests and proxies; the global one unless given. */
  readonly fetch?: typeof fetch;
  /** Unix milliseconds; the engine's clock unless given. */
  readonly now?: () => number;
  /** Waits for milliseconds, or for the signal; a timer unless given. */
  readonly delay?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** An attempt that did not do, of which another one will follow. */
export interface Repeat {
  /** `POST /trade/v1/orders`, say. */
  readonly request: string;
  /** Attempts so far. */
  readonly attempts: number;
  /** What came of the last one. */
  readonly problem: string;
  readonly pauseMs: number;
}

/** One call. */
export interface Call {
  readonly method: string;
  readonly path: string;
  /** Query string without "?"; never together with a body. */
  readonly query?: string;
  /** JSON text. */
  readonly body?: string;
  readonly signed: boolean;
  /** Ask for the whole order. */
  readonly representation?: boolean;
  /** Ask for a signed receipt of a cancel. */
  readonly receipt?: boolean;
  /** Whether the call may change something: then a lost answer is no failure but unknown. */
  readonly changes: boolean;
}

/** An answer with code 0. */
export interface Success {
  readonly data: unknown;
  /** Of a cancel that asked for one; "" while it cannot be made. */
  readonly receipt?: string;
  /** The gateway had answered the same request before: this is that answer. */
  readonly replayed: boolean;
}

const ATTEMPT_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 30_000;
const CLOCK_SAMPLES = 3;
const BACK_OFF_MS_MIN = 100;
const BACK_OFF_MS_MAX = 3_000;
/** Whoever asks is not let in, or not any more: that says nothing of what came before. */
const NOT_LET_IN: ReadonlySet<number> = new Set([401, 403]);
const SEES_NO_OUTCOME: ReadonlySet<number> = new Set([500, 502, 504]);
const NOT_NOW: ReadonlySet<number> = new Set([429, 503]);

/** What one attempt came to. */
type Attempt =
  | { readonly type: "success"; readonly success: Success }
  | { readonly type: "refused"; readonly error: ApiError; readonly retryAfterMs: number | null }
  /** No connection came about: nothing was sent, nor will be before the remedy, if there is one. */
  | { readonly type: "unsent"; readonly cause: unknown; readonly remedy: string | null }
  /** Carried out or not: nobody here knows. */
  | { readonly type: "unknown"; readonly cause: unknown };

export class Transport {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly signer: Signer | null;
  readonly #options: TransportOptions;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  readonly #delay: (ms: number, signal?: AbortSignal) => Promise<void>;
  #measuring: Promise<void> | null = null;

  /** `shared`: whose clock and key it takes, so that no two signatures are of the same time. */
  constructor(options: TransportOptions, shared: Transport | null = null) {
    this.#options = options;
    this.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#now = options.now ?? systemNow;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#delay = options.delay ?? systemDelay;
    this.clock = shared?.clock ?? new ServerClock(this.#now);
    const { credentials } = options;
    this.signer = shared?.signer ?? (credentials === undefined ? null : new Signer(credentials));
  }

  /** The same, but its calls end when the signal is aborted, too. */
  withSignal(signal: AbortSignal): Transport {
    return new Transport({ ...this.#options, signal: either(this.#options.signal, signal) }, this);
  }

  get options(): TransportOptions {
    return this.#options;
  }

  /**
   * Carries a call out.
   * @throws ApiError it was refused and changed nothing
   * @throws OutcomeUnknownError it may have been carried out
   * @throws ConnectionError no connection came about, or a call that changes nothing got no answer
   * @throws the signal's reason, when it is aborted before anything may have been done
   */
  async call(call: Call): Promise<Success> {
    this.#options.signal?.throwIfAborted();
    const deadlineMs = this.#now() + (this.#options.callTimeoutMs ?? CALL_TIMEOUT_MS);
    let headers = await this.#headers(call);
    let isClockFresh = false;
    let unknownCause: unknown = null;
    for (let attempts = 1; ; attempts += 1) {
      const attempt = await this.#attempt(call, headers, deadlineMs - this.#now());
      if (attempt.type === "success") return attempt.success;
      if (attempt.type === "unknown") unknownCause = attempt.cause;
      if (attempt.type === "refused") {
        const { error } = attempt;
        const isUnknown = unknownCause !== null && call.changes;
        if (!isUnknown && isClockFault(error) && !isClockFresh) {
          // Nothing was done yet, so other bytes may be sent.
          isClockFresh = true;
          await this.measureClock();
          this.clock.stampsRefused();
          headers = await this.#headers(call);
          continue;
        }
        if (!NOT_NOW.has(error.httpStatus)) {
          if (!isUnknown || !NOT_LET_IN.has(error.httpStatus)) throw error;
          // The signature ran out, or the key was taken away, before any repeat was answered: what
          // the first did stays unknown.
          throw new OutcomeUnknownError(nameOf(call), attempts, unknownCause);
        }
      }
      if (!(await this.#mayRepeat(call, attempts, attempt, deadlineMs))) {
        throw this.#gaveUp(call, attempts, attempt, unknownCause);
      }
    }
  }

  /**
   * True after a pause. False where the time does not suffice, the signal comes first, or another
   * attempt cannot fare better.
   */
  async #mayRepeat(
    call: Call,
    attempts: number,
    last: Attempt,
    deadlineMs: number,
  ): Promise<boolean> {
    const { onRepeat, signal } = this.#options;
    const isAborted = (): boolean => signal?.aborted === true;
    const pauseMs = pauseAfter(attempts, last);
    if (remedyOf(last) !== null) return false;
    if (isAborted() || this.#now() + pauseMs >= deadlineMs) return false;
    if (onRepeat !== undefined) {
      const problem = problemText(causeOf(last));
      const repeat = { request: nameOf(call), attempts, problem, pauseMs };
      // In a turn of its own: what it throws must not stand for the outcome of the call.
      queueMicrotask(() => onRepeat(repeat));
    }
    await this.#delay(pauseMs, signal);
    return !isAborted();
  }

  /**
   * Measures the gateway's clock. Rejects with ConnectionError where it cannot be reached, and with
   * the signal's reason.
   */
  measureClock(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => {
      this.#measuring = null;
    });
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    const samples = [];
    for (let count = 0; count < CLOCK_SAMPLES; count += 1) {
      const sentMs = this.#now();
      const attempt = await this.#attempt(TIME, {}, Number.POSITIVE_INFINITY);
      const receivedMs = this.#now();
      if (attempt.type !== "success") {
        this.#options.signal?.throwIfAborted();
        const isUnsent = attempt.type === "unsent";
        const what = isUnsent ? "no connection to" : "the time is not told by";
        const problem = remedyOf(attempt) ?? `${what} ${this.baseUrl}`;
        throw new ConnectionError(problem, causeOf(attempt));
      }
      const { timestamp } = attempt.success.data as { readonly timestamp: number };
      samples.push({ sentMs, receivedMs, serverMs: timestamp });
    }
    this.clock.measured(samples);
  }

  async #headers(call: Call): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    if (call.body !== undefined) headers["Content-Type"] = "application/json";
    if (call.representation === true) headers["Prefer"] = "return=representation";
    if (call.receipt === true) headers["X-Receipt"] = "ed25519";
    if (!call.signed) return headers;
    if (this.signer === null) throw new TypeError(`${nameOf(call)} needs credentials`);
    const { method, path } = call;
    const payload = call.body ?? call.query ?? "";
    const timestampMs = this.clock.stampMs();
    return { ...headers, ...(await this.signer.headers({ method, path, timestampMs, payload })) };
  }

  async #attempt(call: Call, headers: Record<string, string>, leftMs: number): Promise<Attempt> {
    const { method, path, query, body } = call;
    const url = `${this.baseUrl}${path}${query === undefined || query === "" ? "" : `?${query}`}`;
    const { attemptTimeoutMs = ATTEMPT_TIMEOUT_MS, signal: stop } = this.#options;
    const patienceMs = Math.max(1, Math.ceil(Math.min(attemptTimeoutMs, leftMs)));
    const signal = either(stop, AbortSignal.timeout(patienceMs));
    try {
      const response = await this.#fetch(url, {
        method,
        headers,
        signal,
        redirect: "error",
        ...(body === undefined ? {} : { body }),
      });
      return readAnswer(response, await response.text());
    } catch (cause) {
      const known = unsent(cause);
      return known === null ? { type: "unknown", cause } : { type: "unsent", cause, ...known };
    }
  }

  #gaveUp(call: Call, attempts: number, last: Attempt, unknownCause: unknown): unknown {
    const name = nameOf(call);
    if (unknownCause !== null && call.changes) {
      return new OutcomeUnknownError(name, attempts, unknownCause);
    }
    const { signal } = this.#options;
    if (signal?.aborted === true) return signal.reason;
    if (unknownCause === null && last.type === "refused") return last.error;
    const noAnswer = `no answer to ${attemptsText(attempts)} of ${name}`;
    const remedy = remedyOf(last);
    const problem = remedy === null ? noAnswer : `${name} was not sent, because ${remedy}`;
    return new ConnectionError(problem, unknownCause ?? causeOf(last));
  }
}

const TIME: Call = { method: "GET", path: "/time", signed: false, changes: false };

function either(a: AbortSignal | undefined, b: AbortSignal): AbortSignal {
  return a === undefined ? b : AbortSignal.any([a, b]);
}

function readAnswer(response: Response, text: string): Attempt {
  const { status } = response;
  if (SEES_NO_OUTCOME.has(status)) {
    return { type: "unknown", cause: new ConnectionError(`HTTP status ${status}`) };
  }
  const envelope = parsedEnvelope(text);
  if (envelope === null) {
    const problem = `HTTP status ${status} with a body that is no answer of the gateway`;
    return { type: "unknown", cause: new ConnectionError(problem) };
  }
  if (envelope.code === 0) {
    const replayed = response.headers.get("X-Idempotent-Replay") === "true";
    const { data, receipt } = envelope;
    const more = receipt === undefined ? {} : { receipt };
    return { type: "success", success: { data, replayed, ...more } };
  }
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? 1_000 * seconds : null;
  // Another server than the gateway may say less.
  const said = { message: `HTTP status ${status}`, details: "", reason: "", retryable: false };
  const error = new ApiError(status, { ...said, ...(envelope as Failure) });
  return { type: "refused", error, retryAfterMs };
}

type Envelope = Partial<Failure> & { readonly data?: unknown; readonly receipt?: string };

function parsedEnvelope(text: string): Envelope | null {
  try {
    const envelope = parseWire(text);
    const isEnvelope = typeof envelope === "object" && envelope !== null && "code" in envelope;
    return isEnvelope ? (envelope as Envelope) : null;
  } catch {
    return null;
  }
}

/** The signature's time is what was wrong, so another one may be right. */
function isClockFault({ reason }: ApiError): boolean {
  return reason === "timestamp_out_of_window";
}

function pauseAfter(attempts: number, attempt: Attempt): number {
  const backOffMs = Math.min(BACK_OFF_MS_MIN * 2 ** (attempts - 1), BACK_OFF_MS_MAX);
  const saidMs = attempt.type === "refused" ? attempt.retryAfterMs : null;
  if (saidMs !== null) return Math.max(saidMs, BACK_OFF_MS_MIN);
  return backOffMs * (0.5 + Math.random() / 2);
}

function causeOf(attempt: Attempt): unknown {
  if (attempt.type === "success") return null;
  return attempt.type === "refused" ? attempt.error : attempt.cause;
}

function remedyOf(attempt: Attempt): string | null {
  return attempt.type === "unsent" ? attempt.remedy : null;
}

function nameOf({ method, path }: Call): string {
  return `${method} ${path}`;
}
