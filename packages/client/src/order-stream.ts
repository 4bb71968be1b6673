/**
 * The order stream: connects, resumes after every cut where it stopped, tells silence from loss,
 * and keeps the open orders. What it tells comes once, in order, without gaps.
 */
import type { Attempt } from "./attempt.ts";
import type { ServerClock } from "./clock.ts";
import { ApiError } from "./errors.ts";
import { EventQueue } from "./event-queue.ts";
import { FollowedAccount, seqOf } from "./followed-account.ts";
import {
  CLOSE_NORMAL,
  type ConnectionOptions,
  Line,
  type LineListener,
  socketUrl,
} from "./line.ts";
import { isWhole } from "./message-shape.ts";
import type { OpenOrders } from "./open-orders.ts";
import type { Signer } from "./sign.ts";
import { SocketCommands } from "./socket-commands.ts";
import type {
  ErrorMessage,
  HeartbeatMessage,
  HistoryMessage,
  LiveMessage,
  NoticeMessage,
  OrderMessage,
  OrderUpdate,
  ReplyMessage,
  SkipMessage,
  SnapshotMessage,
} from "./wire.ts";
import { parseMessage, writeQuery } from "./wire-json.ts";

/** What a stream tells. */
export type StreamEvent =
  /** One event of one order. */
  | {
      readonly type: "order";
      readonly seq: number;
      /** Keep it once the event is dealt with, and go on from it: `stream({ afterSeq })`. */
      readonly position: string;
      readonly order: OrderUpdate;
    }
  /**
   * The open orders at `seq`, in place of all that was told before: at the beginning, and where the
   * gateway cannot replay what was missed (`isReset`).
   */
  | {
      readonly type: "snapshot";
      /** Whose they are, where the key is of several accounts. */
      readonly account?: string;
      readonly seq: number;
      /** As that of an order. */
      readonly position: string;
      readonly orders: readonly OrderUpdate[];
      readonly isReset: boolean;
    }
  /**
   * All that was missed has been told: what follows is told as it happens. Once per connection,
   * behind the snapshot or the replay.
   */
  | {
      readonly type: "caughtUp";
      /** As that of an order. */
      readonly position: string;
      /** The same by account, of a key of several; `stream({ afterSeqs })` takes it. */
      readonly positions?: Readonly<Record<string, string>>;
    }
  /** Something to know, such as a gateway that stops. */
  | { readonly type: "notice"; readonly notice: NoticeMessage }
  /** `afterSeq` is 0 where the key is of several accounts: each has a position of its own. */
  | { readonly type: "connected"; readonly afterSeq: number }
  /** It is tried again after that many milliseconds. */
  | { readonly type: "disconnected"; readonly reason: string; readonly retryInMs: number };

/** Where a stream stands: `live` only while messages are known to come through. */
export type StreamState = "connecting" | "live" | "waiting" | "closed";

export interface OrderStreamOptions extends ConnectionOptions {
  /**
   * Begin with the messages after this position instead of a snapshot of the open orders: then
   * `openOrders` has only those that these messages tell of. A `seq`, or better the `position` of
   * an event: that is told from a same number in data that was put back from a backup.
   */
  readonly afterSeq?: number | string;
  /** The same by account, for a key of several. */
  readonly afterSeqs?: Readonly<Record<string, number | string>>;
  /**
   * Have the gateway cancel the open orders that the key placed, unless they are good till
   * cancelled, when this stream and all others of the key and group are lost and none is back in
   * time. Only `close()` says goodbye: a loop that is left, by an error say, is a loss as well. The
   * key needs `trade` or `cancel`.
   */
  readonly cancelOnDisconnect?: {
    /** Time to come back, 0 to 300 seconds; 10 unless given. */
    readonly graceSeconds?: number;
    /** Streams that stand in for each other; at most 32 characters. */
    readonly group?: string;
  };
  /**
   * Take commands on this socket: `client.withSocket(stream)` then sends orders and cancels over
   * it. The key needs `trade` or `cancel`.
   */
  readonly commands?: boolean;
  /** Events waiting to be read before the connection is let go until they are; 10,000. */
  readonly bufferedEventsMax?: number;
}

