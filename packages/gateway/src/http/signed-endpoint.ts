/**
 * The signed requests, from raw bytes to an answer: body, signature, form, meaning, in this order.
 * They take this short way and not the framework's, because the signature is over bytes and because
 * this is the path of a cancel.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import {
  asksForReceipt,
  type Fault,
  fault,
  Header,
  isFault,
  kept,
  type Route,
  rateLimitHeaders,
} from "@countermand/contract";
import { Channel } from "@countermand/core/model";
import { faultAnswer } from "../answers.ts";
import {
  type Authenticated,
  type Authenticator,
  framingFault,
  type RawRequest,
} from "../auth/authenticate.ts";
import { accessFault } from "../auth/authorize.ts";
import type { Budgets } from "../limits/budgets.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { Answer, Origin, RequestIdentity } from "../sequencer/sequencer.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { readBody } from "./body-reader.ts";
import { jsonBodyOf } from "./json-body.ts";
import {
  type ArrivedRequest,
  isEchoable,
  isIgnored,
  sendAnswer,
  sendLastFault,
} from "./responses.ts";
import {
  type Content,
  SIGNED_ROUTES,
  type SignedActors,
  type SignedRoute,
} from "./signed-routes.ts";

/** What the edge serves with, once the gateway has recovered. */
export interface SignedServices extends SignedActors {
  readonly authenticator: RequestAuthenticator;
  /** What each key may ask for; null where there are no bounds. */
  readonly budgets: Budgets;
  readonly awaited: AwaitedAnswers;
}

/** Who sent a request, by signature or by the console's cookie. */
export type RequestAuthenticator = Pick<Authenticator, "authenticate" | "identityOf">;

export interface SignedEndpointOptions {
  /** Null while the gateway is starting. */
  readonly services: () => SignedServices | null;
  readonly isDraining: () => boolean;
  /** A bug: the process stops after the answers under way. */
  readonly onBug: (error: Error) => void;
}

export interface Target {
  readonly path: string;
  /** Without `?`. */
  readonly rawQuery: string;
  readonly route: Route;
  /** The last segment of the path where the route has one, undecoded. */
  readonly segment: string | null;
}

export class SignedEndpoint {
  readonly #options: SignedEndpointOptions;

  constructor(options: SignedEndpointOptions) {
    this.#options = options;
  }

  /** A request whose body is still to come. */
  handle(request: IncomingMessage, response: ServerResponse, target: Target): void {
    readBody(request, (body) => {
      if (isIgnored(request)) return;
      // What follows on this connection is the unread body: it cannot be used again.
      if (isFault(body)) sendLastFault(request, response, body);
      else this.take(new ReadRequest(request, response, body), target);
    });
  }

  take(request: ArrivedRequest, target: Target): void {
    const services = this.#options.services();
    if (services === null) {
      answerFault(request, fault("STARTING", "the gateway is reading its journal"));
      return;
    }
    const raw = rawRequest(request, target);
    const authenticated = framingFault(raw) ?? services.authenticator.authenticate(raw);
    if (isFault(authenticated)) {
      answerFault(request, authenticated);
      return;
    }
    const route = signedRoute(target.route.name);
    const refused = accessFault(authenticated.key, route.needs);
    if (refused !== null) {
      answerFault(request, refused);
      return;
    }
    const content = bodyContent(request, target);
    if (isFault(content)) {
      answerFault(request, content, budgetHeaders(services, authenticated));
      return;
    }
    this.#act(request, services, authenticated, route, content);
  }

  #act(
    request: ArrivedRequest,
    services: SignedServices,
    authenticated: Authenticated,
    route: SignedRoute,
    content: Content,
  ): void {
    if (route.places && this.#options.isDraining()) {
      const draining = fault("DRAINING", "the gateway is stopping");
      answerFault(request, draining, budgetHeaders(services, authenticated));
      return;
    }
    const receipt = asksForReceipt(receiptHeader(request), route.receipts === true);
    if (typeof receipt === "object") {
      answerFault(request, receipt);
      return;
    }
    const options = new SignedCall(services.authenticator, authenticated, request, receipt);
    const answer = route.act(services, authenticated.caller, content, options);
    if (isFault(answer)) {
      answerFault(request, answer, budgetHeaders(services, authenticated));
      return;
    }
    services.awaited.await(answer, {
      give: (given) => {
        giveAnswer(request, given, options, budgetHeaders(services, authenticated));
      },
      giveUp: (details) => answerFault(request, fault("OUTCOME_UNKNOWN", details)),
      onBug: this.#options.onBug,
    });
  }
}

