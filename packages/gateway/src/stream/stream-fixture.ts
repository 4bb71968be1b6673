/**
 * A session's surroundings for tests: a network that stalls and a feed that answers when it is told
 * to.
 */
import assert from "node:assert/strict";
import { encodeSnapshot } from "@countermand/contract";
import { FakeClock } from "../sys/fake-clock.ts";
import type { AccountFeed, StreamMessage } from "./account-feed.ts";
import { ReplayTurns } from "./replay-turns.ts";
import {
  type StreamPort,
  StreamSession,
  type StreamSessionOptions,
  type StreamStart,
} from "./stream-session.ts";
import { StreamText } from "./stream-text.ts";

/** What the archive says when it cannot answer. */
class ArchiveDown extends Error {
  readonly code = "ARCHIVE_UNAVAILABLE";
}

/** A connection. While it is stalled, what is sent waits until it is drained. */
export class FakePort implements StreamPort {
  readonly texts: string[] = [];
  isStalled = false;
  /** The peer has closed. */
  isClosing = false;
  pingCount = 0;
  closed: { readonly code: number; readonly reason: string } | null = null;
  isTerminated = false;
  onWritten: () => void = () => {};
  /** Bytes of sends that wait, oldest first. */
  #waiting: number[] = [];

  send(messages: readonly StreamText[]): void {
    assert.equal(this.closed, null, "nothing is sent behind a close");
    for (const { text } of messages) this.texts.push(text);
    this.#waiting.push(messages.reduce((sum, { byteCount }) => sum + byteCount, 0));
  }

  bufferedBytes(): number {
    return this.isStalled ? this.#waiting.reduce((sum, bytes) => sum + bytes, 0) : 0;
  }

  isOpen(): boolean {
    return !this.isClosing;
  }

  ping(): void {
    this.pingCount += 1;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  terminate(): void {
    this.isTerminated = true;
  }

  /** The network takes the oldest sends; whether it took any. */
  drain(sendCount = Number.POSITIVE_INFINITY): boolean {
    const taken = this.#waiting.splice(0, sendCount);
    for (const _ of taken) this.onWritten();
    return taken.length > 0;
  }

  /** Positions of the reports that were sent, in order. */
  seqs(): number[] {
    return this.texts
      .map((text) => JSON.parse(text) as { type: string; seq: number })
      .filter(({ type }) => type === "order")
      .map(({ seq }) => seq);
  }

  types(): string[] {
    return this.texts.map((text) => (JSON.parse(text) as { type: string }).type);
  }
}

interface Question<T> {
  /** Whether it can be answered now, and with what. */
  readonly answer: () => T | null;
  readonly resolve: (answer: T) => void;
  /** Null for a question to memory, which is never refused. */
  readonly reject: ((error: Error) => void) | null;
}

/** One account's stream. Questions wait until a test answers them. */
export class FakeFeed implements AccountFeed {
  durableSeq = 0;
  /** Position up to which the archive has taken over from memory. */
  archivedSeq = 0;
  earliest = 1;
  /** Reports that are applied and not durable when a snapshot is asked for. */
  stagedCount = 0;
  snapshotGoneCount = 0;
  /** In every report that is encoded from now on. */
  name = "";
  readonly #padding: string;
  #questions: Question<unknown>[] = [];

  constructor(messageBytes = 40) {
    this.#padding = "x".repeat(messageBytes - 40);
  }

  get questionCount(): number {
    return this.#questions.length;
  }

  message(seq: number): StreamMessage {
    const text = `{"type":"order","seq":${seq},"data":"${this.#padding}${this.name}"}`;
    return { seq, body: new StreamText(text) };
  }

  messages(afterSeq: number, throughSeq: number): StreamMessage[] {
    const count = Math.max(0, throughSeq - afterSeq);
    return Array.from({ length: count }, (_, index) => this.message(afterSeq + 1 + index));
  }

  recent(afterSeq: number, limit: number): readonly StreamMessage[] | null {
    if (afterSeq < this.archivedSeq) return null;
    return this.messages(afterSeq, Math.min(this.durableSeq, afterSeq + limit));
  }

