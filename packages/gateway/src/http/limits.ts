/** Limits of the HTTP edge. Each with unit, reason and what a client sees when it is reached. */

/**
 * Milliseconds for the headers of a request to arrive, then 408; and for the handshake of TLS
 * before, then the connection is cut. Reason: slow-loris.
 */
export const HEADERS_TIMEOUT_MS = 9_000;

/**
 * Milliseconds for a whole request to arrive; then 408. Reason: slow-loris with bodies. With the
 * looks that notice it, ours and that of node:http, and for who does not close at the 408, it stays
 * below 15 s.
 */
export const REQUEST_TIMEOUT_MS = 9_000;

/**
 * Milliseconds an idle keep-alive connection stays open; longer than a load balancer's usual 60
 * s.
 */
export const KEEP_ALIVE_TIMEOUT_MS = 72_000;

/**
 * Requests of one connection that node:http has read and that are being answered; the next ones
 * wait until answers have left, and no more is read. Reason: a packet of small requests for large
 * answers must not fill the memory.
 */
export const ANSWERING_MAX = 8;

/** Milliseconds between looks for connections that ran out of time. */
export const CONNECTION_CHECK_MS = 1_000;

/**
 * Connections of every kind at a time; the next one is closed at once. Reason: room for all order
 * streams and as many requests again, within what a process may usually open.
 */
export const CONNECTIONS_MAX = 40_000;

/**
 * Connections that the system holds until they are taken, where it allows as many (`somaxconn`);
 * the next ones try again after a second. Reason: thousands of clients come back at once after a
 * cut.
 */
export const LISTEN_BACKLOG = 4_096;

/**
 * Listeners that share the port, where the system can (Linux). Reason: each lets in one connection
 * in a turn of the event loop; under load that lasts some 20 ms, and with so many 5,000 clients
 * are back within seconds.
 */
export const LISTENERS = 32;

/**
 * Files the process may open, by the system's limit, that connections never take. Reason: journal,
 * head, archive and snapshots are opened while it runs, and a journal that cannot open its files
 * stops the process.
 */
export const FILES_RESERVED = 128;

/** Connections at a time however low the system's limit is. */
export const CONNECTIONS_MIN = 16;

/**
 * Milliseconds after the last answer of a connection in which what its client still sends is read
 * and dropped, until it closes; then the connection is cut. Reason: a close on unread bytes may
 * overtake the answer, and a client that does not close must not keep the connection.
 */
export const LINGER_MS = 2_000;

/**
 * Bytes that are dropped behind the last answer; then the connection is cut. Reason: as above, and
 * nobody sends for nothing for long.
 */
export const LINGER_BYTES_MAX = 4_194_304;

/**
 * Milliseconds for which nothing moves on a connection while an answer waits for its reader; then
 * it is cut. Reason: a client that never reads must not keep answers in memory.
 */
export const ANSWER_STALL_MS = 30_000;

/**
 * Bytes of answers without a signature that wait for their readers on all connections together;
 * beyond them the connections are cut whose answers have waited longest. Reason: anybody may ask on
 * thousands of connections and read nothing.
 */
export const UNREAD_BYTES_MAX = 134_217_728;

/**
 * Bytes of a large body that are handed over at a time. Reason: as above, and TLS copies what it is
 * given. Nothing is seen of it.
 */
export const BODY_PIECE_BYTES = 16_384;

/** Characters of X-Request-Id that are echoed; a longer one is not. */
export const REQUEST_ID_CHARACTERS_MAX = 128;

/** Seconds a client is asked to wait after a 503. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * Bytes of a body over the limit that are read and dropped before the connection is closed on it.
 */
export const DROPPED_BODY_BYTES_MAX = 1_048_576;

/**
 * Bytes of request line and headers of a signed request that is read without node:http; a longer
 * one is left to it. Reason: what is there of a head is looked through again when more comes.
 */
export const PLAIN_HEAD_BYTES_MAX = 8_192;

/** Header lines of such a request; one with more is left to node:http. Reason: as above. */
export const PLAIN_HEADERS_MAX = 64;

/**
 * Pieces in which the head of such a request may arrive; then it is left to node:http, which reads
 * on where it stopped. Reason: as above.
 */
export const PLAIN_HEAD_PIECES_MAX = 4;

/**
 * Requests of one connection that wait for their answers; the next one is read when one has left.
 * Reason: bounds what a client who sends without waiting makes us hold.
 */
export const PIPELINED_MAX = 64;

/**
 * Milliseconds between looks at the connections that node:http does not have: for those that are
 * idle too long, and for requests that are there in part and go to node:http and its timeouts.
 */
export const PLAIN_CHECK_MS = 1_000;
