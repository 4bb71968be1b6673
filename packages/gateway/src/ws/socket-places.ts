/**
 * The places of the order stream's sockets, counted by account. Who is let in takes one before
 * anything is awaited, so that handshakes under way are counted, and leaves it once: when it is
 * refused after all, or when its socket is gone.
 */
import { type Fault, fault } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { Account } from "@countermand/core/model";
import { SOCKETS_MAX, SOCKETS_PER_ACCOUNT_MAX } from "./limits.ts";

export interface PlacesMax {
  readonly ofAll: number;
  readonly ofAccount: number;
}

/** One place, taken. */
export interface Place {
  /** Once. */
  leave(): void;
}

export class SocketPlaces {
  readonly #max: PlacesMax;
  /** Accounts without one are absent. */
  readonly #takenCounts = new Map<Account, number>();
  #takenCount = 0;

  constructor(max: PlacesMax = { ofAll: SOCKETS_MAX, ofAccount: SOCKETS_PER_ACCOUNT_MAX }) {
    this.#max = max;
  }

  /** Why there is no place for another socket of the account, or null. */
  crowdFault(account: Account): Fault | null {
    const { ofAll, ofAccount } = this.#max;
    if (this.#takenCount >= ofAll) return fault("OVERLOADED", `${ofAll} connections are open`);
    if (this.#takenOf(account) < ofAccount) return null;
    return fault("RATE_LIMITED", `${ofAccount} connections of this account are open`);
  }

  /** Precondition: there is one, by {@link crowdFault}. */
  take(account: Account): Place {
    assert(this.crowdFault(account) === null, "who takes a place was let in");
    this.#count(account, 1);
    let isTaken = true;
    return {
      leave: () => {
        assert(isTaken, "a place is left once");
        isTaken = false;
        this.#count(account, -1);
      },
    };
  }

  #takenOf(account: Account): number {
    return this.#takenCounts.get(account) ?? 0;
  }

  #count(account: Account, change: 1 | -1): void {
    this.#takenCount += change;
    const taken = this.#takenOf(account) + change;
    if (taken > 0) this.#takenCounts.set(account, taken);
    else this.#takenCounts.delete(account);
  }
}
