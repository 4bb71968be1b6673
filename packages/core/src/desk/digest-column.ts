/**
 * Short texts, most of them digests, as numbers: six for each, four characters in one. To be looked
 * for, a text is read into the first place, which belongs to none.
 */
import { assert } from "../assert.ts";

/** A digest in Base64 has 22. */
const CHARACTERS_MAX = 24;
const WORDS = CHARACTERS_MAX / 4;

export class DigestColumn {
  readonly #words: Int32Array;

  /** Room for so many, the first place included. */
  constructor(capacity: number) {
    this.#words = new Int32Array(WORDS * capacity);
  }

  /** Precondition: at most 24 characters of ASCII or Latin-1, none of them NUL. */
  set(place: number, text: string): void {
    assert(text.length <= CHARACTERS_MAX, "what is remembered of a request is a digest");
    const words = this.#words;
    let word = WORDS * place;
    let index = 0;
    for (let count = 0; count < WORDS; count += 1, word += 1) {
      let packed = 0;
      for (let shift = 0; shift < 32 && index < text.length; shift += 8, index += 1) {
        const code = text.charCodeAt(index);
        assert(code > 0 && code < 256, "a digest is written in ASCII");
        packed |= code << shift;
      }
      words[word] = packed;
    }
  }

  get(place: number): string {
    let text = "";
    for (let word = WORDS * place; word < WORDS * (place + 1); word += 1) {
      const packed = this.#words[word] as number;
      text += String.fromCharCode(
        packed & 0xff,
        (packed >>> 8) & 0xff,
        (packed >>> 16) & 0xff,
        packed >>> 24,
      );
    }
    const end = text.indexOf("\0");
    return end === -1 ? text : text.slice(0, end);
  }

  /** Looks for a text from here on; its hash. */
  seek(text: string): number {
    this.set(0, text);
    return this.hash(0);
  }

  /** Whether the text at the place is the one that is looked for. */
  isSought(place: number): boolean {
    const words = this.#words;
    for (let index = 0, word = WORDS * place; index < WORDS; index += 1, word += 1) {
      if (words[index] !== words[word]) return false;
    }
    return true;
  }

  /** Of digests any bits would do; of other texts these are spread well enough. */
  hash(place: number): number {
    const words = this.#words;
    let hash = 0;
    for (let word = WORDS * place; word < WORDS * (place + 1); word += 1) {
      hash = Math.imul(hash ^ (words[word] as number), SPREAD);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  grown(capacity: number): DigestColumn {
    const column = new DigestColumn(capacity);
    column.#words.set(this.#words);
    return column;
  }
}

/** 2^32 divided by the golden ratio, as a 32-bit integer: multiples of it lie far apart. */
const SPREAD = 0x9e3779b9 | 0;
