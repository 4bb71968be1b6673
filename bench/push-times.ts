/** An order stream that is listened to for when the pushes of orders come. */
import { FrameSocket } from "./socket-load.ts";
import { BENCH_KEYS, signedHandshake } from "./trade-requests.ts";

/** When the pushes of orders came, by order number. */
export class PushTimes {
  readonly #socket: FrameSocket;
  readonly #cameMs = new Map<string, number>();
  #awaited: { readonly count: number; readonly resolve: () => void } | null = null;

  private constructor(socket: FrameSocket) {
    this.#socket = socket;
    socket.onText = (text) => {
      const orderNo = /"order_no":"(\d+)"/.exec(text)?.[1];
      if (orderNo === undefined) return;
      this.#cameMs.set(orderNo, performance.now());
      if (this.#awaited?.count === this.#cameMs.size) this.#awaited.resolve();
    };
  }

  static async open(port: number): Promise<PushTimes> {
    const [key] = BENCH_KEYS;
    if (key === undefined) throw new Error("the sandbox has a key");
    return new PushTimes(await FrameSocket.open(port, signedHandshake("", key)));
  }

  /** Resolves when so many orders were pushed; forgets them. */
  async take(count: number): Promise<ReadonlyMap<string, number>> {
    if (this.#cameMs.size < count) {
      await new Promise<void>((resolve, reject) => {
        this.#socket.onEnd = reject;
        this.#awaited = { count, resolve };
      });
      this.#awaited = null;
    }
    const cameMs = new Map(this.#cameMs);
    this.#cameMs.clear();
    return cameMs;
  }

  close(): void {
    this.#socket.close();
  }
}
