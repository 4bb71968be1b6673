/** Limits of the limits' own memory. Each with unit, reason and what is seen when it is reached. */

/**
 * Orders that the duplicate guard of one account or key remembers. Reason: bounds memory; about 2
 * MB. Beyond it the oldest is forgotten before its time.
 */
export const RECENT_ORDERS_MAX = 10_000;
