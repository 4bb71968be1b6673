/**
 * One subscriber of the market stream. No socket and no timer of its own: a port takes what is
 * sent, a clock calls back.
 *
 * Every subscription begins with a snapshot, then its feed's messages chain to it. A reader that
 * leaves too much waiting is not sent more: its messages are dropped, and each subscription that
 * lost one is owed a fresh snapshot, which is made when there is room again. So a slow reader holds
 * a bounded amount of memory, skips steps, and always ends at the present.
 */
import {
  CLOSE_CODES,
  decodeMarketMessage,
  type ErrorName,
  encodeMarketHeartbeat,
  encodeNotice,
  encodeStreamError,
  encodeSubscribed,
  encodeUnsubscribed,
  errorSpec,
  type Fault,
  fault,
  isFault,
  LIMITS,
  type MarketChannel,
  type MarketSubscribe,
  type MarketUnsubscribe,
} from "@countermand/contract";
import { CLOSE_ANSWER_MS } from "../stream/limits.ts";
import { Pulse } from "../stream/pulse.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import type { BufferRoom } from "./buffer-room.ts";
import { unknownSymbol } from "./market-answers.ts";
import type { MarketDataHub } from "./market-data-hub.ts";
import type { FeedReader, MarketFeed } from "./market-feed.ts";
import { type GatePort, MessageGate } from "./message-gate.ts";

/** The connection as a session uses it. Calls nobody back before the call has returned. */
export interface MarketPort extends GatePort {
  /** Hands over messages, in order. `written` is called when the last one has left. */
  send(messages: readonly Buffer[]): void;
  ping(): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** What sessions tell about themselves. */
export interface MarketObserver {
  sent(messageCount: number): void;
  /** A subscription lost messages to a slow reader; a snapshot will make up for them. */
  conflated(): void;
}

export interface MarketSessionOptions {
  readonly hub: MarketDataHub;
  readonly port: MarketPort;
  /** Of all sessions. */
  readonly room: BufferRoom;
  readonly heartbeatMs: number;
  readonly clock: Clock;
  readonly observer: MarketObserver;
}

export class MarketSession implements FeedReader {
  readonly #options: MarketSessionOptions;
  readonly #gate: MessageGate;
  /** By channel and symbol. */
  readonly #feeds = new Map<string, MarketFeed>();
  /** Subscriptions that are owed a snapshot, oldest first. */
  readonly #owed = new Set<MarketFeed>();
  /** Messages of the commit that is being published. */
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes that this session takes of the room. */
  #countedBytes = 0;
  readonly #pulse: Pulse;
  #isClosed = false;
  #closeDeadline: Cancelable | null = null;

