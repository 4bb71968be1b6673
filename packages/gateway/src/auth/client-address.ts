/** Where a request came from: the peer of its socket, or what a stated proxy says. */
import type { IncomingHttpHeaders } from "node:http";

export interface AddressedRequest {
  readonly headers: IncomingHttpHeaders;
  /** What it came in on. */
  readonly socket: { readonly remoteAddress?: string | undefined };
}

/**
 * `header` names, in lower case, the header that a proxy sets; null: there is no proxy. Of a list
 * only the last element is the proxy's own word: what stands before it anybody may have sent.
 */
export function clientAddress(
  { headers, socket }: AddressedRequest,
  header: string | null,
): string {
  if (header === null) return socket.remoteAddress ?? "";
  const value = headers[header];
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  return text.slice(text.lastIndexOf(",") + 1).trim();
}
