/**
 * The documents of the API: OpenAPI and AsyncAPI as JSON, and a page to read and try them, whose
 * assets come from this server alone.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncApiDocument, openApiDocument } from "@countermand/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { VERSION } from "../version.ts";
import { JSON_TYPE } from "./responses.ts";
import { inPieces } from "./shared-pieces.ts";

/** Paths that the documents are at. */
export const DOCS_PATHS = ["/docs", "/openapi.json", "/asyncapi.json"] as const;

const ASSETS = dirname(fileURLToPath(import.meta.resolve("swagger-ui-dist/package.json")));

const CSS = "text/css; charset=utf-8";
const JAVASCRIPT = "text/javascript; charset=utf-8";

/** That of the consoles. */
const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><title>Countermand</title>' +
  '<rect width="32" height="32" rx="7" fill="#1f5fbf"/>' +
  '<path d="M22.5 11.2a8 8 0 1 0 0 9.6M12 16h10" fill="none" stroke="#fff" stroke-width="3.4" ' +
  'stroke-linecap="round"/></svg>';

/** Name under /docs, media type, and what it is. */
const FILES: readonly (readonly [name: string, type: string, read: () => Buffer])[] = [
  ["swagger-ui.css", CSS, () => readFileSync(join(ASSETS, "swagger-ui.css"))],
  ["swagger-ui-bundle.js", JAVASCRIPT, () => readFileSync(join(ASSETS, "swagger-ui-bundle.js"))],
  ["docs-page.mjs", JAVASCRIPT, () => readFileSync(join(import.meta.dirname, "docs-page.mjs"))],
  ["icon.svg", "image/svg+xml", () => Buffer.from(ICON)],
];

/** Nothing from elsewhere; styles that the reader's parts set on their own elements. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const STYLE = [
  "body{margin:0}",
  "#key{align-items:center;background:#1b1b1b;color:#fff;display:flex;flex-wrap:wrap;",
  "font:14px/1.5 system-ui,sans-serif;gap:.5rem 1rem;padding:.75rem 1.25rem}",
  "#key input{font:inherit;padding:.15rem .4rem}",
  // Signatures are made above: nobody can type one.
  ".swagger-ui .auth-wrapper,.swagger-ui .authorization__btn{display:none}",
].join("");

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countermand API</title>
<link rel="icon" type="image/svg+xml" href="docs/icon.svg">
<link rel="stylesheet" href="docs/swagger-ui.css">
<style>${STYLE}</style>
</head>
<body>
<form id="key" autocomplete="off">
<strong>To try requests:</strong>
<label>API key <input id="api-key" spellcheck="false"></label>
<label>Secret <input id="secret" type="password" autocomplete="off"></label>
<span>They stay in this page: each request is signed here. Use a sandbox key.</span>
</form>
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script type="module" src="docs/docs-page.mjs"></script>
</body>
</html>
`;

type MakeDocument = typeof openApiDocument;

export function addDocsRoutes(app: FastifyInstance): void {
  addDocument(app, "/openapi.json", openApiDocument);
  addDocument(app, "/asyncapi.json", asyncApiDocument);
  app.get("/docs", (_request, reply) =>
    secured(reply).header("Content-Type", "text/html; charset=utf-8").send(PAGE),
  );
  app.get("/docs/", (_request, reply) => reply.redirect("../docs", 308));
  for (const [name, type, read] of FILES) {
    let bytes: Buffer | null = null;
    app.get(`/docs/${name}`, (_request, reply) => {
      bytes ??= read();
      secured(reply).header("Content-Type", type).header("Cache-Control", "public, max-age=3600");
      return sendShared(reply, [bytes]);
    });
  }
}

/** A document that names the gateway as whoever asks for it does. */
export function addDocument(app: FastifyInstance, path: string, make: MakeDocument): void {
  const templates = new Map<string, readonly Buffer[]>();
  app.get(path, ({ host, protocol }: FastifyRequest, reply) => {
    const template = templates.get(protocol) ?? templateOf(make, protocol);
    templates.set(protocol, template);
    const written = Buffer.from(JSON.stringify(host).slice(1, -1));
    const parts = template.flatMap((part, index) => (index === 0 ? [part] : [written, part]));
    reply.header("Content-Type", JSON_TYPE).header("Cache-Control", "no-cache");
    return sendShared(reply, parts);
  });
}

/** A host that nobody has: it stands where the gateway's own is written. */
const ANY_HOST = "any-host.invalid";

/**
 * What a document is around the host that was asked, which whoever asks chooses. Made once: it
 * takes milliseconds, and anybody may ask.
 */
function templateOf(make: MakeDocument, protocol: string): readonly Buffer[] {
  const document = make({ version: VERSION, serverUrl: `${protocol}://${ANY_HOST}` });
  return JSON.stringify(document)
    .split(ANY_HOST)
    .map((part) => Buffer.from(part));
}

function sendShared(reply: FastifyReply, parts: readonly Buffer[]): FastifyReply {
  const byteCount = parts.reduce((sum, part) => sum + part.length, 0);
  return reply.header("Content-Length", byteCount).send(inPieces(parts));
}

function secured(reply: FastifyReply): FastifyReply {
  return reply
    .header("Content-Security-Policy", POLICY)
    .header("X-Content-Type-Options", "nosniff")
    .header("Referrer-Policy", "no-referrer");
}
