/** Limits of a venue that answers later, and of the sandbox's faults. */

/**
 * Milliseconds after which the gateway asks the venue itself what became of an order or a cancel.
 * Reason: longer than any venue takes that is well, and short enough for a person to wait for. Then
 * the outcome is journaled; nothing stays pending.
 */
export const VENUE_ANSWER_MS_MAX = 30_000;

/**
 * Orders and cancels that faults hold back at once. Reason: each has timers. Beyond it faults on
 * orders and cancels do not take effect.
 */
export const HELD_MAX = 10_000;

/** Faults armed per key, spent ones included. Reason: a test needs a few. 409 faults_full. */
export const ARMED_PER_KEY_MAX = 20;

/**
 * Messages, and orders, that a recipe quantity has marked. Reason: bounds what is remembered of
 * them. The oldest mark is forgotten.
 */
export const MARKS_MAX = 1_000;
