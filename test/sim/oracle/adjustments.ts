/**
 * Money that operators move, known by the reason that each request has of its own: done once, all
 * of it or nothing, and a debit takes only what is settled and free.
 */
import type { BalanceAdjusted } from "../../../packages/core/src/model/index.ts";
import type { Envelope } from "./answers.ts";
import type { Model } from "./model.ts";
import { decimal, ONE, type Units } from "./money.ts";
import type { Refusals } from "./refusals.ts";
import { promised } from "./violation.ts";
import type { Windows } from "./windows.ts";

export interface Adjustment {
  /** The reason, too. */
  readonly id: string;
  readonly account: string;
  readonly changes: readonly (readonly [asset: string, units: Units])[];
}

export class Adjustments {
  readonly #model: Model;
  readonly #refusals: Refusals;
  readonly #windows: Windows;
  readonly #asked = new Map<string, Adjustment>();
  /** How many of its changes were made, and what the account had after the last of them. */
  readonly #made = new Map<string, number>();
  readonly #after = new Map<string, [string, number][]>();

  readonly #answers: [id: string, text: string][] = [];

  constructor(model: Model, refusals: Refusals, windows: Windows) {
    this.#model = model;
    this.#refusals = refusals;
    this.#windows = windows;
  }

  asked(adjustment: Adjustment): void {
    this.#asked.set(adjustment.id, adjustment);
    this.#windows.open(adjustment.id, () => [String(this.#refusal(adjustment))]);
  }

  /** The fewest whole units that are more than a debit may take now. */
  moreThanFree(account: string, asset: string): Units {
    const { free } = this.#refusals.freeOf(account, asset);
    return (free > 0n ? free / ONE + 1n : 1n) * ONE;
  }

  follow({ reason, account, asset, units, balance }: BalanceAdjusted): void {
    const adjustment = this.#asked.get(reason);
    promised(adjustment?.account === account, `nobody adjusted ${account}: ${reason}`);
    const made = this.#made.get(reason) ?? 0;
    const change = adjustment.changes[made];
    promised(change !== undefined, `${reason} adjusted ${account} twice`);
    if (made === 0) {
      const refused = this.#refusal(adjustment);
      promised(refused === null, `${reason} is done, and to be refused: ${refused}`);
    }
    const [name, meant] = change;
    promised(asset.name === name && units === meant, `${reason} moved ${units} ${asset.name}`);
    this.#made.set(reason, made + 1);
    this.#model.money.add(account, name, units);
    const total = this.#model.balance(account, name);
    promised(balance === total, `${reason} leaves ${balance} ${name}, expected ${total}`);
    this.#after.set(reason, this.#totals(account));
  }

  /** Whatever is half done stays so only until the end of its commit. */
  requireWhole(): void {
    for (const [id, made] of this.#made) {
      const all = this.#asked.get(id)?.changes.length ?? 0;
      promised(made === all, `${id} made ${made} of ${all} changes`);
    }
  }

  /** Checked at the next look, when what it tells of has been read. */
  answered({ id }: Adjustment, text: string): void {
    this.#windows.over(id);
    this.#answers.push([id, text]);
  }

  checkAnswers(): void {
    for (const [id, text] of this.#answers.splice(0)) this.#checkAnswer(id, text);
  }

  #checkAnswer(id: string, text: string): void {
    const { code, data } = JSON.parse(text) as Envelope & {
      data: { cash: Rows; holdings: Rows };
    };
    const isDone = this.#made.has(id);
    if (code !== 0) {
      promised(!isDone, `${id} is done, and refused: ${text}`);
      promised(this.#windows.right(id).has(String(code)), `${id} is refused: ${text}`);
      return;
    }
    promised(isDone, `${id} is answered and not durable: ${text}`);
    for (const [name, total] of this.#after.get(id) ?? []) {
      const has = (data.cash[name] ?? data.holdings[name])?.total ?? 0;
      promised(Math.abs(has - total) < 1e-6, `${id} shows ${has} ${name}, expected ${total}`);
    }
  }

  #refusal({ account, changes }: Adjustment): number | null {
    for (const [asset, units] of changes) {
      const refused = this.#refusals.ofAdjust(account, asset, units);
      if (refused !== null) return refused;
    }
    return null;
  }

  #totals(account: string): [string, number][] {
    return ASSETS.map((name) => [name, Number(decimal(this.#model.balance(account, name)))]);
  }
}

const ASSETS = ["HKD", "USD", "USDT", "00700", "AAPL", "DODO"] as const;

type Rows = Readonly<Record<string, { readonly total: number }>>;
