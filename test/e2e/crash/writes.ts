/**
 * What the clients of the crash test ask for: orders that cross and rest, cancels of every form,
 * amends, batches.
 */

import { type Answer, type Key, type SignedRequest, sign } from "../signed-client.ts";
import type { Random } from "./random.ts";

const ORDERS = "/trade/v1/orders";

/** One thing a client wants to be done once, however often it has to be sent. */
export interface Write {
  readonly key: Key;
  /** A batch is a list of them. */
  readonly parts: readonly WritePart[];
  readonly isBatch: boolean;
  /** The bytes that go out over HTTP, or the message that goes out on a socket. */
  readonly wire:
    | { readonly by: "http"; readonly signed: SignedRequest }
    | { readonly by: "socket"; readonly id: string; readonly text: string };
  /** The answer's envelope as it arrived; null until then. */
  answer: WriteAnswer | null;
  sentCount: number;
}

export type WritePart =
  | {
      readonly does: "place";
      readonly referenceId: string;
      readonly takable: boolean;
      readonly isShare: boolean;
    }
  | { readonly does: "cancel"; readonly orderNo: string }
  | { readonly does: "amend"; readonly orderNo: string };

export interface WriteAnswer {
  readonly text: string;
  readonly isReplay: boolean;
}

export function writeAnswerOf(answer: Answer): WriteAnswer {
  return { text: answer.text, isReplay: answer.headers["x-idempotent-replay"] === "true" };
}

/** Cancels and amends may only name orders that the gateway has acknowledged. */
interface Acknowledged {
  readonly orderNo: string;
  readonly referenceId: string;
  readonly isShare: boolean;
}

interface Content {
  readonly parts: readonly WritePart[];
  readonly isBatch: boolean;
  readonly op: "place" | "place_batch" | "cancel" | "cancel_batch" | "amend";
  readonly body: object;
}

/** Enough to cancel old and young, open and closed ones. */
const ACKNOWLEDGED_MAX = 300;

/** Makes up what one account's clients do, and remembers what they may cancel. */
export class Customer {
  readonly key: Key;
  readonly #random: Random;
  readonly #acknowledged: Acknowledged[] = [];
  #writeCount = 0;

  constructor(key: Key, random: Random) {
    this.key = key;
    this.#random = random;
  }

  httpWrite(): Write {
    const { key } = this;
    const content = this.#content();
    const { parts, isBatch } = content;
    const signed = this.#signed(content);
    return { key, parts, isBatch, wire: { by: "http", signed }, answer: null, sentCount: 0 };
  }

  socketWrite(): Write {
    const { key } = this;
    const { parts, isBatch, op, body } = this.#content();
    const id = `${key.account}-${this.#writeCount}`;
    const text = JSON.stringify({ op, id, data: body });
    return { key, parts, isBatch, wire: { by: "socket", id, text }, answer: null, sentCount: 0 };
  }

  acknowledged(row: Acknowledged): void {
    if (this.#acknowledged.length < ACKNOWLEDGED_MAX) this.#acknowledged.push(row);
    else this.#acknowledged[this.#random.below(ACKNOWLEDGED_MAX)] = row;
  }

  #content(): Content {
    this.#writeCount += 1;
    const random = this.#random;
    const choice = random.below(10);
    if (this.#acknowledged.length === 0 || choice < 6) return this.#places();
    return choice === 6 ? this.#amends() : this.#cancels();
  }

  #places(): Content {
    const count = this.#random.oneIn(4) ? 1 + this.#random.below(5) : 0;
    const orders = Array.from({ length: Math.max(count, 1) }, (_, index) => this.#order(index));
    const parts = orders.map(({ reference_id, takable, market }): WritePart => {
      const isShare = market === "hkex";
      return { does: "place", referenceId: reference_id, takable, isShare };
    });
    const bodies = orders.map(({ takable: _, ...body }) => body);
    if (count > 0) return { parts, isBatch: true, op: "place_batch", body: bodies };
    return { parts, isBatch: false, op: "place", body: bodies[0] ?? {} };
  }

  #cancels(): Content {
    const random = this.#random;
    const count = random.oneIn(4) ? 1 + random.below(5) : 0;
    const targets = Array.from({ length: Math.max(count, 1) }, () =>
      random.pick(this.#acknowledged),
    );
    const parts = targets.map(({ orderNo }): WritePart => ({ does: "cancel", orderNo }));
    const bodies = targets.map(({ orderNo, referenceId }) => {
      return random.oneIn(2) ? { order_no: orderNo } : { reference_id: referenceId };
    });
    if (count > 0) return { parts, isBatch: true, op: "cancel_batch", body: bodies };
    return { parts, isBatch: false, op: "cancel", body: bodies[0] ?? {} };
  }

  /** Another price, and now and then another quantity: what changes nothing is refused. */
  #amends(): Content {
    const random = this.#random;
    const { orderNo, isShare } = random.pick(this.#acknowledged);
    const { price, qty } = this.#terms(isShare);
    const body = { order_no: orderNo, price, ...(random.oneIn(3) && { qty }) };
    return { parts: [{ does: "amend", orderNo }], isBatch: false, op: "amend", body };
  }

  /** Prices of a narrow band, so that about half of the orders find each other. */
  #terms(isShare: boolean) {
    const random = this.#random;
    const price = isShare ? (41_983 + random.below(8)) / 100 : (1_000 + random.below(8)) / 1000;
    const qty = isShare ? 100 * (1 + random.below(9)) : (100 + random.below(5_000)) / 100;
    return { price, qty };
  }

  #order(index: number) {
    const random = this.#random;
    const isShare = random.oneIn(3);
    const isMarket = random.oneIn(7);
    const takable = !random.oneIn(30);
    const { price, qty } = this.#terms(isShare);
    return {
      market: isShare ? "hkex" : "crypto",
      order_type: isMarket ? "market_order" : random.pick(["limit_order", "enhanced_limit_order"]),
      symbol: isShare ? "00700" : "DODO-USDT",
      order_side: random.pick(["buy", "sell"]),
      ...(!isMarket && { price }),
      qty: takable ? qty : 0,
      reference_id: `${this.key.account}-${this.#writeCount}-${index}`,
      takable,
    };
  }

  #signed({ op, body }: Content): SignedRequest {
    const text = JSON.stringify(body);
    switch (op) {
      case "place":
        return sign(this.key, "POST", ORDERS, text);
      case "place_batch":
        return sign(this.key, "POST", `${ORDERS}/batch`, text);
      case "amend":
        return sign(this.key, "PUT", ORDERS, text);
      case "cancel":
        return this.#signedCancel(text, body);
      case "cancel_batch":
        return this.#random.oneIn(2)
          ? sign(this.key, "DELETE", `${ORDERS}/batch`, text)
          : sign(this.key, "POST", `${ORDERS}/cancel/batch`, text);
    }
  }

  #signedCancel(text: string, target: { order_no?: string; reference_id?: string }): SignedRequest {
    const [name = "", value = ""] = Object.entries(target)[0] ?? [];
    switch (this.#random.below(4)) {
      case 0:
        return sign(this.key, "DELETE", `${ORDERS}?${name}=${value}`);
      case 1:
        return sign(this.key, "POST", `${ORDERS}/cancel`, text);
      case 2:
        if (name === "order_no") return sign(this.key, "DELETE", `${ORDERS}/${value}`);
    }
    return sign(this.key, "DELETE", ORDERS, text);
  }
}
