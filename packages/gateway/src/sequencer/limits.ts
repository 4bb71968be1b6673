/** Limits of the sequencer. Each with unit, reason and what is seen when it is reached. */

/**
 * Answers that wait for the disk, above which new orders and queries are refused (OVERLOADED,
 * retryable). Reason: bounds memory and waiting when the disk stalls; 10,000 are about half a
 * second of full load.
 */
export const PENDING_PLACES_MAX = 10_000;

/**
 * Answers that wait for the disk, from which on new orders and queries are refused (OVERLOADED,
 * retryable) while a commit is slow. Reason: what waits goes into the next commit and makes that
 * one slow as well, and cancels with it.
 */
export const PENDING_PLACES_SLOW_MAX = 128;

/** Milliseconds from which on a commit is slow. */
export const SLOW_COMMIT_MS = 25;

/**
 * Milliseconds between two looks at the commit under way. Reason: a disk that is silent is noticed
 * in the second, and a look costs nothing that shows.
 */
export const COMMIT_LOOK_MS = 1_000;

/**
 * Looks at one and the same commit from which on the disk is silent: new orders and queries are
 * refused (UNAVAILABLE, OVERLOADED, retryable), the gateway is not ready, cancels go on. Reason:
 * longer than disks take that are only busy.
 */
export const DISK_SILENT_LOOKS = 5;

/**
 * Looks at one and the same commit from which on what waits is answered with OUTCOME_UNKNOWN.
 * Reason: most clients stop waiting after 30 seconds, and know less then.
 */
export const ANSWERS_GIVEN_UP_LOOKS = 30;

/**
 * The same for cancels. Larger, so that cancels are never starved by orders or queries.
 */
export const PENDING_CANCELS_MAX = 40_000;

/**
 * Reports kept in memory because the archive has not taken them yet, above which new orders are
 * refused (OVERLOADED, retryable). Reason: bounds memory when the archive stalls; about 300 MB.
 */
export const UNARCHIVED_REPORTS_MAX = 500_000;

/**
 * Queries that wait for their next turn; another one that may take many is refused (OVERLOADED,
 * retryable). Reason: an open order that changes is kept as it was for each of them.
 */
export const WALKS_WAITING_MAX = 100;

/**
 * Events between two snapshots; as many as there are open orders where those are more. Reason:
 * replaying this many takes about a second at start; nothing is seen when it is reached but a
 * file in `snapshots`, from the next quiet moment on.
 */
export const SNAPSHOT_EVENT_COUNT = 200_000;

/**
 * How many times as many events there are at most, when no moment is quiet. Reason: a start must
 * stay short, and at full load these are ten seconds. Nothing is seen when it is reached: the
 * snapshot is made.
 */
export const SNAPSHOT_LATE_FACTOR = 2;

/**
 * How many times as many events a start finds before it makes the snapshot itself. Reason: a
 * process that is killed soon after every start never gets one made, and its starts would become
 * longer without end. When it is reached, that start takes up to a third longer, and the next
 * ones are short.
 */
export const SNAPSHOT_OVERDUE_FACTOR = 3;

/**
 * Milliseconds that are looked at when a snapshot waits for a quiet moment. Reason: between two
 * bursts there is often no more. Nothing is seen when it is reached.
 */
export const QUIET_LOOK_MS = 250;

/**
 * Events in that time up to which it was quiet. Reason: a tenth of what a core can do, so that the
 * snapshot's thread takes nothing from answers. Nothing is seen when it is reached: the snapshot
 * waits on.
 */
export const QUIET_EVENTS_MAX = 1_000;

/**
 * Orders that all cancels of many together cancel in one turn; the rest waits until those are
 * durable. Reason: about 10 ms, after which the commands of everybody else get their turn. Nothing
 * is seen when it is reached.
 */
export const CANCELS_PER_STEP = 128;

/**
 * Open orders that may be looked at in the place of one cancel, where hardly any of many is to be
 * cancelled. Reason: with nothing to cancel a step of all looks takes about a millisecond, and a
 * hundred thousand orders take ten steps. Nothing is seen when it is reached.
 */
export const LOOKS_PER_CANCEL = 80;

/**
 * Milliseconds that cancels of many go on when the gateway stops and their clients are gone.
 * Reason: a stop ends before whoever asked for it kills the process. Beyond them the rest is left:
 * the safety nets go on with it after the start, and a client repeats its request.
 */
export const RUNS_STOP_MS = 2_000;

/**
 * Day orders of closed books that expire in one turn; the rest waits until those are durable.
 * Reason: as for cancels of many; a million of them in one turn took a minute, for which nobody was
 * answered. What is seen: the last ones of a large book expire within seconds or minutes of their
 * day's end.
 */
export const EXPIRIES_PER_STEP = 128;

/**
 * Answers that wait for the disk from which on a commit begins at once, where there are several
 * cores. Reason: the disk works while the next ones are decided; with all of 64 in one commit the
 * thread that decides stands idle for a quarter of its time. Where all threads share a core, such
 * commits cost a sixth of the rate. Nothing is seen when it is reached.
 */
export const COMMIT_ANSWERS_MIN = 16;

/**
 * Milliseconds that a commit of fewer waits for commands that keep coming. Reason: a commit of
 * twice as many costs little more, and what an answer takes is several times this. Nothing is seen
 * when it is reached: the commit begins.
 */
export const COMMIT_GATHER_MS = 5;

/**
 * Milliseconds in a turn of the event loop after which it is looked whether a commit is done or
 * due. Reason: a turn lasts many times this, and neither the disk nor its answers need to wait for
 * its end; a look costs less than a microsecond. Nothing is seen when it is reached.
 */
export const LOOK_MS = 0.125;

/**
 * Real milliseconds that the wait for a session boundary lasts at most. Reason: the exchange's clock
 * follows one that may be set meanwhile. Nothing is seen when it is reached: the wait begins anew.
 */
export const SESSION_TIMER_MS_MAX = 60_000;

/**
 * Refused commands about orders that are journaled of one account at a time; a bucket that empties
 * with each and is full again after the seconds below. Reason: they change nothing, so a client
 * could send them for ever; 1 a second are about 15 MB a day. Beyond it they are answered as ever,
 * counted (`countermand_unkept_refusals_total`) and missing in the order's story.
 */
export const REFUSALS_KEPT_BURST = 100;

/** Seconds until a used-up budget for journaled refusals is full again. */
export const REFUSALS_KEPT_FILL_SECONDS = 100;
