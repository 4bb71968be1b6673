/** Limits of the simulated market. Each with unit, reason and what is seen when it is reached. */

/**
 * Turns of participants under way at a time; others that come due are dropped, so that their
 * quotes move later. Reason: a slow disk must not gather simulated commands in front of real ones;
 * each turn has one command under way at most.
 */
export const TURNS_UNDER_WAY_MAX = 4;

/**
 * Milliseconds without a request and without a stream, after which the participants rest until the
 * next one. Reason: at about 255 MB of journal a day a gateway that is left alone must not fill a
 * disk. What is seen: the first answer shows the quotes of before; they move within seconds.
 */
export const UNATTENDED_MS_MAX = 600_000;

/**
 * Answers that wait for the disk, above which the participants count the gateway as overloaded and
 * pause. Reason: real clients have their first hundreds of places to themselves. What is seen: the
 * market stands still under load.
 */
export const SIMULATED_PENDING_MAX = 200;

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
