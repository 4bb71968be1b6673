/** Limits of the archive. Each with unit, reason and what is seen when it is reached. */

/**
 * Events projected in one transaction. Reason: the more rows, the fewer pages are written for each;
 * more would hold up lists, which wait for its end, for longer than about a tenth of a second. What
 * is more is projected in the next one.
 */
export const PROJECTED_EVENTS_MAX = 16_000;

/**
 * Events of a transaction that are read before lookups get their turn, and other threads the core.
 * Reason: about a quarter of a millisecond, for which an answer may wait where all share one core.
 */
export const PROJECT_STEP_EVENTS = 128;

/**
 * The same for rows that are inserted; a multiple of the rows of one INSERT. Reason: about a
 * quarter of a millisecond, more where the table is large.
 */
export const INSERT_STEP_ROWS = 64;

/**
 * Events by which a partition is behind, up to which the core is left to others before each step.
 * Reason: where all threads share one core, one that leaves it often gets less of it than a steady
 * full load makes work for; twice what a transaction takes is no trouble to anybody.
 */
export const ASIDE_EVENTS_MAX = 32_000;

/**
 * Reports whose places one row holds. Reason: to find one, the row is walked through, which takes
 * microseconds; more would hardly be fewer bytes.
 */
export const RUN_REPORTS_MAX = 256;

/**
 * Rows of reports that a cut of the journal brings into memory at a time. Reason: some megabytes; a
 * cut may go through millions. Nothing is seen when it is reached.
 */
export const CUT_STEP_RUNS = 10_000;

/**
 * Symbols whose numbers are held in memory; beyond, all are looked up anew. Reason: bounds memory,
 * a few MB, whatever symbols orders name; of known instruments there are fewer.
 */
export const SYMBOLS_HELD_MAX = 50_000;

/**
 * Durable events that are gathered before the projector hears of them, unless time is up sooner.
 * Reason: a transaction writes hundreds of pages however few rows are on each; meanwhile memory
 * answers for what is not projected, with about 1 KB for each report.
 */
export const FOLLOW_GATHER_EVENTS = 8_000;

/**
 * Milliseconds for which they are gathered at most. Reason: nobody is kept waiting by it, but what
 * is not projected is projected by the next start. Who waits for a position does not wait for this.
 */
export const FOLLOW_GATHER_MS = 1_000;

/**
 * Rows a list walks before lookups get their turn. Reason: a walk over millions of closed orders
 * must not hold up the cancel of one; this many take about a millisecond.
 */
export const LIST_STEP_ROWS = 5_000;

/**
 * Open orders that a list looks at before everybody else gets a turn. Reason: an account may have
 * hundreds of thousands, and each takes some tens of nanoseconds; this many take a quarter of a
 * millisecond. What changes meanwhile is listed as it was.
 */
export const LIST_STEP_ORDERS = 2_500;

/**
 * Open orders of one name that are looked up one by one. Reason: as many at a time. Of a name that
 * more orders carry, all orders of the account are looked through, in steps.
 */
export const NAMED_ORDERS_MAX = 1_000;

/**
 * Questions of every kind that wait for the archive's thread; the next one is refused with
 * ARCHIVE_UNAVAILABLE. Reason: bounds memory when the disk stalls.
 */
export const QUESTIONS_WAITING_MAX = 10_000;

/**
 * The same for lists alone, which may take a second each. Smaller, so that lists never use up the
 * places of lookups.
 */
export const LISTS_WAITING_MAX = 200;

/**
 * Reports or orders that one question may ask for. Reason: bounds the memory of one answer, about 1
 * MB. A caller that wants more asks again.
 */
export const ROWS_PER_ANSWER_MAX = 1_000;

/**
 * Events of a story that are read before lookups get their turn. Reason: as for rows, about a
 * millisecond.
 */
export const STORY_STEP_EVENTS = 50;

/**
 * Orders of one name whose stories are told together; of more, those of the newest. Reason: bounds
 * what a client that gives all its orders one name makes of a single question.
 */
export const STORY_ORDERS_MAX = 100;

/**
 * Milliseconds for which a story waits until the archive has what was decided before it was asked
 * for; then it is refused with ARCHIVE_UNAVAILABLE. Reason: an archive that is well takes a tenth.
 */
export const STORY_WAIT_MS = 5_000;

/**
 * Milliseconds that the archive's thread gets to end when the gateway stops; then it is terminated.
 * Reason: all that it holds is made from the journal again, and the journal still has to be closed
 * within the time of a stop. One that is well takes some tens.
 */
export const ARCHIVE_STOP_MS = 1_000;

/**
 * First pause after a failure of the archive, in milliseconds; doubled with each one that follows.
 */
export const RETRY_MS_MIN = 100;

/** Longest pause between two tries, in milliseconds. Reason: a mended disk is noticed soon. */
export const RETRY_MS_MAX = 10_000;

/**
 * How often a page of orders is tried while memory changes under it, before it is refused with
 * ARCHIVE_UNAVAILABLE. Each time there is room for twice the orders that memory holds, so a second
 * try is rare and a third one means that memory has let go of what the archive lacks.
 */
export const QUERY_TRIES_MAX = 4;

/** Orders by which memory may grow during a query before its page is fetched again. */
export const QUERY_GROWTH_ORDERS = 256;
