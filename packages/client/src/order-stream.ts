/**
 * The order stream: connects, resumes after every cut where it stopped, tells silence from loss,
 * and keeps the open orders. What it tells comes once, in order, without gaps.
 */
import type { ServerClock } from "./clock.ts";
import { ApiError } from "./errors.ts";
import { OpenOrders } from "./open-orders.ts";
import type { Signer } from "./sign.ts";
import { openSystemSocket, type Socket, type SocketOpener } from "./socket.ts";
import { systemTimer } from "./system.ts";
import type {
  ErrorMessage,
  HeartbeatMessage,
  NoticeMessage,
  OrderMessage,
  OrderUpdate,
  SnapshotMessage,
} from "./wire.ts";
import { parseWire, writeQuery } from "./wire-json.ts";

/** What a stream tells. */
export type StreamEvent =
  /** One event of one order. */
  | { readonly type: "order"; readonly seq: number; readonly order: OrderUpdate }
  /**
   * The open orders at `seq`, in place of all that was told before: at the beginning, and where the
   * gateway cannot replay what was missed (`isReset`).
   */
  | {
      readonly type: "snapshot";
      readonly seq: number;
      readonly orders: readonly OrderUpdate[];
      readonly isReset: boolean;
    }
  /** Something to know, such as a gateway that stops. */
  | { readonly type: "notice"; readonly notice: NoticeMessage }
  | { readonly type: "connected"; readonly afterSeq: number }
  /** It is tried again after that many milliseconds. */
  | { readonly type: "disconnected"; readonly reason: string; readonly retryInMs: number };

/** Where a stream stands: `live` only while messages are known to come through. */
export type StreamState = "connecting" | "live" | "waiting" | "closed";

export interface OrderStreamOptions {
  /**
   * Begin with the messages after this position instead of a snapshot of the open orders: then
   * `openOrders` has only those that these messages tell of.
   */
  readonly afterSeq?: number;
  /** Seconds between heartbeats, 1 to 30; 5 unless given. Silence is noticed after twice that. */
  readonly heartbeatSeconds?: number;
  /** Events waiting to be read before the connection is let go until they are; 10,000. */
  readonly bufferedEventsMax?: number;
  /** For tests, and for engines whose WebSocket takes no headers. */
  readonly openSocket?: SocketOpener;
  /** Runs something later; a timer unless given. */
  readonly after?: (ms: number, run: () => void) => { cancel(): void };
}

/** What a stream takes from its client. */
export interface StreamOrigin {
  readonly baseUrl: string;
  readonly clock: ServerClock;
  readonly signer: Signer;
  readonly measureClock: () => Promise<void>;
  /** Rejects with ApiError where the key is not let in. */
  readonly probe: () => Promise<void>;
}

const STREAM_PATH = "/ws/trade/v1";
const HEARTBEAT_SECONDS = 5;
const HEARTBEAT_SECONDS_MAX = 30;
const SILENT_GRACE_MS = 1_000;
const BUFFERED_EVENTS_MAX = 10_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 10_000;
/** The gateway's answer to a position it cannot replay from. */
const OUT_OF_RANGE = "seq_out_of_range";
const CLOSE_NORMAL = 1000;
const UNAUTHORIZED: ReadonlySet<number> = new Set([401, 403]);

interface Reader {
  readonly resolve: (result: IteratorResult<StreamEvent, void>) => void;
  readonly reject: (error: Error) => void;
}

