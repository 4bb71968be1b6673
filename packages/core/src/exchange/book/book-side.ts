/**
 * Prices in order, in chunks: the levels of one side of a book, or the triggers of its waiting
 * stop orders. Within a chunk and over all chunks the worst price comes first and the best last,
 * because prices come and go near the best: what changes most often moves least. A chunk's bound
 * keeps the work of one level small however many prices there are.
 */
import { assert, at } from "../../assert.ts";

/** Levels per chunk: bounds how many references move when a price comes or goes. */
export const CHUNK_LEVELS_MAX = 128;

export class BookSide<Level extends { readonly ticks: number }> implements Iterable<Level> {
  /**
   * +1 where a higher price is better, -1 where a lower one is: ticks x direction sorts worst to
   * best.
   */
  readonly #direction: 1 | -1;
  readonly #newLevel: (ticks: number) => Level;
  /** No chunk is empty. */
  readonly #chunks: Level[][] = [];
  /** By price: most orders come to a price that is there already. */
  readonly #levels = new Map<number, Level>();
  #best: Level | undefined;

  constructor(best: "highest" | "lowest", newLevel: (ticks: number) => Level) {
    this.#direction = best === "highest" ? 1 : -1;
    this.#newLevel = newLevel;
  }

  /** Kept, because it is asked for several times an order and changes rarely. */
  get best(): Level | undefined {
    return this.#best;
  }

  /** The level at a price, made if it is not there. */
  levelAt(ticks: number): Level {
    return this.#levels.get(ticks) ?? this.#added(ticks);
  }

  remove(level: Level): void {
    const chunkIndex = this.#chunkIndexOf(level.ticks);
    const chunk = this.#chunks[chunkIndex] ?? [];
    const index = this.#indexIn(chunk, level.ticks);
    assert(chunk[index] === level, "the level is on this side");
    if (index === chunk.length - 1) chunk.pop();
    else chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(chunkIndex, 1);
    this.#levels.delete(level.ticks);
    this.#noteBest();
  }

  /** The level of the next worse price; undefined behind the worst. */
  after(level: Level): Level | undefined {
    const chunkIndex = this.#chunkIndexOf(level.ticks);
    const chunk = at(this.#chunks, chunkIndex);
    const index = this.#indexIn(chunk, level.ticks);
    if (index > 0) return at(chunk, index - 1);
    const worse = chunkIndex === 0 ? undefined : at(this.#chunks, chunkIndex - 1);
    return worse && at(worse, worse.length - 1);
  }

  /** Best first. */
  *[Symbol.iterator](): Iterator<Level> {
    for (let chunkIndex = this.#chunks.length - 1; chunkIndex >= 0; chunkIndex -= 1) {
      const chunk = at(this.#chunks, chunkIndex);
      for (let index = chunk.length - 1; index >= 0; index -= 1) yield at(chunk, index);
    }
  }

  #added(ticks: number): Level {
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const chunkIndex = this.#chunkIndexOf(ticks);
    const chunk = at(this.#chunks, chunkIndex);
    const level = this.#newLevel(ticks);
    const index = this.#indexIn(chunk, ticks);
    if (index === chunk.length) chunk.push(level);
    else chunk.splice(index, 0, level);
    if (chunk.length > CHUNK_LEVELS_MAX) this.#split(chunkIndex);
    this.#levels.set(ticks, level);
    this.#noteBest();
    return level;
  }

  #noteBest(): void {
    const chunks = this.#chunks;
    const chunk = chunks[chunks.length - 1];
    this.#best = chunk === undefined ? undefined : chunk[chunk.length - 1];
  }

  /** The first chunk whose best price is no worse, else the last chunk. */
  #chunkIndexOf(ticks: number): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const chunk = at(this.#chunks, middle);
      if (this.#isWorse(at(chunk, chunk.length - 1).ticks, ticks)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The first place in the chunk whose price is no worse, else its end. */
  #indexIn(chunk: readonly Level[], ticks: number): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#isWorse(at(chunk, middle).ticks, ticks)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isWorse(ticks: number, thanTicks: number): boolean {
    return (ticks - thanTicks) * this.#direction < 0;
  }

  #split(chunkIndex: number): void {
    const worse = at(this.#chunks, chunkIndex);
    const better = worse.splice(worse.length >>> 1);
    this.#chunks.splice(chunkIndex + 1, 0, better);
    assert(worse.length > 0 && better.length > 0, "both halves of a split chunk have levels");
  }
}
