/**
 * Everything under /console over HTTP: the page and its files, signing in and out, and the signed
 * routes by cookie. What a request means and may do is decided where signed ones are.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  CONSOLE_API_PREFIX,
  CONSOLE_PATH,
  CONSOLE_PREVIEW_PATH,
  CONSOLE_ROUTES,
  CONSOLE_SESSION_PATH,
  CONSOLE_STREAM_PATH,
  decodeSignIn,
  encodeConsoleSession,
  encodeTraderPreview,
  fault,
  isFault,
  JsonFault,
  malformedJson,
  matchRoute,
  NO_SESSION_ANSWER,
  parseExact,
} from "@countermand/contract";
import { readBody } from "../http/body-reader.ts";
import { sendAnswer, sendFault, sendLastFault, sendUpgradeRequired } from "../http/responses.ts";
import { SignedEndpoint, type SignedServices } from "../http/signed-endpoint.ts";
import { cookieValue, siteFault } from "./browser-request.ts";
import { ConsoleFiles } from "./console-files.ts";
import type { ConsoleSessions, OpenSession } from "./console-sessions.ts";
import { SESSION_LIFE_MS } from "./limits.ts";
import { isFirstVisit, type SessionAuthenticator } from "./session-authenticator.ts";
import { cookieText } from "./session-cookie.ts";
import type { SignInCodes } from "./sign-in-codes.ts";

/** What the console has of a node that has started. */
export interface ConsoleNode {
  readonly codes: SignInCodes;
  readonly sessions: ConsoleSessions;
  readonly authenticator: SessionAuthenticator;
  readonly services: SignedServices;
}

export interface ConsoleEdgeOptions {
  /** Null while the gateway is starting. */
  readonly node: () => ConsoleNode | null;
  readonly isDraining: () => boolean;
  readonly onBug: (error: Error) => void;
}

const READS: ReadonlySet<string> = new Set(["GET", "HEAD"]);
const SESSION_METHODS = "GET, POST, DELETE";

export class ConsoleEdge {
  readonly #options: ConsoleEdgeOptions;
  readonly #signed: SignedEndpoint;
  readonly #files = new ConsoleFiles();

  constructor(options: ConsoleEdgeOptions) {
    this.#options = options;
    this.#signed = new SignedEndpoint({
      services: () => {
        const node = options.node();
        return node === null ? null : { ...node.services, authenticator: node.authenticator };
      },
      isDraining: options.isDraining,
      onBug: options.onBug,
    });
  }

  /** Precondition: the path is /console or below it. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    { path, rawQuery }: { readonly path: string; readonly rawQuery: string },
  ): void {
    if (path === CONSOLE_SESSION_PATH) {
      this.#session(request, response);
    } else if (path === CONSOLE_PREVIEW_PATH) {
      this.#preview(request, response);
    } else if (path === CONSOLE_STREAM_PATH) {
      sendUpgradeRequired(request, response, path);
    } else if (path.startsWith(`${CONSOLE_API_PREFIX}/`)) {
      this.#api(request, response, path.slice(CONSOLE_API_PREFIX.length), rawQuery);
    } else {
      this.#file(request, response, path.slice(CONSOLE_PATH.length));
    }
  }

  #api(request: IncomingMessage, response: ServerResponse, path: string, rawQuery: string): void {
    const match = matchRoute(request.method ?? "", path);
    if (match === null || !("route" in match) || !CONSOLE_ROUTES.has(match.route.name)) {
      refuse(request, response, fault("UNKNOWN_PATH", "the console does not ask this by HTTP"));
      return;
    }
    this.#signed.handle(request, response, { path, rawQuery, route: match.route, segment: null });
  }

  #file(request: IncomingMessage, response: ServerResponse, path: string): void {
    if (!this.#files.has(path)) {
      refuse(request, response, fault("UNKNOWN_PATH", "nothing is served at this path"));
    } else if (READS.has(request.method ?? "")) {
      this.#files.send(request, response, path);
    } else {
      refuse(request, response, fault("METHOD_NOT_ALLOWED", "this path takes GET"), "GET, HEAD");
    }
  }

  #session(request: IncomingMessage, response: ServerResponse): void {
    const node = this.#options.node();
    if (node === null) {
      refuse(request, response, fault("STARTING", "the gateway is reading its journal"));
    } else if (request.method === "POST") {
      takeCode(request, response, (code) => signIn(request, response, node, code));
    } else if (request.method === "GET" && isFirstVisit(node.sessions, request.headers)) {
      sendNoSession(request, response);
    } else if (request.method === "GET") {
      const session = node.authenticator.session("GET", request);
      if (isFault(session)) refuse(request, response, session);
      else sendSession(request, response, session, []);
    } else if (request.method === "DELETE") {
      const session = node.authenticator.session("DELETE", request);
      if (isFault(session)) {
        refuse(request, response, session);
        return;
      }
      const { cookieName } = node.sessions;
      node.sessions.end(cookieValue(request.headers, cookieName));
      const cookie = cookieText(request, cookieName, "", 0);
      void node.sessions.kept().then(() => {
        sendAnswer(request, response, SIGNED_OUT, ["Set-Cookie", cookie]);
      });
    } else {
      const details = `this path takes ${SESSION_METHODS}`;
      refuse(request, response, fault("METHOD_NOT_ALLOWED", details), SESSION_METHODS);
    }
  }

  /** Whom a code would sign in; it stays good. */
  #preview(request: IncomingMessage, response: ServerResponse): void {
    const node = this.#options.node();
    if (node === null) {
      refuse(request, response, fault("STARTING", "the gateway is reading its journal"));
    } else if (request.method === "POST") {
      takeCode(request, response, (code) => {
        const found = node.codes.find(code);
        const key = found && node.sessions.holderOf(found);
        if (key === null) sendFault(request, response, CODE_INVALID);
        else {
          const body = encodeTraderPreview(key.caller);
          sendAnswer(request, response, { httpStatus: 200, body });
        }
      });
    } else {
      refuse(request, response, fault("METHOD_NOT_ALLOWED", "this path takes POST"), "POST");
    }
  }
}

