/**
 * What waits for the network on all sockets of the market stream together. Anybody may open one and
 * not read: when the total is reached, each reader may leave little waiting until others have read.
 */
import {
  MARKET_BUFFER_BYTES_MAX,
  MARKET_BUFFERS_BYTES_MAX,
  MARKET_CROWDED_BYTES_MAX,
  MARKET_LOW_WATER_BYTES,
} from "./limits.ts";

export class BufferRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = MARKET_BUFFERS_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes that wait on all sockets. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Beyond so many bytes that wait for one reader its messages are dropped. */
  get readerBytesMax(): number {
    return this.#isCrowded ? MARKET_CROWDED_BYTES_MAX : MARKET_BUFFER_BYTES_MAX;
  }

  /** A reader for whom more bytes wait is sent no snapshot. */
  get lowWaterBytes(): number {
    return this.#isCrowded ? 0 : MARKET_LOW_WATER_BYTES;
  }

  /** More wait on a socket, or fewer. */
  change(bytes: number): void {
    this.#bytes += bytes;
  }

  get #isCrowded(): boolean {
    return this.#bytes >= this.#bytesMax;
  }
}
