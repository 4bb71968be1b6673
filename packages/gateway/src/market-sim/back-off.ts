/** How long to leave alone what has failed: twice as long each time, until it works again. */
import { assert } from "@countermand/core/assert";

export class BackOff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  #untilMs = -Infinity;
  #lastMs = 0;

  constructor(firstMs: number, longestMs: number) {
    assert(firstMs > 0 && firstMs <= longestMs, "a pause begins short");
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.#untilMs;
  }

  /** Failures within a pause are the ones that were on their way when it began. */
  failed(nowMs: number): void {
    if (!this.isOver(nowMs)) return;
    this.#lastMs = Math.min(this.#longestMs, Math.max(this.#firstMs, this.#lastMs * 2));
    this.#untilMs = nowMs + this.#lastMs;
  }

  worked(): void {
    this.#lastMs = 0;
  }
}