  archived(afterSeq: number, limit: number): Promise<readonly StreamMessage[]> {
    return this.#ask(() => {
      if (afterSeq < this.earliest - 1) return [];
      return this.messages(afterSeq, Math.min(this.archivedSeq, afterSeq + limit));
    });
  }

  earliestSeq(): Promise<number> {
    return this.#ask(() => this.earliest);
  }

  snapshotGone(): void {
    this.snapshotGoneCount += 1;
  }

  snapshot(): Promise<StreamMessage | null> {
    const seq = this.durableSeq + this.stagedCount;
    const body = new StreamText(encodeSnapshot(seq, []));
    return this.#ask(() => (seq <= this.durableSeq ? { seq, body } : null), false);
  }

  /** Answers every question that can be answered; whether any could. */
  answer(): boolean {
    const questions = this.#questions;
    this.#questions = [];
    for (const question of questions) {
      const answer = question.answer();
      if (answer === null) this.#questions.push(question);
      else question.resolve(answer);
    }
    return this.#questions.length < questions.length;
  }

  /** The archive refuses every question that was put to it. */
  refuse(): void {
    const refused = this.#questions.filter(({ reject }) => reject !== null);
    this.#questions = this.#questions.filter(({ reject }) => reject === null);
    for (const { reject } of refused) reject?.(new ArchiveDown());
  }

  #ask<T>(answer: () => T | null, isRefusable = true): Promise<T> {
    return new Promise((resolve, reject) => {
      const question: Question<T> = { answer, resolve, reject: isRefusable ? reject : null };
      this.#questions.push(question as Question<unknown>);
    });
  }
}

export interface Subscribed {
  readonly session: StreamSession;
  readonly port: FakePort;
  readonly feed: FakeFeed;
  readonly clock: FakeClock;
  readonly counts: { sent: number; tooSlow: number; left: number };
  /** So many reports become durable. */
  publish(count: number): void;
}

export const HEARTBEAT_MS = 30_000;

/** A session that has started. */
export function subscribe(
  start: StreamStart,
  feed = new FakeFeed(),
  port = new FakePort(),
  { history = null, tellsLive = false }: Pick<StreamSessionOptions, "history" | "tellsLive"> = {},
) {
  const clock = new FakeClock();
  const counts = { sent: 0, tooSlow: 0, left: 0 };
  const session = new StreamSession({
    start,
    heartbeatMs: HEARTBEAT_MS,
    history,
    tellsLive,
    feed,
    port,
    observer: {
      sent: (messageCount) => {
        counts.sent += messageCount;
      },
      tooSlow: () => {
        counts.tooSlow += 1;
      },
      left: () => {
        counts.left += 1;
      },
    },
    turns: new ReplayTurns(clock),
    clock,
  });
  port.onWritten = () => session.written();
  session.start();
  session.follow();
  const publish = (count: number): void => {
    const before = feed.durableSeq;
    feed.durableSeq += count;
    if (session.mode !== "closed") session.publish(feed.messages(before, feed.durableSeq));
  };
  const subscribed: Subscribed = { session, port, feed, clock, counts, publish };
  return subscribed;
}

/** Lets promises that were settled call back. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Ends turns, takes what was sent and answers questions until nothing moves any more. */
export async function runOut({ clock, feed, port }: Subscribed): Promise<void> {
  for (let isMoving = true; isMoving; ) {
    const moved = [clock.endTurn(), port.drain(), feed.answer()];
    await settled();
    isMoving = moved.includes(true);
  }
}

export function upTo(lastSeq: number, firstSeq = 1): number[] {
  return Array.from({ length: lastSeq - firstSeq + 1 }, (_, index) => firstSeq + index);
}

/** Of each report that a {@link feedAt} tells. */
export const MESSAGE_BYTES = 1024;

export function feedAt(durableSeq: number, archivedSeq = 0): FakeFeed {
  const feed = new FakeFeed(MESSAGE_BYTES);
  feed.durableSeq = durableSeq;
  feed.archivedSeq = archivedSeq;
  return feed;
}

export function stalledPort(): FakePort {
  const port = new FakePort();
  port.isStalled = true;
  return port;
}

export function lastMessage({ port }: Subscribed): Record<string, unknown> {
  return JSON.parse(port.texts.at(-1) ?? "null") as Record<string, unknown>;
}