  constructor(options: MarketSessionOptions) {
    this.#options = options;
    const { clock, heartbeatMs, port, room } = options;
    this.#pulse = new Pulse({
      clock,
      heartbeatMs,
      bufferedBytes: () => port.bufferedBytes(),
      onBeat: () => this.#beat(),
      onSilent: () => this.#cut(),
    });
    this.#gate = new MessageGate(port, room, clock, (text) => this.#carryOut(text));
  }

  start(): void {
    this.#pulse.begin();
  }

  get subscriptionCount(): number {
    return this.#feeds.size;
  }

  /** A message of the client. Precondition: a text message is UTF-8. */
  received(content: Buffer, isBinary: boolean): void {
    this.alive();
    if (isBinary) this.#fail("TEXT_ONLY", "a message is text", CLOSE_CODES.TEXT_ONLY);
    else this.#gate.received(content.toString("utf8"));
  }

  /** Something came from the peer. */
  alive(): void {
    this.#pulse.heard();
  }

  push(feed: MarketFeed, message: Buffer): void {
    if (this.#owed.has(feed)) return;
    if (this.#waitingBytes() > this.#options.room.readerBytesMax) {
      this.#owed.add(feed);
      this.#options.observer.conflated();
      return;
    }
    this.#queue(message);
  }

  flush(): void {
    const messages = this.#pending;
    if (messages.length === 0) return;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#options.observer.sent(messages.length);
    this.#options.port.send(messages);
    this.#count(this.#waitingBytes());
  }

  /** The network took the last message of a `send` of the port. */
  written(): void {
    if (this.#isClosed) return;
    this.#pulse.wrote(this.#options.port.bufferedBytes());
    this.#count(this.#waitingBytes());
    this.#sendOwed();
    this.#gate.written();
  }

  /** Ends the session because the server stops. */
  shutDown(): void {
    const details = "the server stops; connect again and subscribe";
    const { reason } = errorSpec("SHUTTING_DOWN");
    this.#close(encodeNotice("SHUTTING_DOWN", details), CLOSE_CODES.SHUTTING_DOWN, reason);
  }

  /** The connection is gone, or is going by itself. */
  ended(): void {
    this.#leave();
    this.#count(0);
    this.#closeDeadline?.cancel();
  }

  #carryOut(text: string): void {
    const message = decodeMarketMessage(text);
    if (isFault(message)) {
      this.#refuse(message);
      return;
    }
    const refusal = this.#refusalOf(message);
    if (refusal !== null) this.#refuse(refusal);
    else if (message.op === "subscribe") this.#subscribe(message);
    else this.#unsubscribe(message);
  }

  #refuse({ error, details }: Fault): void {
    this.#send(encodeStreamError(error, details));
  }

  #refusalOf(message: MarketSubscribe | MarketUnsubscribe): Fault | null {
    const isEnding = message.op === "unsubscribe";
    const unknown = message.symbols.find((symbol) => {
      return !this.#options.hub.isListed(symbol) && !(isEnding && this.#hasFeedOf(symbol));
    });
    if (unknown !== undefined) return unknownSymbol(unknown);
    if (isEnding) return null;
    let count = this.#feeds.size;
    for (const { key } of selections(message)) if (!this.#feeds.has(key)) count += 1;
    const { value: max } = LIMITS.marketSubscriptionsMax;
    if (count <= max) return null;
    return fault("TOO_MANY_SUBSCRIPTIONS", `it would be ${count} subscriptions, ${max} are taken`);
  }

  /** Of one that was retired since, too. */
  #hasFeedOf(symbol: string): boolean {
    return [...this.#feeds.values()].some(({ selection }) => selection.symbol === symbol);
  }

  #subscribe(message: MarketSubscribe): void {
    const { hub } = this.#options;
    const { levels } = message;
    const chosen: MarketFeed[] = [];
    for (const { key, channel, symbol } of selections(message)) {
      // What is subscribed already gets a fresh snapshot, with other levels another feed.
      const known = this.#feeds.get(key);
      if (known !== undefined && known.selection.levels !== levels) this.#drop(key);
      const feed = this.#feeds.get(key) ?? hub.join({ channel, symbol, levels }, this);
      this.#feeds.set(key, feed);
      chosen.push(feed);
    }
    this.#send(encodeSubscribed(message, this.#feeds.size));
    for (const feed of chosen) this.#owed.add(feed);
    this.#sendOwed();
  }

  #unsubscribe(message: MarketUnsubscribe): void {
    for (const { key } of selections(message)) this.#drop(key);
    this.#send(encodeUnsubscribed(message, this.#feeds.size));
  }

  #drop(key: string): void {
    const feed = this.#feeds.get(key);
    if (feed === undefined) return;
    this.#feeds.delete(key);
    this.#owed.delete(feed);
    this.#options.hub.leave(feed, this);
  }

  /** Sends what is owed as long as the reader keeps up. */
  #sendOwed(): void {
    for (const feed of this.#owed) {
      if (this.#waitingBytes() > this.#options.room.lowWaterBytes) break;
      this.#owed.delete(feed);
      this.#queue(feed.snapshot());
    }
    this.flush();
  }

  #send(text: string): void {
    this.#queue(Buffer.from(text));
    this.flush();
  }

  #queue(message: Buffer): void {
    this.#pending.push(message);
    this.#pendingBytes += message.length;
  }

  #waitingBytes(): number {
    return this.#options.port.bufferedBytes() + this.#pendingBytes;
  }

  /** What of it the room knows of. */
  #count(waitingBytes: number): void {
    this.#options.room.change(waitingBytes - this.#countedBytes);
    this.#countedBytes = waitingBytes;
  }

  #beat(): void {
    const { clock, hub, port, room } = this.#options;
    if (this.#waitingBytes() <= room.readerBytesMax) {
      this.#send(encodeMarketHeartbeat(clock.wallMs(), hub.epoch, this.#positions()));
    }
    port.ping();
  }

  #cut(): void {
    this.#leave();
    this.#options.port.terminate();
  }

  /** Of all subscriptions but those whose snapshot is still to come. */
  #positions() {
    return [...this.#feeds.values()]
      .filter((feed) => !this.#owed.has(feed))
      .map(({ selection, seq }) => ({
        channel: selection.channel.word,
        symbol: selection.symbol,
        seq,
      }));
  }

  #fail(error: ErrorName, details: string, closeCode: number): void {
    this.#close(encodeStreamError(error, details), closeCode, errorSpec(error).reason);
  }

  #close(text: string, code: number, reason: string): void {
    if (this.#isClosed) return;
    const { clock, port } = this.#options;
    this.#leave();
    this.#send(text);
    port.close(code, reason);
    this.#closeDeadline = clock.after(CLOSE_ANSWER_MS, () => port.terminate());
  }

  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pulse.end();
    this.#gate.close();
    for (const key of [...this.#feeds.keys()]) this.#drop(key);
  }
}

interface Selected {
  readonly key: string;
  readonly channel: MarketChannel;
  readonly symbol: string;
}

/** Every channel of every symbol, in the order in which their snapshots are sent. */
function selections({ channels, symbols }: MarketSubscribe | MarketUnsubscribe): Selected[] {
  return symbols.flatMap((symbol) => {
    return channels.map((channel) => ({ key: `${channel.word} ${symbol}`, channel, symbol }));
  });
}
