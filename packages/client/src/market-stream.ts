/**
 * The public market as its socket tells it: books, trades and candles of some symbols. Reconnects,
 * knows by the numbers of the messages that none is missing, and begins a subscription anew where
 * one is. Whoever reads slowly finds the present, and is told where that left something out.
 */
import { ConflatingQueue } from "./conflating-queue.ts";
import { ApiError } from "./errors.ts";
import { CLOSE_NORMAL, type ConnectionOptions, Line, socketUrl } from "./line.ts";
import { nextBook } from "./market-book.ts";
import type { StreamState } from "./order-stream.ts";
import {
  type Candle,
  type ErrorMessage,
  HTTP_STATUSES,
  type MarketCandleMessage,
  type MarketCommandMessage,
  type MarketDeltaMessage,
  type MarketDepth,
  type MarketHeartbeatMessage,
  type MarketSnapshotMessage,
  type MarketTrade,
  type MarketTradeMessage,
  type NoticeMessage,
} from "./wire.ts";
import { parseMessage, writeWire } from "./wire-json.ts";

/** What of a symbol can be followed. */
export type MarketChannel = MarketCommandMessage["channels"][number];

/** What a market stream tells. */
export type MarketEvent =
  /** The best prices as they are now. Of changes that were not read in time, the last one. */
  | { readonly type: "book"; readonly symbol: string; readonly book: MarketDepth }
  /** A message was missing: the symbol has no book before its next `book`. */
  | { readonly type: "stale"; readonly symbol: string }
  /**
   * Trades that were not told before, oldest first. `isReset`: these are the last ones, and some
   * before them may be missing; at the beginning, after an outage, and for who reads too slowly.
   */
  | {
      readonly type: "trades";
      readonly symbol: string;
      readonly trades: readonly MarketTrade[];
      readonly isReset: boolean;
    }
  /** Candles that changed, oldest first; all of the last ones in place of those before: `isReset`. */
  | {
      readonly type: "candles";
      readonly symbol: string;
      readonly interval: string;
      readonly candles: readonly Candle[];
      readonly isReset: boolean;
    }
  /** Something to know, such as a gateway that stops. */
  | { readonly type: "notice"; readonly notice: NoticeMessage }
  | { readonly type: "connected" }
  /** There are no books now. It is tried again after that many milliseconds. */
  | { readonly type: "disconnected"; readonly reason: string; readonly retryInMs: number };

type Trades = Extract<MarketEvent, { readonly type: "trades" }>;
type Candles = Extract<MarketEvent, { readonly type: "candles" }>;

export interface MarketStreamOptions extends ConnectionOptions {
  /** What is followed of each symbol; `depth` and `trades` unless given. */
  readonly channels?: readonly MarketChannel[];
  /** Prices of each side of a book; 10 unless given. */
  readonly levels?: NonNullable<MarketCommandMessage["levels"]>;
}

/** What a stream takes from its client. */
export interface MarketOrigin {
  readonly baseUrl: string;
  /** Rejects where nobody answers. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

const STREAM_PATH = "/ws/market/v1";
const CANDLES = "candles:";
const LEVELS = 10;
/** The gateway takes no more of one connection. */
const SUBSCRIPTIONS_MAX = 200;
/** Trades, and candles, of a subscription that wait to be read. */
const WAITING_MAX = 1_000;
/** Kinds of events that are true of one connection only. */
const NOT_FACTS = /^(?:connected|disconnected|depth .*)$/;

/** One channel of one symbol. */
interface Subscription {
  readonly channel: MarketChannel;
  readonly symbol: string;
  /** Of its latest message; null while its snapshot is still to come. */
  seq: number | null;
  /** Number of the last trade that was told. */
  lastExecId: string | null;
}

type Told = MarketSnapshotMessage | MarketDeltaMessage | MarketTradeMessage | MarketCandleMessage;
type Message = Told | MarketHeartbeatMessage | NoticeMessage | ErrorMessage;

/**
 * Iterate it for the events; ask {@link book} for the books. Close it when done.
 * @example
 * const market = client.market("00700", { channels: ["depth"], levels: 1 });
 * await client.place(buy);
 * for await (const event of market) {
 *   if (event.type === "book" && event.book.bids.length === 1) break;
 * }
 * assert.equal(market.state, "closed");
 */
export class MarketStream implements AsyncIterable<MarketEvent> {
  readonly #origin: MarketOrigin;
  readonly #line: Line;
  /** Ends what is asked in between: it must not hold a program that has closed the stream. */
  readonly #end = new AbortController();
  readonly #events = new ConflatingQueue<MarketEvent>();
  /** By channel and symbol. */
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  readonly #levels: NonNullable<MarketCommandMessage["levels"]>;
  /** Those that are known to be whole. */
  readonly #books = new Map<string, MarketDepth>();
  #state: StreamState = "connecting";

