/** Sends the console's page and its files, with what keeps a page to itself. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { inPieces } from "../http/shared-pieces.ts";
import { isOpenedHere } from "./browser-request.ts";
import { ConsoleAssets, codingOf, PAGE_OPENED_HERE } from "./console-assets.ts";

/** Nothing from elsewhere, nothing in line. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const PAGE_HEADERS = [
  ["Content-Security-Policy", POLICY],
  ["X-Content-Type-Options", "nosniff"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Opener-Policy", "same-origin"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Vary", "Accept-Encoding, Sec-Fetch-Site"],
].flat();

/** What people type for the page. */
const TYPED = "/";

export class ConsoleFiles {
  #assets: ConsoleAssets | null = null;

  /** By the path below /console, "" for the page. */
  has(path: string): boolean {
    return path === TYPED || this.#loaded.find(path) !== null;
  }

  /** Precondition: there is such a file, and the method reads. */
  send(request: IncomingMessage, response: ServerResponse, asked: string): void {
    if (asked === TYPED) {
      response.writeHead(308, ["Location", "../console", "Content-Length", "0"]).end();
      return;
    }
    const assets = this.#loaded;
    // A script is not told how its own page was opened.
    const path = asked === "" && isOpenedHere(request.headers) ? PAGE_OPENED_HERE : asked;
    const asset = assets.find(path);
    if (asset === null) throw new Error(`no file ${path}`);
    const caching = asset.isImmutable ? "public, max-age=31536000, immutable" : "no-cache";
    const headers = ["Content-Type", asset.type, "Cache-Control", caching, ...PAGE_HEADERS];
    const coding = codingOf(request.headers["accept-encoding"]);
    const send = (bytes: Buffer, more: readonly string[]): void => {
      response.writeHead(200, [...headers, ...more, "Content-Length", String(bytes.length)]);
      if (request.method === "HEAD") response.end();
      else inPieces([bytes]).pipe(response);
    };
    if (coding === null) {
      send(asset.bytes, []);
      return;
    }
    assets.compressed(path, coding).then(
      (bytes) => send(bytes, ["Content-Encoding", coding]),
      () => send(asset.bytes, []),
    );
  }

  get #loaded(): ConsoleAssets {
    this.#assets ??= new ConsoleAssets();
    return this.#assets;
  }
}
