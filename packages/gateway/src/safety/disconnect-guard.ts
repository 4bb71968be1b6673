/**
 * Cancels a key's orders when its last connection of a group is lost and does not come back. What
 * is watched is journaled; who is connected is known here only. A stop of the gateway is nobody's
 * disconnect: what was watched then is watched after the start, and has its grace to come back.
 */
import { assert } from "@countermand/core/assert";
import {
  type Account,
  CancelReason,
  type KeyId,
  type Order,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { mayWorkOn, type RunOutcome } from "../sequencer/cancel-runs.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { CANCEL_RETRY_MS, DISCONNECT_GROUPS_MAX } from "./limits.ts";

export interface DisconnectGuardOptions {
  readonly sequencer: Pick<Sequencer, "partitions" | "perform" | "runs" | "catchUp">;
  readonly clock: Clock;
}

interface Group {
  readonly account: Account;
  readonly keyId: KeyId;
  readonly name: string;
  connectionCount: number;
  /** Runs while nobody is connected. */
  countdown: Cancelable | null;
}

export class DisconnectGuard {
  readonly #options: DisconnectGuardOptions;
  /** Those that are watched or about to be. */
  readonly #groups = new Map<string, Group>();
  #isClosed = false;

  constructor(options: DisconnectGuardOptions) {
    this.#options = options;
  }

  /** Gives whoever was connected before the stop his grace from now on. */
  start(): void {
    for (const { desk } of this.#options.sequencer.partitions.desks) {
      for (const { account, watches } of desk.books()) {
        for (const { keyId, group, graceMs } of watches.all()) {
          this.#count(this.#group(account, keyId, group), graceMs);
        }
      }
    }
  }

  /** Whether the account may watch this group: one that it has, or one more. */
  hasRoom({ account, apiKey }: Caller, group: string): boolean {
    const { watches } = this.#book(account);
    return watches.get(apiKey as KeyId, group) !== null || watches.size < DISCONNECT_GROUPS_MAX;
  }

  /** A connection is about to open; resolves when its loss is sure to be noticed. */
  joined({ account, apiKey }: Caller, name: string, graceMs: number): Promise<void> {
    const group = this.#group(account, apiKey as KeyId, name);
    group.connectionCount += 1;
    group.countdown?.cancel();
    group.countdown = null;
    const { clock, sequencer } = this.#options;
    return sequencer.perform(() => {
      const { keyId } = group;
      if (this.#book(account).watches.get(keyId, name)?.graceMs === graceMs) return;
      const atMs = clock.wallMs() as UnixMs;
      const event = { type: "DisconnectWatched", atMs, account, keyId, group: name } as const;
      sequencer.partitions.stageDeskEvent(account, { ...event, graceMs });
    });
  }

  /** A connection that joined is gone. */
  left({ account, apiKey }: Caller, name: string, how: "closed" | "lost"): void {
    const group = this.#group(account, apiKey as KeyId, name);
    assert(group.connectionCount > 0, "who leaves has joined");
    group.connectionCount -= 1;
    // Whoever is cut off by a stop has not left.
    if (group.connectionCount > 0 || this.#isClosed) return;
    const watch = this.#book(account).watches.get(group.keyId, name);
    assert(watch !== null, "whoever joined is watched");
    if (how === "lost") this.#count(group, watch.graceMs);
    else void this.#options.sequencer.perform(() => this.#unwatch(group, "Closed"));
  }

  /** The gateway stops. */
  close(): void {
    this.#isClosed = true;
    for (const { countdown } of this.#groups.values()) countdown?.cancel();
  }

  #count(group: Group, delayMs: number): void {
    if (this.#isClosed) return;
    group.countdown = this.#options.clock.after(delayMs, () => {
      group.countdown = null;
      void this.#options.sequencer.perform(() => this.#cancel(group));
    });
  }

  /** It is watched until all of it is decided: a crash before that begins the grace anew. */
  #cancel(group: Group): void {
    const { sequencer } = this.#options;
    let leftCount = 0;
    const run = {
      scope: { account: group.account, matches: (order: Order) => isOf(group, order) },
      reason: CancelReason.Disconnected,
      onOutcome: (outcome: RunOutcome) => {
        if (mayWorkOn(outcome)) leftCount += 1;
      },
      onDecided: () => {
        // It came back meanwhile, or was there and is gone again: what is new is its own.
        if (group.connectionCount > 0 || group.countdown !== null) return;
        if (this.#groups.get(nameOf(group)) !== group) return;
        if (leftCount === 0) this.#unwatch(group, "Lapsed");
        else this.#count(group, CANCEL_RETRY_MS);
      },
    };
    void sequencer.runs.start(run, sequencer.catchUp());
  }

  #unwatch(group: Group, cause: "Closed" | "Lapsed"): void {
    const { account, keyId, name } = group;
    const { clock, sequencer } = this.#options;
    const atMs = clock.wallMs() as UnixMs;
    const event = { type: "DisconnectUnwatched", atMs, account, keyId, group: name } as const;
    sequencer.partitions.stageDeskEvent(account, { ...event, cause });
    this.#groups.delete(nameOf(group));
  }

  #group(account: Account, keyId: KeyId, name: string): Group {
    const key = groupKey(account, keyId, name);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = { account, keyId, name, connectionCount: 0, countdown: null };
    this.#groups.set(key, group);
    return group;
  }

  #book(account: Account) {
    const book = this.#options.sequencer.partitions.deskOf(account).desk.book(account);
    assert(book !== null, "a key's account is open");
    return book;
  }
}

/** What the key placed and did not mean to last. */
function isOf({ keyId }: Group, order: Order): boolean {
  const isMeantToLast = order.timeInForce === TimeInForce.GoodTillCancel;
  return order.enteredBy === keyId && !isMeantToLast;
}

function nameOf({ account, keyId, name }: Group): string {
  return groupKey(account, keyId, name);
}

function groupKey(account: Account, keyId: KeyId, name: string): string {
  return JSON.stringify([account, keyId, name]);
}
