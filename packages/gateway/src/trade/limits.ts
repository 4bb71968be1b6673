/** Limits of what a client may ask. Each with unit, reason and what is seen when it is reached. */

/**
 * Cancel-alls of one account that take more than one step and are not done; beyond them 429
 * too_many_cancel_alls. Reason: each holds its list of orders, and eight of all orders are enough.
 */
export const CANCEL_ALLS_PER_ACCOUNT_MAX = 8;
