/** What is left of a key's budgets, as headers of an answer and as a member of a message. */

export interface BudgetState {
  /** As it stands on the wire. */
  readonly name: "place" | "cancel";
  /** Requests of a full bucket. */
  readonly quota: number;
  /** Seconds in which an empty bucket fills. */
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Seconds until the bucket is full; 0 when it is. */
  readonly fullInSeconds: number;
}

/**
 * Names and values in turn: RateLimit-Policy and RateLimit of
 * draft-ietf-httpapi-ratelimit-headers-10, one item for each budget.
 */
export function rateLimitHeaders(states: readonly BudgetState[]): string[] {
  const policies = states.map(({ name, quota, windowSeconds }) => {
    return `"${name}";q=${quota};w=${windowSeconds}`;
  });
  const limits = states.map(({ name, remaining, fullInSeconds }) => {
    return `"${name}";r=${remaining};t=${fullInSeconds}`;
  });
  return ["RateLimit-Policy", policies.join(", "), "RateLimit", limits.join(", ")];
}

/** The remaining requests of each budget, as JSON. */
export function encodeBudget(states: readonly BudgetState[]): string {
  return `{${states.map(({ name, remaining }) => `"${name}":${remaining}`).join(",")}}`;
}
