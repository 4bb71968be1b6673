/**
 * The order stream over real sockets for tests: everything but the disk and the archive is real.
 */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ACCEPTED, HANDSHAKE_METHOD, STREAM_PATH, stringToSign } from "@countermand/contract";
import {
  type Account,
  type ExecutionReported,
  type OrderId,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "@countermand/core/model";
import type { OrderArchive } from "../archive/order-archive.ts";
import { RecentReports } from "../archive/recent-reports.ts";
import { Authenticator } from "../auth/authenticate.ts";
import { KeyStore } from "../auth/key-store.ts";
import type { AppendOutcome, Journal, PartitionAppend } from "../journal/journal.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { DisconnectGuard } from "../safety/disconnect-guard.ts";
import { SANDBOX_KEYS, sandboxAccount } from "../sandbox.ts";
import { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { DurableCommit } from "../sequencer/group-commit.ts";
import { DESK, partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { answerIn } from "../sequencer/remembered-answer.ts";
import { type Answer, Sequencer } from "../sequencer/sequencer.ts";
import { Histories } from "../stream/histories.ts";
import { StreamHub } from "../stream/stream-hub.ts";
import { type Clock, systemClock } from "../sys/clock.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { TradeService } from "../trade/trade-service.ts";
import { OrderStreamServer } from "./ws-server.ts";

export const [FIRST_KEY, SECOND_KEY] = SANDBOX_KEYS;

/** Keeps events in memory. While it is held, an append is not durable. */
class MemoryJournal implements Pick<Journal, "append" | "settle"> {
  readonly payloads = new Map<string, string[]>();
  #isHeld = false;
  #held: (() => void)[] = [];

  async append(batch: readonly PartitionAppend[]): Promise<AppendOutcome> {
    if (this.#isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    for (const { partition, expectedSeq, payloads } of batch) {
      const before = this.payloads.get(partition) ?? [];
      assert.equal(before.length, expectedSeq);
      // One by one: a large commit has more payloads than a call takes arguments.
      for (const payload of payloads) before.push(payload);
      this.payloads.set(partition, before);
    }
    return "committed";
  }

  /** What is not held is resolved already. */
  settle(): void {}

  /** Resolves when a commit is held. */
  async stalled(): Promise<void> {
    while (this.#held.length === 0) await new Promise(setImmediate);
  }

  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.letPass();
  }

  /** Lets go what is held; what comes behind it is held as before. */
  letPass(): void {
    const held = this.#held;
    this.#held = [];
    for (const release of held) release();
  }
}

/** Shows an account's reports once they were projected. */
class MemoryArchive {
  readonly #reports = new Map<Account, ExecutionReported[]>();

  project(report: ExecutionReported): void {
    const { account } = report.order;
    const reports = this.#reports.get(account) ?? [];
    reports.push(report);
    this.#reports.set(account, reports);
  }

  async reports(account: Account, afterStreamSeq: number, limit: number) {
    return (this.#reports.get(account) ?? []).slice(afterStreamSeq, afterStreamSeq + limit);
  }

  async earliestStreamSeq(): Promise<number> {
    return 1;
  }

  async findClosed(): Promise<null> {
    return null;
  }
}

export interface HandshakeOptions {
  readonly query?: string;
  readonly key?: (typeof SANDBOX_KEYS)[number];
  readonly headers?: Readonly<Record<string, string>>;
}

export class StreamHarness {
  /** Times and timers stand still; turns are the machine's. */
  readonly fakeClock = new FakeClock();
  readonly journal = new MemoryJournal();
  readonly hub = new StreamHub(REFERENCE_INSTRUMENTS);
  /** Three positions of the first account were written before it began. */
  readonly histories = new Histories([
    { payload: '["begun","before",[]]' },
    { payload: '["begun","now",[["80114138",3]]]' },
  ]);
  readonly sequencer: Sequencer;
  readonly trade: TradeService;
  readonly awaited = new AwaitedAnswers();
  readonly streams: OrderStreamServer;
  readonly server: Server = createServer();
  readonly #archive = new MemoryArchive();
  readonly #recent = new RecentReports();
  #unprojected: ExecutionReported[] = [];
  #lastTimestampMs = 0;

  constructor() {
    const clock: Clock = {
      wallMs: () => this.fakeClock.wallMs(),
      monotonicMs: () => this.fakeClock.monotonicMs(),
      after: (delayMs, callback) => this.fakeClock.after(delayMs, callback),
      atTurnEnd: systemClock.atTurnEnd,
    };
    this.sequencer = new Sequencer({
      partitions: partitionsInMemory(this.#recent),
      journal: this.journal,
      clock,
      marketNowMs: () => clock.wallMs() as UnixMs,
      onDurable: (commit) => this.#durable(commit),
      onFailure: (error) => assert.fail(error),
      answerAt: async (partition, seq) => this.#answerAt(partition, seq),
    });
    const archive = this.#archive as unknown as OrderArchive;
    const { sequencer } = this;
    this.trade = new TradeService({ sequencer, archive, instruments: REFERENCE_INSTRUMENTS });
    const keys = new KeyStore();
    for (const { apiKey, secret, account } of SANDBOX_KEYS) keys.add(apiKey, secret, account);
    this.streams = new OrderStreamServer({
      authenticator: new Authenticator({
        keys,
        wallMs: () => clock.wallMs(),
        windowMs: () => 300_000,
      }),
      keys,
      sequencer,
      archive,
      trade: this.trade,
      awaited: this.awaited,
      budgets: null,
      sessions: null,
      hub: this.hub,
      histories: this.histories,
      guard: new DisconnectGuard({ sequencer, clock }),
      clock,
      onAnswered: () => {},
      onBug: (error) => assert.fail(error),
    });
    this.streams.attach(this.server);
  }

  /** Runs a test against a server on a free port. */
  static async run(body: (harness: StreamHarness) => Promise<void>): Promise<void> {
    const harness = new StreamHarness();
    for (const { account } of SANDBOX_KEYS) {
      const atMs = harness.fakeClock.wallMs() as UnixMs;
      await harness.sequencer.record(account, sandboxAccount(account, atMs));
    }
    harness.server.listen(0, "127.0.0.1");
    await once(harness.server, "listening");
    try {
      await body(harness);
    } finally {
      harness.journal.release();
      const closed = harness.streams.close();
      harness.fakeClock.advance(1_000);
      await closed;
      harness.server.close();
      harness.server.closeAllConnections();
    }
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(query = ""): string {
    return `ws://127.0.0.1:${this.port}${STREAM_PATH}${query === "" ? "" : `?${query}`}`;
  }

  /** Headers of a handshake, each with a timestamp of its own. */
  headers({ query = "", key = FIRST_KEY, headers = {} }: HandshakeOptions = {}) {
    assert.ok(key !== undefined);
    this.#lastTimestampMs = Math.max(this.#lastTimestampMs + 1, this.fakeClock.wallMs());
    const timestamp = String(this.#lastTimestampMs);
    const signed = stringToSign(HANDSHAKE_METHOD, STREAM_PATH, timestamp, query);
    return {
      "X-API-Key": key.apiKey,
      "X-API-Timestamp": timestamp,
      "X-API-Signature": createHmac("sha256", key.secret).update(signed).digest("base64"),
      ...headers,
    };
  }

  /** Accepted orders of an account in one turn; resolves when they are durable. */
  async place(count: number, account = FIRST_KEY?.account): Promise<OrderId[]> {
    assert.ok(account !== undefined);
    const placed: OrderId[] = [];
    const writes = Array.from({ length: count }, () =>
      this.sequencer.write({ apiKey: "harness", account }, "cancel", null, (turn) => {
        const order = turn.place(BUY);
        assert.ok("orderId" in order);
        placed.push(order.orderId);
        return { httpStatus: 200, body: ACCEPTED };
      }),
    );
    await Promise.all(writes);
    return placed;
  }

  /** The archive takes what is durable; memory lets it go. */
  project(): void {
    for (const report of this.#unprojected) this.#archive.project(report);
    this.#unprojected = [];
    this.#recent.projected(DESK, this.journal.payloads.get(DESK)?.length ?? 0);
  }

  #durable({ reports }: DurableCommit): void {
    this.hub.publish(reports);
    for (const report of reports) this.#unprojected.push(report);
  }

  #answerAt(partition: string, seq: number): Answer {
    const payload = this.journal.payloads.get(partition)?.[seq - 1];
    assert.ok(payload !== undefined);
    return answerIn(payload);
  }
}

const BUY = aPlaceRequest({ price: 1_000_000n });

export interface ReceivedMessage {
  readonly type: string;
  readonly seq?: number;
  readonly id?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly data?: { readonly orders?: readonly unknown[]; readonly seq?: number };
}

/** A client as people write one: the platform's own WebSocket. */
export class StreamClient {
  readonly socket: WebSocket;
  readonly messages: ReceivedMessage[] = [];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  #isClosed = false;
  #onNews: () => void = () => {};

  constructor(harness: StreamHarness, options: HandshakeOptions = {}) {
    const headers = harness.headers(options);
    this.socket = new WebSocket(harness.url(options.query), { headers } as never);
    this.socket.onmessage = ({ data }) => {
      this.messages.push(JSON.parse(data as string) as ReceivedMessage);
      this.#onNews();
    };
    this.closed = new Promise((resolve) => {
      this.socket.onclose = ({ code, reason }) => {
        this.#isClosed = true;
        this.#onNews();
        resolve({ code, reason });
      };
    });
    this.socket.onerror = () => {}; // A 'close' follows.
  }

  /** Resolves when the connection is open; rejects when it was refused. */
  async open(): Promise<this> {
    if (this.socket.readyState === WebSocket.CONNECTING) {
      await Promise.race([once(this.socket, "open"), this.closed]);
    }
    assert.equal(this.socket.readyState, WebSocket.OPEN, "the handshake was accepted");
    return this;
  }

  /** Resolves with all messages once there are so many; the connection must not close before. */
  async received(count: number): Promise<readonly ReceivedMessage[]> {
    while (this.messages.length < count) {
      assert.ok(!this.#isClosed, `closed after ${this.messages.length} of ${count} messages`);
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
    return this.messages;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  seqs(): (number | undefined)[] {
    return this.messages.filter(({ type }) => type === "order").map(({ seq }) => seq);
  }
}
