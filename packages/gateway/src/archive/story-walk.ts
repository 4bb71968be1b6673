/**
 * Follows the events of orders back, newest first: from report to report by the stream position
 * that each one has of the one before, and the refused commands between them. Where several orders
 * share a name, their events come in the order of the journal.
 */
import { decodeDeskEvent, type ExecutionReported } from "@countermand/core/model";
import type { JournalPlace } from "../journal/journal.ts";
import { STORY_ORDERS_MAX, STORY_STEP_EVENTS } from "./archive-limits.ts";
import type {
  SealedEvent,
  StoryAnswer,
  StoryCursor,
  StoryHead,
  StoryQuestion,
} from "./archive-messages.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import type { CheckedEvents } from "./checked-events.ts";
import type { StoryTable } from "./story-table.ts";

export interface StorySources {
  readonly table: StoryTable;
  readonly events: Pick<CheckedEvents, "named" | "refusal">;
}

/** Each `next()` reads a bounded number of events. Null: there is no such order. */
export function* storySteps(
  question: StoryQuestion,
  sources: StorySources,
): Generator<void, StoryAnswer | null> {
  const found = foundOrders(question, sources);
  if (found === null) return null;
  const { account, heads, beforeSeq } = found;
  const threads = heads.map((head) => new StoryThread(sources, account, head, beforeSeq));
  const events: SealedEvent[] = [];
  let thread = newestOf(threads);
  for (; thread !== null && events.length < question.limit; thread = newestOf(threads)) {
    events.push(thread.take());
    if (events.length % STORY_STEP_EVENTS === 0) yield;
  }
  const last = events.at(-1);
  const earlier =
    thread === null || last === undefined
      ? null
      : { beforeSeq: last.seq, heads: threads.flatMap((each) => each.left()) };
  const isComplete = threads.every((each) => each.isComplete);
  return { events: events.reverse(), earlier, isComplete };
}

interface FoundOrders {
  readonly account: string;
  readonly heads: readonly StoryHead[];
  readonly beforeSeq: number;
}

function foundOrders(question: StoryQuestion, sources: StorySources): FoundOrders | null {
  const { sought, open, cursor, beforeSeq } = question;
  if ("account" in sought) {
    const { account } = sought;
    if (cursor !== null) return continued(cursor, account, sources);
    const heads = namedHeads(question, account, sought.clOrdId, sources);
    return heads.length === 0 ? null : { account, heads, beforeSeq };
  }
  const { orderNumber } = sought;
  const closed = open === null ? sources.table.closedByNumber(orderNumber) : null;
  const account = open?.account ?? closed?.account;
  if (account === undefined) return null;
  if (cursor !== null) {
    const isOfOrder = cursor.heads.every((head) => head.orderNumber === orderNumber);
    return isOfOrder ? continued(cursor, account, sources) : null;
  }
  const heads = closed === null ? (open?.heads ?? []) : [closedHead(closed, sources)];
  return { account, heads, beforeSeq };
}

/** A cursor was in foreign hands: it may name what there never was. */
function continued(
  cursor: StoryCursor,
  account: string,
  { table, events }: StorySources,
): FoundOrders | null {
  const isSound = cursor.heads.every(({ orderNumber, streamSeq }) => {
    if (streamSeq === 0) return true;
    const place = table.report(account, streamSeq);
    return place !== null && reportOf(events.named(place), orderNumber) !== null;
  });
  return isSound ? { account, ...cursor } : null;
}

/** An order that was open when it was asked for may be closed by now: it counts once. */
function namedHeads(
  { open }: StoryQuestion,
  account: string,
  clOrdId: string,
  sources: StorySources,
): StoryHead[] {
  const heads = [...(open?.heads ?? [])].slice(-STORY_ORDERS_MAX);
  const known = new Set(heads.map(({ orderNumber }) => orderNumber));
  for (const place of sources.table.closedByName(account, clOrdId, STORY_ORDERS_MAX)) {
    if (heads.length >= STORY_ORDERS_MAX) break;
    if (!known.has(place.orderNumber)) heads.push(closedHead(place, sources, clOrdId));
  }
  return heads;
}

