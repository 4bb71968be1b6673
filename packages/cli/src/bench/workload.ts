/**
 * What a load sends: orders that rest, and their cancels, in turn; one by one or five at a time. It
 * knows what it placed and has not cancelled yet, and which pushes are still to come.
 */
import { Latencies } from "./latencies.ts";

/** Also the rows of the report. */
export const KINDS = ["place", "cancel", "place_batch", "cancel_batch"] as const;
export type Kind = (typeof KINDS)[number];

export interface BenchRequest {
  readonly kind: Kind;
  /** Names the command on a socket. */
  readonly id: string;
  /** The body of the request. */
  readonly data: object;
}

/** What came back; a problem is an answer that did not come, or is none. */
export type BenchAnswer =
  | { readonly httpStatus: number | null; readonly envelope: Envelope }
  | { readonly problem: string };

export interface Envelope {
  readonly code: number;
  readonly reason?: string;
  readonly data?: unknown;
}

/** The terms of every order; the name is added. */
export type OrderTerms = Readonly<Record<string, string>>;

/** How often something was refused, or not answered. */
export interface FailureCount {
  /** Null where it is an element of a batch, or came over a socket, or did not come. */
  readonly http_status: number | null;
  /** 0 where no answer came. */
  readonly code: number;
  readonly reason: string;
  readonly count: number;
}

interface Placed {
  readonly orderNo: string;
  readonly reference: string;
}

/** What is waited for on the stream, by the order's name. */
interface Expected {
  readonly placedAtMs: number;
  cancelledAtMs: number | null;
  isPlacePushed: boolean;
}

const BATCH_COUNT = 5;
/** Failures that are told apart; more kinds are counted as one. Bounds memory. */
const FAILURE_KINDS_MAX = 200;

export class Workload {
  readonly prefix: string;
  readonly #terms: OrderTerms;
  readonly #ordersPerRequest: number;
  readonly #open: (readonly Placed[])[] = [];
  readonly #expected = new Map<string, Expected>();
  readonly #failures = new Map<string, FailureCount>();
  readonly pushes = { place: new Latencies(), cancel: new Latencies() };
  placedCount = 0;
  cancelledCount = 0;
  #nextOrder = 1;
  #nextRequest = 1;

  /** `prefix` begins the name of each order. */
  constructor(prefix: string, terms: OrderTerms, isBatch: boolean) {
    this.prefix = prefix;
    this.#terms = terms;
    this.#ordersPerRequest = isBatch ? BATCH_COUNT : 1;
  }

  /** The next request, which was to be sent at `atMs`: a cancel wherever something is open. */
  next(atMs: number): { readonly request: BenchRequest; readonly orders: readonly string[] } {
    const id = `${this.prefix}r${this.#nextRequest}`;
    this.#nextRequest += 1;
    const open = this.#open.shift();
    return open === undefined ? this.#place(id, atMs) : this.#cancel(id, open, atMs);
  }

  #place(id: string, atMs: number) {
    const orders = Array.from({ length: this.#ordersPerRequest }, () => {
      const reference = `${this.prefix}${this.#nextOrder}`;
      this.#nextOrder += 1;
      this.#expected.set(reference, {
        placedAtMs: atMs,
        cancelledAtMs: null,
        isPlacePushed: false,
      });
      return reference;
    });
    const bodies = orders.map((reference_id) => ({ ...this.#terms, reference_id }));
    const [first = {}] = bodies;
    const isBatch = this.#ordersPerRequest > 1;
    const kind: Kind = isBatch ? "place_batch" : "place";
    return { request: { kind, id, data: isBatch ? bodies : first }, orders };
  }

  #cancel(id: string, open: readonly Placed[], atMs: number) {
    for (const { reference } of open) {
      const expected = this.#expected.get(reference);
      if (expected !== undefined) expected.cancelledAtMs = atMs;
    }
    const bodies = open.map(({ orderNo }) => ({ order_no: orderNo }));
    const [first = {}] = bodies;
    const isBatch = this.#ordersPerRequest > 1;
    const kind: Kind = isBatch ? "cancel_batch" : "cancel";
    const orders = open.map(({ reference }) => reference);
    return { request: { kind, id, data: isBatch ? bodies : first }, orders };
  }

  /** Takes an answer; gives whether there was one. */
  answered(kind: Kind, orders: readonly string[], answer: BenchAnswer): boolean {
    if ("problem" in answer) {
      this.#count(null, 0, answer.problem);
      for (const reference of orders) this.#expected.delete(reference);
      return false;
    }
    const { envelope, httpStatus } = answer;
    if (envelope.code !== 0) {
      this.#count(httpStatus, envelope.code, envelope.reason ?? "");
      for (const reference of orders) this.#expected.delete(reference);
      return true;
    }
    const results = elementsOf(kind, envelope.data);
    const placed: Placed[] = [];
    for (const [index, reference] of orders.entries()) {
      const { code, reason, orderNo } = results?.[index] ?? { code: 0, reason: "", orderNo: "" };
      if (code !== 0) {
        this.#count(null, code, reason);
        this.#expected.delete(reference);
      } else if (kind === "cancel" || kind === "cancel_batch") {
        this.cancelledCount += 1;
      } else {
        this.placedCount += 1;
        placed.push({ orderNo, reference });
      }
    }
    if (placed.length > 0) this.#open.push(placed);
    return true;
  }

  /** Takes a message of the order stream. */
  pushed(reference: string, status: string, atMs: number): void {
    const expected = this.#expected.get(reference);
    if (expected === undefined) return;
    if (!expected.isPlacePushed) {
      expected.isPlacePushed = true;
      this.pushes.place.record(atMs - expected.placedAtMs);
    }
    const { cancelledAtMs } = expected;
    if (status !== "can" || cancelledAtMs === null) return;
    this.pushes.cancel.record(atMs - cancelledAtMs);
    this.#expected.delete(reference);
  }

  /** Pushes of what was answered with success that have not come. */
  get missingPushCount(): number {
    let count = 0;
    for (const { cancelledAtMs, isPlacePushed } of this.#expected.values()) {
      if (!isPlacePushed || cancelledAtMs !== null) count += 1;
    }
    return count;
  }

  /** Most frequent first. */
  failures(): readonly FailureCount[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  #count(http_status: number | null, code: number, reason: string): void {
    const isKnown = this.#failures.size < FAILURE_KINDS_MAX;
    const failure = isKnown ? { http_status, code, reason } : OTHER;
    const key = `${failure.http_status} ${failure.code} ${failure.reason}`;
    const count = (this.#failures.get(key)?.count ?? 0) + 1;
    this.#failures.set(key, { ...failure, count });
  }
}

const OTHER = { http_status: null, code: 0, reason: "others" } as const;

interface Element {
  readonly code: number;
  readonly reason: string;
  readonly orderNo: string;
}

interface ElementAnswer {
  readonly order_no?: string;
  readonly result?: { readonly code: number; readonly reason?: string };
}

/** Null where there is nothing to look at: the answer of a cancel. */
function elementsOf(kind: Kind, data: unknown): readonly Element[] | null {
  if (kind === "cancel") return null;
  const elements = (kind === "place" ? [data] : data) as readonly ElementAnswer[];
  return elements.map(({ order_no = "", result }) => {
    return { code: result?.code ?? 0, reason: result?.reason ?? "", orderNo: order_no };
  });
}
