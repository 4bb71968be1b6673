/**
 * Signed requests over fetch. A request is signed once and repeated with the same bytes, which the
 * gateway carries out at most once; so a repeat can never act twice.
 */
import {
  type Attempt,
  answered,
  causeOf,
  type FailedAttempt,
  isOfAttempt,
  NOT_LET_IN,
  NOT_NOW,
  notAnswered,
  pauseMsAfter,
  type Refused,
  remedyOf,
  type Success,
  type UnknownOutcome,
} from "./attempt.ts";
import { ServerClock } from "./clock.ts";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { attemptsText, problemText } from "./problem.ts";
import { type Credentials, Signer } from "./sign.ts";
import { type SocketCommands, socketCommand } from "./socket-commands.ts";
import { systemDelay, systemMonotonicMs, systemNow } from "./system.ts";

export interface TransportOptions {
  /** Where the gateway is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** Absent: only what needs no signature can be asked. */
  readonly credentials?: Credentials;
  /** Milliseconds for one attempt; 10,000 unless given; from 2^31 on as 2^31 - 1. */
  readonly attemptTimeoutMs?: number;
  /** Milliseconds for a call with all its attempts; 30,000 unless given; Infinity for no end. */
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
  /** Milliseconds for timeouts; the engine's that never run back, or `now` where that is given. */
  readonly monotonicMs?: () => number;
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

const ATTEMPT_TIMEOUT_MS = 10_000;
const CALL_TIMEOUT_MS = 30_000;
const CLOCK_SAMPLES = 3;
const TIMER_MS_MAX = 2 ** 31 - 1;
/** The gateway remembers a command's id for ten minutes: after that the same would act again. */
const COMMAND_MS_MAX = 9 * 60_000;

/** A call under way. */
interface Running {
  readonly call: Call;
  /** Monotonic. */
  readonly deadlineMs: number;
  attempts: number;
  /** The last attempt that may have been carried out; null while there is none. */
  unknown: UnknownOutcome | null;
  /** Its signature was refused for its time, and made again with the gateway's. */
  isClockMeasured: boolean;
}

export class Transport {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly signer: Signer | null;
  readonly #options: TransportOptions;
  /** What carries orders and cancels in place of HTTP; null: nothing. */
  readonly #commands: SocketCommands | null;
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  /** Durations: a clock that is set meanwhile must not end a call, or keep it for hours. */
  readonly #monotonicMs: () => number;
  readonly #delay: (ms: number, signal?: AbortSignal) => Promise<void>;
  #measuring: Promise<void> | null = null;

