/** Answers of whatever stands before the gateway, or of another server at its address. */

/** An answer, of which some engines tell less. */
interface Received {
  readonly headers: Headers;
  /** 0 where an engine hides a redirect. */
  readonly status: number;
  readonly type?: string;
}

/**
 * Who answers so may have passed the request on first: the statuses of a server that has waited too
 * long, or whose client was gone, by those that use them so.
 */
const MAY_BE_PASSED_ON: ReadonlySet<number> = new Set([408, 460, 499]);
/** It answers so for now. */
const TOO_MANY_REQUESTS = 429;

/** Whether nothing was passed on: so HTTP tells of requests that were not carried out. */
export function isTurnedAway(received: Received): boolean {
  const { status } = received;
  const isRefusal = status >= 400 && status < 500 && !MAY_BE_PASSED_ON.has(status);
  return isRefusal || isRedirect(received);
}

/** Whether the same request will be turned away again, until somebody mends something. */
export function isLasting({ status }: Received): boolean {
  return status !== TOO_MANY_REQUESTS;
}

const SAID_CHARACTERS_MAX = 300;
const NAME_CHARACTERS_MAX = 60;
const NOT_PRINTED = /[\s\p{Cc}]+/gu;

/** What was received, from whom it probably came, and what to do. */
export function foreignText(received: Received, text: string, body: unknown): string {
  const { headers, status } = received;
  const server = printed(headers.get("Server") ?? "", NAME_CHARACTERS_MAX);
  const whom = server === "" ? "" : `, probably of ${server} before it`;
  const said = printed(saidIn(text, body), SAID_CHARACTERS_MAX);
  const words = said === "" ? "" : `: ${said}`;
  const what = isRedirect(received) ? "a redirect" : "a body";
  const problem = `HTTP status ${status} with ${what} that is no answer of the gateway`;
  return `${problem}${whom}${words}; ${adviceOn(received, said)}`;
}

/** An engine that hides a redirect tells its type alone. */
function isRedirect({ status, type }: Received): boolean {
  return type === "opaqueredirect" || (status >= 300 && status < 400);
}

/** The words of whoever answered, as far as they are for people. */
function saidIn(text: string, body: unknown): string {
  const { details, error, message } = (body ?? {}) as Readonly<Record<string, unknown>>;
  const words = [textOf(message) || textOf(error), textOf(details)].filter((each) => each !== "");
  const title = /<title>([^<]*)/i.exec(text)?.[1] ?? "";
  const plain = body === undefined && !text.includes("<") ? text : title;
  return words.join(": ") || plain;
}

function printed(text: string, charactersMax: number): string {
  return text.replace(NOT_PRINTED, " ").trim().slice(0, charactersMax);
}

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "have it let signed requests pass without a sign-in of its own"],
  [403, "have it let requests from here pass"],
  [405, "have it let POST, PUT and DELETE pass"],
  [413, "raise its limit of a body to 16 KiB, or send fewer orders at once"],
  [429, "send less often, or raise its limit"],
  [431, "raise its limit of headers to 16 KiB"],
]);

function adviceOn(received: Received, said: string): string {
  const { headers, status } = received;
  if (isRedirect(received)) return redirectAdvice(headers.get("Location") ?? "");
  // So says nginx, beside a plain 400.
  if (said.includes("sent to HTTPS port")) return "use https:// in place of http://";
  return ADVICE.get(status) ?? "look at the address, and at what stands before the gateway";
}

/** Without the query, in which a sign-in may have put what is nobody's business. */
function redirectAdvice(location: string): string {
  const { 0: place = "" } = location.split(/[?#]/);
  const where = place === "" ? "" : ` to ${printed(place, SAID_CHARACTERS_MAX)}`;
  return `nothing is sent on${where}: use the gateway's own address`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
