/** Node's HTTP server, with TLS or without. The two behave alike, but for what is below HTTP. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { TlsFiles } from "../secret-settings.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** With a certificate it speaks TLS 1.2 and later. */
export function nodeServer(options: ServerOptions, tls: TlsFiles | null, handler: Handler): Server {
  if (tls === null) return createServer(options, handler);
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
