/** Limits of the journal. Each with unit, reason and what is seen when it is reached. */

/**
 * Bytes of the disk's reserve that are given back at a time when the disk is full. Reason: others
 * may write to the same disk, and must not get all of it at once. Nothing is seen when it is
 * reached but `countermand_disk_reserve_bytes` falling.
 */
export const RESERVE_SLICE_BYTES = 256 * 1024;

/**
 * Bytes that a start wants free before it opens anything; short of that the reserve gives them.
 * Reason: SQLite makes its indexes and a log anew at every start. Nothing is seen when it is
 * reached.
 */
export const START_ROOM_BYTES = 1024 * 1024;

/**
 * Milliseconds between two tries to take the reserve back while the disk is full. Reason: new
 * orders are taken again soon after there is room. Nothing is seen when it is reached.
 */
export const RESERVE_RETRY_MS = 1_000;
