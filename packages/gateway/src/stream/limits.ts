/** Limits of the order stream. Each with unit, reason and what is seen when it is reached. */
import { LIMITS } from "@countermand/contract";
import { assert } from "@countermand/core/assert";

/**
 * Bytes handed to a live session's socket and not taken by the network. Beyond them the session
 * stops handing over and catches up at the reader's pace. Reason: bounds the memory of a stalled
 * reader; the reports it has not been sent are held once for all readers.
 */
export const LIVE_BUFFER_BYTES_MAX = 262_144;

/**
 * A replay sends its next chunk when fewer bytes wait than this. Reason: keeps a fast network busy.
 */
export const REPLAY_LOW_WATER_BYTES = 65_536;

/** Reports in a chunk of a replay. Reason: encoding one takes about 0.3 ms. */
export const REPLAY_CHUNK_REPORTS = 64;

/**
 * Chunks sent in one turn, of all sessions together; the others wait for the next turn. Reason:
 * live pushes and commands get their turn every few milliseconds also when thousands reconnect at
 * once.
 */
export const REPLAY_CHUNKS_PER_TURN = 8;

/** Open orders of a snapshot encoded at a time. Reason: as for a chunk of a replay. */
export const SNAPSHOT_ORDERS_PER_STEP = 64;

/**
 * Open orders that one snapshot holds at most; beyond them error unavailable, close 1013. Reason:
 * it is one message, of about 70 MB then, and more than many a client's library takes.
 */
export const SNAPSHOT_ORDERS_MAX = 100_000;

/**
 * Orders of all snapshots together whose readers do not have them yet; beyond them error
 * unavailable, close 1013. Reason: about 300 MB.
 */
export const SNAPSHOTS_ORDERS_MAX = 400_000;

/**
 * Histories that a gateway knows its own by; a reader of an older one begins anew. Reason: there is
 * one for each start, and nobody is away for so many.
 */
export const HISTORIES_KEPT_MAX = 1_000;

/** Accounts in one record of a history. Reason: so many fit into one block of the journal. */
export const HISTORY_ACCOUNTS_PER_RECORD = 100;

/** Milliseconds between looks at how late a reader is. Reason: a burst is read within that time. */
export const LATENESS_CHECK_MS = 1_000;

/** Milliseconds until a replay asks an archive again that could not answer. */
export const ARCHIVE_RETRY_MS = 1_000;

/**
 * Failed questions in a row after which a replay is given up: error unavailable, close 1013.
 * Reason: an archive that is being rebuilt needs seconds; after that the client should know.
 */
export const ARCHIVE_TRIES_MAX = 30;

/**
 * Milliseconds without a sign of life beyond two heartbeats, after which the connection is cut.
 * Reason: a peer that vanished without a word is noticed in about a minute; the margin is for a
 * slow network.
 */
export const PEER_SILENCE_MARGIN_MS = 5_000;

/** Milliseconds a peer gets to answer a close; then the connection is cut. */
export const CLOSE_ANSWER_MS = 2_000;

assert(REPLAY_LOW_WATER_BYTES < LIVE_BUFFER_BYTES_MAX, "a session that goes live has room");
assert(
  LIVE_BUFFER_BYTES_MAX < LIMITS.slowReaderBytesMax.value,
  "a session catches up before it is too late",
);
