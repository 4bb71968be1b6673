/**
 * Memory of answered writes: bounded by the signature window, small by keeping only where in the
 * journal the answer stands. Owned by the desk; a pure fold of the answers that events carry.
 *
 * A busy gateway remembers millions of them, and each for minutes. So they lie in columns of
 * numbers with a hash table of chained entries over them: as texts and objects of their own they
 * would cost the collector more than their requests cost.
 */
import { assert } from "../assert.ts";
import { type Cell, cellsOf, columnLines } from "../model/columns.ts";
import type { UnixMs } from "../model/ids.ts";
import { type BelievedCells, BelievedTime } from "./believed-time.ts";
import { DigestColumn } from "./digest-column.ts";
import { ForgottenSeconds, type SecondsRange } from "./forgotten-seconds.ts";

export interface AnsweredRequest {
  /** Journal position of the event that carries the answer, in the desk's partition. */
  readonly seq: number;
  readonly contentDigest: string;
  readonly expiresAtMs: UnixMs;
}

/** What is forgotten, and by which clock: what a memory knows beside its entries. */
export type ForgottenCells = readonly [BelievedCells, readonly SecondsRange[]];

/** The number of an entry; 0 is none. */
type Entry = number;
const NONE: Entry = 0;

const CAPACITY_MIN = 256;

/** Seconds that what has expired stays: a clock that is set back by less has forgotten nothing. */
const SPARE_S = 10;

export class AnsweredRequests {
  /** Part of the state, as what was forgotten is: a restored desk forgets and says alike. */
  readonly #time = new BelievedTime();
  readonly #forgotten = new ForgottenSeconds();
  /** Nothing that is left expires in this second or before it. Not part of the state. */
  #sweptThroughS = 0;
  #size = 0;
  #fingerprints = new DigestColumn(CAPACITY_MIN);
  #digests = new DigestColumn(CAPACITY_MIN);
  /** 0: the entry is not in use, or its name was used again. */
  #seqs = new Float64Array(CAPACITY_MIN);
  #expiriesMs = new Float64Array(CAPACITY_MIN);
  /** The next entry in the same slot of the table. */
  #chained = new Int32Array(CAPACITY_MIN);
  /** Of those that expire in the same second; of the free ones, any. */
  #following = new Int32Array(CAPACITY_MIN);
  /** As many as entries: the first of each chain. */
  #slots = new Int32Array(CAPACITY_MIN);
  /** The last entry of each second, so that forgetting costs nothing per request. */
  readonly #bySecond = new Map<number, Entry>();
  #firstFree: Entry = NONE;
  /** Entries from here on were never used. */
  #end: Entry = 1;

  get size(): number {
    return this.#size;
  }

  get(fingerprint: string, nowMs: UnixMs): AnsweredRequest | null {
    const entry = this.#find(fingerprint);
    // An expired entry may stay until the next event sweeps it; it does not count.
    return entry === NONE || this.#expiryMs(entry) < nowMs ? null : this.#answered(entry);
  }

  /**
   * Null where no answer that expired from the one moment to the other was forgotten, both
   * included. Else a request whose answer may be such a one must not be taken for a new one: real
   * time was later once, and ran back. The first moment behind what was forgotten there.
   */
  mayHaveForgotten(fromMs: UnixMs, throughMs: UnixMs): UnixMs | null {
    const range = this.#forgotten.find(expirySecond(fromMs), expirySecond(throughMs));
    return range === null ? null : (((range[1] + 1) * 1000) as UnixMs);
  }

