/**
 * Node's HTTP server, with TLS or without. The two behave alike, but for what is below HTTP. What
 * Node takes and the standard does not is refused before a handler sees it.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import { fault } from "@countermand/contract";
import type { TlsFiles } from "../secret-settings.ts";
import { refuseUpgrade } from "../ws/refuse-upgrade.ts";
import { rememberLatest } from "./client-error.ts";
import { formFault } from "./request-form.ts";
import { isIgnored, sendLastFault } from "./responses.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Connections on which an upgrade was offered that nobody takes. Their answer is the last: Node
 * drops what came in the same packet behind such a request.
 */
const offered = new WeakSet<object>();

/** With a certificate it speaks TLS 1.2 and later. */
export function nodeServer(options: ServerOptions, tls: TlsFiles | null, handler: Handler): Server {
  const guarded: Handler = (request, response) => {
    rememberLatest(request.socket, response);
    if (isIgnored(request) || offered.has(request.socket)) return;
    const refusal = formFault(request);
    if (refusal !== null) {
      sendLastFault(request, response, refusal);
      return;
    }
    if (request.headers.upgrade !== undefined) {
      offered.add(request.socket);
      response.shouldKeepAlive = false;
    }
    handler(request, response);
  };
  const server =
    tls === null ? createServer(options, guarded) : secureServer(options, tls, guarded);
  // Without a listener Node closes the connection and says nothing.
  server.on("connect", (request, socket) => {
    refuseUpgrade(request, socket, fault("MALFORMED_REQUEST", "this is a server and no proxy"));
  });
  return server;
}

function secureServer(options: ServerOptions, tls: TlsFiles, handler: Handler): Server {
  const secure = createSecureServer({ ...options, ...secureOptions(tls) }, handler);
  return secure as unknown as Server;
}

export function schemeOf(server: Server): "http" | "https" {
  return (server as unknown) instanceof SecureServer ? "https" : "http";
}

/** For the connections that begin from now on; those that are open stay as they are. */
export function renewTls(server: Server, tls: TlsFiles): void {
  const secure: unknown = server;
  if (secure instanceof SecureServer) secure.setSecureContext(secureOptions(tls));
}

function secureOptions({ cert, key }: TlsFiles) {
  return { cert, key, minVersion: "TLSv1.2" } as const;
}
