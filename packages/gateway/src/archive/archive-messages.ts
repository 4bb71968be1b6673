/** What the main thread and the archive's thread say to each other. */
import type { JournalPlace } from "../journal/journal.ts";
import type { RebuildReason } from "./archive-file.ts";
import type { BookingFilter } from "./booking-filter.ts";
import type { BookingRange } from "./booking-table.ts";
import type { OrderFilter } from "./order-filter.ts";

/** What the thread is started with. */
export interface ArchiveWorkerStart {
  readonly dataDir: string;
  readonly partitions: readonly string[];
  /** Questions are refused until the projection has reached these positions. */
  readonly required: ReadonlyMap<string, number>;
}

/**
 * Every question: what is asked, and what is answered. Events travel encoded, orders as the reports
 * that closed them.
 */
export interface ArchiveQuestions {
  readonly closedByOrderId: {
    readonly ask: { readonly account: string; readonly orderId: string };
    readonly answer: string | null;
  };
  readonly closedByClOrdId: {
    readonly ask: {
      readonly account: string;
      readonly clOrdId: string;
      /** Null: whatever its portfolio. */
      readonly portfolioIds: readonly string[] | null;
    };
    readonly answer: string | null;
  };
  readonly list: { readonly ask: ListQuestion; readonly answer: ListAnswer };
  readonly bookings: { readonly ask: BookingsQuestion; readonly answer: BookingsAnswer };
  readonly orders: { readonly ask: OrdersQuestion; readonly answer: readonly string[] };
  readonly reports: {
    readonly ask: {
      readonly account: string;
      readonly afterStreamSeq: number;
      readonly limit: number;
    };
    readonly answer: readonly string[];
  };
  /** The event that closed an order: where memory says, or where the archive finds it. */
  readonly closingEvent: {
    readonly ask: {
      readonly account: string;
      readonly orderId: string;
      readonly held: JournalPlace | null;
    };
    readonly answer: SealedEvent | null;
  };
  readonly payload: {
    readonly ask: { readonly partition: string; readonly seq: number };
    readonly answer: string | null;
  };
  readonly earliestStreamSeq: {
    readonly ask: { readonly account: string };
    /** Null: no report of the account is kept. */
    readonly answer: number | null;
  };
  /** Null: there is no such order. */
  readonly story: { readonly ask: StoryQuestion; readonly answer: StoryAnswer | null };
}

/** The events of one order by its number, or of all of an account that carry the client's name. */
export interface StoryQuestion {
  readonly sought:
    | { readonly orderNumber: number }
    | { readonly account: string; readonly clOrdId: string };
  /** What memory has open of them, oldest first; null where it has none. */
  readonly open: { readonly account: string; readonly heads: readonly StoryHead[] } | null;
  /** Only events before this position are told. */
  readonly beforeSeq: number;
  /** Goes on where an answer ended; null begins with the newest event. */
  readonly cursor: StoryCursor | null;
  readonly limit: number;
}

/** An order, and the stream position of the newest report that has not been told. */
export interface StoryHead {
  readonly orderNumber: number;
  /** 0: all its reports have been told. */
  readonly streamSeq: number;
}

export interface StoryCursor {
  readonly beforeSeq: number;
  readonly heads: readonly StoryHead[];
}

export interface StoryAnswer {
  /** The newest ones, oldest first. */
  readonly events: readonly SealedEvent[];
  /** Where older ones are; null where there are none. */
  readonly earlier: StoryCursor | null;
  /** False where the story began before what can be followed. */
  readonly isComplete: boolean;
}

export interface SealedEvent extends JournalPlace {
  readonly hash: string;
  readonly payload: string;
}

/** The closed orders that a list named, which was asked for by this filter. */
export interface OrdersQuestion {
  readonly account: string;
  readonly orderNumbers: readonly number[];
  readonly filter: OrderFilter;
}

export interface ListQuestion {
  readonly account: string;
  readonly filter: OrderFilter;
  readonly fromIndex: number;
  readonly limit: number;
}

export interface ListAnswer {
  readonly total: number;
  readonly orderNumbers: readonly number[];
  /** How far each partition was projected when the list was read. */
  readonly positions: ReadonlyMap<string, number>;
}

export interface BookingsQuestion extends BookingRange {
  readonly account: string;
  readonly partition: string;
  readonly filter: BookingFilter;
}

export interface BookingsAnswer {
  /** Rows that match, all pages together. */
  readonly total: number;
  /** The events that the page's rows are of, newest first. */
  readonly records: readonly { readonly seq: number; readonly payload: string }[];
  /** Rows of the first of them that lie before the page. */
  readonly skipCount: number;
}

/** Questions that walk over rows or events, in steps. */
const LIST_QUESTIONS = ["list", "bookings", "story"] as const;
type ListQuestionName = (typeof LIST_QUESTIONS)[number];

export function isListQuestion(name: QuestionName): name is ListQuestionName {
  return LIST_QUESTIONS.some((each) => each === name);
}

export type QuestionName = keyof ArchiveQuestions;

/** A question with its name, so that the name tells its content's type. */
export type ArchiveQuestion = {
  [Name in QuestionName]: { readonly name: Name; readonly ask: ArchiveQuestions[Name]["ask"] };
}[QuestionName];

/** One that is answered in steps. */
export type ListingQuestion = Extract<ArchiveQuestion, { readonly name: ListQuestionName }>;

export function isListing(question: ArchiveQuestion): question is ListingQuestion {
  return isListQuestion(question.name);
}

export type ArchiveAnswer = ArchiveQuestions[QuestionName]["answer"];

export type ToArchive =
  /** The partitions are durable up to these positions: no event behind them may be read. */
  | { readonly type: "follow"; readonly positions: ReadonlyMap<string, number> }
  /** While held, nothing is projected: what room the disk has is for others. */
  | { readonly type: "hold"; readonly isHeld: boolean }
  | { readonly type: "require"; readonly partition: string; readonly seq: number }
  | { readonly type: "question"; readonly id: number; readonly question: ArchiveQuestion }
  | { readonly type: "close" };

/**
 * `ready` once, after the database was opened. `projected` after each transaction, before any
 * answer that was read behind it. `failed`: projecting pauses, or, with `ends`, the thread ends.
 */
export type FromArchive =
  | {
      readonly type: "ready";
      readonly positions: ReadonlyMap<string, number>;
      readonly rebuilt: RebuildReason | null;
    }
  | { readonly type: "projected"; readonly partition: string; readonly seq: number }
  | { readonly type: "answer"; readonly id: number; readonly answer: ArchiveAnswer }
  | { readonly type: "refused"; readonly id: number; readonly problem: string }
  | { readonly type: "failed"; readonly problem: string; readonly retryInMs: number };
