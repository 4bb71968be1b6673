/** What went wrong, in words. */

/** The innermost cause: "fetch failed" says nothing, "connect ECONNREFUSED 127.0.0.1:8080" does. */
export function problemText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return problemText(error.cause);
  if (error instanceof AggregateError && error.errors.length > 0) {
    return problemText(error.errors[0]);
  }
  return error.message === "" ? error.name : error.message;
}
