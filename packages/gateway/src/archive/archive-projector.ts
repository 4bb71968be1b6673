/**
 * Follows the journal into the archive and answers questions about it: everything the archive's
 * thread does, apart from being a thread. Lookups are answered when they arrive, lists walk in
 * steps between them, and nothing is projected while a list walks, so that a list is of one moment.
 */
import { assert, unreachable } from "@countermand/core/assert";
import { decodeDeskEvent, type Order } from "@countermand/core/model";
import { isBooked } from "@countermand/core/money";
import { isClosed } from "@countermand/core/order";
import Database from "better-sqlite3";
import { isSeq } from "../journal/event-block.ts";
import { JournalError, type JournalPlace, type JournalRecord } from "../journal/journal.ts";
import type { Clock } from "../sys/clock.ts";
import { diskErrorCode } from "../sys/disk.ts";
import type { ArchiveDatabase, ClosedPlace } from "./archive-database.ts";
import {
  ASIDE_EVENTS_MAX,
  PROJECT_STEP_EVENTS,
  PROJECTED_EVENTS_MAX,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
} from "./archive-limits.ts";
import {
  type ArchiveAnswer,
  type ArchiveQuestion,
  type BookingsAnswer,
  type BookingsQuestion,
  type FromArchive,
  isListing,
  type ListAnswer,
  type ListingQuestion,
  type ListQuestion,
  type OrdersQuestion,
  type SealedEvent,
  type StoryAnswer,
  type ToArchive,
} from "./archive-messages.ts";
import { ArchiveDamagedError, isDamage } from "./archive-schema.ts";
import { bookingWeight } from "./booking-filter.ts";
import { matchesFilter } from "./order-filter.ts";
import { orderNumberOf } from "./order-number.ts";
import { storySteps } from "./story-walk.ts";
import type { ReportPlace } from "./stream-runs.ts";

/** What the projector reads; JournalReader is one. */
export interface JournalSource {
  read(partition: string, afterSeq: number, limit: number): JournalRecord[];
  hashAt(partition: string, seq: number): string | null;
  sealed(partition: string, seq: number): { hash: string; payload: string } | null;
  close(): void;
}

export interface ProjectorOptions {
  readonly database: ArchiveDatabase;
  readonly journal: JournalSource;
  readonly partitions: readonly string[];
  readonly required: ReadonlyMap<string, number>;
  readonly clock: Clock;
  readonly post: (message: FromArchive) => void;
  /** Called before a step that projects while little is to do: others may want the core. */
  readonly stepAside: () => void;
  /** The archive contradicts itself: it must be put away, and this projector is closed. */
  readonly onDamage: (error: Error) => void;
}

/** A transaction under way. */
interface Projection {
  readonly partition: string;
  readonly seq: number;
  readonly steps: Generator<void, void>;
}

interface Walk {
  readonly id: number;
  readonly steps: Generator<void, ListAnswer | BookingsAnswer | StoryAnswer | null>;
}

export class ArchiveProjector {
  readonly #options: ProjectorOptions;
  readonly #database: ArchiveDatabase;
  readonly #journal: JournalSource;
  readonly #positions = new Map<string, number>();
  readonly #durable = new Map<string, number>();
  readonly #required: Map<string, number>;
  #lists: { readonly id: number; readonly question: ListingQuestion }[] = [];
  #walk: Walk | null = null;
  #projection: Projection | null = null;
  #turnScheduled = false;
  #pauseMs = 0;
  #paused = false;
  #held = false;
  #closed = false;

  constructor(options: ProjectorOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#journal = options.journal;
    this.#required = new Map(options.required);
    const projected = options.database.positions();
    for (const partition of options.partitions) {
      this.#positions.set(partition, projected.get(partition)?.seq ?? 0);
    }
  }

