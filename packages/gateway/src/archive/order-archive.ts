/**
 * The archive as the main thread sees it: tells the archive's thread how far the journal is durable
 * and asks it. A failing archive only fails its own calls; what needs open orders alone goes on.
 */
import { assert, unreachable } from "@countermand/core/assert";
import {
  type Account,
  type ClOrdId,
  decodeDeskEvent,
  type ExecutionReported,
  type Order,
  type OrderId,
} from "@countermand/core/model";
import { isBooked } from "@countermand/core/money";
import type { JournalPlace } from "../journal/journal.ts";
import { type Cancelable, type Clock, systemClock } from "../sys/clock.ts";
import { ArchiveError } from "./archive-error.ts";
import { ArchiveKeeper, type ArchiveNotice, type ArchiveReply } from "./archive-keeper.ts";
import { FOLLOW_GATHER_EVENTS, FOLLOW_GATHER_MS, ROWS_PER_ANSWER_MAX } from "./archive-limits.ts";
import type {
  ArchiveQuestion,
  ArchiveQuestions,
  BookingsQuestion,
  ListAnswer,
  QuestionName,
  SealedEvent,
  StoryAnswer,
  StoryQuestion,
} from "./archive-messages.ts";
import { type ArchiveThread, archiveThread } from "./archive-thread.ts";
import type { Booking } from "./booking-filter.ts";
import { OpenQuestions } from "./open-questions.ts";
import type { OrderFilter } from "./order-filter.ts";
import { PositionWaiters } from "./position-waiters.ts";

export interface ArchiveOptions {
  /** A partition is projected up to seq. Called before any answer that was read behind it. */
  readonly onProjected?: (partition: string, seq: number) => void;
  readonly onNotice?: (notice: ArchiveNotice) => void;
  readonly clock?: Clock;
  /** How long positions are gathered; see FOLLOW_GATHER_MS. */
  readonly gatherMs?: number;
  /** Its first thread, where that is on its way already; see {@link archiveThread}. */
  readonly thread?: ArchiveThread | undefined;
}

/** Names a closed order: by its number, or by the client's name, where the newest one is meant. */
export type ClosedOrderName = { readonly orderId: OrderId } | { readonly clOrdId: ClOrdId };

/** A page of bookings; see BookingsAnswer. */
export interface ArchivedBookings {
  readonly total: number;
  readonly bookings: readonly Booking[];
  readonly skipCount: number;
}

export class OrderArchive {
  readonly #partitions: readonly string[];
  readonly #onProjected: (partition: string, seq: number) => void;
  readonly #clock: Clock;
  readonly #gatherMs: number;
  readonly #keeper: ArchiveKeeper;
  readonly #positions = new Map<string, number>();
  readonly #durable = new Map<string, number>();
  /** Of what is durable, what the thread was last told. */
  readonly #told = new Map<string, number>();
  readonly #required = new Map<string, number>();
  #held = false;
  readonly #questions = new OpenQuestions();
  readonly #waiters: PositionWaiters;
  /** Ends the time for which positions are gathered; null while none is untold. */
  #gathering: Cancelable | null = null;

  /**
   * Resolves as soon as the database is usable; catching up goes on behind. The journal has been
   * opened or inspected before.
   * @throws ArchiveError the archive can be neither opened nor begun anew
   */
  static async open(
    dataDir: string,
    partitions: readonly string[],
    options: ArchiveOptions = {},
  ): Promise<OrderArchive> {
    const archive = new OrderArchive(dataDir, partitions, options);
    await archive.#keeper.opened;
    return archive;
  }

  private constructor(dataDir: string, partitions: readonly string[], options: ArchiveOptions) {
    this.#partitions = partitions;
    this.#onProjected = options.onProjected ?? (() => {});
    this.#clock = options.clock ?? systemClock;
    this.#gatherMs = options.gatherMs ?? FOLLOW_GATHER_MS;
    this.#waiters = new PositionWaiters(this.#clock);
    this.#keeper = new ArchiveKeeper({
      first: options.thread ?? archiveThread(),
      newThread: archiveThread,
      start: () => ({ dataDir, partitions, required: this.#required }),
      clock: this.#clock,
      onNotice: options.onNotice ?? (() => {}),
      onReady: ({ positions }) => this.#ready(positions),
      onReply: (reply) => this.#receive(reply),
      onLost: (error) => this.#questions.refuseAll(error),
    });
  }