function closedHead(
  place: JournalPlace & { readonly orderNumber: number },
  { events }: StorySources,
  clOrdId: string | null = null,
): StoryHead {
  const { orderNumber } = place;
  const report = reportOf(events.named(place), orderNumber);
  const isNamed = clOrdId === null || report?.order.clOrdId === clOrdId;
  if (report === null || !isNamed)
    throw new ArchiveDamagedError(`no report of ${orderNumber} closed it`);
  return { orderNumber, streamSeq: report.order.streamSeq };
}

/** The events of one order that have not been taken yet. */
class StoryThread {
  readonly #sources: StorySources;
  readonly #account: string;
  readonly #orderNumber: number;
  #streamSeq: number;
  #report: SealedEvent | null = null;
  /** Of the report before {@link #report}. */
  #previousStreamSeq = 0;
  #refusal: JournalPlace | null;
  /** Whether the order's first report was reached, as far as it was followed. */
  isComplete = true;

  constructor(sources: StorySources, account: string, head: StoryHead, beforeSeq: number) {
    this.#sources = sources;
    this.#account = account;
    this.#orderNumber = head.orderNumber;
    this.#streamSeq = head.streamSeq;
    this.#refusal = sources.table.refusalBefore(account, head.orderNumber, beforeSeq);
    do this.#load();
    while (this.#report !== null && this.#report.seq >= beforeSeq && this.#follow());
  }

  /** Position of the newest event that is left; 0 where none is. */
  get newestSeq(): number {
    return Math.max(this.#report?.seq ?? 0, this.#refusal?.seq ?? 0);
  }

  /** Precondition: an event is left. */
  take(): SealedEvent {
    const [report, refusal] = [this.#report, this.#refusal];
    if (report !== null && report.seq === this.newestSeq) {
      this.#follow();
      this.#load();
      return report;
    }
    if (refusal === null) throw new ArchiveDamagedError("an order has no event left");
    const { table, events } = this.#sources;
    this.#refusal = table.refusalBefore(this.#account, this.#orderNumber, refusal.seq);
    return events.refusal(this.#account, this.#orderNumber, refusal);
  }

  left(): StoryHead[] {
    if (this.newestSeq === 0) return [];
    return [{ orderNumber: this.#orderNumber, streamSeq: this.#streamSeq }];
  }

  #follow(): boolean {
    this.#streamSeq = this.#previousStreamSeq;
    this.#report = null;
    return this.#streamSeq > 0;
  }

  #load(): void {
    if (this.#streamSeq === 0) return;
    const { table, events } = this.#sources;
    const place = table.report(this.#account, this.#streamSeq);
    if (place === null && this.#streamSeq < table.earliestStreamSeq(this.#account)) {
      // It was cut from the journal, and all before it.
      this.#streamSeq = 0;
      this.isComplete = false;
      return;
    }
    const event = place === null ? null : events.named(place);
    const report = event === null ? null : reportOf(event, this.#orderNumber);
    if (report === null || report.order.account !== this.#account) {
      throw new ArchiveDamagedError(`the reports of ${this.#orderNumber} lead elsewhere`);
    }
    this.#report = event;
    this.#previousStreamSeq = report.origin?.previousStreamSeq ?? 0;
    if (report.origin === undefined && report.order.version > 1) this.isComplete = false;
  }
}

/** Null where the event is no report of the order. */
function reportOf({ payload }: SealedEvent, orderNumber: number): ExecutionReported | null {
  const event = decodeDeskEvent(payload);
  if (event.type !== "ExecutionReported") return null;
  return event.order.orderId === String(orderNumber) ? event : null;
}

function newestOf(threads: readonly StoryThread[]): StoryThread | null {
  if (threads.length === 0) return null;
  const newest = threads.reduce((best, each) => (each.newestSeq > best.newestSeq ? each : best));
  return newest.newestSeq > 0 ? newest : null;
}
