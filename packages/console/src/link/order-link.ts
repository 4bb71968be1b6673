/**
 * The page's order stream: connects, resumes after every cut where it stopped, tells silence from
 * loss, and says truthfully at any moment which of them it is. Commands go the same way.
 */
import {
  type ErrorMessage,
  type HeartbeatMessage,
  type HistoryMessage,
  type LiveMessage,
  type NoticeMessage,
  type OrderMessage,
  type OrderUpdate,
  parseMessage,
  type ReplyMessage,
  type SkipMessage,
  type SnapshotMessage,
} from "@countermand/client";
import { notSent, PendingCommands, RESEND_MS_MAX } from "./pending-commands.ts";
import type { OpenSocket, Socket } from "./socket.ts";

/**
 * `live` only while every message up to now is known to have come. `catching-up`: connected, and the
 * gateway has more than has come yet. `silent`: open, but a heartbeat is overdue. `lost`: no
 * connection, another try follows. `signed-out`: no try follows.
 */
export type LinkPhase = "connecting" | "catching-up" | "live" | "silent" | "lost" | "signed-out";

export interface LinkView {
  readonly phase: LinkPhase;
  /** Position of the last message taken. */
  readonly seq: number;
  /** Why the connection was lost, or how it came back; "" where nothing happened. */
  readonly note: string;
  /** Connections that were lost since the page was opened. */
  readonly lossCount: number;
}

export type CommandOp = "place" | "place_batch" | "cancel" | "cancel_batch" | "cancel_all";

export interface OrderLinkPort {
  readonly openSocket: OpenSocket;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
  readonly monotonicMs: () => number;
  readonly newId: () => string;
  /** Whose orders the page shows: all pages of a browser have one cookie, which may change. */
  readonly apiKey: () => string;
  /** Whether the session still stands; rejects while nobody answers. */
  readonly isSignedIn: () => Promise<boolean>;
}

export interface OrderLinkListener {
  /** In place of all that was told before. */
  snapshot(seq: number, orders: readonly OrderUpdate[]): void;
  order(seq: number, order: OrderUpdate): void;
  changed(view: LinkView): void;
  /** Something to know was told: what operators hold back may be something else now. */
  notice(): void;
  /** A reply came so many milliseconds after its command was first sent. */
  replied(ms: number): void;
}

const PATH = "/console/v1/stream";
const HEARTBEAT_SECONDS = 2;
const OVERDUE_MS = 1_000 * HEARTBEAT_SECONDS + 1_500;
const SILENT_MS = 3_000 * HEARTBEAT_SECONDS;
/** What a new order was meant for is gone after that. */
const PLACE_RESEND_MS_MAX = 10_000;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 5_000;
const OUT_OF_RANGE = "seq_out_of_range";

export class OrderLink {
  readonly #port: OrderLinkPort;
  readonly #listener: OrderLinkListener;
  readonly #pending = new PendingCommands();
  #socket: Socket | null = null;
  #isOpen = false;
  #phase: LinkPhase = "connecting";
  #note = "";
  #seq = 0;
  #lossCount = 0;
  #failureCount = 0;
  /** Null until a snapshot has come: then connections resume. */
  #resumeFrom: number | null = null;
  /** Which history that position is of; null before the gateway has told. */
  #history: string | null = null;
  /** Latest position that the gateway is known to have. */
  #knownSeq = 0;
  /** Own position at the heartbeat before, to see whether a replay moves. */
  #seqAtBeat = -1;
  #lostAtMs: number | null = null;
  #timer: { cancel(): void } | null = null;

  constructor(port: OrderLinkPort, listener: OrderLinkListener) {
    this.#port = port;
    this.#listener = listener;
  }

  get view(): LinkView {
    return {
      phase: this.#phase,
      seq: this.#seq,
      note: this.#note,
      lossCount: this.#lossCount,
    };
  }

  /** Whether a command leaves at once, and not with the next connection. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Commands that have no reply yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  start(): void {
    this.#connect();
  }

  /** Ends it for good. */
  stop(): void {
    this.#drop();
    this.#pending.giveUp();
    this.#show("signed-out", "");
  }

