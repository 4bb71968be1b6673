/** The connections of a stream that are open, and the stop of all at once. */
import type { Clock } from "../sys/clock.ts";
import { STOP_MS } from "./limits.ts";

export interface OpenSocket {
  /** Says that the server stops, and closes. */
  stop(): void;
  /** Cuts the connection. */
  terminate(): void;
}

export class OpenSockets<Connection extends OpenSocket = OpenSocket> {
  readonly #clock: Pick<Clock, "after">;
  readonly #open = new Set<Connection>();
  #closing: Promise<void> | null = null;
  #onLastEnded: (() => void) | null = null;

  constructor(clock: Pick<Clock, "after">) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Nobody would end a connection that opened now. */
  get isClosing(): boolean {
    return this.#closing !== null;
  }

  opened(connection: Connection): void {
    this.#open.add(connection);
  }

  ended(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onLastEnded?.();
  }

  /** Stops every connection; resolves when all have ended, after STOP_MS at the latest. */
  close(): Promise<void> {
    this.#closing ??= this.#stopAll();
    return this.#closing;
  }

  async #stopAll(): Promise<void> {
    if (this.#open.size === 0) return;
    const allEnded = new Promise<void>((resolve) => {
      this.#onLastEnded = resolve;
    });
    for (const connection of this.#open) connection.stop();
    const deadline = this.#clock.after(STOP_MS, () => {
      for (const connection of this.#open) connection.terminate();
    });
    await allEnded;
    deadline.cancel();
  }
}
