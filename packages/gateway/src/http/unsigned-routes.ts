/**
 * Routes that need no signature, on the framework: time, health, metrics, market data; and what
 * nobody serves.
 */
import {
  encodeSuccess,
  encodeTime,
  type Fault,
  fault,
  MARKET_ROUTES,
  type MarketRouteName,
} from "@countermand/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../sequencer/sequencer.ts";
import { addDocsRoutes, DOCS_PATHS } from "./docs-routes.ts";
import { echoableBytes, echoRequestId, send, sendFault } from "./framework-replies.ts";
import { pathOf, rawQueryOf } from "./request-target.ts";
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
    echoRequestId(request, reply);
    // The framework would decode it: past a proxy that has a rule for the path as it is served.
    if (/[%#]/.test(pathOf(request.url))) sendFault(reply, fault("UNKNOWN_PATH", NOTHING_HERE));
    else done();
  });
  const unread = new UnreadAnswers();
  app.addHook("onSend", (_request, reply, payload, done) => {
    const sent = typeof payload === "string" ? echoableBytes(payload) : payload;
    if (Buffer.isBuffer(sent)) unread.add(reply.raw, sent.length);
    done(null, sent);
  });
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, _body, done) => done(null));
  app.get("/time", (_request, reply) => sendBody(reply, encodeTime(options.wallMs())));
  app.get("/health/live", (_request, reply) => sendBody(reply, encodeSuccess('{"status":"live"}')));
  app.get("/health/ready", (_request, reply) => {
    const reason = options.notReady();
    return reason === null
      ? sendBody(reply, encodeSuccess(options.readyDetails()))
      : sendFault(reply, reason);
  });
  app.get("/metrics", async (_request, reply) => {
    const scraped = await options.metrics();
    if (scraped === null) return sendFault(reply, fault("STARTING", ""));
    return reply.header("Content-Type", scraped.contentType).send(scraped.text);
  });
  app.get("/receipt-keys", (_request, reply) => {
    const jwksJson = options.receiptKeys();
    return jwksJson === null ? sendFault(reply, fault("STARTING", "")) : sendBody(reply, jwksJson);
  });
  for (const { name, path } of MARKET_ROUTES) {
    app.get(path, (request, reply) => {
      const answer = options.market(name, rawQueryOf(request.url));
      if (answer === null) return sendFault(reply, fault("STARTING", ""));
      return send(reply, answer);
    });
  }
  addDocsRoutes(app);
  app.setNotFoundHandler(refuseRoute);
  app.setErrorHandler((error: { readonly statusCode?: number }, request, reply) => {
    if (error.statusCode === undefined || error.statusCode >= 500) {
      return sendFault(reply, fault("OUTCOME_UNKNOWN", ""));
    }
    if (error.statusCode === 413) return sendFault(reply, fault("BODY_TOO_LARGE", ""));
    // Bodies mean nothing here: what is wrong with one is not what is wrong with the request.
    return refuseRoute(request, reply);
  });
}

/** What a request gets that no route takes. */
function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request.url);
  if (GET_PATHS.includes(path)) {
    reply.header("Allow", "GET, HEAD");
    return sendFault(reply, fault("METHOD_NOT_ALLOWED", `${path} takes GET`));
  }
  if (path !== "/") return sendFault(reply, fault("UNKNOWN_PATH", NOTHING_HERE));
  if (isOpenedInBrowser(request)) return reply.redirect("console", 302);
  return sendFault(reply, fault("UNKNOWN_PATH", `${NOTHING_HERE}; /docs and /console are pages`));
}

/** A browser names the type of pages; programs, if they name one, that of what they can read. */
function isOpenedInBrowser({ method, headers }: FastifyRequest): boolean {
  return (method === "GET" || method === "HEAD") && /\btext\/html\b/.test(headers.accept ?? "");
}

const NOTHING_HERE = "nothing is served at this path";

/** Also for paths that the framework cannot decode: nothing is served there either. */
export function refusePath(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  echoRequestId(request, reply);
  sendFault(reply, fault("UNKNOWN_PATH", NOTHING_HERE));
}

function sendBody(reply: FastifyReply, body: string): FastifyReply {
  return send(reply, { httpStatus: 200, body });
}