/** What a stream takes from its client. */
export interface StreamOrigin {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly signer: Signer;
  readonly measureClock: (signal: AbortSignal) => Promise<void>;
  /** Rejects with ApiError where the key is not let in. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
}

const STREAM_PATH = "/ws/trade/v1";
const BUFFERED_EVENTS_MAX = 10_000;
/** The gateway's answer to a position it cannot replay from. */
const OUT_OF_RANGE = "seq_out_of_range";
/** The refusal of everything but a stream, to a key of several accounts. */
const DROP_COPY_ONLY = "drop_copy_only";
/** Any code but the normal one is a loss to the gateway. */
const CLOSE_LOST = 4000;
const GRACE_SECONDS_MAX = 300;
const GROUP_CHARACTERS_MAX = 32;
/** A WebSocket does not tell what the gateway, or whatever stands before it, answered. */
const NOT_UPGRADED =
  "the handshake was refused, although requests of this key are answered: the gateway was just " +
  "starting, a proxy passes no WebSocket, or the key may not do what the stream asks for";
const UNAUTHORIZED: ReadonlySet<number> = new Set([401, 403]);

/** What this program knows of; the gateway may send more. */
type Message =
  | OrderMessage
  | HeartbeatMessage
  | HistoryMessage
  | LiveMessage
  | ReplyMessage
  | SnapshotMessage
  | NoticeMessage
  | ErrorMessage
  | SkipMessage;

/**
 * Iterate it for the events; ask {@link openOrders} for the orders. Close it when done.
 * @example
 * const stream = client.stream({ afterSeq: 0 });
 * const { order_no } = await client.place(buy);
 * for await (const event of stream) {
 *   if (event.type === "order" && event.order.order_no === order_no) break;
 * }
 * assert.equal(stream.state, "closed");
 */
export class OrderStream implements AsyncIterable<StreamEvent> {
  /** What `withSocket` sends by; null where it takes no commands. */
  readonly commands: SocketCommands | null;
  /** The account of a key that has one. */
  readonly #own = new FollowedAccount();
  /** The accounts of a drop copy, a key that has several, by name; empty for any other key. */
  readonly #accounts = new Map<string, FollowedAccount>();
  readonly #origin: StreamOrigin;
  readonly #options: OrderStreamOptions;
  readonly #line: Line;
  /** Ends what is asked in between: it must not hold a program that has closed the stream. */
  readonly #end = new AbortController();
  #state: StreamState = "connecting";
  /** Whether the next connection begins with a snapshot, and whether that replaces a lost past. */
  #begin: "snapshot" | "reset" | "resume";
  readonly #events: EventQueue<StreamEvent>;

