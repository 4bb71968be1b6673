/**
 * The console on the operators' listener: the page and its files, signing in and out. What a page
 * asks after that goes through the operator API itself, by cookie in place of the token.
 */
import {
  CONSOLE_API_PREFIX,
  CONSOLE_PATH,
  CONSOLE_PREVIEW_PATH,
  CONSOLE_SESSION_PATH,
  decodeSignIn,
  encodeOperatorPreview,
  encodeOperatorSession,
  type Fault,
  fault,
  isFault,
  type JsonValue,
  NO_SESSION_ANSWER,
} from "@countermand/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { cookieValue, siteFault } from "../console/browser-request.ts";
import { ConsoleFiles } from "../console/console-files.ts";
import type { OpenSession } from "../console/console-sessions.ts";
import { SESSION_LIFE_MS } from "../console/limits.ts";
import type { OperatorConsole, OperatorHolder } from "../console/operator-sessions.ts";
import { isFirstVisit, pageSession } from "../console/session-authenticator.ts";
import { cookieText } from "../console/session-cookie.ts";
import { send, sendFault } from "../http/framework-replies.ts";
import { pathOf } from "../http/request-target.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { STARTING } from "./operator-parts.ts";
import { OPERATOR_ROUTES, type OperatorRoute } from "./operator-routes.ts";

/** What the page needs of the operator API; whatever makes or shows a secret stays out of it. */
const PAGE_REQUESTS: ReadonlySet<string> = new Set([
  "POST /operator/v1/kill",
  "GET /operator/v1/blocks",
  "GET /operator/v1/blocks/:block_id",
  "POST /operator/v1/blocks/:block_id/release",
  "GET /operator/v1/modes",
  "POST /operator/v1/modes",
  "GET /operator/v1/accounts",
  "GET /operator/v1/accounts/:account/orders",
  "GET /operator/v1/orders/:order_no/audit",
  "GET /operator/v1/keys",
]);

/** Routes of the operator API that a page may ask. */
export const PAGE_ROUTES: readonly OperatorRoute[] = OPERATOR_ROUTES.filter(({ method, path }) => {
  return PAGE_REQUESTS.has(`${method} ${path}`);
});

export interface OperatorPagesOptions {
  /** Null while the gateway is starting. */
  readonly console: () => OperatorConsole | null;
  /** Header in which a proxy names the client; null where there is none. */
  readonly addressHeader: string | null;
  readonly json: (request: FastifyRequest) => { readonly value: JsonValue } | null | Fault;
}

/** Whether a page is meant: then the cookie says who, not the token. */
export function isPagePath(url: string): boolean {
  const path = pathOf(url);
  return path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`);
}

/** Where the page asks what a route answers. */
export function pageUrlOf({ path }: OperatorRoute): string {
  return `${CONSOLE_API_PREFIX}${path}`;
}

/** The operator behind a request of the page. */
export function operatorSession(
  { addressHeader, console }: Pick<OperatorPagesOptions, "addressHeader" | "console">,
  { headers, method, raw }: FastifyRequest,
): OpenSession<OperatorHolder> | Fault {
  const parts = console();
  if (parts === null) return STARTING;
  return pageSession(parts.sessions, method, { headers, socket: raw.socket }, addressHeader);
}

export function addOperatorPages(app: FastifyInstance, options: OperatorPagesOptions): void {
  const files = new ConsoleFiles();
  const file = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const path = pathOf(request.url).slice(CONSOLE_PATH.length);
    if (!files.has(path)) {
      return sendFault(reply, fault("UNKNOWN_PATH", "nothing is served at this path"));
    }
    reply.hijack();
    files.send(request.raw, reply.raw, path);
    return reply;
  };
  app.get(CONSOLE_PATH, file);
  app.get(`${CONSOLE_PATH}/*`, file);
  app.get(CONSOLE_SESSION_PATH, (request, reply) => {
    const sessions = options.console()?.sessions;
    if (sessions !== undefined && isFirstVisit(sessions, request.headers)) {
      return send(reply, { httpStatus: 200, body: NO_SESSION_ANSWER });
    }
    const session = operatorSession(options, request);
    return isFault(session) ? sendFault(reply, session) : send(reply, answerOf(session));
  });
  app.post(CONSOLE_SESSION_PATH, (request, reply) => {
    const asked = askedWithCode(options, request);
    return isFault(asked) ? sendFault(reply, asked) : signIn(request, reply, asked);
  });
  app.post(CONSOLE_PREVIEW_PATH, (request, reply) => {
    const asked = askedWithCode(options, request);
    if (isFault(asked)) return sendFault(reply, asked);
    const { codes, sessions } = asked.parts;
    const found = codes.find(asked.code);
    const holder = found && sessions.holderOf(found);
    if (holder === null) return sendFault(reply, CODE_INVALID);
    return send(reply, { httpStatus: 200, body: encodeOperatorPreview(holder.operator) });
  });
  app.delete(CONSOLE_SESSION_PATH, (request, reply) => {
    const session = operatorSession(options, request);
    if (isFault(session)) return sendFault(reply, session);
    const sessions = options.console()?.sessions;
    if (sessions === undefined) return sendFault(reply, STARTING);
    sessions.end(cookieValue(request.headers, sessions.cookieName));
    reply.header("Set-Cookie", cookieText(request.raw, sessions.cookieName, "", 0));
    return send(reply, { httpStatus: 200, body: '{"code":0}' });
  });
}

const CODE_INVALID = fault("SIGN_IN_CODE_INVALID", "it is unknown, used or too old");

/** A code that the console's own page sends. */
interface AskedWithCode {
  readonly code: string;
  readonly parts: OperatorConsole;
}

function askedWithCode(
  { console, json: jsonOf }: OperatorPagesOptions,
  request: FastifyRequest,
): AskedWithCode | Fault {
  const parts = console();
  if (parts === null) return STARTING;
  // Before the code is looked at: another site must not use up one that it has come by.
  const refused = siteFault(request.headers, true);
  if (refused !== null) return refused;
  const json = jsonOf(request);
  if (json === null) return fault("BODY_MISSING", "send the code");
  const asked = isFault(json) ? json : decodeSignIn(json.value);
  return isFault(asked) ? asked : { code: asked.code, parts };
}

function signIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { code, parts: { codes, sessions } }: AskedWithCode,
): FastifyReply {
  const signedIn = codes.redeem(code);
  const token = signedIn && sessions.begin(signedIn);
  const session = token === null ? null : sessions.use(token);
  if (token === null || session === null) return sendFault(reply, CODE_INVALID);
  const { cookieName } = sessions;
  sessions.end(cookieValue(request.headers, cookieName));
  const cookie = cookieText(request.raw, cookieName, token, SESSION_LIFE_MS / 1000);
  return send(reply.header("Set-Cookie", cookie), answerOf(session));
}

function answerOf({ csrfToken, key, lifeMs }: OpenSession<OperatorHolder>): Answer {
  const lifeSeconds = Math.floor(lifeMs / 1000);
  const body = encodeOperatorSession({ operator: key.operator, csrfToken, lifeSeconds });
  return { httpStatus: 200, body };
}
