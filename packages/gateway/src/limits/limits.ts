/** Limits of the limits' own memory. Each with unit, reason and what is seen when it is reached. */

/**
 * Orders that the duplicate guard of one account or key remembers. Reason: bounds memory; about 2
 * MB. Beyond it the oldest is forgotten before its time.
 */
export const RECENT_ORDERS_MAX = 10_000;

/**
 * Milliseconds of a turn of the event loop, after which further new orders and queries in it are
 * refused (OVERLOADED, retryable). Reason: a cancel waits for the turn that it comes in and for two
 * commits, each of which is heard of within the turn then under way: all within 100 ms.
 */
export const TURN_MS_MAX = 5;

/**
 * New orders and queries that a turn takes however long it lasts. Reason: a machine that is busy
 * with something else makes turns long without any load.
 */
export const TURN_REQUESTS_MIN = 100;
