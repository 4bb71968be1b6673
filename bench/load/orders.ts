/** A steady flow of orders that rest and are cancelled: what streams are told about. */
import { type Key, SignedClient } from "../../test/e2e/signed-client.ts";

/** Rests far below the market. */
export const ORDER = {
  market: "hkex",
  order_type: "limit_order",
  symbol: "00700",
  order_side: "buy",
  price: 100,
  qty: 100,
};

const BATCH_PATH = "/trade/v1/orders/batch";
const BATCH_ORDERS = 5;

export class OrderFlow {
  /** Orders placed and cancelled: two events each. */
  doneCount = 0;
  #isOver = false;
  readonly #client: SignedClient;
  readonly #workers: Promise<void>[];

  /** Begins at once, `parallel` batches at a time, `pauseMs` between two of each. */
  constructor(url: string, key: Key, parallel: number, pauseMs = 0) {
    this.#client = new SignedClient(url, key, parallel);
    this.#workers = Array.from({ length: parallel }, () => this.#work(pauseMs));
  }

  /** Resolves when the last order is cancelled. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
    this.#client.close();
  }

  async #work(pauseMs: number): Promise<void> {
    while (!this.#isOver) {
      const placed = await this.#batch("POST", Array<object>(BATCH_ORDERS).fill(ORDER));
      const canceled = await this.#batch(
        "DELETE",
        placed.map(({ order_no }) => ({ order_no })),
      );
      this.doneCount += canceled.length;
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #batch(method: string, elements: readonly object[]): Promise<readonly Element[]> {
    const { status, text } = await this.#client.call(method, BATCH_PATH, elements);
    const results = status === 200 ? (JSON.parse(text) as { data: Element[] }).data : [];
    const isDone = results.length > 0 && results.every(({ result }) => result.code === 0);
    if (!isDone) throw new Error(`${status} ${text}`);
    return results;
  }
}

interface Element {
  readonly order_no: string;
  readonly result: { readonly code: number };
}
