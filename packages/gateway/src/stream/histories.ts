/**
 * Which histories this one goes on. Each start of a gateway begins a history with a random name,
 * and notes in a partition of its own how far the streams had come: so whoever names a history and
 * a position in it can be told whether this gateway's past is theirs. A journal that was put back
 * knows the histories up to its backup alone, and where the last of them ended for it. Owned by the
 * sequencer's thread; changes at a start only.
 */
import { assert } from "@countermand/core/assert";
import type { JournalRecord } from "../journal/journal.ts";
import { HISTORIES_KEPT_MAX, HISTORY_ACCOUNTS_PER_RECORD } from "./limits.ts";

export const HISTORY_PARTITION = "history";

/** What is known of an account's stream at a start. */
interface Mark {
  /** Of the start, counted from 0. */
  readonly start: number;
  readonly seq: number;
}

type AccountSeq = readonly [account: string, seq: number];

/** A record's cells: `name` is null where it goes on with the accounts of the start before it. */
type HistoryRecord = readonly [type: "begun", name: string | null, seqs: readonly AccountSeq[]];

export class Histories {
  /** Names of starts, oldest first, to their numbers. */
  readonly #starts = new Map<string, number>();
  /** By account, oldest first: one for each start that found its stream changed. */
  readonly #marks = new Map<string, Mark[]>();
  #startCount = 0;
  #current = "";

  /** @param records of the history partition, from its beginning */
  constructor(records: Iterable<Pick<JournalRecord, "payload">> = []) {
    for (const { payload } of records) this.apply(payload);
  }

  /** Name of the history that is being written. */
  get current(): string {
    assert(this.#startCount > 0, "a history has begun");
    return this.#current;
  }

  /** The records of a history that begins where the streams are now. */
  decideBegin(name: string, streams: Iterable<AccountSeq>): string[] {
    const changed = [...streams].filter(([account, seq]) => this.#latest(account) !== seq);
    const payloads: string[] = [];
    for (let from = 0; from === 0 || from < changed.length; from += HISTORY_ACCOUNTS_PER_RECORD) {
      const part = changed.slice(from, from + HISTORY_ACCOUNTS_PER_RECORD);
      const record: HistoryRecord = ["begun", from === 0 ? name : null, part];
      payloads.push(JSON.stringify(record));
    }
    return payloads;
  }

  apply(payload: string): void {
    const [, name, seqs] = JSON.parse(payload) as HistoryRecord;
    if (name !== null) {
      this.#starts.set(name, this.#startCount);
      this.#current = name;
      this.#startCount += 1;
      this.#forgetOldest();
    }
    const start = this.#startCount - 1;
    for (const [account, seq] of seqs) {
      const marks = this.#marks.get(account) ?? [];
      marks.push({ start, seq });
      this.#forgetMarks(marks);
      this.#marks.set(account, marks);
    }
  }

  /**
   * The last position of the account's stream that the named history has in common with this one:
   * without an end for the current one; null where this one never was that, or has forgotten it.
   */
  sharedSeq(name: string, account: string): number | null {
    if (name === this.#current) return Number.POSITIVE_INFINITY;
    const start = this.#starts.get(name);
    if (start === undefined) return null;
    // It ended where the next one began.
    const marks = this.#marks.get(account) ?? [];
    return marks.findLast((mark) => mark.start <= start + 1)?.seq ?? 0;
  }

  get #oldestStart(): number {
    return this.#startCount - this.#starts.size;
  }

  #latest(account: string): number {
    return this.#marks.get(account)?.at(-1)?.seq ?? 0;
  }

  /** Drops what only forgotten histories could be told of. */
  #forgetMarks(marks: Mark[]): void {
    const oldest = this.#oldestStart;
    const needed = marks.findLastIndex((mark) => mark.start <= oldest + 1);
    if (needed > 0) marks.splice(0, needed);
  }

  #forgetOldest(): void {
    if (this.#starts.size <= HISTORIES_KEPT_MAX) return;
    for (const oldest of this.#starts.keys()) {
      this.#starts.delete(oldest);
      return;
    }
  }
}
