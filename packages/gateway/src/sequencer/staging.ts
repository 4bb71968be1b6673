/**
 * What was decided since the last commit: as the next one writes it, and what is told of it once it
 * is durable. Owned by the partitions.
 */
import { assert } from "@countermand/core/assert";
import type { ExchangeEvent } from "@countermand/core/exchange";
import {
  type Account,
  type Answered,
  type ExecutionReported,
  encodeAnswered,
  type UnixMs,
} from "@countermand/core/model";
import type { PartitionAppend } from "../journal/journal.ts";

/** A partition's place in the journal. */
export interface PartitionLease {
  readonly epoch: number;
  /** Position of the last event, staged ones included. */
  seq: number;
}

/** What one commit writes and, once it is durable, publishes. */
export interface Staged {
  readonly appends: readonly PartitionAppend[];
  readonly reports: readonly ExecutionReported[];
  /** What each command did at the exchange, in order. */
  readonly worked: readonly WorkedCommand[];
  readonly eventCount: number;
}

/** All events of one command of the exchange, and the exchange's time. */
export interface WorkedCommand {
  readonly events: readonly ExchangeEvent[];
  readonly atMs: UnixMs;
}

interface StagedAppend {
  readonly epoch: number;
  readonly expectedSeq: number;
  readonly payloads: string[];
}

export class Staging {
  #appends = new Map<string, StagedAppend>();
  #reports: ExecutionReported[] = [];
  /** Where the last of them stands. */
  readonly #reportedAt = { partition: "", seq: 0 };
  #worked: WorkedCommand[] = [];
  #eventCount = 0;

  /** Events since the last {@link take}. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Adds an event to a partition, whose position moves on. */
  add(partition: string, lease: PartitionLease, payload: string): void {
    const staged = this.#appends.get(partition);
    if (staged === undefined) {
      const { epoch, seq } = lease;
      this.#appends.set(partition, { epoch, expectedSeq: seq, payloads: [payload] });
    } else {
      staged.payloads.push(payload);
    }
    lease.seq += 1;
    this.#eventCount += 1;
  }

  /** The event that was added last is this report. */
  reported(event: ExecutionReported, partition: string, seq: number): void {
    this.#reports.push(event);
    this.#reportedAt.partition = partition;
    this.#reportedAt.seq = seq;
  }

  /** What a command did at the exchange, beside its events. */
  worked(worked: WorkedCommand): void {
    this.#worked.push(worked);
  }

  /**
   * Has the partition's last event, at `lastSeq`, carry an answer. False where that is no report of
   * the account's.
   */
  carry(answered: Answered, account: Account, partition: string, lastSeq: number): boolean {
    const isReport = this.#reportedAt.partition === partition && this.#reportedAt.seq === lastSeq;
    if (!isReport || this.#reports.at(-1)?.order.account !== account) return false;
    const payloads = this.#appends.get(partition)?.payloads ?? [];
    const report = payloads.pop();
    assert(report !== undefined, "what was reported in this turn is staged");
    payloads.push(encodeAnswered(report, answered));
    return true;
  }

  take(): Staged {
    const appends = [...this.#appends].map(([partition, append]) => ({ partition, ...append }));
    const [reports, worked, eventCount] = [this.#reports, this.#worked, this.#eventCount];
    this.#appends = new Map();
    this.#reports = [];
    this.#worked = [];
    this.#eventCount = 0;
    return { appends, reports, worked, eventCount };
  }
}
