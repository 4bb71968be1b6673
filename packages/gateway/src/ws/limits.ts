/** Limits of the sockets. Each with unit, reason and what is seen when it is reached. */

/**
 * Sockets open at a time, handshakes under way included; beyond them 503 overloaded. Reason: each
 * takes about 15 KB of memory and a file descriptor.
 */
export const SOCKETS_MAX = 20_000;

/**
 * The same of one account; beyond them 429 rate_limited. Smaller, so that one account cannot take
 * the places of all others.
 */
export const SOCKETS_PER_ACCOUNT_MAX = 15_000;

/**
 * Commands of one socket handed over and not answered, above which no more of its input is read
 * until answers have left. Reason: one socket must not fill the queue of commits.
 */
export const COMMANDS_IN_FLIGHT_MAX = 1_000;

/**
 * Bytes waiting for a socket's reader, above which no more of its commands are read. Reason: bounds
 * the memory of answers that nobody reads.
 */
export const REPLIES_WAITING_BYTES_MAX = 262_144;

/**
 * Bytes of texts that a socket is handed at once; what is more follows when the network has taken
 * these. Reason: TLS copies and encrypts what it is handed in one go, while everybody waits; and
 * whether a long text is being read shows only in steps.
 */
export const HAND_OVER_BYTES_MAX = 262_144;

/**
 * Frames of one message; beyond them error too_many_parts, then close 1008. Reason: each holds on
 * to what came in one read with it, 64 KiB, until the message is whole; libraries cut a message of
 * 16 KiB into five frames or fewer.
 */
export const MESSAGE_PARTS_MAX = 8;

/**
 * Pieces in which the network may bring one frame; beyond them as above. Reason: each takes some
 * hundred bytes besides its own.
 */
export const FRAME_PIECES_MAX = 256;

/**
 * Messages taken from one socket in a tenth of a second, above which no more of its input is read
 * until the next one. Reason: 20,000 per second cost about half of the event loop.
 */
export const MESSAGES_PER_SLOT_MAX = 2_000;

/** Milliseconds of such a slot. */
export const MESSAGE_SLOT_MS = 100;

/**
 * Milliseconds of a turn of the event loop, after which no more commands of sockets are taken in
 * it; their input waits for the next one. Reason: what else came in, other sockets' commands
 * included, does not wait for all that a few have sent.
 */
export const TURN_COMMANDS_MS_MAX = 5;

/** Commands that a turn takes however long it lasts. Reason: a busy machine makes turns long. */
export const TURN_COMMANDS_MIN = 100;

/**
 * Messages answered with commands_not_enabled, after which the socket is closed with 1008. Reason:
 * a client that does not notice them is broken.
 */
export const REFUSED_MESSAGES_MAX = 100;

/** Milliseconds that sockets get to close when the server stops; then they are cut. */
export const STOP_MS = 1_000;

/**
 * Milliseconds between looks at a key that expires while its stream is open. Reason: real time may
 * be set on, and then its expiry is seen this much late.
 */
export const KEY_CHECK_MS = 60_000;

/** Seconds a refused handshake is asked to wait where another try may succeed. */
export const RETRY_AFTER_SECONDS = 1;

/**
 * Milliseconds of silence after which TCP itself asks whether the peer is there. Reason: a peer
 * that answers no pings is found out to be gone all the same.
 */
export const TCP_KEEP_ALIVE_MS = 60_000;
