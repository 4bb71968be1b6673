/** Under which name an operator acts, and what names his request when it comes again. */
import { createHash } from "node:crypto";
import { type Fault, fault, Header, isFault, LIMITS } from "@countermand/contract";
import type { FastifyRequest } from "fastify";
import { isEchoable } from "../http/responses.ts";
import type { OperatorSender, SigningKey } from "./operator-admission.ts";
import { bodyOf } from "./operator-content.ts";
import type { OperatorRoute } from "./operator-routes.ts";
import type { OperatorTurn } from "./operator-turn.ts";

/** Who acts; what is left of a turn is when. */
export type OperatorActor = Omit<OperatorTurn, "nowMs" | "wallMs">;

export interface Identified {
  readonly actor: OperatorActor;
  /** Null for a read, and for a write that may not be recognised again. */
  readonly idempotency: Idempotency | null;
}

export interface Idempotency {
  readonly key: string;
  readonly contentDigest: string;
  /** The key is the signature's, which was good for some minutes only. */
  readonly isSigned: boolean;
}

export function identify(
  route: OperatorRoute,
  sender: OperatorSender,
  request: FastifyRequest,
): Identified | Fault {
  const isRead = route.method === "GET";
  const operator = isRead ? "" : operatorOf(sender, request);
  if (isFault(operator)) return operator;
  const idempotency = isRead ? null : idempotencyOf(route, sender, request);
  if (isFault(idempotency)) return idempotency;
  return { actor: actorOf(operator, sender, request), idempotency };
}

/** Nobody gives a key or a page another name than the one that it came in by. */
function operatorOf(sender: OperatorSender, request: FastifyRequest): string | Fault {
  if (sender.by === "key") return sender.apiKey;
  const operator = sender.by === "page" ? sender.operator : headerText(request, "x-operator");
  if (isName(operator)) return operator;
  return fault("OPERATOR_NAME_INVALID", "the header X-Operator says who does this");
}

function idempotencyOf(
  route: OperatorRoute,
  sender: OperatorSender,
  request: FastifyRequest,
): Idempotency | null | Fault {
  if (sender.by === "key") return signedIdempotency(sender);
  if (request.headers["idempotency-key"] === undefined) {
    return route.needsKey ? fault("IDEMPOTENCY_KEY_MISSING", "") : null;
  }
  const key = headerText(request, "idempotency-key");
  if (!isName(key)) return fault("IDEMPOTENCY_KEY_INVALID", "");
  const contentDigest = createHash("sha256")
    .update(`${request.method}\0${request.url}\0`)
    .update(bodyOf(request))
    .digest("base64url");
  return { key, contentDigest, isSigned: false };
}

/** The headers of a person are not signed: the signature says which request it is. */
function signedIdempotency({ fingerprint }: SigningKey): Idempotency {
  return { key: `signed:${fingerprint}`, contentDigest: "", isSigned: true };
}

function actorOf(
  operator: string,
  sender: OperatorSender,
  { headers }: FastifyRequest,
): OperatorActor {
  const { [Header.RequestId]: requestId, "if-match": ifMatch } = headers;
  return {
    operator,
    requestId: isEchoable(requestId) ? requestId : "",
    apiKey: sender.by === "key" ? sender.apiKey : null,
    secretSinceMs: sender.by === "key" ? sender.secretSinceMs : 0,
    ...(ifMatch !== undefined && { ifMatch }),
  };
}

const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

function isName(text: string): boolean {
  return text.length <= LIMITS.operatorNameCharactersMax.value && PRINTABLE.test(text);
}

function headerText({ headers }: FastifyRequest, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}