type Message =
  | OrderMessage
  | HeartbeatMessage
  | SnapshotMessage
  | NoticeMessage
  | ErrorMessage
  | { readonly type: "skip"; readonly seq: number }
  | { readonly type: string };

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
  /** The open orders as of the last message, whether or not its event was read yet. */
  readonly openOrders = new OpenOrders();
  readonly #origin: StreamOrigin;
  readonly #options: OrderStreamOptions;
  readonly #openSocket: SocketOpener;
  readonly #after: (ms: number, run: () => void) => { cancel(): void };
  #state: StreamState = "connecting";
  #socket: Socket | null = null;
  #timer: { cancel(): void } | null = null;
  #failures = 0;
  /** Whether this connection has told all that was missed before it. */
  #isCaughtUp = false;
  #seqAtHeartbeat = 0;
  /** Whether the next connection begins with a snapshot, and whether that replaces a lost past. */
  #begin: "snapshot" | "reset" | "resume";
  #events: StreamEvent[] = [];
  #readers: Reader[] = [];
  /** `unread`: events are kept for a reader who may come; `missed`: there were too many. */
  #reading: "unread" | "read" | "missed" = "unread";
  #isOverfull = false;
  #end: Error | null = null;

  /** @throws RangeError an option is what no gateway takes */
  constructor(origin: StreamOrigin, options: OrderStreamOptions) {
    checkOptions(options);
    this.#origin = origin;
    this.#options = options;
    this.#openSocket = options.openSocket ?? openSystemSocket;
    this.#after = options.after ?? systemTimer;
    this.#begin = options.afterSeq === undefined ? "snapshot" : "resume";
    if (options.afterSeq !== undefined) this.openOrders.load(options.afterSeq, []);
    this.#connect();
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Why it ended by itself: the key is not let in. Null while it lives and after a close. */
  get error(): Error | null {
    return this.#end;
  }

  /** Ends it for good; iterations end after what they have not read yet. */
  close(): void {
    this.#finish(null);
  }

  /**
   * Events from the stream's beginning; from a snapshot of now on where too many came before
   * anybody iterated. One iteration at a time. When too many wait to be read the connection is
   * let go, and taken up again where it stopped once they are read: nothing is lost.
   * @throws ApiError from the iteration, when the key is not let in any more
   */
  [Symbol.asyncIterator](): AsyncIterator<StreamEvent, void, void> {
    const isLate = this.#reading === "missed";
    this.#reading = "read";
    if (isLate) this.#tellSnapshot(true);
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  #next(): Promise<IteratorResult<StreamEvent, void>> {
    const event = this.#events.shift();
    if (event !== undefined) {
      if (this.#isOverfull && this.#events.length === 0) this.#drained();
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#end !== null) return Promise.reject(this.#end);
    if (this.#state === "closed") return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  #tell(event: StreamEvent): void {
    if (this.#reading === "missed") return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: event });
      return;
    }
    this.#events.push(event);
    const max = this.#options.bufferedEventsMax ?? BUFFERED_EVENTS_MAX;
    if (this.#events.length < max || this.#isOverfull) return;
    if (this.#reading === "unread") {
      // Whoever only asks for the open orders reads no events: they must not stop the connection.
      this.#reading = "missed";
      this.#events = [];
      return;
    }
    this.#isOverfull = true;
    this.#dropSocket();
    this.#state = "waiting";
  }

  #drained(): void {
    this.#isOverfull = false;
    if (this.#state !== "closed") this.#connect();
  }

  #connect(): void {
    this.#state = "connecting";
    void this.#open().catch((error: unknown) => this.#lost(String(error)));
  }

  async #open(): Promise<void> {
    const { baseUrl, clock, signer } = this.#origin;
    const query = this.#query();
    const timestampMs = clock.stampMs();
    const parts = { method: "CONNECT", path: STREAM_PATH, timestampMs, payload: query };
    const headers = await signer.headers(parts);
    if (this.#state !== "connecting" || this.#socket !== null) return;
    const url = `${baseUrl.replace(/^http/, "ws")}${STREAM_PATH}?${query}`;
    let isOpen = false;
    const socket = this.#openSocket(
      url,
      { ...headers },
      {
        opened: () => {
          if (this.#socket !== socket) return;
          isOpen = true;
          this.#opened();
        },
        received: (text) => {
          if (this.#socket === socket) this.#received(text);
        },
        closed: (code, reason) => {
          if (this.#socket !== socket) return;
          this.#socket = null;
          if (isOpen) this.#lost(reason === "" ? `closed with ${code}` : reason);
          else this.#notLetIn();
        },
      },
    );
    this.#socket = socket;
    this.#watchSilence();
  }

  #query(): string {
    const heartbeat = this.#options.heartbeatSeconds ?? HEARTBEAT_SECONDS;
    if (this.#begin !== "resume") return writeQuery({ snapshot: 1, heartbeat });
    return writeQuery({ after_seq: this.openOrders.seq, heartbeat });
  }

  #opened(): void {
    this.#isCaughtUp = false;
    this.#seqAtHeartbeat = this.openOrders.seq;
    if (this.#begin === "resume") this.#state = "live";
    this.#tell({ type: "connected", afterSeq: this.openOrders.seq });
  }

  /**
   * A handshake that fails says nothing about its reason: a wrong clock is corrected, and a key
   * that is not let in ends the stream.
   */
  #notLetIn(): void {
    const { measureClock, probe } = this.#origin;
    this.#stopTimer();
    measureClock()
      .then(probe)
      .then(
        () => this.#lost("the handshake was refused"),
        (error: unknown) => {
          const isFinal = error instanceof ApiError && UNAUTHORIZED.has(error.httpStatus);
          if (isFinal) this.#finish(error);
          else this.#lost(error instanceof Error ? error.message : String(error));
        },
      );
  }

  #received(text: string): void {
    this.#watchSilence();
    const message = parsedMessage(text);
    if (message === null) {
      this.#reconnect("a message that is not of the gateway");
      return;
    }
    this.#failures = 0;
    this.#take(message);
  }

  #take(message: Message): void {
    switch (message.type) {
      case "snapshot":
        this.#takeSnapshot(message as SnapshotMessage);
        return;
      case "order": {
        const { seq, data } = message as OrderMessage;
        const taken = this.openOrders.take(seq, data);
        if (taken === "applied") this.#tell({ type: "order", seq, order: data });
        else if (taken === "gap") this.#reconnect(`messages before ${seq} are missing`);
        return;
      }
      case "skip":
        if (this.openOrders.advance((message as { seq: number }).seq) === "gap") {
          this.#reconnect("messages are missing");
        }
        return;
      case "heartbeat": {
        this.#takeHeartbeat((message as HeartbeatMessage).data.seq);
        return;
      }
      case "notice":
        this.#tell({ type: "notice", notice: message as NoticeMessage });
        return;
      case "error":
        if ((message as ErrorMessage).reason === OUT_OF_RANGE) this.#begin = "reset";
        return;
      default:
      // Message types that come later mean nothing to this program.
    }
  }

  /**
   * A heartbeat ahead of the messages is loss, but not while a replay goes on: that is slower than
   * what happens meanwhile, and as long as it moves nothing is lost.
   */
  #takeHeartbeat(latestSeq: number): void {
    const { seq } = this.openOrders;
    if (this.#begin !== "resume") return;
    if (latestSeq <= seq) this.#isCaughtUp = true;
    else if (this.#isCaughtUp || seq === this.#seqAtHeartbeat) {
      this.#reconnect(`messages up to ${latestSeq} are missing`);
      return;
    }
    this.#seqAtHeartbeat = seq;
  }

  #takeSnapshot({ seq, data }: SnapshotMessage): void {
    const isReset = this.#begin === "reset";
    this.#begin = "resume";
    this.#isCaughtUp = true;
    this.#state = "live";
    this.openOrders.load(seq, data.orders);
    this.#tellSnapshot(isReset);
  }

  #tellSnapshot(isReset: boolean): void {
    const { openOrders } = this;
    this.#tell({ type: "snapshot", seq: openOrders.seq, orders: openOrders.all(), isReset });
  }

  #reconnect(reason: string): void {
    this.#dropSocket();
    this.#lost(reason);
  }

  #lost(reason: string): void {
    if (this.#state === "closed" || this.#isOverfull) return;
    this.#stopTimer();
    this.#state = "waiting";
    const ceilingMs = Math.min(RETRY_MS_MIN * 2 ** this.#failures, RETRY_MS_MAX);
    this.#failures += 1;
    const retryInMs = Math.round(ceilingMs * (0.5 + Math.random() / 2));
    this.#tell({ type: "disconnected", reason, retryInMs });
    // Where that was one event too many it is taken up again once they are read.
    if (this.#isOverfull) return;
    this.#timer = this.#after(retryInMs, () => this.#connect());
  }

  /** Twice the heartbeat without any message: the connection is dead, whatever the network says. */
  #watchSilence(): void {
    this.#stopTimer();
    const heartbeat = this.#options.heartbeatSeconds ?? HEARTBEAT_SECONDS;
    const silentMs = 2_000 * heartbeat + SILENT_GRACE_MS;
    this.#timer = this.#after(silentMs, () => this.#reconnect(`silent for ${silentMs} ms`));
  }

  #dropSocket(): void {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(CLOSE_NORMAL);
  }

  #finish(error: Error | null): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end = error;
    this.#dropSocket();
    const readers = this.#readers;
    this.#readers = [];
    for (const { resolve, reject } of readers) {
      if (error === null) resolve({ done: true, value: undefined });
      else reject(error);
    }
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

function checkOptions({ afterSeq = 0, heartbeatSeconds = HEARTBEAT_SECONDS }: OrderStreamOptions) {
  if (!Number.isSafeInteger(afterSeq) || afterSeq < 0) {
    throw new RangeError(`afterSeq must be a whole number from 0, not ${afterSeq}`);
  }
  const isPeriod = Number.isInteger(heartbeatSeconds);
  if (!isPeriod || heartbeatSeconds < 1 || heartbeatSeconds > HEARTBEAT_SECONDS_MAX) {
    const range = `a whole number from 1 to ${HEARTBEAT_SECONDS_MAX}`;
    throw new RangeError(`heartbeatSeconds must be ${range}, not ${heartbeatSeconds}`);
  }
}

function parsedMessage(text: string): Message | null {
  try {
    const message = parseWire(text);
    const isMessage = typeof message === "object" && message !== null && "type" in message;
    return isMessage ? (message as Message) : null;
  } catch {
    return null;
  }
}