  /** @throws RangeError an option is what no gateway takes */
  constructor(origin: StreamOrigin, options: OrderStreamOptions) {
    checkOptions(options);
    const { bufferedEventsMax = BUFFERED_EVENTS_MAX } = options;
    this.#events = new EventQueue(bufferedEventsMax, {
      full: () => this.#letGo(),
      drained: () => this.#line.connect(),
    });
    this.#origin = origin;
    this.#options = options;
    this.commands = options.commands === true ? new SocketCommands() : null;
    this.#line = new Line(options, this.#lineListener(), this.#lossCode);
    this.#begin = options.afterSeq === undefined ? "snapshot" : "resume";
    const afterSeqs = Object.entries(options.afterSeqs ?? {});
    if (afterSeqs.length > 0) this.#begin = "resume";
    if (options.afterSeq !== undefined) this.#own.goOn(options.afterSeq);
    for (const [account, position] of afterSeqs) this.#followed(account).goOn(position);
    this.#line.connect();
  }

  /**
   * The open orders as of the last message, whether or not its event has been read yet. Empty for a
   * key of several accounts, which has {@link openOrdersOf}.
   */
  get openOrders(): OpenOrders {
    return this.#own.orders;
  }

  /** The accounts that have been told of, where the key is of several. */
  get accounts(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** The open orders of one account of several; undefined before anything of it was told. */
  openOrdersOf(account: string): OpenOrders | undefined {
    return this.#accounts.get(account)?.orders;
  }

  /**
   * Where the stream has come to, as of the last message, whether or not its event has been read:
   * what was dealt with ends at the `position` of an event. Of one of several accounts,
   * {@link positionOf}.
   */
  get position(): string {
    return this.#own.position;
  }

  /** As {@link position}; undefined before anything of the account was told. */
  positionOf(account: string): string | undefined {
    return this.#accounts.get(account)?.position;
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Why it ended by itself: the key is not let in. Null while it lives and after a close. */
  get error(): Error | null {
    return this.#events.error;
  }

  /** Ends it for good; iterations end after what they have not read yet. */
  close(): void {
    this.#finish(null, CLOSE_NORMAL);
  }

  /**
   * Events from the stream's beginning; from a snapshot of now on where too many came before
   * anybody iterated. One iteration at a time. When too many wait to be read the connection is
   * let go, and taken up again where it stopped once they are read: nothing is lost.
   * @throws ApiError from the iteration, when the key is not let in any more
   */
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, void, void> {
    const isLate = this.#events.begin();
    // Where nothing was told of an only account yet, its first snapshot is still to come.
    const isToCome = this.#begin === "snapshot";
    if (isLate && this.#accounts.size === 0 && !isToCome) this.#tellSnapshot(undefined, true);
    if (isLate) for (const account of this.accounts) this.#tellSnapshot(account, true);
    if (isLate && this.#isLive) this.#tellLive();
    return {
      next: () => this.#events.next(),
      return: () => {
        this.#finish(null, this.#lossCode);
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Until what waits is read. */
  #letGo(): void {
    this.#line.pause();
    this.#state = "waiting";
    this.commands?.lost("the stream's events are not read");
  }

  #lineListener(): LineListener {
    return {
      address: () => this.#address(),
      opened: () => this.#opened(),
      received: (text) => this.#received(text),
      lost: (reason, retryInMs) => {
        this.#state = "waiting";
        this.commands?.lost(reason);
        this.#events.push({ type: "disconnected", reason, retryInMs });
      },
      whyRefused: () => this.#whyRefused(),
      ended: (error) => this.#finish(error, CLOSE_NORMAL),
    };
  }

  async #address() {
    this.#state = "connecting";
    const { baseUrl, clock, signer } = this.#origin;
    const query = this.#query();
    const timestampMs = clock.stampMs();
    const parts = { method: "CONNECT", path: STREAM_PATH, timestampMs, payload: query };
    const headers = await signer.headers(parts);
    return { url: `${socketUrl(baseUrl)}${STREAM_PATH}?${query}`, headers: { ...headers } };
  }

  #query(): string {
    const heartbeat = this.#line.heartbeatSeconds;
    const commands = this.commands === null ? undefined : 1;
    const always = { history: 1, live: 1, heartbeat, commands, ...watchQuery(this.#options) };
    if (this.#begin !== "resume") return writeQuery({ snapshot: 1, ...always });
    const positions = [...this.#accounts]
      .filter(([, { hasPosition }]) => hasPosition)
      .map(([account, { position }]) => `${account}:${position}`);
    const after_seq = positions.length === 0 ? this.position : positions.join(",");
    return writeQuery({ after_seq, ...always });
  }

  /** Undefined where the key has one account: then messages do not name it. */
  #followed(account: string | undefined): FollowedAccount {
    if (account === undefined) return this.#own;
    const known = this.#accounts.get(account) ?? new FollowedAccount();
    this.#accounts.set(account, known);
    return known;
  }

  #opened(): void {
    for (const account of [this.#own, ...this.#accounts.values()]) account.connected();
    if (this.#begin === "resume") this.#state = "live";
    this.commands?.opened((text) => this.#line.send(text));
    this.#events.push({ type: "connected", afterSeq: this.openOrders.seq });
  }

  /** A wrong clock is corrected, and a key that is not let in ends the stream. */
  async #whyRefused(): Promise<string> {
    const { measureClock, probe } = this.#origin;
    try {
      await measureClock(this.#end.signal);
      await probe(this.#end.signal);
      return NOT_UPGRADED;
    } catch (error) {
      const isRefused = error instanceof ApiError && UNAUTHORIZED.has(error.httpStatus);
      if (isRefused && error.reason !== DROP_COPY_ONLY) throw error;
      return error instanceof Error ? error.message : String(error);
    }
  }

  #received(text: string): void {
    const message = parseMessage<Message>(text);
    if (message === null || !isWhole(message)) {
      this.#line.reconnect("a message that is not of the gateway");
      return;
    }
    // A gateway that refuses each connection says so by an error: that is no success.
    if (message.type !== "error") this.#line.works();
    this.#take(message);
  }

  #take(message: Message): void {
    switch (message.type) {
      case "snapshot":
        this.#takeSnapshot(message);
        return;
      case "order": {
        const { seq, data } = message;
        const of = this.#followed(this.#accounts.size > 0 ? data.account_code : undefined);
        const taken = of.orders.take(seq, data);
        const { position } = of;
        if (taken === "applied") this.#events.push({ type: "order", seq, position, order: data });
        else if (taken === "gap") this.#line.reconnect(`messages before ${seq} are missing`);
        return;
      }
      case "skip": {
        const { account_code, seq } = message;
        const isGap = this.#followed(account_code).orders.advance(seq) === "gap";
        if (isGap) this.#line.reconnect(`messages before ${seq} are missing`);
        return;
      }
      case "history":
        this.#followed(message.account_code).history = message.history;
        return;
      case "live":
        this.#takeLive(message);
        return;
      case "heartbeat":
        this.#takeHeartbeat(message);
        return;
      case "reply":
        this.commands?.replied(message);
        return;
      case "notice":
        this.#events.push({ type: "notice", notice: message });
        return;
      case "error":
        if (message.reason === OUT_OF_RANGE) this.#begin = "reset";
        return;
      default:
      // Message types that come later mean nothing to this program.
    }
  }

  #takeHeartbeat({ account_code, data }: HeartbeatMessage): void {
    if (this.#begin !== "resume") return;
    if (!this.#followed(account_code).lacksMessages(data.seq)) return;
    this.#line.reconnect(`messages up to ${data.seq} are missing`);
  }

  #takeSnapshot({ account_code, seq, data }: SnapshotMessage): void {
    const isReset = this.#begin === "reset";
    // Each of several accounts has its own snapshot: a connection that breaks before the last one
    // begins anew.
    if (account_code === undefined) this.#begin = "resume";
    this.#state = "live";
    this.#followed(account_code).load(seq, data.orders);
    this.#tellSnapshot(account_code, isReset);
  }

  #takeLive({ account_code, seq }: LiveMessage): void {
    if (!this.#followed(account_code).live(seq)) {
      this.#line.reconnect(`messages up to ${seq} are missing`);
      return;
    }
    if (!this.#isLive) return;
    // Now no snapshot is still to come.
    this.#begin = "resume";
    this.#tellLive();
  }

  /** Whether all is told that was missed before this connection. All histories come first. */
  get #isLive(): boolean {
    const all = this.#accounts.size === 0 ? [this.#own] : [...this.#accounts.values()];
    return all.every(({ isLive }) => isLive);
  }

  #tellLive(): void {
    const each = [...this.#accounts].map(([account, { position }]) => [account, position] as const);
    const positions = each.length === 0 ? {} : { positions: Object.fromEntries(each) };
    this.#events.push({ type: "caughtUp", position: this.position, ...positions });
  }

  #tellSnapshot(account: string | undefined, isReset: boolean): void {
    const { orders, position } = this.#followed(account);
    const whose = account === undefined ? {} : { account };
    this.#events.push({
      type: "snapshot",
      ...whose,
      seq: orders.seq,
      position,
      orders: orders.all(),
      isReset,
    });
  }

  /** How a connection ends that the program did not mean to end. */
  get #lossCode(): number {
    return this.#options.cancelOnDisconnect === undefined ? CLOSE_NORMAL : CLOSE_LOST;
  }

  #finish(error: Error | null, code: number): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end.abort();
    this.#line.pause(code);
    this.#events.end(error);
    this.commands?.ended(endOf(error));
  }
}

/** What a command comes to that is sent over a stream which has ended. */
function endOf(error: Error | null): Attempt {
  if (error instanceof ApiError) return { type: "refused", error, retryAfterMs: null };
  return { type: "unsent", cause: error ?? undefined, remedy: "its stream was closed" };
}

/** What asks the gateway to watch the connection; nothing where it need not. */
function watchQuery({ cancelOnDisconnect }: OrderStreamOptions) {
  if (cancelOnDisconnect === undefined) return {};
  const { graceSeconds, group } = cancelOnDisconnect;
  return { cancel_on_disconnect: 1, grace: graceSeconds, group };
}

function checkOptions(options: OrderStreamOptions): void {
  const { afterSeq = 0, afterSeqs = {} } = options;
  for (const position of [afterSeq, ...Object.values(afterSeqs)]) {
    const seq = seqOf(position);
    if (Number.isSafeInteger(seq) && seq >= 0) continue;
    throw new RangeError(`a position must be a whole number from 0, not ${position}`);
  }
  checkWatch(options);
}

function checkWatch({ cancelOnDisconnect = {} }: OrderStreamOptions): void {
  const { graceSeconds = 0, group = "" } = cancelOnDisconnect;
  if (!Number.isInteger(graceSeconds) || graceSeconds < 0 || graceSeconds > GRACE_SECONDS_MAX) {
    const range = `a whole number from 0 to ${GRACE_SECONDS_MAX}`;
    throw new RangeError(`graceSeconds must be ${range}, not ${graceSeconds}`);
  }
  if ([...group].length <= GROUP_CHARACTERS_MAX) return;
  throw new RangeError(`a group has at most ${GROUP_CHARACTERS_MAX} characters: ${group}`);
}
