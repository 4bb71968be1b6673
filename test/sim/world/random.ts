/** Every choice of a simulation: a stream of numbers that one seed decides (sfc32). */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, stream: string) {
    let mixed = seed >>> 0;
    for (const character of stream) {
      mixed = Math.imul(mixed ^ (character.codePointAt(0) ?? 0), 0x9e3779b1) >>> 0;
      mixed = (mixed ^ (mixed >>> 15)) >>> 0;
    }
    [this.#a, this.#b, this.#c] = [mixed, seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
    for (let round = 0; round < 12; round += 1) this.uint32();
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 up to, and without, 1. */
  fraction(): number {
    return this.uint32() / 0x100000000;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[Math.floor(this.fraction() * choices.length)];
    if (chosen === undefined) throw new Error("there is something to choose from");
    return chosen;
  }

  /** One of several names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const rows = Object.entries(weights) as [Name, number][];
    let left = this.fraction() * rows.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of rows) {
      left -= weight;
      if (left < 0) return name;
    }
    return (rows[0] as [Name, number])[0];
  }

  bytes(target: Uint8Array): void {
    for (let at = 0; at < target.length; at += 1) target[at] = this.uint32() & 0xff;
  }
}