  /** Tries at once instead of waiting: the machine is back online, or somebody is impatient. */
  retryNow(): void {
    if (this.#phase !== "lost" || this.#socket !== null) return;
    this.#stopTimer();
    this.#connect();
  }

  /**
   * Resolves with the reply, however many connections that takes. A new order is for now: it is not
   * kept for a connection that comes later, and not sent again much later.
   */
  command(op: CommandOp, content: unknown): Promise<ReplyMessage> {
    if (this.#phase === "signed-out") return Promise.reject(new Error("signed out"));
    const id = this.#port.newId();
    const isPlacing = op === "place" || op === "place_batch";
    if (isPlacing && !this.#isOpen) return Promise.resolve(notSent(id));
    const text = JSON.stringify({ op, id, data: content });
    const resendMsMax = isPlacing ? PLACE_RESEND_MS_MAX : RESEND_MS_MAX;
    return new Promise((resolve) => {
      const sentAtMs = this.#port.monotonicMs();
      this.#pending.add({ id, text, sentAtMs, resendMsMax, resolve });
      if (this.#isOpen) this.#socket?.send(text);
    });
  }

  #connect(): void {
    this.#isOpen = false;
    this.#seqAtBeat = -1;
    const own = `api_key=${encodeURIComponent(this.#port.apiKey())}`;
    const query = `${this.#from()}&history=1&live=1&commands=1&heartbeat=${HEARTBEAT_SECONDS}&${own}`;
    const socket = this.#port.openSocket(`${PATH}?${query}`, {
      opened: () => {
        if (this.#socket === socket) this.#opened(socket);
      },
      received: (text) => {
        if (this.#socket === socket) this.#received(text);
      },
      closed: (code, reason) => {
        if (this.#socket !== socket) return;
        this.#socket = null;
        if (this.#isOpen) this.#lost(closeText(code, reason));
        else this.#notLetIn();
      },
    });
    this.#socket = socket;
    this.#watch();
  }

  #from(): string {
    if (this.#resumeFrom === null) return "snapshot=1";
    const history = this.#history === null ? "" : `@${this.#history}`;
    return `after_seq=${this.#resumeFrom}${history}`;
  }

  #opened(socket: Socket): void {
    this.#isOpen = true;
    this.#failureCount = 0;
    this.#show("catching-up", this.#note);
    for (const { text } of this.#pending.toResend(this.#port.monotonicMs())) socket.send(text);
  }

  /** A refused handshake says nothing of its reason. */
  #notLetIn(): void {
    this.#stopTimer();
    this.#port.isSignedIn().then(
      (isSignedIn) => {
        if (isSignedIn) this.#lost("the gateway refused the connection");
        else this.stop();
      },
      () => this.#lost("the gateway does not answer"),
    );
  }

  #received(text: string): void {
    this.#watch();
    const message = parseMessage<Message>(text);
    if (message === null) {
      this.#reconnect("a message that the gateway cannot have sent");
      return;
    }
    switch (message.type) {
      case "order":
        this.#advance(message.seq, message.data);
        return;
      case "skip":
        this.#advance(message.seq, null);
        return;
      case "snapshot":
        this.#snapshot(message);
        return;
      case "history":
        this.#history = message.history;
        return;
      case "live":
        this.#heartbeat(message.seq);
        return;
      case "heartbeat":
        this.#heartbeat(message.data.seq);
        return;
      case "reply":
        this.#reply(message);
        return;
      case "notice":
        this.#listener.notice();
        this.#note = message.details || message.message;
        return;
      case "error":
        if (message.reason === OUT_OF_RANGE) this.#resumeFrom = null;
        return;
      default:
      // Message types that come later mean nothing to this page.
    }
  }

  #advance(seq: number, order: OrderUpdate | null): void {
    if (this.#resumeFrom === null || seq <= this.#seq) return;
    if (seq > this.#seq + 1) {
      this.#reconnect(`messages ${this.#seq + 1} to ${seq - 1} are missing`);
      return;
    }
    this.#seq = seq;
    this.#resumeFrom = seq;
    this.#knownSeq = Math.max(this.#knownSeq, seq);
    if (order !== null) this.#listener.order(seq, order);
    this.#caughtUp();
  }

  #snapshot({ seq, data }: SnapshotMessage): void {
    const isReset = this.#seq > 0;
    this.#seq = seq;
    this.#resumeFrom = seq;
    this.#knownSeq = seq;
    this.#lostAtMs = null;
    this.#listener.snapshot(seq, data.orders);
    this.#show("live", isReset ? "what was missed cannot be replayed: the list is new" : "");
  }

  #heartbeat(latestSeq: number): void {
    if (this.#resumeFrom === null) return;
    this.#knownSeq = Math.max(this.#knownSeq, latestSeq);
    const isStuck = this.#seq < latestSeq && this.#seqAtBeat === this.#seq;
    this.#seqAtBeat = this.#seq;
    if (isStuck) this.#reconnect(`messages up to ${latestSeq} are missing`);
    else this.#caughtUp(true);
  }

  /** After a cut only the gateway's word proves that nothing is missing. */
  #caughtUp(isProven = false): void {
    const isBehind = this.#seq < this.#knownSeq;
    if (isBehind) this.#show("catching-up", this.#note);
    else if (this.#phase !== "live" && (isProven || this.#lostAtMs === null)) this.#back();
    else if (this.#phase === "live") this.#show("live", this.#note);
  }

  #back(): void {
    const lostAtMs = this.#lostAtMs;
    this.#lostAtMs = null;
    if (lostAtMs === null) {
      this.#show("live", this.#note);
      return;
    }
    const seconds = ((this.#port.monotonicMs() - lostAtMs) / 1000).toFixed(1);
    this.#show("live", `resumed without a gap after ${seconds} s`);
  }

  #reply(reply: ReplyMessage): void {
    const settled = this.#pending.settle(reply);
    if (settled !== null) this.#listener.replied(this.#port.monotonicMs() - settled.sentAtMs);
  }

  #reconnect(reason: string): void {
    this.#drop();
    this.#lost(reason);
  }

  #lost(reason: string): void {
    if (this.#phase === "signed-out") return;
    this.#drop();
    this.#lostAtMs ??= this.#port.monotonicMs();
    const ceilingMs = Math.min(RETRY_MS_MIN * 2 ** this.#failureCount, RETRY_MS_MAX);
    this.#failureCount += 1;
    if (this.#phase !== "lost") this.#lossCount += 1;
    this.#show("lost", reason);
    this.#pending.expire(this.#port.monotonicMs());
    this.#timer = this.#port.after(ceilingMs, () => this.#connect());
  }

  /** First a heartbeat is overdue, and that is shown; then the connection is given up. */
  #watch(): void {
    this.#stopTimer();
    if (this.#phase === "silent") this.#show("catching-up", this.#note);
    this.#timer = this.#port.after(OVERDUE_MS, () => {
      if (this.#isOpen) this.#show("silent", "a heartbeat is overdue");
      this.#timer = this.#port.after(SILENT_MS - OVERDUE_MS, () => {
        this.#reconnect(`no message for ${SILENT_MS / 1000} s`);
      });
    });
  }

  #show(phase: LinkPhase, note: string): void {
    if (this.#phase === "signed-out") return;
    this.#phase = phase;
    this.#note = note;
    this.#listener.changed(this.view);
  }

  #drop(): void {
    this.#stopTimer();
    const socket = this.#socket;
    this.#socket = null;
    this.#isOpen = false;
    socket?.close();
  }

  #stopTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}

/** The gateway's reasons are words of the protocol: `slow_reader`. */
function closeText(code: number, reason: string): string {
  if (code === 1012) return "the gateway stopped";
  if (reason !== "") return reason.replaceAll("_", " ");
  return code === 1006 ? "the connection broke" : `the gateway closed with ${code}`;
}

/** What this page knows of; the gateway may send more. */
type Message =
  | OrderMessage
  | SkipMessage
  | SnapshotMessage
  | HeartbeatMessage
  | HistoryMessage
  | LiveMessage
  | ReplyMessage
  | NoticeMessage
  | ErrorMessage;
