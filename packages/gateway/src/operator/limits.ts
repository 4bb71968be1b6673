/** Limits of the operator API. Each with unit, reason and what is seen when it is reached. */

/**
 * Characters of an operator token at least; a start with a shorter one is refused. Reason: whoever
 * guesses it stops the market, and 32 random characters cannot be guessed.
 */
export const OPERATOR_TOKEN_CHARACTERS_MIN = 32;

/** Characters of an operator token at most. Reason: it travels in a header with every request. */
export const OPERATOR_TOKEN_CHARACTERS_MAX = 512;

/**
 * Orders that one step of a kill cancels; in the place of each it may look at LOOKS_PER_CANCEL.
 * Reason: about 10 ms of work, between which every other command gets its turn. Nothing is seen
 * when it is reached: the next step follows.
 */
export const KILL_STEP_ORDERS = 100;

/**
 * Milliseconds until orders are tried again whose market takes no cancels now. Reason: such a
 * window lasts minutes, and its end should not be missed by much. The kill stays unfinished.
 */
export const KILL_RETRY_MS = 500;

/**
 * Open orders that the closing of an account cancels. Reason: they are cancelled in one turn; a
 * kill takes any number in steps. Beyond it the account is not closed.
 */
export const CLOSE_ORDERS_MAX = 1_000;

/**
 * Open orders that a change of tick or lot, or a retirement, cancels. Reason: they are cancelled in
 * one turn. Beyond it nothing is changed.
 */
export const RESTING_CANCELS_MAX = 1_000;

/**
 * Keys that a list writes out before everybody else gets a turn. Reason: each takes some
 * microseconds, and there may be thousands. Nothing is seen when it is reached.
 */
export const KEYS_PER_STEP = 100;

/**
 * Milliseconds for which the answer to an Idempotency-Key is remembered. Reason: whoever retries
 * does so within the day. After it the same key is a new request.
 */
export const IDEMPOTENCY_KEY_MS = 86_400_000;

/** Bytes of an operator's request body; then 413. Reason: as of a client's. */
export const OPERATOR_BODY_BYTES_MAX = 16_384;

/**
 * Connections to the operator API at a time; beyond them the oldest is closed that has shown
 * neither token, signature nor session, and where all have, the next one. Reason: operators are
 * few, and strangers must not take their places. Where files are few, they have half of them.
 */
export const OPERATOR_CONNECTIONS_MAX = 256;
