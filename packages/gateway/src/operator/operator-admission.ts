/**
 * Who is let in to the operators' listener: by the token, by a key that signs, or as a page by the
 * cookie of its session. The token is looked at before the body is read, the others behind it.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { type Fault, fault, Header, isFault, OPERATOR_NEED } from "@countermand/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { framingFault } from "../auth/authenticate.ts";
import { permissionFault } from "../auth/authorize.ts";
import { echoRequestId, sendFault } from "../http/framework-replies.ts";
import { pathOf, rawQueryOf } from "../http/request-target.ts";
import type { OperatorConnections } from "./operator-connections.ts";
import { bodyOf } from "./operator-content.ts";
import { isPagePath, operatorSession } from "./operator-pages.ts";
import { type OperatorServerOptions, STARTING } from "./operator-parts.ts";

/** Whoever sent a request, found good just now. */
export type OperatorSender =
  /** He says with each write who he is. */
  | { readonly by: "token" }
  /** Signed in under this name. */
  | { readonly by: "page"; readonly operator: string }
  | SigningKey;

export interface SigningKey {
  readonly by: "key";
  readonly apiKey: string;
  /** When the secret began that it signed with. */
  readonly secretSinceMs: number;
  /** Names the request. */
  readonly fingerprint: string;
}

/** What the API is, for whoever asks: it says nothing of this gateway but its version. */
export const DOCUMENT_PATH = "/openapi.json";

export class OperatorAdmission {
  readonly #options: OperatorServerOptions;
  readonly #connections: OperatorConnections;
  readonly #isToken: (authorization: string | undefined) => boolean;

  constructor(options: OperatorServerOptions, connections: OperatorConnections) {
    this.#options = options;
    this.#connections = connections;
    this.#isToken = tokenCheck(options.token);
  }

  /** By the head of the request. Whoever is not let in has the answer. */
  admits(request: FastifyRequest, reply: FastifyReply): boolean {
    echoRequestId(request, reply);
    if (isOpen(request) || isSigned(request)) return true;
    if (!this.#isToken(request.headers.authorization)) {
      sendFault(reply.header("WWW-Authenticate", "Bearer"), TOKEN_FAULT);
      return false;
    }
    this.#connections.known(request.raw.socket);
    return true;
  }

  /** Of the API. Precondition: the head was let in, and the body is there. */
  senderOf(request: FastifyRequest): OperatorSender | Fault {
    if (!isSigned(request)) return BY_TOKEN;
    const sender = this.#signingKey(request);
    if (!isFault(sender)) this.#connections.known(request.raw.socket);
    return sender;
  }

  /** Of the API as the console asks it. */
  pageOf(request: FastifyRequest): OperatorSender | Fault {
    const { addressHeader, parts } = this.#options;
    const console = () => parts()?.console ?? null;
    const session = operatorSession({ console, addressHeader }, request);
    if (isFault(session)) return session;
    this.#connections.known(request.raw.socket);
    return { by: "page", operator: session.key.operator };
  }

  #signingKey(request: FastifyRequest): SigningKey | Fault {
    const authenticator = this.#options.parts()?.authenticator;
    if (authenticator === undefined) return STARTING;
    const { headers, method, raw, url } = request;
    const [path, rawQuery] = [pathOf(url), rawQueryOf(url)];
    const sent = { method, path, rawQuery, headers, body: bodyOf(request), socket: raw.socket };
    const authenticated = framingFault(sent) ?? authenticator.authenticate(sent);
    if (isFault(authenticated)) return authenticated;
    const refusal = permissionFault(authenticated.key, OPERATOR_NEED);
    if (refusal !== null) return refusal;
    const { caller, secretSinceMs = 0 } = authenticated;
    const { fingerprint } = authenticator.identityOf(authenticated);
    return { by: "key", apiKey: caller.apiKey, secretSinceMs, fingerprint };
  }
}

const BY_TOKEN = { by: "token" } as const;
const TOKEN_FAULT = fault("OPERATOR_TOKEN_INVALID", "");

/** Whether it needs neither token nor signature: a page has a session, or is to get one. */
export function isOpen({ url }: FastifyRequest): boolean {
  return isPagePath(url) || pathOf(url) === DOCUMENT_PATH;
}

/** By a key instead of the token: such a request is checked when its body is there. */
function isSigned({ headers }: FastifyRequest): boolean {
  return headers[Header.ApiKey] !== undefined && headers.authorization === undefined;
}

/** In constant time, whatever was sent. */
function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string) => createHash("sha256").update(text, "latin1").digest();
  const expected = digest(`Bearer ${token}`);
  return (authorization) => {
    const [, scheme = "", rest = ""] = /^(\S+) +(.*)$/.exec(authorization ?? "") ?? [];
    const given = `${scheme.toLowerCase() === "bearer" ? "Bearer" : scheme} ${rest}`;
    return timingSafeEqual(expected, digest(given));
  };
}
