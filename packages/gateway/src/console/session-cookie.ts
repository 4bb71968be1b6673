/** The cookie that a browser holds its session in. */
import type { IncomingMessage } from "node:http";
import { CONSOLE_PATH } from "@countermand/contract";

/** Scripts cannot read it, other sites cannot send it, and only the console's paths get it. */
export function cookieText(
  request: IncomingMessage,
  name: string,
  token: string,
  lifeSeconds: number,
): string {
  const isSecure =
    "encrypted" in request.socket || request.headers["x-forwarded-proto"] === "https";
  const parts = `${name}=${token}; Path=${CONSOLE_PATH}; Max-Age=${lifeSeconds}`;
  return `${parts}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
}
