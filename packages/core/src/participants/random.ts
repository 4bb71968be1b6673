/**
 * A seeded source of chance: xoshiro128** by Blackman and Vigna, on 32-bit integers, so that equal
 * seeds give equal draws on any machine. Not for secrets.
 */
import { assert, at } from "../assert.ts";

/** Four unsigned 32-bit integers, not all zero: with them the same draws follow. */
export type RandomState = readonly [number, number, number, number];

/** Chances are integers out of this many. */
export const MILLION = 1_000_000;

/** Largest range of {@link Random.below}: keeps products safe integers and the draws even. */
const BELOW_MAX = 2 ** 21;
const DRAWS = 2 ** 32;
const DRAW_BITS = 32n;

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  constructor([a, b, c, d]: RandomState) {
    const words = [a, b, c, d];
    assert(
      words.every((word) => word >>> 0 === word),
      "a state is four unsigned 32-bit integers",
    );
    assert(
      words.some((word) => word !== 0),
      "a state is not all zero",
    );
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** Streams of one seed have nothing to do with each other, however alike their names are. */
  static seeded(seed: number, stream: string): Random {
    const key = mixed(seed) ^ nameHash(stream);
    const word = (index: number): number => mixed(mixed(key + index) ^ seed);
    // Were all words zero, which one key in 2^128 gives, the 1 would keep the state legal.
    return new Random([word(1), word(2), word(3), (word(4) | 1) >>> 0]);
  }

  get state(): RandomState {
    return [this.#a, this.#b, this.#c, this.#d];
  }

  /** An integer from 0 to 2^32 - 1. */
  next(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c = (this.#c ^ this.#a) >>> 0;
    this.#d = (this.#d ^ this.#b) >>> 0;
    this.#b = (this.#b ^ this.#c) >>> 0;
    this.#a = (this.#a ^ this.#d) >>> 0;
    this.#c = (this.#c ^ shifted) >>> 0;
    this.#d = rotated(this.#d, 11);
    return result;
  }

  /** An integer from 0 to `count` - 1. */
  below(count: number): number {
    assert(Number.isInteger(count) && count > 0 && count <= BELOW_MAX, "a range is small");
    // A safe integer over a power of two: exact.
    return Math.floor((count * this.next()) / DRAWS);
  }

  /** Whether something of this chance happens. */
  chance(perMillion: number): boolean {
    return this.below(MILLION) < perMillion;
  }

  /** One of min, min + step, ... up to max. Precondition: step divides max - min. */
  stepped(min: bigint, max: bigint, step: bigint): bigint {
    assert(step > 0n && min <= max && (max - min) % step === 0n, "a range is whole steps");
    const count = (max - min) / step + 1n;
    return min + ((count * BigInt(this.next())) >> DRAW_BITS) * step;
  }

  pick<T>(choices: readonly T[]): T {
    return at(choices, this.below(choices.length));
  }
}

/** The seed of one run: another one after every start, because the journal has grown by then. */
export function runSeed(seed: number, journalSeq: number): number {
  return Random.seeded(seed, `run ${journalSeq}`).next();
}

function rotated(word: number, bits: number): number {
  return ((word << bits) | (word >>> (32 - bits))) >>> 0;
}

/** SplitMix32: neighbouring numbers give words without likeness. */
function mixed(value: number): number {
  let word = (value + 0x9e3779b9) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}

/** FNV-1a over UTF-16 code units. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
