/**
 * The answer to each question: rows of the archive, and the events of the journal that they name.
 * Lookups are answered at once, lists in steps.
 */
import { unreachable } from "@countermand/core/assert";
import type { Order } from "@countermand/core/model";
import type { ArchiveDatabase, ClosedPlace } from "./archive-database.ts";
import type {
  ArchiveAnswer,
  ArchiveQuestion,
  ArchiveQuestions,
  BookingsAnswer,
  BookingsQuestion,
  ListAnswer,
  ListingQuestion,
  ListQuestion,
  OrdersQuestion,
  SealedEvent,
  StoryAnswer,
} from "./archive-messages.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import type { CheckedEvents } from "./checked-events.ts";
import { matchesFilter } from "./order-filter.ts";
import { orderNumberOf } from "./order-number.ts";
import type { ProjectionProgress } from "./projection-progress.ts";
import { storySteps } from "./story-walk.ts";

export type LookupQuestion = Exclude<ArchiveQuestion, ListingQuestion>;
export type ListSteps = Generator<void, ListAnswer | BookingsAnswer | StoryAnswer | null>;

export interface AnswerSources {
  readonly database: ArchiveDatabase;
  readonly events: CheckedEvents;
  readonly progress: ProjectionProgress;
}

export class ArchiveAnswers {
  readonly #database: ArchiveDatabase;
  readonly #events: CheckedEvents;
  readonly #progress: ProjectionProgress;

  constructor({ database, events, progress }: AnswerSources) {
    this.#database = database;
    this.#events = events;
    this.#progress = progress;
  }

  /**
   * @throws CatchingUpError what was projected once is not again
   * @throws ArchiveDamagedError a row is not what its event says
   */
  lookUp(question: LookupQuestion): ArchiveAnswer {
    switch (question.name) {
      // Whoever asks knows where it stands: of the journal alone, however far that is projected.
      case "payload":
        return this.#events.payload(question.ask.partition, question.ask.seq);
      case "closingEvent":
        return this.#closingEvent(question.ask);
      case "closedByOrderId":
        return this.#closedByOrderId(question.ask);
      case "closedByClOrdId":
        return this.#closedByClOrdId(question.ask);
      case "orders":
        return this.#orders(question.ask);
      case "reports":
        return this.#reports(question.ask);
      case "earliestStreamSeq":
        return this.#caughtUp().earliestStreamSeq(question.ask.account);
      default:
        return unreachable(question, "question to the archive");
    }
  }

  /** Each `next()` does a bounded part. Throws as {@link lookUp} does. */
  steps(question: ListingQuestion): ListSteps {
    const database = this.#caughtUp();
    switch (question.name) {
      case "list":
        return this.#orderSteps(question.ask);
      case "bookings":
        return this.#bookingSteps(question.ask);
      case "story":
        return storySteps(question.ask, { table: database.stories, events: this.#events });
      default:
        return unreachable(question, "list of the archive");
    }
  }

  /** For whatever needs all rows: memory no longer holds what was projected once. */
  #caughtUp(): ArchiveDatabase {
    this.#progress.requireCaughtUp();
    return this.#database;
  }

  #closingEvent({ account, orderId, held }: Asked<"closingEvent">): SealedEvent | null {
    if (held !== null) return this.#events.sealed(held);
    const place = this.#placeOf(account, orderId);
    if (place === null) return null;
    this.#events.closing(account, place);
    return this.#events.sealed(place);
  }

  #closedByOrderId({ account, orderId }: Asked<"closedByOrderId">): string | null {
    const place = this.#placeOf(account, orderId);
    return place === null ? null : this.#events.closing(account, place);
  }

  #placeOf(account: string, orderId: string): ClosedPlace | null {
    const database = this.#caughtUp();
    const orderNumber = orderNumberOf(orderId);
    return orderNumber === null ? null : database.closedByNumber(account, orderNumber);
  }

  #closedByClOrdId(ask: Asked<"closedByClOrdId">): string | null {
    const { account, clOrdId, portfolioIds } = ask;
    const place = this.#caughtUp().newestClosedByClOrdId(account, clOrdId, portfolioIds);
    const isNamed = (order: Order): boolean => order.clOrdId === clOrdId;
    return place === null ? null : this.#events.closing(account, place, isNamed);
  }

  /** A filter may say what the caller may know of: a row that belies its order tells nobody. */
  #orders({ account, orderNumbers, filter }: OrdersQuestion): string[] {
    const database = this.#caughtUp();
    const isAsked = (order: Order): boolean => matchesFilter(order, filter);
    return orderNumbers.map((orderNumber) => {
      const place = database.closedByNumber(account, orderNumber);
      if (place !== null) return this.#events.closing(account, place, isAsked);
      throw new ArchiveDamagedError(`order ${orderNumber} was listed and is not there`);
    });
  }

  #reports({ account, afterStreamSeq, limit }: Asked<"reports">): string[] {
    const places = this.#caughtUp().reportPlaces(account, afterStreamSeq, limit);
    return places.map((place) => this.#events.report(account, place));
  }

  *#orderSteps({ account, filter, fromIndex, limit }: ListQuestion): Generator<void, ListAnswer> {
    const listed = yield* this.#database.list(account, filter, fromIndex, limit);
    return { ...listed, positions: this.#progress.positions };
  }

  *#bookingSteps(question: BookingsQuestion): Generator<void, BookingsAnswer> {
    const { account, partition, filter, ...range } = question;
    // What lies behind is asked of nobody else.
    this.#progress.requireThrough(partition, range.throughSeq);
    const listed = yield* this.#database.listBookings(account, partition, filter, range);
    const { total, skipCount } = listed;
    const records = listed.seqs.map((seq) => {
      return { seq, payload: this.#events.booking(question, seq) };
    });
    return { total, records, skipCount };
  }
}

type Asked<Name extends keyof ArchiveQuestions> = ArchiveQuestions[Name]["ask"];
