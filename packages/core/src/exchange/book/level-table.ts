/** The price levels of a book by number, which is how the records of their orders name them. */
import { at } from "../../assert.ts";
import type { Side } from "../../model/index.ts";
import { PriceLevel } from "./price-level.ts";

export class LevelTable {
  /** Null where a level was removed and its number waits for another. */
  readonly #levels: (PriceLevel | null)[] = [];
  readonly #free: number[] = [];

  at(number: number): PriceLevel {
    return at(this.#levels as PriceLevel[], number);
  }

  add(side: Side, ticks: number): PriceLevel {
    const number = this.#free.pop() ?? this.#levels.length;
    const level = new PriceLevel(number, side, ticks);
    this.#levels[number] = level;
    return level;
  }

  remove({ number }: PriceLevel): void {
    this.#levels[number] = null;
    this.#free.push(number);
  }

  *all(): Iterable<PriceLevel> {
    for (const level of this.#levels) if (level !== null) yield level;
  }
}
