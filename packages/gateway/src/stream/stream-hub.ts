/**
 * Publishes durable reports to the sessions of their accounts and knows how far each account's
 * stream is durable. Called by the sequencer's thread only; a session joins before it starts and
 * leaves when it closes.
 */
import { encodeOrder, encodeOrderMessage } from "@countermand/contract";
import { assert, at } from "@countermand/core/assert";
import {
  type Account,
  type Execution,
  type ExecutionReported,
  type InstrumentSource,
  InstrumentTable,
  type Order,
} from "@countermand/core/model";
import type { StreamMessage } from "./account-feed.ts";
import type { SessionObserver, StreamSession } from "./stream-session.ts";
import { StreamText } from "./stream-text.ts";
import { type StreamView, tagOf, viewed } from "./stream-view.ts";

interface AccountStream {
  durableSeq: number;
  readonly sessions: Map<StreamSession, StreamView>;
}

/** What became durable of one stream: each report, and how it travels. */
interface News {
  readonly reports: ExecutionReported[];
  readonly messages: StreamMessage[];
}

export class StreamHub {
  readonly #instruments: InstrumentTable;
  readonly #streams = new Map<Account, AccountStream>();
  #sessionCount = 0;
  #sentCount = 0;
  #slowCount = 0;

  constructor(instruments: InstrumentSource) {
    this.#instruments = InstrumentTable.of(instruments);
  }

  /** Sessions that are open. */
  get sessionCount(): number {
    return this.#sessionCount;
  }

  /** Messages of every kind handed to sockets since the start. */
  get sentCount(): number {
    return this.#sentCount;
  }

  /** Sessions closed because their readers were too slow, since the start. */
  get slowCount(): number {
    return this.#slowCount;
  }

  /** The account's stream is durable up to here: said once per account, before its first report. */
  startAt(account: Account, seq: number): void {
    assert(!this.#streams.has(account), "a stream starts once, before its first report");
    this.#streams.set(account, { durableSeq: seq, sessions: new Map() });
  }

  /** Position of the account's latest durable report; 0 before the first. */
  durableSeq(account: Account): number {
    return this.#streams.get(account)?.durableSeq ?? 0;
  }

  /**
   * Tells what has become durable, in journal order, before any answer that was decided with it.
   * Each report is encoded once for all who listen, and not at all where nobody does.
   */
  publish(reports: readonly ExecutionReported[]): void {
    const news = new Map<AccountStream, News>();
    for (const report of reports) {
      const stream = this.#stream(report.order.account);
      const seq = report.order.streamSeq;
      assert(seq === stream.durableSeq + 1, "reports become durable in order, without gaps");
      stream.durableSeq = seq;
      if (stream.sessions.size === 0) continue;
      const told = news.get(stream) ?? { reports: [], messages: [] };
      told.reports.push(report);
      told.messages.push(this.message(report, stream.sessions.size > 1));
      news.set(stream, told);
    }
    for (const [stream, { reports, messages }] of news) {
      for (const [session, view] of stream.sessions) {
        session.publish(
          view.portfolioIds === undefined ? messages : partOf(view, reports, messages),
        );
      }
    }
  }

  /**
   * Tells the account's sessions something that is no report. It is about the whole account: who
   * sees a part of it is not told.
   */
  notify(account: Account, written: (tag: Account | null) => string): void {
    for (const [session, view] of this.#streams.get(account)?.sessions ?? []) {
      if (view.portfolioIds === undefined) session.notify(written(tagOf(view)));
    }
  }

  /** Tells every socket something that is no report, as soon as it has room. */
  announce(text: string): void {
    for (const { sessions } of this.#streams.values()) {
      for (const [session, { isFirst }] of sessions) if (isFirst) session.notify(text);
    }
  }

  /** Adds a session that has not started; it was made with {@link observerOf} its account. */
  join(view: StreamView, session: StreamSession): void {
    this.#stream(view.account).sessions.set(session, view);
    this.#sessionCount += 1;
  }

  /** What the account's sessions tell about themselves. */
  observerOf(account: Account): SessionObserver {
    return {
      sent: (messageCount) => {
        this.#sentCount += messageCount;
      },
      tooSlow: () => {
        this.#slowCount += 1;
      },
      left: (session) => {
        assert(this.#stream(account).sessions.delete(session), "a session leaves once");
        this.#sessionCount -= 1;
      },
    };
  }

  /** A report as it travels; shared: to several readers. */
  message({ order, execution }: ExecutionReported, isShared = false): StreamMessage {
    const seq = order.streamSeq;
    const text = encodeOrderMessage(seq, this.orderJson(order, execution));
    return { seq, body: new StreamText(text, isShared) };
  }

  /** The order as the stream shows it. */
  orderJson(order: Order, execution: Execution | null): string {
    const instrument = this.#instruments.find(order.symbol);
    assert(instrument !== null, "an order's instrument is known");
    return encodeOrder(order, instrument, { query: false, execution });
  }

  #stream(account: Account): AccountStream {
    const known = this.#streams.get(account);
    if (known !== undefined) return known;
    const opened = { durableSeq: 0, sessions: new Map<StreamSession, StreamView>() };
    this.#streams.set(account, opened);
    return opened;
  }
}

/** The messages as a reader gets them who sees a part of the stream. */
function partOf(
  view: StreamView,
  reports: readonly ExecutionReported[],
  messages: readonly StreamMessage[],
): readonly StreamMessage[] {
  return messages.map((message, index) => viewed(view, at(reports, index).order, message));
}
