/** What went wrong, in words. */

/** `1 attempt`, `2 attempts`. */
export function attemptsText(attempts: number): string {
  return attempts === 1 ? "1 attempt" : `${attempts} attempts`;
}

/** The innermost cause: "fetch failed" says nothing, "connect ECONNREFUSED 127.0.0.1:8080" does. */
export function problemText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return problemText(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) {
    return problemText(error.errors[0]);
  }
  const { code, library, reason } = error as {
    code?: unknown;
    library?: unknown;
    reason?: unknown;
  };
  // Node's fetch says "other side closed", of which nobody can say whose side it is.
  if (code === "UND_ERR_SOCKET") return "the connection was closed before the answer";
  // OpenSSL's message is a line of its source; what it means stands beside it.
  if (library === "SSL routines" && typeof reason === "string") return `TLS: ${reason}`;
  return error.message === "" ? error.name : error.message;
}
