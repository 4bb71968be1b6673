/**
 * Events of the journal that the archive's rows name, each after a check that it is what its row
 * says. A row may be wrong, the journal is not: what does not fit is damage of the archive, and is
 * told to nobody.
 */
import { type DeskEvent, decodeDeskEvent, type Order } from "@countermand/core/model";
import { isBooked } from "@countermand/core/money";
import { isClosed } from "@countermand/core/order";
import { isSeq } from "../journal/event-block.ts";
import type { JournalPlace, JournalRecord } from "../journal/journal.ts";
import type { ClosedPlace } from "./archive-database.ts";
import type { BookingsQuestion, SealedEvent } from "./archive-messages.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import { bookingWeight } from "./booking-filter.ts";
import type { ReportPlace } from "./stream-runs.ts";

/** Where events are read; JournalReader is one. */
export interface EventSource {
  read(partition: string, afterSeq: number, limit: number): JournalRecord[];
  sealed(partition: string, seq: number): { hash: string; payload: string } | null;
}

export class CheckedEvents {
  readonly #journal: EventSource;

  constructor(journal: EventSource) {
    this.#journal = journal;
  }

  /** An event that no row names; null where there is none. */
  payload(partition: string, seq: number): string | null {
    if (!isSeq(seq)) return null;
    const [record] = this.#journal.read(partition, seq - 1, 1);
    return record?.seq === seq ? record.payload : null;
  }

  /** The same with its hash. */
  sealed({ partition, seq }: JournalPlace): SealedEvent | null {
    const event = this.#journal.sealed(partition, seq);
    return event === null ? null : { partition, seq, hash: event.hash, payload: event.payload };
  }

  /** A report of the account's stream. */
  report(account: string, { partition, seq, streamSeq }: ReportPlace): string {
    const is = `report ${streamSeq} of ${account}`;
    return this.#checked({ partition, seq }, is, (event) => {
      if (event.type !== "ExecutionReported") return false;
      return event.order.account === account && event.order.streamSeq === streamSeq;
    });
  }

  /** The report that closed an order of the account. */
  closing(
    account: string,
    place: ClosedPlace,
    isAsked: (order: Order) => boolean = () => true,
  ): string {
    const { orderNumber } = place;
    const is = `the report that closed ${orderNumber} as it was asked for`;
    return this.#checked(place, is, (event) => {
      if (event.type !== "ExecutionReported") return false;
      const { order } = event;
      const isNamed = order.account === account && order.orderId === String(orderNumber);
      return isNamed && isClosed(order) && isAsked(order);
    });
  }

  /** A booking that a list found: the account's, and one that the filter lets through. */
  booking({ account, partition, filter }: BookingsQuestion, seq: number): string {
    return this.#checked({ partition, seq }, `a booking of ${account} asked for`, (event) => {
      if (!isBooked(event)) return false;
      const owner = event.type === "ExecutionReported" ? event.order.account : event.account;
      return owner === account && bookingWeight(event, filter) > 0;
    });
  }

  /** A refused command about an order of the account. */
  refusal(account: string, orderNumber: number, place: JournalPlace): SealedEvent {
    const refusal = this.named(place);
    const event = decodeDeskEvent(refusal.payload);
    const isOfOrder =
      event.type === "CommandRefused" &&
      event.account === account &&
      event.orderId === String(orderNumber);
    if (isOfOrder) return refusal;
    throw notWhatItsRowSays(place, `a refused command about ${orderNumber}`);
  }

  /** An event that a row names, which whoever reads it checks. */
  named(place: JournalPlace): SealedEvent {
    const event = this.sealed(place);
    if (event !== null) return event;
    throw missing(place);
  }

  #checked(place: JournalPlace, is: string, fits: (event: DeskEvent) => boolean): string {
    const payload = this.payload(place.partition, place.seq);
    if (payload === null) throw missing(place);
    if (fits(decodeDeskEvent(payload))) return payload;
    throw notWhatItsRowSays(place, is);
  }
}

function missing({ partition, seq }: JournalPlace): ArchiveDamagedError {
  return new ArchiveDamagedError(`the journal has no event ${partition} ${seq}`);
}

function notWhatItsRowSays({ partition, seq }: JournalPlace, what: string): ArchiveDamagedError {
  return new ArchiveDamagedError(`the event ${partition} ${seq} is not ${what}`);
}
