/** Limits of the simulated market. Each with unit, reason and what is seen when it is reached. */

/**
 * Turns of participants under way at a time; others that come due are dropped, so that their
 * quotes move later. Reason: a slow disk must not gather simulated commands in front of real ones;
 * each turn has one command under way at most.
 */
export const TURNS_UNDER_WAY_MAX = 4;

/**
 * Milliseconds for which a participant leaves a symbol alone after its command there was refused;
 * doubled with each further refusal, up to the second figure. Reason: a closed market refuses for
 * hours. What is seen: quotes come back within that time after it opens.
 */
export const REFUSED_PAUSE_MS_MIN = 1_000;
export const REFUSED_PAUSE_MS_MAX = 60_000;

/**
 * Milliseconds for which nobody trades after the gateway was overloaded; doubled with each further
 * time, up to the second figure. Reason: the simulated load is the first that should go.
 */
export const OVERLOADED_PAUSE_MS_MIN = 1_000;
export const OVERLOADED_PAUSE_MS_MAX = 30_000;
