/**
 * The web console's own requests: signing in by a one-time code, and the session that follows. All
 * others are the signed routes' own, by cookie under {@link CONSOLE_API_PREFIX}.
 */
import { encodeSuccess } from "./answers/envelope.ts";
import { jsonString } from "./answers/json-text.ts";
import { type Fault, fault } from "./errors.ts";
import { JsonObject, type JsonValue } from "./json-exact.ts";
import { kindOf, notText, unknownField } from "./requests/fields.ts";
import type { RouteName } from "./routes.ts";
import { shown } from "./shown.ts";

/** The page; everything of the console is below it, its cookie too. */
export const CONSOLE_PATH = "/console";
export const CONSOLE_SESSION_PATH = "/console/v1/session";
/** Whom a code would sign in: asked before it is used up. */
export const CONSOLE_PREVIEW_PATH = "/console/v1/session/preview";
/** The order stream for a signed-in page. */
export const CONSOLE_STREAM_PATH = "/console/v1/stream";
/** Before the path of a signed route: the same by cookie. */
export const CONSOLE_API_PREFIX = "/console/v1/api";
/** Lower case, as Node has header names. */
export const CSRF_HEADER = "x-csrf-token";

/** What a page may ask by cookie; commands go over the stream. */
export const CONSOLE_ROUTES: ReadonlySet<RouteName> = new Set<RouteName>([
  "listOrders",
  "listExecutions",
  "accountBalance",
  "accountPositions",
  "accountTransactions",
  "estimateQuantity",
  "previewPlace",
  "tradeRestrictions",
]);

export function encodeSignInCode(code: string, lifeSeconds: number): string {
  return `{"code":0,"data":{"sign_in_code":${jsonString(code)},"expires_in":${lifeSeconds}}}`;
}

/** Whom a session, or a code for one, is of. */
export interface TraderView {
  readonly account: string;
  readonly apiKey: string;
}

export interface ConsoleSessionView extends TraderView {
  readonly csrfToken: string;
  /** Seconds until it ends at the latest. */
  readonly lifeSeconds: number;
}

export function encodeConsoleSession(view: ConsoleSessionView): string {
  const { account, apiKey, csrfToken, lifeSeconds } = view;
  const trader = traderMembers({ account, apiKey });
  return `{"code":0,"data":{${trader},"csrf_token":${jsonString(csrfToken)},"expires_in":${lifeSeconds}}}`;
}

/** Of a browser that was never signed in, or that has signed out. */
export const NO_SESSION_ANSWER: string = encodeSuccess("null");

export function encodeTraderPreview(trader: TraderView): string {
  return `{"code":0,"data":{${traderMembers(trader)}}}`;
}

function traderMembers({ account, apiKey }: TraderView): string {
  return `"role":"trader","account_code":${jsonString(account)},"api_key":${jsonString(apiKey)}`;
}

export interface OperatorSessionView {
  /** Who the journal will say has acted. */
  readonly operator: string;
  readonly csrfToken: string;
  /** Seconds until it ends at the latest. */
  readonly lifeSeconds: number;
}

/** The same on the operators' listener. */
export function encodeOperatorSession(view: OperatorSessionView): string {
  const { csrfToken, lifeSeconds, operator } = view;
  return encodeSuccess(
    JSON.stringify({ role: "operator", operator, csrf_token: csrfToken, expires_in: lifeSeconds }),
  );
}

export function encodeOperatorPreview(operator: string): string {
  return encodeSuccess(JSON.stringify({ role: "operator", operator }));
}

/** What stands for a code that was told before, where the answer to a request is kept. */
export const SIGN_IN_CODE_TOLD: string = encodeSuccess('{"sign_in_code":null,"expires_in":0}');

/** The body of a sign-in: its code, or what is wrong. */
export function decodeSignIn(body: JsonValue): { readonly code: string } | Fault {
  if (!(body instanceof JsonObject)) {
    return fault("MALFORMED_BODY", `the body must be an object, not ${kindOf(body)}`);
  }
  const unknown = unknownField(body, ["sign_in_code"]);
  if (unknown !== null) return fault("MALFORMED_BODY", `unknown field ${shown(unknown)}`);
  const code = body.get("sign_in_code");
  return typeof code === "string"
    ? { code }
    : fault("SIGN_IN_CODE_INVALID", notText("sign_in_code", code));
}
