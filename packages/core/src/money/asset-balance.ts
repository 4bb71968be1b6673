/** One owner's balance in one asset: a currency or a product. Changed by the ledger alone. */
import { assert } from "../assert.ts";
import type { UnixDay } from "../model/unix-day.ts";

/** What is to come and to go on one date; both not negative. */
interface Due {
  readonly incoming: bigint;
  readonly outgoing: bigint;
}

/** Name, settled, dues by rising date, cost of a holding without and with charges. */
export type BalanceRow = readonly [
  name: string,
  settled: string,
  due: readonly (readonly [date: UnixDay, incoming: string, outgoing: string])[],
  grossCost: string,
  netCost: string,
];

/** A balance as everyone but the ledger sees it. */
export type BalanceView = Omit<
  AssetBalance,
  "post" | "reserve" | "settle" | "addCost" | "row" | "isBooked"
>;

export class AssetBalance {
  #settled = 0n;
  #incoming = 0n;
  #outgoing = 0n;
  #reserved = 0n;
  #grossCost = 0n;
  #netCost = 0n;
  readonly #due = new Map<UnixDay, Due>();

  /** Below zero for a debt, or a product sold short. */
  get settled(): bigint {
    return this.#settled;
  }

  /** Bought product or sale proceeds that are not here yet. */
  get incoming(): bigint {
    return this.#incoming;
  }

  /** Sold product or purchase money that is still here. */
  get outgoing(): bigint {
    return this.#outgoing;
  }

  /** Held back for open orders. */
  get reserved(): bigint {
    return this.#reserved;
  }

  /** What the owner has, everything done so far settled. */
  get total(): bigint {
    return this.#settled + this.#incoming - this.#outgoing;
  }

  /**
   * Free of all obligations and here: cash that a buy may use. Proceeds count once they are
   * settled, so cash itself never falls below zero.
   */
  get free(): bigint {
    return this.#settled - this.#outgoing - this.#reserved;
  }

  /**
   * Product that may be sold. What was bought counts at once: it settles no later than its sale
   * does.
   */
  get sellable(): bigint {
    return this.total - this.#reserved;
  }

  /** What the total has cost, without and with charges; below zero for a short holding. */
  get grossCost(): bigint {
    return this.#grossCost;
  }

  get netCost(): bigint {
    return this.#netCost;
  }

  get isBooked(): boolean {
    return this.#settled !== 0n || this.#due.size > 0;
  }

  get isEmpty(): boolean {
    return !this.isBooked && this.#reserved === 0n;
  }

  post(units: bigint, dueOn: UnixDay | null): void {
    if (dueOn === null) {
      this.#settled += units;
      return;
    }
    if (units === 0n) return;
    const { incoming, outgoing } = this.#due.get(dueOn) ?? { incoming: 0n, outgoing: 0n };
    const [arriving, leaving] = units > 0n ? [units, 0n] : [0n, -units];
    this.#due.set(dueOn, { incoming: incoming + arriving, outgoing: outgoing + leaving });
    this.#incoming += arriving;
    this.#outgoing += leaving;
  }

  reserve(units: bigint): void {
    this.#reserved += units;
    assert(this.#reserved >= 0n, "no more is set free than was held back");
  }

  settle(date: UnixDay): void {
    const before = this.total;
    for (const [dueOn, { incoming, outgoing }] of this.#due) {
      if (dueOn > date) continue;
      this.#due.delete(dueOn);
      this.#incoming -= incoming;
      this.#outgoing -= outgoing;
      this.#settled += incoming - outgoing;
    }
    assert(this.total === before, "settlement changes no total");
  }

  /**
   * What a trade of `units` (signed; booked already) does to the cost: what adds to the holding
   * adds its amount, what takes from it takes the same part of the cost. Amounts are not negative.
   */
  addCost(units: bigint, grossAmt: bigint, netAmt: bigint): void {
    if (units === 0n) return;
    const before = this.total - units;
    const growing = grown(before, units);
    const kept = units - growing + before;
    const sign = units > 0n ? 1n : -1n;
    const partOf = (amount: bigint) => (sign * amount * growing) / units;
    this.#grossCost = keptCost(this.#grossCost, kept, before) + partOf(grossAmt);
    this.#netCost = keptCost(this.#netCost, kept, before) + partOf(netAmt);
  }

  row(name: string): BalanceRow {
    const due = [...this.#due].sort(([a], [b]) => a - b);
    return [
      name,
      this.#settled.toString(),
      due.map(([date, { incoming, outgoing }]) => [date, `${incoming}`, `${outgoing}`]),
      this.#grossCost.toString(),
      this.#netCost.toString(),
    ];
  }

  static ofRow([, settled, due, grossCost, netCost]: BalanceRow): AssetBalance {
    const balance = new AssetBalance();
    balance.#settled = BigInt(settled);
    for (const [date, incoming, outgoing] of due) {
      balance.post(BigInt(incoming), date);
      balance.post(-BigInt(outgoing), date);
    }
    balance.#grossCost = BigInt(grossCost);
    balance.#netCost = BigInt(netCost);
    return balance;
  }
}

/** The part of `units` that takes the holding further from zero, or past it. */
function grown(before: bigint, units: bigint): bigint {
  if (before === 0n || before > 0n === units > 0n) return units;
  const after = before + units;
  const isPast = after !== 0n && after > 0n === units > 0n;
  return isPast ? after : 0n;
}

/** The cost of what is kept of a holding, rounded towards zero. */
function keptCost(cost: bigint, kept: bigint, before: bigint): bigint {
  return before === 0n ? 0n : (cost * kept) / before;
}
