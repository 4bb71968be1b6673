/** Limits of the safety nets. Each with unit, reason and what is seen when it is reached. */

/**
 * Milliseconds between looks at the switches. Reason: a switch fires at most this much late.
 */
export const DEAD_MAN_LOOK_MS = 250;

/**
 * Milliseconds before a switch fires at which the streams of its account are warned; a third of the
 * timeout where that is less. Reason: time to refresh it, or to come back.
 */
export const DEAD_MAN_WARNING_MS = 10_000;

/**
 * Milliseconds until orders are tried again whose market took no cancel when a net caught them.
 * Reason: a market that opens again is noticed in seconds.
 */
export const CANCEL_RETRY_MS = 5_000;

/**
 * Groups of connections of one account whose loss is watched; beyond them a handshake that asks for
 * another is refused with 429 rate_limited. Reason: bounds what is kept of an account.
 */
export const DISCONNECT_GROUPS_MAX = 100;