const NO_SESSION = { httpStatus: 200, body: NO_SESSION_ANSWER };
const SIGNED_OUT = { httpStatus: 200, body: '{"code":0}' };
const CODE_INVALID = fault("SIGN_IN_CODE_INVALID", "it is unknown, used or too old");

/** The code that the console's own page sends; all else is answered. */
function takeCode(
  request: IncomingMessage,
  response: ServerResponse,
  take: (code: string) => void,
): void {
  readBody(request, (body) => {
    if (isFault(body)) {
      sendLastFault(request, response, body);
      return;
    }
    // Before the code is looked at: another site must not use up one that it has come by.
    const refused = siteFault(request.headers, true);
    const json = parseExact(body.toString("utf8"));
    const asked = json instanceof JsonFault ? malformedJson(json) : decodeSignIn(json);
    const problem = refused ?? (isFault(asked) ? asked : null);
    if (problem !== null) sendFault(request, response, problem);
    else if (!isFault(asked)) take(asked.code);
  });
}

function signIn(
  request: IncomingMessage,
  response: ServerResponse,
  { codes, sessions }: ConsoleNode,
  code: string,
): void {
  const signedIn = codes.redeem(code);
  const token = signedIn && sessions.begin(signedIn);
  const session = token === null ? null : sessions.use(token);
  if (token === null || session === null) {
    sendFault(request, response, CODE_INVALID);
    return;
  }
  const { cookieName } = sessions;
  // Pages of the session that this browser loses must not go on under the new one's cookie.
  sessions.end(cookieValue(request.headers, cookieName));
  const cookie = cookieText(request, cookieName, token, SESSION_LIFE_MS / 1000);
  sendSession(request, response, session, ["Set-Cookie", cookie]);
}

function sendSession(
  request: IncomingMessage,
  response: ServerResponse,
  { key, csrfToken, lifeMs }: OpenSession,
  more: readonly string[],
): void {
  const { account, apiKey } = key.caller;
  const lifeSeconds = Math.floor(lifeMs / 1000);
  const body = encodeConsoleSession({ account, apiKey, csrfToken, lifeSeconds });
  sendAnswer(request, response, { httpStatus: 200, body }, more);
}

/** Nobody is known: what comes with the question is read and dropped, as with a refusal. */
function sendNoSession(request: IncomingMessage, response: ServerResponse): void {
  readBody(request, (body) => {
    if (isFault(body)) sendLastFault(request, response, body);
    else sendAnswer(request, response, NO_SESSION);
  });
}

/** A server that closes on unread bytes resets the connection, and the client never sees why. */
function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Parameters<typeof sendFault>[2],
  allow?: string,
): void {
  readBody(request, (body) => {
    const more = allow === undefined ? [] : ["Allow", allow];
    if (isFault(body)) sendLastFault(request, response, refusal, more);
    else sendFault(request, response, refusal, more);
  });
}
