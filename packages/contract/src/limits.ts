/**
 * Every limit a client can meet, with its unit, its reason and what happens at it.
 * docs/reference/limits.md lists the same rows; a test compares the two.
 */

/** One limit. The behaviour at the limit is stable; raising a value is a compatible change. */
export interface LimitSpec {
  readonly value: number;
  readonly unit: string;
  readonly reason: string;
  /** What the client sees beyond it. */
  readonly beyond: string;
}

export const LIMITS = {
  batchOrdersMax: {
    value: 5,
    unit: "orders",
    reason: "the reference page's limit of one batch",
    beyond: "400 malformed_batch, nothing is done",
  },
  bodyBytesMax: {
    value: 16_384,
    unit: "bytes",
    reason: "40 times the longest useful batch; bounds what an unsigned sender can make us hold",
    beyond: "413 body_too_large",
  },
  headersBytesMax: {
    value: 16_384,
    unit: "bytes",
    reason: "room for proxies' headers; the query string counts as well",
    beyond: "431 headers_too_large",
  },
  jsonDepthMax: {
    value: 32,
    unit: "levels",
    reason: "requests need 2; bounds the reader's stack",
    beyond: "400 malformed_json",
  },
  messageBytesMax: {
    value: 16_384,
    unit: "bytes",
    reason: "one socket message is one request body",
    beyond: "error message_too_big, then close 1009",
  },
  orderNoDigitsMax: {
    value: 32,
    unit: "digits",
    reason: "ours have 11 and more; anything longer was never an order number",
    beyond: "400 malformed_identifier",
  },
  referenceIdCharactersMax: {
    value: 64,
    unit: "characters",
    reason: "the place page's limit; it is kept with the order and sent in every message",
    beyond: "400, code of the operation",
  },
  portfolioIdCharactersMax: {
    value: 50,
    unit: "characters",
    reason: "the place page's limit",
    beyond: "400 invalid_portfolio_id",
  },
  symbolCharactersMax: {
    value: 32,
    unit: "characters",
    reason: "longer than any symbol of any market we know",
    beyond: "400 malformed_symbol",
  },
  commandIdCharactersMax: {
    value: 64,
    unit: "characters",
    reason: "a UUID fits; it is kept for ten minutes and sent back in the reply",
    beyond: "error malformed_command",
  },
  clockMsMax: {
    value: 4_102_444_800_000,
    unit: "Unix milliseconds",
    reason: "the year 2100: a later time can only be a mistake",
    beyond: "400 invalid_clock_time or 409 clock_too_far; a clock that runs stops there",
  },
  clockSpeedMax: {
    value: 86_400,
    unit: "times as fast as real time",
    reason: "a day in a second; faster is a jump",
    beyond: "400 invalid_clock_speed",
  },
  cancelAllListedMax: {
    value: 1_000,
    unit: "orders",
    reason: "about 150 KB of one answer, which is remembered; the counts are of all orders",
    beyond: "the answer lists the failed ones first; the order stream tells of each",
  },
  olderThanSecondsMax: {
    value: 1_000_000_000,
    unit: "seconds",
    reason: "31 years; more can only be a mistake",
    beyond: "400 invalid_cancel_filter",
  },
  deadManSecondsMin: {
    value: 3,
    unit: "seconds",
    reason: "a shorter one fires at a hiccup of the network",
    beyond: "400 invalid_dead_man",
  },
  deadManSecondsMax: {
    value: 86_400,
    unit: "seconds",
    reason: "a day; what nobody refreshes for longer guards nothing",
    beyond: "400 invalid_dead_man",
  },
  deadManSwitchesMax: {
    value: 1_000,
    unit: "dead-man's switches of an account",
    reason: "one for each strategy of a large desk; bounds what is kept and looked at",
    beyond: "409 too_many_dead_man_switches",
  },
  disconnectGraceSecondsMax: {
    value: 300,
    unit: "seconds",
    reason: "who is gone for longer wants his orders gone as well",
    beyond: "400 invalid_stream_parameter",
  },
  disconnectGroupCharactersMax: {
    value: 32,
    unit: "characters",
    reason: "a host's or a strategy's name; it is kept while it is watched",
    beyond: "400 invalid_stream_parameter",
  },
  decimalPlacesMax: {
    value: 8,
    unit: "digits after the point",
    reason: "the scale of every price, quantity and amount",
    beyond: "400, code of the field",
  },
  pageSizeMax: {
    value: 100,
    unit: "rows of a list",
    reason: "the query page's limit of one page",
    beyond: "400 invalid_query_parameter",
  },
  pageIndexMax: {
    value: 1_000_000,
    unit: "pages",
    reason: "a page beyond it can only be a mistake",
    beyond: "400 invalid_query_parameter",
  },
  timestampWindowMsMax: {
    value: 300_000,
    unit: "milliseconds either side of the server's clock",
    reason: "covers common clock faults; bounds what is remembered against replays",
    beyond: "401 timestamp_out_of_window",
  },
  heartbeatSecondsMax: {
    value: 30,
    unit: "seconds",
    reason: "most proxies close a connection that was silent for 60",
    beyond: "400 invalid_stream_parameter",
  },
  commandMemoryMs: {
    value: 600_000,
    unit: "milliseconds",
    reason: "a reconnect and a restart fit into it many times",
    beyond: "an id is forgotten and may be used again",
  },
  slowReaderBytesMax: {
    value: 1_048_576,
    unit: "bytes behind the live stream",
    reason: "about 2,000 messages; bounds the memory of one slow reader",
    beyond: "error slow_reader, then close 1013",
  },
  slowReaderMsMax: {
    value: 10_000,
    unit: "milliseconds behind the live stream",
    reason: "a reader that late acts on the past and is better off resuming",
    beyond: "error slow_reader, then close 1013",
  },
  marketLevelsMax: {
    value: 50,
    unit: "prices per side",
    reason: "what a program acts on; bounds one answer to about 4 KB",
    beyond: "400 invalid_query_parameter; on the market stream error invalid_levels",
  },
  marketRowsMax: {
    value: 500,
    unit: "trades or candles",
    reason: "all that is kept of a symbol; about 60 KB",
    beyond: "400 invalid_query_parameter",
  },
  marketSubscriptionsMax: {
    value: 200,
    unit: "channels of symbols on one market stream",
    reason: "every channel of 33 symbols; bounds what one change can cost",
    beyond: "error too_many_subscriptions, nothing is done",
  },
  marketMessagesPerSecondMax: {
    value: 20,
    unit: "messages of the client on one market stream",
    reason: "each may ask for 200 snapshots; a client needs a few when it starts",
    beyond: "the connection is not read from until the second has passed",
  },
  faultCountMax: {
    value: 1_000,
    unit: "times that one fault of the sandbox happens",
    reason: "more than a test goes through; what is left armed ends by itself",
    beyond: "400 invalid_fault_parameter",
  },
  faultDelayMsMax: {
    value: 60_000,
    unit: "milliseconds of a fault's delay",
    reason: "twice the time after which the gateway asks a venue that does not answer",
    beyond: "400 invalid_fault_parameter",
  },
  accountCharactersMax: {
    value: 32,
    unit: "characters",
    reason: "longer than any account code we know; it is part of every order",
    beyond: "400 invalid_field",
  },
  operatorNameCharactersMax: {
    value: 64,
    unit: "characters of an operator's name, an idempotency key or an API key",
    reason: "a UUID or an e-mail address fits; it is kept in the journal",
    beyond: "400, code of the field",
  },
  storyEventsMax: {
    value: 500,
    unit: "events of an order's story in one answer",
    reason: "about 250 KB; the archive reads them in 10 ms",
    beyond: "400 invalid_query_parameter; `earlier` leads to the rest",
  },
  instrumentNameCharactersMax: {
    value: 64,
    unit: "characters",
    reason: "longer than any name of an instrument we know; it is sent in every message",
    beyond: "400 invalid_field",
  },
  operatorAssetsMax: {
    value: 100,
    unit: "currencies or products of one request",
    reason: "bounds what one request stages",
    beyond: "400 invalid_field",
  },
  keyAccountsMax: {
    value: 16,
    unit: "accounts of one API key",
    reason: "each is a stream with a buffer of its own on the drop copy's one socket",
    beyond: "400 invalid_field",
  },
  keyPortfoliosMax: {
    value: 50,
    unit: "portfolios of one API key",
    reason: "each is compared with every order of a list",
    beyond: "400 invalid_field",
  },
  keyAddressesMax: {
    value: 50,
    unit: "addresses and ranges of one API key",
    reason: "each is compared with every request's",
    beyond: "400 invalid_field",
  },
  keyLabelCharactersMax: {
    value: 100,
    unit: "characters",
    reason: "a few words that say what a key is for",
    beyond: "400 invalid_field",
  },
  keyOverlapSecondsMax: {
    value: 2_592_000,
    unit: "seconds",
    reason: "30 days: two secrets of one key are a way to change over, not a state to live in",
    beyond: "400 invalid_field",
  },
  operatorReasonCharactersMax: {
    value: 500,
    unit: "characters",
    reason: "a few sentences; they are kept in the journal for good",
    beyond: "400 invalid_field",
  },
} as const;
LIMITS satisfies Readonly<Record<string, LimitSpec>>;
export type LimitName = keyof typeof LIMITS;

/** Seconds between heartbeats unless the stream's query says otherwise. */
export const HEARTBEAT_SECONDS_DEFAULT = 30;
/** Seconds to come back in after a connection was lost, unless the stream's query says otherwise. */
export const DISCONNECT_GRACE_SECONDS_DEFAULT = 10;
/** Rows on a page unless the query says otherwise. */
export const PAGE_SIZE_DEFAULT = 20;
