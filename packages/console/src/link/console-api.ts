/** What the page asks over HTTP. The cookie goes along by itself; the token only on purpose. */
import { type ConsoleSession, type Failure, parseWire } from "@countermand/client";

const SESSION = "/console/v1/session";
const API = "/console/v1/api";

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

/** The session that the browser has; null when it is signed out. */
export async function findSession(): Promise<ConsoleSession | null> {
  try {
    return (await call("GET", SESSION)) as ConsoleSession;
  } catch (error) {
    if (error instanceof RefusedError && error.httpStatus === 401) return null;
    throw error;
  }
}

/** @throws RefusedError the code is used or too old */
export async function signIn(code: string): Promise<ConsoleSession> {
  return (await call("POST", SESSION, { sign_in_code: code })) as ConsoleSession;
}

export async function signOut(csrfToken: string): Promise<void> {
  await call("DELETE", SESSION, undefined, csrfToken);
}

/** One of the signed routes that a page may ask. @throws RefusedError */
export function ask(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const text = new URLSearchParams(query).toString();
  return call("GET", `${API}${path}${text === "" ? "" : `?${text}`}`);
}

/** A signed route that takes a body and changes nothing. @throws RefusedError */
export function askWith(path: string, body: unknown, csrfToken: string): Promise<unknown> {
  return call("POST", `${API}${path}`, body, csrfToken);
}

/** A public route. @throws RefusedError */
export function askPublic(pathAndQuery: string): Promise<unknown> {
  return call("GET", pathAndQuery);
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  csrfToken?: string,
): Promise<unknown> {
  const response = await fetch(path, {
    method,
    credentials: "same-origin",
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      ...(csrfToken !== undefined && { "X-CSRF-Token": csrfToken }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = parseWire(await response.text()) as Failure & { readonly data?: unknown };
  if (answer.code !== 0) throw new RefusedError(response.status, answer);
  return answer.data;
}
