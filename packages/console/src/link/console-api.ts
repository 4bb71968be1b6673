/** What the page asks over HTTP. The cookie goes along by itself; the token only on purpose. */
import { type ConsoleSession, type Failure, parseWire } from "@countermand/client";
import type { OperatorSession } from "../operator/operator-wire.ts";
import type { Holder } from "../sign-in/holder.ts";

const SESSION = "/console/v1/session";
const PREVIEW = `${SESSION}/preview`;
const API = "/console/v1/api";

type Query = Readonly<Record<string, string>>;

export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly failure: Failure;
  readonly httpStatus: number;

  constructor(httpStatus: number, failure: Failure) {
    super(failure.details === "" ? failure.message : failure.details);
    this.httpStatus = httpStatus;
    this.failure = failure;
  }
}

/** A trader's on the clients' listener, an operator's on the operators'. */
export type AnySession = ConsoleSession | OperatorSession;

/** The session that the browser has; null when it is signed out. */
export async function findSession(): Promise<AnySession | null> {
  try {
    return (await call("GET", SESSION)) as AnySession | null;
  } catch (error) {
    if (error instanceof RefusedError && error.httpStatus === 401) return null;
    throw error;
  }
}

/** Whom a code would sign in; it stays good. @throws RefusedError the code is used or too old */
export async function previewSignIn(code: string): Promise<Holder> {
  return (await call("POST", PREVIEW, { body: { sign_in_code: code } })) as Holder;
}

/** @throws RefusedError the code is used or too old */
export async function signIn(code: string): Promise<AnySession> {
  return (await call("POST", SESSION, { body: { sign_in_code: code } })) as AnySession;
}

/** Whether the session is known to have ended. */
export async function signOut(csrfToken: string): Promise<boolean> {
  try {
    await call("DELETE", SESSION, { csrfToken });
    return true;
  } catch (error) {
    return error instanceof RefusedError && error.httpStatus === 401;
  }
}

/** One of the signed routes that a page may ask. @throws RefusedError */
export function ask(path: string, query: Query = {}): Promise<unknown> {
  return call("GET", addressOf(path, query));
}

/** One of the operator API's routes, with counts and times as numbers. @throws RefusedError */
export function askOperator(path: string, query: Query, signal: AbortSignal): Promise<unknown> {
  return call("GET", addressOf(path, query), { parse: JSON.parse, signal });
}

/** The same about orders, with decimals as text. @throws RefusedError */
export function askOfOrders(path: string, query: Query, signal: AbortSignal): Promise<unknown> {
  return call("GET", addressOf(path, query), { signal });
}

/** A signed route that takes a body and changes nothing. @throws RefusedError */
export function askWith(path: string, body: unknown, csrfToken: string): Promise<unknown> {
  return call("POST", `${API}${path}`, { body, csrfToken });
}

/** Changes something, once under its name however often it is sent. @throws RefusedError */
export function act(
  path: string,
  body: unknown,
  csrfToken: string,
  name: string,
  signal: AbortSignal,
): Promise<unknown> {
  return call("POST", `${API}${path}`, { body, csrfToken, name, parse: JSON.parse, signal });
}

/** A public route. @throws RefusedError */
export function askPublic(pathAndQuery: string): Promise<unknown> {
  return call("GET", pathAndQuery);
}

function addressOf(path: string, query: Query): string {
  const text = new URLSearchParams(query).toString();
  return `${API}${path}${text === "" ? "" : `?${text}`}`;
}

interface CallOptions {
  readonly body?: unknown;
  readonly csrfToken?: string;
  /** Names an act. */
  readonly name?: string;
  readonly signal?: AbortSignal;
  /** With decimals as text unless given. */
  readonly parse?: (text: string) => unknown;
}

async function call(
  method: string,
  path: string,
  { body, csrfToken, name, parse = parseWire, signal }: CallOptions = {},
): Promise<unknown> {
  const response = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(csrfToken !== undefined && { "X-CSRF-Token": csrfToken }),
      ...(name !== undefined && { "Idempotency-Key": name }),
    },
    ...(signal !== undefined && { signal }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = parse(await response.text()) as Failure & { readonly data?: unknown };
  if (answer.code !== 0) throw new RefusedError(response.status, answer);
  return answer.data;
}
