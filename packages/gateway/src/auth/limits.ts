/** Limits of authentication. Each with unit, reason and what is seen when it is reached. */

/**
 * Ed25519 signatures of one address, of IPv6 of one /64 network, that may fail before further ones
 * are refused unchecked: 429 unverified_too_often. Reason: a check costs what 30 checks of an HMAC
 * cost, and whoever has no key can ask for it. They come back one by one, all within the seconds
 * below.
 */
export const ED25519_FAILURES_MAX = 100;

/** Seconds until all of them may fail again. */
export const ED25519_FAILURES_SECONDS = 10;

/** Addresses whose failures are remembered; beyond them the one that failed first is forgotten. */
export const FAILING_ADDRESSES_MAX = 10_000;
