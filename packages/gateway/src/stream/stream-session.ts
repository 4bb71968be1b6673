/**
 * One subscriber of an account's order stream. Sends each durable report once, in order, without
 * gaps. No socket and no timer of its own: a port takes what is sent, a clock calls back.
 *
 *   mode       what is sent                              leaves for
 *   snapshot   nothing: the open orders are on their     replaying, behind the snapshot
 *              way
 *   replaying  what is behind the stream, in chunks, as  live, when the last position sent is
 *              fast as the reader reads                  the account's latest durable one
 *   live       each report when it is published          late, when too much of it waits;
 *                                                        closed, when the reader is too slow
 *   late       as replaying; the limits of lateness      live, as replaying;
 *              hold                                      closed, when the reader is too slow
 *   closed     nothing
 *
 * Every mode ends in closed when the connection ends, the peer is silent or the server stops. What
 * is published to a session that is not live is not queued: it is read from the feed when its turn
 * comes. So going live is one synchronous comparison, and a stalled reader holds a bounded amount
 * of memory.
 *
 * Too slow is who, at two looks in a row, is more than 1 MiB behind what was published since it
 * went live, or whose oldest waiting report was published more than 10 s ago. A burst that is
 * larger than the limit closes nobody who reads it within a second. A replay that was asked for is
 * never lateness; notices that others cause meanwhile are, beyond the same limit. A snapshot keeps
 * its room as long as the network takes some of it every 10 s.
 */
