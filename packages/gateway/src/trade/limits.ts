/** Limits of what a client may ask. Each with unit, reason and what is seen when it is reached. */

/**
 * Cancel-alls of one account that take more than one step and are not done; beyond them 429
 * too_many_cancel_alls. Reason: each looks at all open orders of the account, and eight are enough.
 */
export const CANCEL_ALLS_PER_ACCOUNT_MAX = 8;

/**
 * Open orders that are looked at to see whether a cancel-all cancels any, where the key's budget is
 * used up; beyond them it is taken to. Reason: about a millisecond, and what cancels must not be
 * refused.
 */
export const CANCEL_ALL_LOOKS_MAX = 10_000;