  /** `shared`: whose clock and key it takes, so that no two signatures are of the same time. */
  constructor(
    options: TransportOptions,
    shared: Transport | null = null,
    commands: SocketCommands | null = null,
  ) {
    checkBaseUrl(options.baseUrl);
    this.#options = options;
    this.#commands = commands;
    this.baseUrl = options.baseUrl.replace(/\/+$/, "");
    this.#now = options.now ?? systemNow;
    this.#monotonicMs = options.monotonicMs ?? options.now ?? systemMonotonicMs;
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
    this.#delay = options.delay ?? systemDelay;
    this.clock = shared?.clock ?? new ServerClock(this.#now);
    const { credentials } = options;
    this.signer = shared?.signer ?? (credentials === undefined ? null : new Signer(credentials));
  }

  /** Milliseconds of a clock that never runs back. */
  monotonicMs(): number {
    return this.#monotonicMs();
  }

  /** Waits for milliseconds, or until the calls' signal is aborted. */
  pause(ms: number): Promise<void> {
    return this.#delay(ms, this.#options.signal);
  }

  /** The same, but its calls end when the signal is aborted, too. */
  withSignal(signal: AbortSignal): Transport {
    const options = { ...this.#options, signal: either(this.#options.signal, signal) };
    return new Transport(options, this, this.#commands);
  }

  /** The same, but orders and cancels go over a socket. */
  withCommands(commands: SocketCommands): Transport {
    return new Transport(this.#options, this, commands);
  }

  /**
   * Carries a call out.
   * @throws ApiError it was refused and changed nothing
   * @throws OutcomeUnknownError it may have been carried out
   * @throws ConnectionError no connection came about, something before the gateway turned it away,
   * or a call that changes nothing got no answer
   * @throws the signal's reason, when it is aborted before anything may have been done
   */
  async call(call: Call): Promise<Success> {
    this.#options.signal?.throwIfAborted();
    const { callTimeoutMs = CALL_TIMEOUT_MS } = this.#options;
    const command = this.#commandOf(call);
    const timeoutMs = command === null ? callTimeoutMs : Math.min(callTimeoutMs, COMMAND_MS_MAX);
    const running: Running = {
      call,
      deadlineMs: this.#monotonicMs() + timeoutMs,
      attempts: 0,
      unknown: null,
      isClockMeasured: false,
    };
    for (let headers = command === null ? await this.#headers(call) : {}; ; ) {
      running.attempts += 1;
      const signal = this.#attemptSignal(running.deadlineMs - this.#monotonicMs());
      const attempt =
        command === null ? await this.#attempt(call, headers, signal) : await command(signal);
      if (attempt.type === "success") return attempt.success;
      if (attempt.type === "unknown") running.unknown = attempt;
      if (mayBeSignedAnew(running, attempt)) {
        running.isClockMeasured = true;
        await this.#measureUntil(running.deadlineMs);
        this.clock.stampsRefused();
        headers = await this.#headers(call);
      } else if (isDecided(running, attempt) || !(await this.#pausedAfter(running, attempt))) {
        throw this.#failure(running, attempt);
      }
    }
  }

  /**
   * True after a pause. False where the time does not suffice, the signal comes first, or another
   * attempt cannot fare better.
   */
  async #pausedAfter(running: Running, last: FailedAttempt) {
    const { call, attempts, deadlineMs } = running;
    const { onRepeat, signal } = this.#options;
    const isAborted = (): boolean => signal?.aborted === true;
    const pauseMs = pauseMsAfter(attempts, last);
    const isTooLate = this.#monotonicMs() + pauseMs >= deadlineMs;
    if (isInVain(running, last) || isTooLate || isAborted()) return false;
    if (onRepeat !== undefined) {
      const problem = problemText(causeOf(last));
      const repeat = { request: nameOf(call), attempts, problem, pauseMs };
      // In a turn of its own: what it throws must not stand for the outcome of the call.
      queueMicrotask(() => onRepeat(repeat));
    }
    await this.pause(pauseMs);
    return !isAborted();
  }

  /** What a call that is given up throws. */
  #failure(running: Running, last: FailedAttempt): unknown {
    const { call, attempts, unknown } = running;
    const name = nameOf(call);
    const isUnknown = unknown !== null && call.changes;
    // Where the signature ran out, or the key was taken away, before any repeat was answered, what
    // the first attempt did stays unknown.
    const isAnswer =
      isDecided(running, last) && !(isUnknown && NOT_LET_IN.has(last.error.httpStatus));
    if (isAnswer) return last.error;
    if (isUnknown) return new OutcomeUnknownError(name, attempts, unknown.cause);
    const { signal } = this.#options;
    if (signal?.aborted === true) return signal.reason;
    if (unknown === null && last.type === "refused") return last.error;
    if (last.type === "turned away") {
      return new ConnectionError(`${name} was turned away, nothing was done`, last.cause);
    }
    // Nothing was to change: what the gateway said of its failure is the whole outcome.
    if (last.type === "unknown" && last.cause instanceof ApiError) return last.cause;
    const noAnswer = `no answer to ${attemptsText(attempts)} of ${name}`;
    const remedy = remedyOf(last);
    const problem = remedy === null ? noAnswer : `${name} was not sent, because ${remedy}`;
    return new ConnectionError(problem, causeOf(unknown ?? last));
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

  /** For a call: what others wait for, too, goes on without it when its time has run out. */
  async #measureUntil(deadlineMs: number): Promise<void> {
    const late = timeoutSignal(deadlineMs - this.#monotonicMs());
    const isLate = new Promise<never>((_resolve, reject) => {
      const problem = `the time is not told by ${this.baseUrl}`;
      late.addEventListener("abort", () => reject(new ConnectionError(problem, late.reason)));
    });
    await Promise.race([this.measureClock(), isLate]);
  }

  async #measure(): Promise<void> {
    const samples = [];
    for (let count = 0; count < CLOCK_SAMPLES; count += 1) {
      const sentMs = this.#now();
      const attempt = await this.#attempt(TIME, {}, this.#attemptSignal(Number.POSITIVE_INFINITY));
      const receivedMs = this.#now();
      if (attempt.type !== "success") {
        this.#options.signal?.throwIfAborted();
        const isUnsent = attempt.type === "unsent";
        const what = isUnsent ? "no connection to" : "the time is not told by";
        const problem = remedyOf(attempt) ?? `${what} ${this.baseUrl}`;
        throw new ConnectionError(problem, causeOf(attempt));
      }
      const { timestamp } = (attempt.success.data ?? {}) as { readonly timestamp?: number };
      // A clock that is none would spoil every signature from now on.
      if (timestamp === undefined || !Number.isSafeInteger(timestamp)) {
        throw new ConnectionError(`what ${this.baseUrl} tells as its time is none`);
      }
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

  /** Sends it over a socket, each time under the same id; null where it goes over HTTP. */
  #commandOf(call: Call): ((signal: AbortSignal) => Promise<Attempt>) | null {
    const commands = this.#commands;
    if (commands === null || !call.changes) return null;
    const command = socketCommand(nameOf(call), call);
    return command === null ? null : (signal) => commands.attempt(command, signal);
  }

  #attemptSignal(leftMs: number): AbortSignal {
    const { attemptTimeoutMs = ATTEMPT_TIMEOUT_MS, signal } = this.#options;
    return either(signal, timeoutSignal(Math.min(attemptTimeoutMs, leftMs)));
  }

  async #attempt(
    call: Call,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const { method, path, query, body } = call;
    const url = `${this.baseUrl}${path}${query === undefined || query === "" ? "" : `?${query}`}`;
    try {
      const response = await this.#fetch(url, {
        method,
        headers,
        signal,
        // What is signed for one address is sent on to no other.
        redirect: "manual",
        ...(body === undefined ? {} : { body }),
      });
      return answered(response, await response.text());
    } catch (cause) {
      return notAnswered(cause);
    }
  }
}

/** `localhost:8080` is a URL, too: of a scheme that nobody speaks. */
function checkBaseUrl(text: string): void {
  if (URL.canParse(text)) {
    const { hash, password, protocol, search, username } = new URL(text);
    const isWeb = protocol === "http:" || protocol === "https:";
    if (isWeb && `${hash}${password}${search}${username}` === "") return;
  }
  throw new TypeError(
    `not the address of a gateway, such as http://127.0.0.1:8080: ${JSON.stringify(text)}`,
  );
}

const TIME: Call = { method: "GET", path: "/time", signed: false, changes: false };

/** A longer time would make a timer throw, or fire at once. */
function timeoutSignal(ms: number): AbortSignal {
  return AbortSignal.timeout(Math.min(Math.max(1, Math.ceil(ms)), TIMER_MS_MAX));
}

function either(a: AbortSignal | undefined, b: AbortSignal): AbortSignal {
  return a === undefined ? b : AbortSignal.any([a, b]);
}

/** The gateway has decided: the same bytes will get no other answer. */
function isDecided({ call, unknown }: Running, attempt: FailedAttempt): attempt is Refused {
  if (attempt.type !== "refused") return false;
  if (unknown !== null && call.changes && isOfAttempt(attempt.error)) return false;
  return !NOT_NOW.has(attempt.error.httpStatus);
}

/** Another attempt fares no better, and has nothing to find out. */
function isInVain({ call, unknown }: Running, last: FailedAttempt): boolean {
  if (remedyOf(last) !== null) return true;
  return last.type === "turned away" && last.isLasting && !(unknown !== null && call.changes);
}

/**
 * The signature's time is what was wrong, so another one may be right. Other bytes may be sent only
 * while it is certain that nothing was done.
 */
function mayBeSignedAnew({ call, unknown, isClockMeasured }: Running, last: FailedAttempt) {
  const isClockFault = last.type === "refused" && last.error.reason === "timestamp_out_of_window";
  const isUnknown = unknown !== null && call.changes;
  return isClockFault && !isUnknown && !isClockMeasured;
}

export function nameOf({ method, path }: Call): string {
  return `${method} ${path}`;
}