import {
  type BudgetState,
  CLOSE_CODES,
  type ErrorName,
  encodeHeartbeat,
  encodeHistory,
  encodeLive,
  encodeNotice,
  encodeStreamError,
  errorSpec,
  LIMITS,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { Cancelable, Clock } from "../sys/clock.ts";
import type { AccountFeed, StreamMessage } from "./account-feed.ts";
import { Lateness } from "./lateness.ts";
import {
  ARCHIVE_RETRY_MS,
  ARCHIVE_TRIES_MAX,
  CLOSE_ANSWER_MS,
  LATENESS_CHECK_MS,
  LIVE_BUFFER_BYTES_MAX,
  REPLAY_CHUNK_REPORTS,
  REPLAY_LOW_WATER_BYTES,
} from "./limits.ts";
import { Pulse } from "./pulse.ts";
import type { ReplayTurns } from "./replay-turns.ts";
import { StreamText } from "./stream-text.ts";

/**
 * The connection as a session uses it. Calls nobody back before the call that was made has
 * returned.
 */
export interface StreamPort {
  /**
   * Hands over messages, in order. `StreamSession.written` is called when the last one has left.
   */
  send(messages: readonly StreamText[]): void;
  /** Bytes handed over that the network has not taken. */
  bufferedBytes(): number;
  /** Whether what is sent still reaches the peer; not behind its own close. */
  isOpen(): boolean;
  ping(): void;
  /** Asks the peer to close, behind everything sent. */
  close(code: number, reason: string): void;
  /** Cuts the connection; what waits is lost. */
  terminate(): void;
}

export type StreamStart =
  /** What is published from now on. */
  | { readonly from: "latest" }
  | { readonly from: "seq"; readonly afterSeq: number }
  /** A position of a history that is not this gateway's: nothing can be told but that. */
  | { readonly from: "elsewhere"; readonly afterSeq: number }
  | { readonly from: "snapshot" };

/** Hears what becomes of a session. */
export interface SessionObserver {
  sent(messageCount: number): void;
  tooSlow(): void;
  /** The session is closed and wants no more reports. Once. */
  left(session: StreamSession): void;
}

export interface StreamSessionOptions {
  readonly start: StreamStart;
  readonly heartbeatMs: number;
  /** The account that messages carry, where their socket has several; absent: none does. */
  readonly tag?: string | null;
  /** The name of this gateway's history, where the reader asks for it. */
  readonly history?: string | null;
  /** Whether the reader asks to be told when it has all that it lacked. */
  readonly tellsLive?: boolean;
  readonly feed: AccountFeed;
  readonly port: StreamPort;
  readonly observer: SessionObserver;
  readonly turns: ReplayTurns;
  readonly clock: Clock;
  /** What becomes of a live frame; nothing by default. */
  readonly frameFault?: (seq: number) => "DroppedFrame" | "RepeatedFrame" | null;
  /** What is left of the key's budgets; nothing where there are none. */
  readonly budgets?: () => readonly BudgetState[];
}

export type StreamMode = "snapshot" | "replaying" | "live" | "late" | "closed";

/** RFC 6455 registry: try again later. */
const TRY_AGAIN_LATER = CLOSE_CODES.SLOW_READER;

const NO_ROOM =
  "there are too many open orders to send them as one message just now; GET /trade/v1/orders lists them";

export class StreamSession {
  readonly #options: StreamSessionOptions;
  readonly #lateness = new Lateness();
  #mode: StreamMode = "replaying";
  /** Position of the last report that was sent, or that the reader said to have. */
  #sentSeq = 0;
  /** Waits for its turn, for the archive, or to ask it again. */
  #isFetching = false;
  #archiveFailureCount = 0;
  /** Bytes of notices that lie behind a replay which the reader has not come to. */
  #noticedBytes = 0;
  readonly #pulse: Pulse;
  #latenessCheck: Cancelable | null = null;
  #snapshotCheck: Cancelable | null = null;
  /** The network has taken something since the snapshot was looked at. */
  #hasMoved = false;
  #archiveRetry: Cancelable | null = null;
  #closeDeadline: Cancelable | null = null;

  constructor(options: StreamSessionOptions) {
    const { clock, heartbeatMs, port } = options;
    this.#options = options;
    this.#pulse = new Pulse({
      clock,
      heartbeatMs,
      bufferedBytes: () => port.bufferedBytes(),
      onBeat: () => this.#beat(),
      onSilent: () => this.#cut(),
    });
  }

  get mode(): StreamMode {
    return this.#mode;
  }

  /** Says who it is. Called once, in the turn of the handshake; `follow` comes behind it. */
  start(): void {
    const { feed, start } = this.#options;
    this.#pulse.begin();
    switch (start.from) {
      case "latest":
        this.#sentSeq = feed.durableSeq;
        this.#tellHistory();
        break;
      case "seq":
        this.#sentSeq = start.afterSeq;
        if (start.afterSeq > feed.durableSeq) {
          this.#whileFetching(() => this.#refuseRange());
        } else {
          this.#tellHistory();
        }
        break;
      case "elsewhere":
        this.#sentSeq = start.afterSeq;
        this.#whileFetching(() => this.#refuseHistory());
        break;
      case "snapshot":
        this.#mode = "snapshot";
        this.#tellHistory();
        this.#whileFetching(() => this.#takeSnapshot());
    }
  }

  /** Begins to send what the reader lacks. Once, in the same turn. */
  follow(): void {
    this.#catchUp();
  }

  /** Reports that have just become durable, the feed's latest ones, in order. */
  publish(messages: readonly StreamMessage[]): void {
    if (this.#mode === "late") {
      this.#lateness.owe(byteCount(messages));
      this.#watchLateness();
    }
    // Whoever is not live comes to them when their turn is due.
    if (this.#mode !== "live") return;
    assert(messages[0]?.seq === this.#sentSeq + 1, "a live session has sent all before");
    const buffered = this.#options.port.bufferedBytes();
    const fittingCount = countWithin(messages, LIVE_BUFFER_BYTES_MAX - buffered);
    this.#lateness.owe(byteCount(messages));
    if (fittingCount === messages.length) {
      this.#sendReports(messages, true);
    } else {
      this.#sendReports(messages.slice(0, fittingCount), true);
      this.#mode = "late";
      this.#catchUp();
    }
    this.#watchLateness();
  }

  /** A message to this reader alone, such as the answer of a command. */
  send(text: string): void {
    if (this.#mode === "closed") return;
    const body = new StreamText(text);
    if (this.#isWatched()) {
      this.#lateness.owe(body.byteCount);
      this.#lateness.handOver(body.byteCount);
    }
    this.#hand([body]);
    this.#watchLateness();
  }

  /**
   * Something that this reader has not asked for. One that stalls in its replay is not late, but
   * what others cause must not pile up behind it for ever.
   */
  notify(text: string): void {
    const { observer, port } = this.#options;
    if (this.#isWatched() || port.bufferedBytes() <= REPLAY_LOW_WATER_BYTES) this.#noticedBytes = 0;
    else this.#noticedBytes += Buffer.byteLength(text);
    if (this.#mode === "closed" || this.#noticedBytes <= LIMITS.slowReaderBytesMax.value) {
      this.send(text);
      return;
    }
    observer.tooSlow();
    this.#failStream("SLOW_READER", `${this.#noticedBytes} bytes of notices are waiting for you`);
  }

  /** The network took something of what the connection carries, be it a part of a message. */
  moved(): void {
    this.#pulse.wrote(this.#options.port.bufferedBytes());
    this.#hasMoved = true;
  }

  /** The network took the last message of a `send` of the port. */
  written(): void {
    if (this.#mode === "closed") return;
    this.moved();
    const waitingBytes = this.#options.port.bufferedBytes();
    if (this.#mode !== "snapshot" && waitingBytes <= REPLAY_LOW_WATER_BYTES) {
      this.#snapshotGone();
    }
    this.#catchUp();
  }

  /** Something came from the peer: from now on its silence means that it is gone. */
  alive(): void {
    this.#pulse.heard();
  }

  /** Ends the session for a fault of the peer. */
  fail(error: ErrorName, details: string, closeCode: number): void {
    this.#close(encodeStreamError(error, details), closeCode, errorSpec(error).reason);
  }

  /** Ends the session because the server stops. */
  shutDown(): void {
    const details = "the server stops; everything up to here was sent or can be replayed";
    const { reason } = errorSpec("SHUTTING_DOWN");
    this.#close(encodeNotice("SHUTTING_DOWN", details), CLOSE_CODES.SHUTTING_DOWN, reason);
  }

  /** The connection is gone, or is going by itself. */
  ended(): void {
    this.#leave();
    this.#closeDeadline?.cancel();
  }

  /** As {@link fail}, for what is about this one stream. */
  #failStream(error: ErrorName, details: string): void {
    const text = encodeStreamError(error, details, undefined, this.#tag);
    this.#close(text, TRY_AGAIN_LATER, errorSpec(error).reason);
  }

  get #tag(): string | null {
    return this.#options.tag ?? null;
  }

  #isCatchingUp(): boolean {
    return this.#mode === "replaying" || this.#mode === "late";
  }

  #isWatched(): boolean {
    return this.#mode === "live" || this.#mode === "late";
  }

  /**
   * Sends the next chunk in its turn, once the reader has read enough of the last; or goes live.
   */
  #catchUp(): void {
    const { feed, port, turns } = this.#options;
    // Nobody would get it: a peer that has said goodbye is owed the end of its connection alone.
    if (!this.#isCatchingUp() || this.#isFetching || !port.isOpen()) return;
    // There is room again when what waits was written, and then `written` is called.
    if (port.bufferedBytes() > REPLAY_LOW_WATER_BYTES) return;
    if (this.#sentSeq === feed.durableSeq) {
      this.#goLive();
      return;
    }
    this.#isFetching = true;
    turns.enqueue(() => {
      this.#isFetching = false;
      this.#sendChunk();
    });
  }

  #goLive(): void {
    const { port, tellsLive = false } = this.#options;
    if (this.#mode === "replaying") {
      if (tellsLive) this.#hand([new StreamText(encodeLive(this.#sentSeq, this.#tag))]);
      this.#lateness.begin(port.bufferedBytes());
    } else {
      this.#lateness.handedAll();
    }
    this.#mode = "live";
  }

  #sendChunk(): void {
    if (!this.#isCatchingUp()) return;
    const messages = this.#options.feed.recent(this.#sentSeq, REPLAY_CHUNK_REPORTS);
    if (messages === null) {
      this.#whileFetching(() => this.#sendArchived());
      return;
    }
    assert(messages.length > 0, "a session that is behind is sent something");
    this.#sendReports(messages);
    this.#catchUp();
  }

  async #sendArchived(): Promise<void> {
    const { feed } = this.#options;
    const messages = await feed.archived(this.#sentSeq, REPLAY_CHUNK_REPORTS);
    if (!this.#isCatchingUp()) return;
    if (messages.length > 0) {
      this.#sendReports(messages);
      return;
    }
    const earliestSeq = await feed.earliestSeq();
    if (this.#sentSeq < earliestSeq - 1) this.#refuseRangeFrom(earliestSeq);
    else throw new BehindArchive();
  }

  async #takeSnapshot(): Promise<void> {
    const { feed } = this.#options;
    const snapshot = await feed.snapshot();
    if (this.#mode !== "snapshot") return feed.snapshotGone();
    if (snapshot === null) {
      this.#failStream("UNAVAILABLE", NO_ROOM);
      return;
    }
    const { seq, body } = snapshot;
    assert(seq <= feed.durableSeq, "a snapshot shows durable facts only");
    this.#mode = "replaying";
    this.#sentSeq = seq;
    this.#hand([body]);
    this.#watchSnapshot();
  }

  /** One that nobody reads must not keep the room that others' snapshots need. */
  #watchSnapshot(): void {
    const { clock, observer, port } = this.#options;
    this.#hasMoved = false;
    const dueMs = clock.monotonicMs() + LIMITS.slowReaderMsMax.value;
    this.#snapshotCheck = clock.after(LIMITS.slowReaderMsMax.value, () => {
      // Behind a pause of this process nobody knows yet what was read meanwhile.
      const isOnTime = clock.monotonicMs() - dueMs < LATENESS_CHECK_MS;
      if (!isOnTime || this.#hasMoved) {
        this.#watchSnapshot();
        return;
      }
      observer.tooSlow();
      this.#leave();
      // In the middle of a message nothing can be said.
      port.terminate();
    });
  }

  #snapshotGone(): void {
    this.#snapshotCheck?.cancel();
    this.#snapshotCheck = null;
    this.#options.feed.snapshotGone();
  }

  async #refuseRange(): Promise<void> {
    const earliestSeq = await this.#options.feed.earliestSeq();
    // The stream may have got that far meanwhile.
    if (this.#sentSeq > this.#options.feed.durableSeq) this.#refuseRangeFrom(earliestSeq);
    else this.#tellHistory();
  }

  async #refuseHistory(): Promise<void> {
    const earliestSeq = await this.#options.feed.earliestSeq();
    const why = "the history that it is of is not this gateway's, whose data was put back";
    this.#refuseRangeFrom(earliestSeq, why);
  }

  /** Only to who is let in: whoever knows the name counts on the positions behind it. */
  #tellHistory(): void {
    const { history = null } = this.#options;
    if (history !== null) this.#hand([new StreamText(encodeHistory(history, this.#tag))]);
  }

  #refuseRangeFrom(earliestSeq: number, why?: string): void {
    const latestSeq = this.#options.feed.durableSeq;
    const details =
      `after_seq ${this.#sentSeq} cannot be continued: ` +
      (why ?? `it may be ${earliestSeq - 1} to ${latestSeq}`);
    const text = encodeStreamError(
      "SEQ_OUT_OF_RANGE",
      details,
      { earliestSeq, latestSeq },
      this.#tag,
    );
    const { reason } = errorSpec("SEQ_OUT_OF_RANGE");
    this.#close(text, CLOSE_CODES.SEQ_OUT_OF_RANGE, reason);
  }

  /** Does what takes time, then catches up. While it lasts no chunk is sent. */
  #whileFetching(work: () => Promise<void>): void {
    this.#isFetching = true;
    work().then(
      () => {
        this.#isFetching = false;
        this.#archiveFailureCount = 0;
        this.#catchUp();
      },
      (error: unknown) => this.#fetchFailed(work, error),
    );
  }

  #fetchFailed(work: () => Promise<void>, error: unknown): void {
    if ((error as { code?: unknown }).code !== "ARCHIVE_UNAVAILABLE") throw error;
    if (this.#mode === "closed") return;
    this.#archiveFailureCount += 1;
    if (this.#archiveFailureCount >= ARCHIVE_TRIES_MAX) {
      this.#failStream("UNAVAILABLE", "the reports to replay cannot be read just now");
      return;
    }
    this.#archiveRetry = this.#options.clock.after(ARCHIVE_RETRY_MS, () => {
      this.#archiveRetry = null;
      this.#whileFetching(work);
    });
  }

  #sendReports(messages: readonly StreamMessage[], isLive = false): void {
    const last = messages.at(-1);
    if (last === undefined) return;
    assert(messages[0]?.seq === this.#sentSeq + 1, "reports are sent in order, without gaps");
    assert(last.seq <= this.#options.feed.durableSeq, "only what is durable is told");
    this.#sentSeq = last.seq;
    if (this.#isWatched()) this.#lateness.handOver(byteCount(messages));
    const frames = isLive ? this.#liveFrames(messages) : messages.map(({ body }) => body);
    if (frames.length > 0) this.#hand(frames);
  }

  /** A replay repairs what a fault did to a live frame. */
  #liveFrames(messages: readonly StreamMessage[]): StreamText[] {
    const { frameFault } = this.#options;
    if (frameFault === undefined) return messages.map(({ body }) => body);
    const frames: StreamText[] = [];
    for (const { seq, body } of messages) {
      const fault = frameFault(seq);
      if (fault !== "DroppedFrame") frames.push(body);
      if (fault !== "RepeatedFrame") continue;
      this.#lateness.owe(body.byteCount);
      this.#lateness.handOver(body.byteCount);
      frames.push(body);
    }
    return frames;
  }

  #hand(messages: readonly StreamText[]): void {
    const { port, observer } = this.#options;
    port.send(messages);
    observer.sent(messages.length);
  }

  #watchLateness(): void {
    if (!this.#isWatched()) return;
    const { clock, port } = this.#options;
    this.#lateness.look(port.bufferedBytes(), clock.monotonicMs());
    if (!this.#lateness.isWaiting || this.#latenessCheck !== null) return;
    const dueMs = clock.monotonicMs() + LATENESS_CHECK_MS;
    this.#latenessCheck = clock.after(LATENESS_CHECK_MS, () => {
      this.#latenessCheck = null;
      const isOnTime = clock.monotonicMs() - dueMs < LATENESS_CHECK_MS;
      // Behind a pause of this process nobody knows yet what was read meanwhile.
      if (isOnTime) this.#checkLateness();
      else this.#watchLateness();
    });
  }

  #checkLateness(): void {
    if (!this.#isWatched()) return;
    const { clock, observer, port } = this.#options;
    const problem = this.#lateness.check(port.bufferedBytes(), clock.monotonicMs());
    if (problem === null) {
      this.#watchLateness();
      return;
    }
    observer.tooSlow();
    this.#failStream("SLOW_READER", problem);
  }

  #beat(): void {
    const { budgets, clock, feed, port } = this.#options;
    // One that stalls in its replay is never too slow: what it leaves unread must not grow for
    // ever.
    if (!this.#isWatched() && port.bufferedBytes() > REPLAY_LOW_WATER_BYTES) return;
    this.send(encodeHeartbeat(clock.wallMs(), feed.durableSeq, budgets?.(), this.#tag));
    port.ping();
  }

  #cut(): void {
    this.#leave();
    this.#options.port.terminate();
  }

  #close(text: string, code: number, reason: string): void {
    if (this.#mode === "closed") return;
    const { clock, port } = this.#options;
    this.#leave();
    this.#hand([new StreamText(text)]);
    port.close(code, reason);
    this.#closeDeadline = clock.after(CLOSE_ANSWER_MS, () => port.terminate());
  }

  #leave(): void {
    if (this.#mode === "closed") return;
    // One that is still being written goes when it is done.
    if (this.#mode !== "snapshot") this.#snapshotGone();
    this.#mode = "closed";
    this.#pulse.end();
    this.#latenessCheck?.cancel();
    this.#archiveRetry?.cancel();
    this.#options.observer.left(this);
  }
}

/** Memory has let go of a report that the archive does not show: it is being rebuilt. */
class BehindArchive extends Error {
  override readonly name = "BehindArchive";
  readonly code = "ARCHIVE_UNAVAILABLE";
}

/** How many of the first messages begin within the bytes. */
function countWithin(messages: readonly StreamMessage[], byteCountMax: number): number {
  let bytesLeft = byteCountMax;
  let count = 0;
  for (const { body } of messages) {
    if (bytesLeft <= 0) break;
    bytesLeft -= body.byteCount;
    count += 1;
  }
  return count;
}

function byteCount(messages: readonly StreamMessage[]): number {
  let count = 0;
  for (const { body } of messages) count += body.byteCount;
  return count;
}