  /** The partition is durable up to seq. Cheap enough to be called after every commit. */
  follow(partition: string, seq: number): void {
    assert(this.#partitions.includes(partition), "the archive follows this partition");
    if (seq <= this.durable(partition)) return;
    // What the start found is told at once: memory may hold none of it, and who asks waits for it.
    const isFirst = !this.#durable.has(partition);
    this.#durable.set(partition, seq);
    if (this.#keeper.isClosed) return; // The last commands of a stop are still being written.
    const told = this.#told.get(partition) ?? 0;
    const isMuch = seq - told >= FOLLOW_GATHER_EVENTS;
    if (isFirst || isMuch || this.#waiters.isAwaited(partition, told, seq)) {
      this.#tell();
      return;
    }
    this.#gathering ??= this.#clock.after(this.#gatherMs, () => this.#tell());
  }

  /** While held, the archive takes up no more of the disk, and memory holds what it lacks. */
  hold(isHeld: boolean): void {
    if (this.#held === isHeld) return;
    this.#held = isHeld;
    this.#keeper.send({ type: "hold", isHeld });
  }

  /**
   * Memory holds no report of the partition up to seq, for instance because a snapshot replaced
   * them: calls are refused until the projection has got that far.
   */
  requireThrough(partition: string, seq: number): void {
    this.#raiseRequired(partition, seq);
    this.#keeper.send({ type: "require", partition, seq });
  }

  /** How far the partition is projected. */
  position(partition: string): number {
    return this.#positions.get(partition) ?? 0;
  }

  /** The last seq that {@link follow} named. */
  durable(partition: string): number {
    return this.#durable.get(partition) ?? 0;
  }

  /** Durable events that are not projected. */
  lag(partition: string): number {
    return Math.max(0, this.durable(partition) - this.position(partition));
  }

  /** Resolves when the partition is projected up to seq; rejects when that takes too long. */
  reached(partition: string, seq: number, withinMs: number | null = null): Promise<void> {
    if (this.position(partition) >= seq) return Promise.resolve();
    if (this.#keeper.isClosed) return Promise.reject(new ArchiveError("it is closed"));
    if (this.#gathering !== null) this.#tell();
    return this.#waiters.wait(partition, seq, withinMs);
  }

  /**
   * The closed order, if it is projected, the account's, and of one of the portfolios; the newest
   * one of several.
   */
  async findClosed(
    account: Account,
    by: ClosedOrderName,
    portfolioIds?: ReadonlySet<string>,
  ): Promise<Order | null> {
    const inPortfolios = portfolioIds === undefined ? null : [...portfolioIds];
    const text =
      "orderId" in by
        ? await this.#ask("closedByOrderId", { account, orderId: by.orderId })
        : await this.#ask("closedByClOrdId", {
            account,
            clOrdId: by.clOrdId,
            portfolioIds: inPortfolios,
          });
    const order = text === null ? null : decodeReport(text).order;
    return order === null || portfolioIds?.has(order.portfolioId) === false ? null : order;
  }

  /** Numbers of the account's closed orders that match, newest first, from an index on. */
  list(
    account: Account,
    filter: OrderFilter,
    fromIndex: number,
    limit: number,
  ): Promise<ListAnswer> {
    return this.#ask("list", { account, filter, fromIndex, limit });
  }

  /**
   * The account's bookings up to a position that was projected once, newest first; limit is at most
   * ROWS_PER_ANSWER_MAX.
   */
  async bookings(question: BookingsQuestion): Promise<ArchivedBookings> {
    assert(question.limit <= ROWS_PER_ANSWER_MAX, "one answer holds a bounded number of bookings");
    const { total, records, skipCount } = await this.#ask("bookings", question);
    const bookings = records.map(({ seq, payload }) => {
      const event = decodeDeskEvent(payload);
      assert(isBooked(event), "the place of a booking holds an event that moved money");
      return { seq, event };
    });
    return { total, bookings, skipCount };
  }

  /** The closed orders that a list named, in the same order; at most ROWS_PER_ANSWER_MAX. */
  async orders(
    account: Account,
    orderNumbers: readonly number[],
    filter: OrderFilter,
  ): Promise<Order[]> {
    assert(
      orderNumbers.length <= ROWS_PER_ANSWER_MAX,
      "one answer holds a bounded number of orders",
    );
    if (orderNumbers.length === 0) return [];
    const texts = await this.#ask("orders", { account, orderNumbers, filter });
    return texts.map((text) => decodeReport(text).order);
  }

  /**
   * The account's reports after a stream number, in stream order: only those projected, up to the
   * first gap, at most ROWS_PER_ANSWER_MAX.
   */
  async reports(
    account: Account,
    afterStreamSeq: number,
    limit: number,
  ): Promise<ExecutionReported[]> {
    assert(limit <= ROWS_PER_ANSWER_MAX, "one answer holds a bounded number of reports");
    const payloads = await this.#ask("reports", { account, afterStreamSeq, limit });
    return payloads.map(decodeReport);
  }

  /**
   * The event that closed the account's order, with its hash; null while it is open or not durable.
   * Memory says where it stands as long as it holds the order.
   */
  async closingEvent(
    account: Account,
    orderId: OrderId,
    held: JournalPlace | null,
  ): Promise<SealedEvent | null> {
    if (held !== null && held.seq > this.durable(held.partition)) return null;
    const place = held === null ? null : { partition: held.partition, seq: held.seq };
    return await this.#ask("closingEvent", { account, orderId, held: place });
  }

  /** One record of the journal; null where there is none, or none that is durable yet. */
  async reportPayload(partition: string, seq: number): Promise<string | null> {
    if (seq < 1 || seq > this.durable(partition)) return null;
    return await this.#ask("payload", { partition, seq });
  }

  /** The story of orders, from its end back; null where there is no such order. */
  async story(question: StoryQuestion): Promise<StoryAnswer | null> {
    assert(question.limit <= ROWS_PER_ANSWER_MAX, "one answer holds a bounded number of events");
    return await this.#ask("story", question);
  }

  /** The first number of the account's stream that is projected and kept; null while none is. */
  earliestStreamSeq(account: Account): Promise<number | null> {
    return this.#ask("earliestStreamSeq", { account });
  }

  /** Ends the thread, in time also one that hangs. Calls without an answer are refused. */
  async close(): Promise<void> {
    this.#gathering?.cancel();
    await this.#keeper.close();
    const closed = new ArchiveError("it is closed");
    this.#questions.refuseAll(closed);
    this.#waiters.refuseAll(closed);
  }

  #ask<Name extends QuestionName>(
    name: Name,
    ask: ArchiveQuestions[Name]["ask"],
  ): Promise<ArchiveQuestions[Name]["answer"]> {
    const room = this.#questions.hasRoomFor(name) ? null : "too many questions wait for it";
    const refusal = this.#keeper.refusal ?? room;
    if (refusal !== null) return Promise.reject(new ArchiveError(refusal));
    const { id, answer } = this.#questions.add(name);
    this.#keeper.send({ type: "question", id, question: { name, ask } as ArchiveQuestion });
    return answer;
  }

  /** Everything that is durable may be projected. */
  #tell(): void {
    this.#gathering?.cancel();
    this.#gathering = null;
    for (const [partition, seq] of this.#durable) this.#told.set(partition, seq);
    this.#keeper.send({ type: "follow", positions: this.#durable });
  }

  /** It is told whatever was said since it began, while nobody heard it. */
  #ready(positions: ReadonlyMap<string, number>): void {
    for (const [partition, seq] of positions) this.#projected(partition, seq);
    for (const [partition, seq] of this.#required) {
      this.#keeper.send({ type: "require", partition, seq });
    }
    if (this.#held) this.#keeper.send({ type: "hold", isHeld: true });
    this.#tell();
  }

  #receive(reply: ArchiveReply): void {
    switch (reply.type) {
      case "projected":
        this.#projected(reply.partition, reply.seq);
        return;
      case "answer":
        this.#questions.answer(reply.id, reply.answer);
        return;
      case "refused":
        this.#questions.refuse(reply.id, new ArchiveError(reply.problem));
        return;
      default:
        unreachable(reply, "reply of the archive");
    }
  }

  /** The position may be behind what it once was, after the archive had to begin anew. */
  #projected(partition: string, seq: number): void {
    this.#positions.set(partition, seq);
    this.#raiseRequired(partition, seq);
    this.#onProjected(partition, seq);
    this.#waiters.reached(partition, seq);
  }

  #raiseRequired(partition: string, seq: number): void {
    if (seq > (this.#required.get(partition) ?? 0)) this.#required.set(partition, seq);
  }
}

function decodeReport(payload: string): ExecutionReported {
  const event = decodeDeskEvent(payload);
  assert(event.type === "ExecutionReported", "the place of a report holds a report");
  return event;
}