/** One that node:http has read. */
class ReadRequest implements ArrivedRequest {
  readonly body: Buffer;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;

  constructor(request: IncomingMessage, response: ServerResponse, body: Buffer) {
    this.#request = request;
    this.#response = response;
    this.body = body;
  }

  get headers(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  get socket(): IncomingMessage["socket"] {
    return this.#request.socket;
  }

  answer(answer: Answer, more: readonly string[] = []): void {
    sendAnswer(this.#request, this.#response, answer, more);
  }

  cut(): void {
    this.#request.socket.destroy();
  }
}

function answerFault(
  request: ArrivedRequest,
  { error, details }: Fault,
  more: readonly string[] = [],
): void {
  request.answer(faultAnswer(error, details), more);
}

/** Options of a signed request. Its identity is computed when asked for: most cancels never ask. */
class SignedCall implements CallOptions {
  readonly rememberAlways = false;
  readonly representation: boolean;
  readonly receipt: boolean;
  readonly origin: Origin;
  readonly #authenticator: RequestAuthenticator;
  readonly #authenticated: Authenticated;
  #identity: RequestIdentity | null = null;

  constructor(
    authenticator: RequestAuthenticator,
    authenticated: Authenticated,
    request: ArrivedRequest,
    receipt: boolean,
  ) {
    this.#authenticator = authenticator;
    this.#authenticated = authenticated;
    this.representation = prefersRepresentation(request);
    this.receipt = receipt;
    this.origin = originOf(request);
  }

  get secretSinceMs(): number {
    return this.#authenticated.secretSinceMs ?? 0;
  }

  get identity(): RequestIdentity {
    this.#identity ??= this.#authenticator.identityOf(this.#authenticated);
    return this.#identity;
  }
}

function rawRequest(request: ArrivedRequest, { path, rawQuery, route }: Target): RawRequest {
  const { body, headers, socket } = request;
  return { method: route.method, path, rawQuery, headers, body, socket };
}

const NO_HEADERS: readonly string[] = [];

/** What is left to the key, as it is when the answer leaves. Only who is known is told. */
function budgetHeaders({ budgets }: SignedServices, { caller }: Authenticated): readonly string[] {
  const states = budgets.statesOf(caller);
  return states.length === 0 ? NO_HEADERS : rateLimitHeaders(states);
}

function bodyContent(request: ArrivedRequest, target: Target): Content | Fault {
  const { body } = request;
  const { rawQuery, segment } = target;
  if (body.length === 0) return { json: null, rawQuery, segment };
  if (segment !== null) {
    return fault("BODY_NOT_TAKEN", "this form names the order in the path and takes no body");
  }
  const json = jsonBodyOf(request.headers, body);
  return isFault(json) ? json : { json, rawQuery, segment };
}

/** Most requests have no name of their own. */
const UNNAMED: Origin = { channel: Channel.Http, requestId: "" };

function originOf(request: ArrivedRequest): Origin {
  const requestId = request.headers[Header.RequestId];
  if (!isEchoable(requestId)) return UNNAMED;
  // Reports are kept in memory, and it may be cut from the whole head.
  return { channel: Channel.Http, requestId: kept(requestId) };
}

/** Repeated ones are joined to a list, which is no kind. */
function receiptHeader(request: ArrivedRequest): string | undefined {
  const kind = request.headers[Header.Receipt];
  return typeof kind === "object" ? kind.join(", ") : kind;
}

const RETURN_REPRESENTATION = /(?:^|,)[ \t]*return[ \t]*=[ \t]*"?representation"?[ \t]*(?:[,;]|$)/i;

function prefersRepresentation(request: ArrivedRequest): boolean {
  const prefer = request.headers[Header.Prefer];
  return typeof prefer === "string" && RETURN_REPRESENTATION.test(prefer);
}

function giveAnswer(
  request: ArrivedRequest,
  answer: TradeAnswer,
  options: CallOptions,
  headers: readonly string[],
): void {
  if (answer.isLost === true) {
    request.cut();
    return;
  }
  if (answer.replayed) request.answer(answer, [...headers, "X-Idempotent-Replay", "true"]);
  else if (!options.representation) request.answer(answer, headers);
  else request.answer(answer, [...headers, "Preference-Applied", "return=representation"]);
}

function signedRoute(name: Route["name"]): SignedRoute {
  const route = SIGNED_ROUTES.get(name);
  if (route === undefined) throw new Error(`no signed route ${name}`);
  return route;
}