  /** @throws RangeError an option is what no gateway takes */
  constructor(origin: MarketOrigin, symbols: readonly string[], options: MarketStreamOptions) {
    const { channels = ["depth", "trades"], levels = LEVELS } = options;
    const all = new Set(symbols);
    this.#subscriptions = new Map(
      [...all].flatMap((symbol) =>
        channels.map((channel) => {
          return [
            keyOf(channel, symbol),
            { channel, symbol, seq: null, lastExecId: null },
          ] as const;
        }),
      ),
    );
    const { size } = this.#subscriptions;
    if (size === 0 || size > SUBSCRIPTIONS_MAX) {
      const what = `channels times symbols must be 1 to ${SUBSCRIPTIONS_MAX}`;
      throw new RangeError(`${what}, not ${size}`);
    }
    this.#origin = origin;
    this.#levels = levels;
    this.#line = new Line(options, {
      address: () => this.#address(),
      opened: () => this.#opened(),
      received: (text) => this.#received(text),
      lost: (reason, retryInMs) => this.#lost(reason, retryInMs),
      whyRefused: () => this.#whyRefused(),
      ended: (error) => this.#finish(error),
    });
    this.#line.connect();
  }

  /**
   * The best prices of a symbol as of the last message, whether or not its event has been read yet.
   * Null while they are not known to be the present ones.
   */
  book(symbol: string): MarketDepth | null {
    return this.#books.get(symbol) ?? null;
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Why it ended by itself: the gateway knows no such symbol. Null while it lives. */
  get error(): Error | null {
    return this.#events.error;
  }

  /** Ends it for good; iterations end after what they have not read yet. */
  close(): void {
    this.#finish(null);
  }

  /**
   * What happens, and of what was not read in time the latest. One iteration at a time.
   * @throws ApiError from the iteration: a symbol is not listed, or not any more
   */
  [Symbol.asyncIterator](): AsyncIterator<MarketEvent, void, void> {
    return {
      next: () => this.#events.next(),
      return: () => {
        this.#finish(null);
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #address() {
    this.#state = "connecting";
    const query = `heartbeat=${this.#line.heartbeatSeconds}`;
    return { url: `${socketUrl(this.#origin.baseUrl)}${STREAM_PATH}?${query}`, headers: {} };
  }

  #opened(): void {
    this.#state = "live";
    for (const subscription of this.#subscriptions.values()) subscription.seq = null;
    this.#events.put("connected", { type: "connected" });
    const all = [...this.#subscriptions.values()];
    const channels = new Set(all.map(({ channel }) => channel));
    const symbols = new Set(all.map(({ symbol }) => symbol));
    this.#subscribe([...channels], [...symbols]);
  }

  #subscribe(channels: readonly MarketChannel[], symbols: readonly string[]): void {
    const message = { op: "subscribe", channels, symbols, levels: this.#levels } as const;
    this.#line.send(writeWire(message satisfies MarketCommandMessage));
  }

  #lost(reason: string, retryInMs: number): void {
    this.#state = "waiting";
    this.#books.clear();
    // What was true of the connection is so no more; what has happened has happened.
    this.#events.drop((kind) => NOT_FACTS.test(kind));
    this.#events.put("disconnected", { type: "disconnected", reason, retryInMs });
  }

  async #whyRefused(): Promise<string> {
    try {
      await this.#origin.probe(this.#end.signal);
      return NOT_UPGRADED;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #received(text: string): void {
    const message = parseMessage<Message>(text);
    try {
      if (message !== null) {
        this.#takeAny(message);
        return;
      }
    } catch {
      // Of half a message something may have been taken: the next connection begins anew.
    }
    this.#line.reconnect("a message that is not of the gateway");
  }

  /** @throws where the message has not what its type needs */
  #takeAny(message: Message): void {
    switch (message.type) {
      case "snapshot":
      case "delta":
      case "trade":
      case "candle":
        this.#line.works();
        this.#take(message);
        return;
      case "heartbeat":
        this.#line.works();
        this.#takeHeartbeat(message);
        return;
      case "notice":
        this.#events.put("notice", { type: "notice", notice: message });
        return;
      case "error":
        this.#takeError(message);
        return;
      default:
      // `subscribed` says what was asked, and types that come later mean nothing to this program.
    }
  }

  #takeError(message: ErrorMessage): void {
    const status = HTTP_STATUSES.get(message.reason) ?? 400;
    if (message.retryable) this.#line.reconnect(message.reason);
    else this.#finish(new ApiError(status, message));
  }

  /** A subscription of which a message is missing begins anew; what comes before that is old. */
  #take(message: Told): void {
    const subscription = this.#subscriptions.get(keyOf(message.channel, message.symbol));
    if (subscription === undefined) return;
    const isNext = message.type === "snapshot" || message.prev_seq === subscription.seq;
    if (isNext) {
      subscription.seq = message.seq;
      this.#tell(subscription, message);
    } else if (subscription.seq !== null) {
      this.#beginAnew(subscription);
    }
  }

  /** Whoever holds these positions has missed nothing, however quiet it was. */
  #takeHeartbeat({ data }: MarketHeartbeatMessage): void {
    for (const { channel, symbol, seq } of data.subscriptions) {
      const subscription = this.#subscriptions.get(keyOf(channel, symbol));
      if (subscription === undefined || subscription.seq === null) continue;
      if (subscription.seq !== seq) this.#beginAnew(subscription);
    }
  }

  #beginAnew(subscription: Subscription): void {
    const { channel, symbol } = subscription;
    subscription.seq = null;
    if (channel === "depth") {
      this.#books.delete(symbol);
      this.#events.put(bookOf(symbol), { type: "stale", symbol });
    }
    this.#subscribe([channel], [symbol]);
  }

  #tell(subscription: Subscription, message: Told): void {
    const { channel, symbol } = subscription;
    switch (message.type) {
      case "snapshot":
        if (channel === "depth") this.#tellBook(symbol, message);
        else if (channel === "trades") this.#tellLastTrades(subscription, message);
        else this.#tellCandles(subscription, candlesIn(message), true);
        return;
      case "delta":
        this.#tellBook(symbol, message);
        return;
      case "trade":
        this.#tellTrades(subscription, message.data.trades, false);
        return;
      case "candle":
        this.#tellCandles(subscription, [message.data], false);
    }
  }

  #tellBook(symbol: string, message: MarketSnapshotMessage | MarketDeltaMessage): void {
    const book = nextBook(this.book(symbol), message);
    if (book === null) return;
    this.#books.set(symbol, book);
    this.#events.put(bookOf(symbol), { type: "book", symbol, book });
  }

  /** After an outage: those since the last one that was told, where that is among them. */
  #tellLastTrades(subscription: Subscription, { data }: MarketSnapshotMessage): void {
    const { trades } = data as MarketTradeMessage["data"];
    const last = trades.findLastIndex(({ exec_id }) => exec_id === subscription.lastExecId);
    const news = trades.slice(last + 1);
    const isSame = news.length === 0 && (last >= 0 || subscription.lastExecId === null);
    if (!isSame) this.#tellTrades(subscription, news, last < 0);
  }

  #tellTrades(subscription: Subscription, trades: readonly MarketTrade[], isReset: boolean): void {
    const { symbol } = subscription;
    subscription.lastExecId = trades.at(-1)?.exec_id ?? subscription.lastExecId;
    const kind = keyOf("trades", symbol);
    const waiting = isReset ? undefined : (this.#events.get(kind) as Trades | undefined);
    const all = [...(waiting?.trades ?? []), ...trades];
    const told = all.slice(-WAITING_MAX);
    const isCut = isReset || waiting?.isReset === true || told.length < all.length;
    this.#events.put(kind, { type: "trades", symbol, trades: told, isReset: isCut });
  }

  #tellCandles(
    { channel, symbol }: Subscription,
    candles: readonly Candle[],
    isReset: boolean,
  ): void {
    const kind = keyOf(channel, symbol);
    const waiting = isReset ? undefined : (this.#events.get(kind) as Candles | undefined);
    const byStart = new Map(
      [...(waiting?.candles ?? []), ...candles].map((candle) => {
        return [candle.start_time, candle] as const;
      }),
    );
    const all = [...byStart.values()].sort((a, b) => a.start_time - b.start_time);
    this.#events.put(kind, {
      type: "candles",
      symbol,
      interval: channel.slice(CANDLES.length),
      candles: all.slice(-WAITING_MAX),
      isReset: isReset || waiting?.isReset === true || all.length > WAITING_MAX,
    });
  }

  #finish(error: Error | null): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end.abort();
    this.#books.clear();
    this.#line.pause(CLOSE_NORMAL);
    this.#events.end(error);
  }
}

const NOT_UPGRADED =
  "the handshake was refused, although requests are answered: the gateway was just starting or " +
  "has too many readers, or a proxy passes no WebSocket";

function keyOf(channel: string, symbol: string): string {
  return `${channel} ${symbol}`;
}

/** Where a symbol's book waits to be read, or that it has none. */
function bookOf(symbol: string): string {
  return keyOf("depth", symbol);
}

function candlesIn({ data }: MarketSnapshotMessage): readonly Candle[] {
  return (data as { readonly candles: readonly Candle[] }).candles;
}
