/** Messages of the market stream, both ways; errors and notices are those of the order stream. */
import { HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import {
  DEPTH_LEVEL_COUNTS,
  DEPTH_LEVELS_DEFAULT,
  MARKET_CHANNELS,
} from "../market/market-words.ts";
import { message } from "./envelope-schemas.ts";
import {
  answer,
  array,
  integer,
  limitedText,
  milliseconds,
  type ObjectSchema,
  ref,
  request,
  type Schema,
  text,
  words,
} from "./json-schema.ts";
import { MARKET_POSITION, MARKET_SIDES } from "./market-schemas.ts";

const CHANNEL = words("What is told.", { words: MARKET_CHANNELS.map(({ word }) => word) });
const SYMBOL = limitedText("With its zeros.", "symbolCharactersMax");
const CHANNELS = array("Every one of them for every symbol.", CHANNEL, { minItems: 1 });
const SYMBOLS = array("What they are about.", SYMBOL, { minItems: 1 });
const LEVELS = integer("Prices per side of depth.", { enum: DEPTH_LEVEL_COUNTS });
const COUNT = integer("Subscriptions that are open now.", { minimum: 0 });
const TRADES = array("Oldest first.", ref("MarketTrade"));

const MARKET_STREAM_QUERY: ObjectSchema = request("What a handshake asks for.", {
  heartbeat: integer("Seconds between heartbeats.", {
    minimum: 1,
    maximum: LIMITS.heartbeatSecondsMax.value,
    default: HEARTBEAT_SECONDS_DEFAULT,
  }),
});

const MARKET_COMMAND_MESSAGE: ObjectSchema = request(
  "Which channels of which symbols to begin or to end; levels only with subscribe.",
  {
    op: text("What to do.", { enum: ["subscribe", "unsubscribe"] }),
    channels: CHANNELS,
    symbols: SYMBOLS,
    levels: { ...LEVELS, default: DEPTH_LEVELS_DEFAULT },
  },
  ["op", "channels", "symbols"],
);

const MARKET_SUBSCRIBED_MESSAGE: ObjectSchema = message(
  "subscribed",
  "The answer of a subscribe, as it was understood; a snapshot of each follows.",
  { channels: CHANNELS, symbols: SYMBOLS, levels: LEVELS, subscriptions: COUNT },
);

const MARKET_UNSUBSCRIBED_MESSAGE: ObjectSchema = message(
  "unsubscribed",
  "The answer of an unsubscribe, as it was understood.",
  { channels: CHANNELS, symbols: SYMBOLS, subscriptions: COUNT },
);

const MARKET_SNAPSHOT_MESSAGE: ObjectSchema = message(
  "snapshot",
  "What a subscription begins with, and begins anew with.",
  {
    channel: CHANNEL,
    ...MARKET_POSITION,
    data: {
      description: "By channel: the best prices, the last trades or the last candles.",
      anyOf: [
        answer("The best prices as they stand.", { levels: LEVELS, ...MARKET_SIDES }),
        answer("The last trades.", { trades: TRADES }),
        answer("The last candles.", { candles: array("Oldest first.", ref("Candle")) }),
      ],
    },
  },
);

const MARKET_DELTA_MESSAGE: ObjectSchema = update(
  "delta",
  "Prices of a book that changed: quantity and orders of one that is gone are 0.",
  answer("With their new totals.", MARKET_SIDES),
);

const MARKET_TRADE_MESSAGE: ObjectSchema = update(
  "trade",
  "Trades since the message before.",
  answer("In their order.", { trades: TRADES }),
);

const MARKET_CANDLE_MESSAGE: ObjectSchema = update(
  "candle",
  "A candle that changed, as it stands now.",
  ref("Candle"),
);

const MARKET_HEARTBEAT_MESSAGE: ObjectSchema = message(
  "heartbeat",
  "The stream lives, and these are the latest positions: silence and loss can be told apart.",
  {
    data: answer("Where it stands.", {
      timestamp: milliseconds("Server time"),
      epoch: MARKET_POSITION.epoch,
      subscriptions: array(
        "Those whose snapshot was sent.",
        answer("The latest message of one.", {
          channel: CHANNEL,
          symbol: MARKET_POSITION.symbol,
          seq: MARKET_POSITION.seq,
        }),
      ),
    }),
  },
);

function update(type: string, description: string, data: Schema): ObjectSchema {
  const prevSeq = integer("seq of the message of this subscription before this one.");
  return message(type, description, {
    channel: CHANNEL,
    ...MARKET_POSITION,
    prev_seq: prevSeq,
    data,
  });
}

/** Under their names in the document of the streams. */
export const MARKET_STREAM_SCHEMAS = {
  MarketStreamQuery: MARKET_STREAM_QUERY,
  MarketSubscribedMessage: MARKET_SUBSCRIBED_MESSAGE,
  MarketUnsubscribedMessage: MARKET_UNSUBSCRIBED_MESSAGE,
  MarketSnapshotMessage: MARKET_SNAPSHOT_MESSAGE,
  MarketDeltaMessage: MARKET_DELTA_MESSAGE,
  MarketTradeMessage: MARKET_TRADE_MESSAGE,
  MarketCandleMessage: MARKET_CANDLE_MESSAGE,
  MarketHeartbeatMessage: MARKET_HEARTBEAT_MESSAGE,
  MarketCommandMessage: MARKET_COMMAND_MESSAGE,
} as const;
