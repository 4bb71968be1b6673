/** Limits of the market stream. Each with unit, reason and what is seen when it is reached. */
import { LIMITS } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import { CANDLES_KEPT_MAX, TRADES_KEPT_MAX } from "@countermand/core/market-data";

/**
 * Sockets of the market stream open at a time; beyond them 503 overloaded. Reason: anybody may open
 * one, and each takes 15 KB of memory, 45 KB with a dozen subscriptions, and a file descriptor; the
 * order stream's are counted apart, so nobody without a key takes their places.
 */
export const MARKET_SOCKETS_MAX = 5_000;

/**
 * Bytes handed to a socket and not taken by the network. Beyond them its messages are dropped, and
 * every subscription that lost one gets a fresh snapshot when there is room. Its input is not read
 * meanwhile. Reason: bounds the memory of a slow reader; it misses steps, never the outcome.
 */
export const MARKET_BUFFER_BYTES_MAX = 262_144;

/**
 * The same of all sockets together. From there on each may have {@link MARKET_CROWDED_BYTES_MAX}
 * waiting, and gets a snapshot when nothing waits. Reason: sockets without a key must not take the
 * memory of those who trade. In memory such bytes take up to two and a half times as many.
 */
export const MARKET_BUFFERS_BYTES_MAX = 33_554_432;

/** Reason: room for a few messages, so that who reads is served while others do not. */
export const MARKET_CROWDED_BYTES_MAX = 8_192;

/** Snapshots are sent while fewer bytes wait than this. Reason: keeps a fast network busy. */
export const MARKET_LOW_WATER_BYTES = 65_536;

/** Trades of a snapshot. Reason: what a screen shows; more are at `/market/v1/trades`. */
export const SNAPSHOT_TRADES = 50;

/** Candles of a snapshot. Reason: what a chart begins with; more are at `/market/v1/candles`. */
export const SNAPSHOT_CANDLES = 100;

/**
 * Once all readers were told what happened, the next time is so many times as long after it as it
 * took. Reason: anybody may listen, and those who trade come first: readers get about a tenth of
 * the thread that decides orders. What is seen: with many readers one message tells several
 * commands.
 */
export const TELL_REST_FACTOR = 9;

/** The longest such rest, milliseconds. Reason: a market that is looked at is to move. */
export const TELL_REST_MS_MAX = 1_000;

/**
 * Events of the exchange, counted back from the journal's end, whose trades a start brings back.
 * Older trades and candles are gone then. Reason: a start takes some tenths of a second for it,
 * however long the journal is.
 */
export const TAPE_EVENTS_MAX = 200_000;

/** Milliseconds over which the client's messages are counted. */
export const MESSAGE_WINDOW_MS = 1_000;

assert(LIMITS.marketRowsMax.value === TRADES_KEPT_MAX, "a query may ask for all trades kept");
assert(LIMITS.marketRowsMax.value === CANDLES_KEPT_MAX, "a query may ask for all candles kept");
assert(MARKET_CROWDED_BYTES_MAX < MARKET_LOW_WATER_BYTES, "who is one of a crowd has less room");
assert(MARKET_LOW_WATER_BYTES < MARKET_BUFFER_BYTES_MAX, "a reader that catches up has room");
