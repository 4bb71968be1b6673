/** Answers as a client reads them, and what is wrong with one. */
export interface Envelope {
  readonly code: number;
  readonly reason?: string;
  readonly retryable?: boolean;
  readonly data?: unknown;
}

/** What one element of a request must be answered. */
export interface Element {
  readonly code: number;
  /** Any of these instead, where the moment at which it was decided is not known. */
  readonly codes?: ReadonlySet<string>;
  readonly orderNo?: string;
  /** It is about an order that works no more: closed orders may be out of reach for a while. */
  readonly isPast?: boolean;
  /** Its cancel was sent to a venue that answers later: it may be done, or too late. */
  readonly isSent?: boolean;
  /** It placed nothing: something has kept it out, or should not have. */
  readonly isBlocked?: boolean;
}

export interface Expected {
  readonly isBatch: boolean;
  readonly elements: readonly Element[];
}

/** Closed orders cannot be looked up now. */
export const UNAVAILABLE = 11030051;

/** Filled, or rejected, before the cancel came. */
export const TOO_LATE = 11030204;

/** By an operator's block or mode. */
export const BLOCK_CODES: ReadonlySet<number> = new Set([11031250, 11031251, 11031252, 11031253]);

/** Refused for a reason that passes by itself: nothing was done. */
export function isPassing({ code, retryable }: Envelope): boolean {
  return code !== 0 && retryable === true;
}

interface Result {
  readonly code: number;
  readonly orderNo: string;
}

export function resultsOf(envelope: Envelope, isBatch: boolean): Result[] {
  const { code, data } = envelope;
  if (!isBatch) return [{ code, orderNo: (data as { order_no?: string })?.order_no ?? "" }];
  const rows = (data ?? []) as { order_no: string; result: Envelope }[];
  return rows.map(({ order_no, result }) => ({ code: result.code, orderNo: order_no }));
}

export function answerDifference(body: string, { isBatch, elements }: Expected): string | null {
  const results = resultsOf(JSON.parse(body) as Envelope, isBatch);
  if (results.length !== elements.length) return `${elements.length} results are expected`;
  for (const [index, element] of elements.entries()) {
    const { code, orderNo, isPast, isBlocked } = element;
    const result = results[index];
    if (isPast === true && result?.code === UNAVAILABLE) continue;
    if (element.isSent === true && result?.code === TOO_LATE) continue;
    if (isBlocked === true && BLOCK_CODES.has(result?.code ?? 0)) continue;
    if (element.codes !== undefined) {
      const { codes } = element;
      if (codes.has(String(result?.code))) continue;
      return `result ${index} is ${result?.code}, expected ${[...codes].join(" or ")}`;
    }
    if (result?.code !== code) return `result ${index} is ${result?.code}, expected ${code}`;
    if (orderNo !== undefined && result.orderNo !== orderNo) return `expected order ${orderNo}`;
  }
  return null;
}