  get forgottenCells(): ForgottenCells {
    return [this.#time.cells, this.#forgotten.ranges];
  }

  restoreForgotten([time, ranges]: ForgottenCells): void {
    this.#time.restore(time);
    this.#forgotten.restore(ranges);
  }

  add(fingerprint: string, { seq, contentDigest, expiresAtMs }: AnsweredRequest): void {
    assert(seq > 0, "an answer stands in the journal");
    const before = this.#find(fingerprint);
    // It had expired, and its place is free when its second is swept. Its name stays known for as
    // long as the newer answer counts.
    if (before !== NONE && this.#expiryMs(before) > expiresAtMs) this.#forget(before);
    else if (before !== NONE) this.#unlink(before);
    const entry = this.#take();
    this.#seqs[entry] = seq;
    this.#expiriesMs[entry] = expiresAtMs;
    this.#digests.set(entry, contentDigest);
    this.#fingerprints.set(entry, fingerprint);
    this.#link(entry);
    const second = expirySecond(expiresAtMs);
    // Real time ran back: what lies behind the sweep is to be swept once more.
    this.#sweptThroughS = Math.min(this.#sweptThroughS, second - 1);
    this.#following[entry] = this.#bySecond.get(second) ?? NONE;
    this.#bySecond.set(second, entry);
  }

  /** For so many more: the columns then do not grow while they come in. */
  makeRoom(count: number): void {
    let capacity = this.#seqs.length;
    while (this.#end + count > capacity) capacity *= 2;
    if (capacity > this.#seqs.length) this.#grow(capacity);
  }

  /**
   * Forgets what has expired by `nowMs`, an event's time, as far as that is believed: replay
   * forgets the same.
   */
  forgetExpired(nowMs: UnixMs): void {
    const throughS = expirySecond(this.#time.reach(nowMs)) - 1 - SPARE_S;
    if (throughS <= this.#sweptThroughS) return;
    this.#sweptThroughS = throughS;
    const seconds = [...this.#bySecond.keys()].filter((second) => second <= throughS);
    // In their order, not in that in which they came: a restored memory knows no other.
    for (const second of seconds.sort((a, b) => a - b)) this.#sweep(second);
  }

  #sweep(second: number): void {
    let entry = this.#bySecond.get(second) ?? NONE;
    this.#bySecond.delete(second);
    while (entry !== NONE) {
      const following = this.#following[entry] as number;
      if ((this.#seqs[entry] as number) > 0) this.#forget(entry);
      this.#following[entry] = this.#firstFree;
      this.#firstFree = entry;
      entry = following;
    }
  }

  /** The only way out for what no newer answer stands in for: it is known to be forgotten. */
  #forget(entry: Entry): void {
    this.#forgotten.add(expirySecond(this.#expiryMs(entry) as UnixMs));
    this.#unlink(entry);
  }

  /** In the order of their positions, so that equal memories read alike. */
  *entries(): Iterable<readonly [string, AnsweredRequest]> {
    const seqs = this.#seqs;
    const used = new Int32Array(this.#size);
    let count = 0;
    for (let entry = 1; entry < this.#end; entry += 1) {
      if ((seqs[entry] as number) === 0) continue;
      used[count] = entry;
      count += 1;
    }
    used.sort((a, b) => (seqs[a] as number) - (seqs[b] as number));
    for (const entry of used) yield [this.#fingerprints.get(entry), this.#answered(entry)];
  }

  #answered(entry: Entry): AnsweredRequest {
    const seq = this.#seqs[entry] as number;
    const contentDigest = this.#digests.get(entry);
    return { seq, contentDigest, expiresAtMs: this.#expiryMs(entry) as UnixMs };
  }

  #expiryMs(entry: Entry): number {
    return this.#expiriesMs[entry] as number;
  }

  #find(fingerprint: string): Entry {
    const fingerprints = this.#fingerprints;
    let entry = this.#slots[fingerprints.seek(fingerprint) & (this.#slots.length - 1)] as number;
    while (entry !== NONE && !fingerprints.isSought(entry)) entry = this.#chained[entry] as number;
    return entry;
  }

  /** An entry that is free. */
  #take(): Entry {
    const entry = this.#firstFree;
    if (entry !== NONE) {
      this.#firstFree = this.#following[entry] as number;
      return entry;
    }
    if (this.#end === this.#seqs.length) this.#grow(2 * this.#seqs.length);
    this.#end += 1;
    return this.#end - 1;
  }

  #link(entry: Entry): void {
    const slot = this.#slotOf(entry);
    this.#chained[entry] = this.#slots[slot] as number;
    this.#slots[slot] = entry;
    this.#size += 1;
  }

  #unlink(entry: Entry): void {
    const slot = this.#slotOf(entry);
    const next = this.#chained[entry] as number;
    let before = this.#slots[slot] as number;
    if (before === entry) {
      this.#slots[slot] = next;
    } else {
      while ((this.#chained[before] as number) !== entry) before = this.#chained[before] as number;
      this.#chained[before] = next;
    }
    this.#seqs[entry] = 0;
    this.#size -= 1;
  }

  #slotOf(entry: Entry): number {
    return this.#fingerprints.hash(entry) & (this.#slots.length - 1);
  }

  #grow(capacity: number): void {
    this.#fingerprints = this.#fingerprints.grown(capacity);
    this.#digests = this.#digests.grown(capacity);
    this.#seqs = grown(this.#seqs, new Float64Array(capacity));
    this.#expiriesMs = grown(this.#expiriesMs, new Float64Array(capacity));
    this.#chained = new Int32Array(capacity);
    this.#following = grown(this.#following, new Int32Array(capacity));
    this.#slots = new Int32Array(capacity);
    this.#size = 0;
    for (let entry = 1; entry < this.#end; entry += 1) {
      if ((this.#seqs[entry] as number) > 0) this.#link(entry);
    }
  }
}

/** By columns: there are many more of them than of anything else. */
export function answeredLines(answered: AnsweredRequests): Iterable<string> {
  return columnLines(["answered"], answeredRows(answered));
}

function* answeredRows(answered: AnsweredRequests): Iterable<Cell[]> {
  for (const [fingerprint, { seq, contentDigest, expiresAtMs }] of answered.entries()) {
    yield [fingerprint, seq, contentDigest, expiresAtMs];
  }
}

/** Takes back one of the {@link answeredLines}. */
export function restoreAnswered(answered: AnsweredRequests, line: readonly unknown[]): void {
  const [, rowCount, ...columns] = line;
  const count = rowCount as number;
  const [fingerprints, seqs, digests, expiries] = columns.map((column) => {
    return cellsOf(column, count, (cell) => cell);
  });
  for (let row = 0; row < count; row += 1) {
    answered.add(fingerprints?.[row] as string, {
      seq: seqs?.[row] as number,
      contentDigest: digests?.[row] as string,
      expiresAtMs: expiries?.[row] as UnixMs,
    });
  }
}

function grown<Column extends Float64Array | Int32Array>(before: Column, column: Column): Column {
  column.set(before);
  return column;
}

function expirySecond(ms: UnixMs): number {
  return Math.floor(ms / 1000);
}
