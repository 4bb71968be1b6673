/**
 * Routes that need no signature, on the framework: time, health, metrics, market data; and what
 * nobody serves.
 */
import {
  type ErrorName,
  encodeSuccess,
  encodeTime,
  type Fault,
  Header,
  MARKET_ROUTES,
  type MarketRouteName,
} from "@countermand/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { faultAnswer } from "../answers.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { addDocsRoutes, DOCS_PATHS } from "./docs-routes.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";
import { isEchoable, JSON_TYPE } from "./responses.ts";
import { UnreadAnswers } from "./unread-answers.ts";

export interface UnsignedRoutesOptions {
  readonly wallMs: () => number;
  /** Null when ready; otherwise why not. */
  readonly notReady: () => Fault | null;
  /** JSON text of what is said once it is ready. */
  readonly readyDetails: () => string;
  /** Null while there is nothing to measure yet. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }> | null;
  /** JSON Web Key Set; null while the gateway is starting. */
  readonly receiptKeys: () => string | null;
  /** The answer to a raw query without "?"; null while there is no market yet. */
  readonly market: (route: MarketRouteName, rawQuery: string) => Answer | null;
}

const GET_PATHS: readonly string[] = [
  "/time",
  "/health/live",
  "/health/ready",
  "/metrics",
  "/receipt-keys",
  ...MARKET_ROUTES.map(({ path }) => path),
  ...DOCS_PATHS,
];

export function addUnsignedRoutes(app: FastifyInstance, options: UnsignedRoutesOptions): void {
  // Bodies mean nothing here: they are read within the limit and dropped, whatever they claim to
  // be.
  app.removeAllContentTypeParsers();
  app.addHook("onRequest", (request, reply, done) => {
    const requestId = request.headers[Header.RequestId];
    if (isEchoable(requestId)) reply.header("X-Request-Id", requestId);
    done();
  });
  const unread = new UnreadAnswers();
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (typeof payload === "string") unread.add(reply.raw, Buffer.byteLength(payload));
    done(null, payload);
  });
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, _body, done) => done(null));
  app.get("/time", (_request, reply) => send(reply, 200, encodeTime(options.wallMs())));
  app.get("/health/live", (_request, reply) =>
    send(reply, 200, encodeSuccess('{"status":"live"}')),
  );
  app.get("/health/ready", (_request, reply) => {
    const reason = options.notReady();
    return reason === null
      ? send(reply, 200, encodeSuccess(options.readyDetails()))
      : sendFault(reply, reason.error, reason.details);
  });
  app.get("/metrics", async (_request, reply) => {
    const scraped = await options.metrics();
    if (scraped === null) return sendFault(reply, "STARTING", "");
    return reply.header("Content-Type", scraped.contentType).send(scraped.text);
  });
  app.get("/receipt-keys", (_request, reply) => {
    const jwksJson = options.receiptKeys();
    return jwksJson === null ? sendFault(reply, "STARTING", "") : send(reply, 200, jwksJson);
  });
  for (const { name, path } of MARKET_ROUTES) {
    app.get(path, (request, reply) => {
      const answer = options.market(name, rawQueryOf(request.url));
      if (answer === null) return sendFault(reply, "STARTING", "");
      return send(reply, answer.httpStatus, answer.body);
    });
  }
  addDocsRoutes(app);
  app.setNotFoundHandler(refuseRoute);
  app.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
    if (error.statusCode === undefined || error.statusCode >= 500) {
      return sendFault(reply, "OUTCOME_UNKNOWN", "");
    }
    if (error.statusCode === 413) return sendFault(reply, "BODY_TOO_LARGE", "");
    // Bodies mean nothing here: what is wrong with one is not what is wrong with the request.
    return refuseRoute(request, reply);
  });
}

function rawQueryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

/** What a request gets that no route takes. */
function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  if (GET_PATHS.includes(path)) {
    reply.header("Allow", "GET, HEAD");
    return sendFault(reply, "METHOD_NOT_ALLOWED", `${path} takes GET`);
  }
  if (path !== "/") return sendFault(reply, "UNKNOWN_PATH", NOTHING_HERE);
  // A person who has opened the address in a browser.
  return sendFault(reply, "UNKNOWN_PATH", `${NOTHING_HERE}; /docs and /console are pages`);
}

const NOTHING_HERE = "nothing is served at this path";

/** Also for paths that the framework cannot decode: nothing is served there either. */
export function refusePath(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  sendFault(reply, "UNKNOWN_PATH", NOTHING_HERE);
}

function sendFault(reply: FastifyReply, error: ErrorName, details: string): FastifyReply {
  const { httpStatus, body } = faultAnswer(error, details);
  if (httpStatus === 503) reply.header("Retry-After", String(RETRY_AFTER_SECONDS));
  return send(reply, httpStatus, body);
}

function send(reply: FastifyReply, httpStatus: number, body: string): FastifyReply {
  return reply
    .code(httpStatus)
    .header("Content-Type", JSON_TYPE)
    .header("Cache-Control", "no-store")
    .send(body);
}