  /** How far each partition is projected. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  receive(message: ToArchive): void {
    if (this.#closed) return; // Whoever asked has been told that this one ended.
    switch (message.type) {
      case "follow":
        for (const [partition, seq] of message.positions) raise(this.#durable, partition, seq);
        this.#scheduleTurn();
        return;
      case "hold":
        this.#held = message.isHeld;
        if (message.isHeld) this.#abandonProjection();
        this.#scheduleTurn();
        return;
      case "require":
        raise(this.#required, message.partition, message.seq);
        return;
      case "question":
        this.#receiveQuestion(message.id, message.question);
        return;
      case "close":
        this.close();
        return;
      default:
        unreachable(message, "message to the archive");
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#database.close();
    this.#journal.close();
  }

  #receiveQuestion(id: number, question: ArchiveQuestion): void {
    if (isListing(question)) {
      this.#lists.push({ id, question });
      this.#scheduleTurn();
      return;
    }
    this.#guarded(id, () => this.#answer(id, this.#lookUp(question)));
  }

  #lookUp(question: Exclude<ArchiveQuestion, ListingQuestion>): ArchiveAnswer {
    if (question.name === "payload") {
      const { partition, seq } = question.ask;
      return this.#payloadAt(partition, seq);
    }
    if (question.name === "closingEvent" && question.ask.held !== null) {
      return this.#sealed(question.ask.held);
    }
    this.#requireCaughtUp();
    switch (question.name) {
      case "closingEvent": {
        const orderNumber = orderNumberOf(question.ask.orderId);
        if (orderNumber === null) return null;
        const place = this.#database.closedByNumber(question.ask.account, orderNumber);
        if (place === null) return null;
        this.#closingReport(question.ask.account, place);
        return this.#sealed(place);
      }
      case "closedByOrderId": {
        const orderNumber = orderNumberOf(question.ask.orderId);
        if (orderNumber === null) return null;
        const place = this.#database.closedByNumber(question.ask.account, orderNumber);
        return place === null ? null : this.#closingReport(question.ask.account, place);
      }
      case "closedByClOrdId": {
        const { account, clOrdId, portfolioIds } = question.ask;
        const place = this.#database.newestClosedByClOrdId(account, clOrdId, portfolioIds);
        const isNamed = (order: Order): boolean => order.clOrdId === clOrdId;
        return place === null ? null : this.#closingReport(account, place, isNamed);
      }
      case "orders":
        return this.#orders(question.ask);
      case "reports":
        return this.#reports(question.ask);
      case "earliestStreamSeq":
        return this.#database.earliestStreamSeq(question.ask.account);
      default:
        return unreachable(question, "question to the archive");
    }
  }

  /** A filter may say what the caller may know of: a row that belies its order tells nobody. */
  #orders({ account, orderNumbers, filter }: OrdersQuestion): string[] {
    const isAsked = (order: Order): boolean => matchesFilter(order, filter);
    return orderNumbers.map((orderNumber) => {
      const place = this.#database.closedByNumber(account, orderNumber);
      if (place !== null) return this.#closingReport(account, place, isAsked);
      throw new ArchiveDamagedError(`order ${orderNumber} was listed and is not there`);
    });
  }

  #reports(ask: { account: string; afterStreamSeq: number; limit: number }): string[] {
    const places = this.#database.reportPlaces(ask.account, ask.afterStreamSeq, ask.limit);
    return places.map((place) => this.#report(ask.account, place));
  }

  /** After a check that it is the one its place is for: it goes to the account's stream. */
  #report(account: string, { partition, seq, streamSeq }: ReportPlace): string {
    const payload = this.#eventAt(partition, seq);
    const event = decodeDeskEvent(payload);
    const isNamed =
      event.type === "ExecutionReported" &&
      event.order.account === account &&
      event.order.streamSeq === streamSeq;
    if (isNamed) return payload;
    throw new ArchiveDamagedError(`the event ${partition} ${seq} is not report ${streamSeq}`);
  }

  /** The report that closed an order, after a check that it is the order's own. */
  #closingReport(
    account: string,
    place: ClosedPlace,
    isAsked: (order: Order) => boolean = () => true,
  ): string {
    const { orderNumber, partition, seq } = place;
    const payload = this.#eventAt(partition, seq);
    const event = decodeDeskEvent(payload);
    const isNamed =
      event.type === "ExecutionReported" &&
      event.order.account === account &&
      event.order.orderId === String(orderNumber) &&
      isClosed(event.order) &&
      isAsked(event.order);
    if (isNamed) return payload;
    throw new ArchiveDamagedError(`the event ${partition} ${seq} did not close ${orderNumber}`);
  }

  #sealed({ partition, seq }: JournalPlace): SealedEvent | null {
    const event = this.#journal.sealed(partition, seq);
    return event === null ? null : { partition, seq, hash: event.hash, payload: event.payload };
  }

  #sealedAt(place: JournalPlace): SealedEvent {
    const event = this.#sealed(place);
    if (event !== null) return event;
    throw new ArchiveDamagedError(`the journal has no event ${place.partition} ${place.seq}`);
  }

  /** An event that a row of the archive names. */
  #eventAt(partition: string, seq: number): string {
    const payload = this.#payloadAt(partition, seq);
    if (payload !== null) return payload;
    throw new ArchiveDamagedError(`the journal has no event ${partition} ${seq}`);
  }

  #payloadAt(partition: string, seq: number): string | null {
    if (!isSeq(seq)) return null;
    const [record] = this.#journal.read(partition, seq - 1, 1);
    return record?.seq === seq ? record.payload : null;
  }

  /**
   * Memory no longer holds what was projected once: until it is again, an answer could lack orders.
   */
  #requireCaughtUp(): void {
    for (const [partition, seq] of this.#required) {
      if ((this.#positions.get(partition) ?? 0) < seq) throw new CatchingUpError();
    }
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#options.clock.atTurnEnd(() => {
      this.#turnScheduled = false;
      if (!this.#closed) this.#turn();
    });
  }

  /**
   * A step of the list under way, or one of the transaction, which the next list follows. So a list
   * waits for one transaction, and the next transaction for one list.
   */
  #turn(): void {
    if (this.#walk !== null) {
      this.#stepWalk(this.#walk);
    } else {
      this.#project();
      if (!this.#closed && this.#projection === null) this.#startWalk();
    }
    if (this.#closed) return;
    const isUnderWay = this.#walk !== null || this.#projection !== null;
    const canProject = !this.#paused && !this.#held && this.#mostBehind() !== null;
    if (isUnderWay || this.#lists.length > 0 || canProject) this.#scheduleTurn();
  }

  #startWalk(): void {
    const list = this.#lists.shift();
    if (list === undefined) return;
    const { id, question } = list;
    this.#guarded(id, () => {
      this.#requireCaughtUp();
      this.#walk = { id, steps: this.#stepsOf(question) };
    });
    if (this.#walk !== null) this.#stepWalk(this.#walk);
  }

  #stepWalk({ id, steps }: Walk): void {
    this.#walk = null;
    this.#guarded(id, () => {
      const step = steps.next();
      if (step.done === true) this.#answer(id, step.value);
      else this.#walk = { id, steps };
    });
  }

  #stepsOf(question: ListingQuestion): Walk["steps"] {
    switch (question.name) {
      case "list":
        return this.#orderSteps(question.ask);
      case "bookings":
        return this.#bookingSteps(question.ask);
      case "story":
        return storySteps(question.ask, {
          table: this.#database.stories,
          eventAt: (place) => this.#sealedAt(place),
        });
    }
  }

  *#orderSteps({ account, filter, fromIndex, limit }: ListQuestion): Generator<void, ListAnswer> {
    const listed = yield* this.#database.list(account, filter, fromIndex, limit);
    return { ...listed, positions: this.#positions };
  }

  *#bookingSteps(question: BookingsQuestion): Generator<void, BookingsAnswer> {
    const { account, partition, filter, ...range } = question;
    // What lies behind is asked of nobody else.
    if ((this.#positions.get(partition) ?? 0) < range.throughSeq) throw new CatchingUpError();
    const listed = yield* this.#database.listBookings(account, partition, filter, range);
    const { total, skipCount } = listed;
    const records = listed.seqs.map((seq) => ({ seq, payload: this.#booked(question, seq) }));
    return { total, records, skipCount };
  }

  /** After a check that it is the account's, and one that the filter lets through. */
  #booked({ account, partition, filter }: BookingsQuestion, seq: number): string {
    const payload = this.#eventAt(partition, seq);
    const event = decodeDeskEvent(payload);
    if (isBooked(event)) {
      const owner = event.type === "ExecutionReported" ? event.order.account : event.account;
      if (owner === account && bookingWeight(event, filter) > 0) return payload;
    }
    throw new ArchiveDamagedError(`the event ${partition} ${seq} is no booking that was asked for`);
  }

  /** A step of the transaction under way, or the first one of the next. */
  #project(): void {
    if (this.#paused || this.#held) return;
    this.#projection ??= this.#nextProjection();
    if (this.#projection === null) return;
    const { partition, seq, steps } = this.#projection;
    if (this.#behind(partition) <= ASIDE_EVENTS_MAX) this.#options.stepAside();
    try {
      if (steps.next().done !== true) return;
      this.#projection = null;
      this.#pauseMs = 0;
      this.#positions.set(partition, seq);
      raise(this.#required, partition, seq);
      this.#options.post({ type: "projected", partition, seq });
    } catch (error) {
      this.#projection = null;
      if (isDamage(error)) this.#end(error as Error);
      else this.#pause(faultOf(error));
    }
  }

  #nextProjection(): Projection | null {
    const partition = this.#mostBehind();
    if (partition === null) return null;
    const after = this.#positions.get(partition) ?? 0;
    const durable = this.#durable.get(partition) ?? 0;
    const seq = Math.min(durable, after + PROJECTED_EVENTS_MAX);
    return { partition, seq, steps: this.#projectionSteps(partition, after, seq) };
  }

  *#projectionSteps(partition: string, after: number, seq: number): Generator<void, void> {
    const hash = this.#journal.hashAt(partition, seq);
    if (hash === null) throw endsBefore(partition, seq);
    const pages = this.#pages(partition, after, seq);
    yield* this.#database.projecting(partition, pages, { seq, hash });
  }

  *#pages(partition: string, after: number, seq: number): Generator<JournalRecord[]> {
    for (let last = after; last < seq; ) {
      const count = Math.min(seq - last, PROJECT_STEP_EVENTS);
      const records = this.#journal.read(partition, last, count);
      if (records.length !== count) throw endsBefore(partition, seq);
      yield records;
      last += count;
    }
  }

  /** Begun again where it began. */
  #abandonProjection(): void {
    if (this.#projection === null) return;
    this.#projection = null;
    this.#database.rollBack();
  }

  /** The partition with the most durable events that are not projected; null when there is none. */
  #mostBehind(): string | null {
    let found: string | null = null;
    let most = 0;
    for (const partition of this.#positions.keys()) {
      const behind = this.#behind(partition);
      if (behind <= most) continue;
      most = behind;
      found = partition;
    }
    return found;
  }

  #behind(partition: string): number {
    return (this.#durable.get(partition) ?? 0) - (this.#positions.get(partition) ?? 0);
  }

  #pause(error: Error): void {
    this.#pauseMs = Math.min(Math.max(2 * this.#pauseMs, RETRY_MS_MIN), RETRY_MS_MAX);
    this.#paused = true;
    const { clock, post } = this.#options;
    post({ type: "failed", problem: error.message, retryInMs: this.#pauseMs });
    clock.after(this.#pauseMs, () => {
      this.#paused = false;
      this.#scheduleTurn();
    });
  }

  /** Answers a question or says why not; damage ends the projector, a bug the thread. */
  #guarded(id: number, answer: () => void): void {
    try {
      answer();
    } catch (error) {
      const damaged = isDamage(error);
      const fault = damaged ? (error as Error) : faultOf(error);
      this.#options.post({ type: "refused", id, problem: fault.message });
      if (damaged) this.#end(fault);
    }
  }

  #end(error: Error): void {
    assert(!this.#closed, "damage is found in an open archive");
    this.close();
    this.#options.onDamage(error);
  }

  #answer(id: number, answer: ArchiveAnswer): void {
    this.#options.post({ type: "answer", id, answer });
  }
}

class CatchingUpError extends Error {
  override readonly name = "CatchingUpError";

  constructor() {
    super("it is being built again and has not caught up yet");
  }
}

function endsBefore(partition: string, seq: number): JournalError {
  const problem = `partition ${JSON.stringify(partition)} ends before ${seq}, which is durable`;
  return new JournalError("JOURNAL_DAMAGED", "journal.db", problem);
}

/** The failure of a disk, a database or the journal. Anything else is a bug and is thrown again. */
function faultOf(error: unknown): Error {
  const isFault =
    error instanceof Database.SqliteError ||
    error instanceof JournalError ||
    error instanceof CatchingUpError;
  if (isFault) return error;
  if (error instanceof Error && diskErrorCode(error) !== null) return error;
  throw error;
}

function raise(positions: Map<string, number>, partition: string, seq: number): void {
  if (seq > (positions.get(partition) ?? 0)) positions.set(partition, seq);
}
