/** A connection whose network takes what it is handed when a test says so. */
import { Duplex } from "node:stream";
import { settled } from "../stream/stream-fixture.ts";

export class StalledSocket extends Duplex {
  readonly #taken: Buffer[] = [];
  #take: (() => void) | null = null;

  /** All that the network has taken. */
  get bytes(): Buffer {
    return Buffer.concat(this.#taken);
  }

  override _read(): void {}

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#take = () => {
      this.#take = null;
      for (const { chunk } of chunks) this.#taken.push(chunk);
      callback();
    };
  }

  /** Takes what it was handed; whether there was something. */
  async pass(): Promise<boolean> {
    const take = this.#take;
    take?.();
    await settled();
    return take !== null;
  }
}
