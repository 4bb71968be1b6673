/** Limits of the web console. Each with unit, reason and what is seen when it is reached. */

/**
 * Milliseconds a sign-in code works. Reason: long enough to open a browser, short enough that one
 * found in a shell's history is of no use.
 */
export const CODE_LIFE_MS = 60_000;

/**
 * The same of the link that the sandbox prints at its start. Longer, because it is read by a person
 * who has just started it; its keys are public anyway, and it is printed on loopback only.
 */
export const WELCOME_CODE_LIFE_MS = 600_000;

/** Codes of all keys that have not ended; beyond them the oldest is forgotten. Reason: memory. */
export const CODES_MAX = 1_000;

/**
 * The same of one key, used ones among them; then 429. Reason: one key must not push out the codes
 * of all others, nor keep the disk busy with sessions that begin and end.
 */
export const CODES_PER_KEY_MAX = 20;

/** Sessions of all keys; beyond them the one that was used longest ago ends. */
export const SESSIONS_MAX = 1_000;

/** The same of one key. Smaller, so that one key cannot end the sessions of all others. */
export const SESSIONS_PER_KEY_MAX = 20;

/** Milliseconds a session lives at the longest, used or not: a working day. */
export const SESSION_LIFE_MS = 12 * 3_600_000;

/** Milliseconds after which a session ends that no page has open and nobody uses. */
export const SESSION_IDLE_MS = 30 * 60_000;

/**
 * Milliseconds that a sign-out and a stop wait for the table of sessions to be on the disk. Reason:
 * who has signed out is not signed in again by a crash, and a disk that does not answer keeps
 * nobody waiting.
 */
export const KEPT_MS = 1_000;

/** Milliseconds until the table of sessions is written again that the disk did not take. */
export const KEEP_RETRY_MS = 10_000;

/** Milliseconds between looks for sessions that have ended while their pages are open. */
export const SWEEP_MS = 5_000;
