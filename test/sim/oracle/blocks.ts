/**
 * What operators hold back, by the times at which they asked for it and were answered. What lies
 * between asking and the answer may be decided either way.
 */
import type { Request } from "../clients/requests.ts";

export interface Block {
  readonly what: string;
  /** Null: every account. */
  readonly account: string | null;
  /** Null: every market. */
  readonly market: string | null;
  /** Whether its open orders are cancelled. */
  readonly kills: boolean;
  readonly askedAtMs: number;
  answeredAtMs: number | null;
  endAskedAtMs: number | null;
  endedAtMs: number | null;
}

export class Blocks {
  readonly #all: Block[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(block: Block): void {
    this.#all.push(block);
  }

  /** What no new order of the request may pass, or null; read before the end of it is asked for. */
  surelyCovering({ key, sentAtMs }: Request, market: string): string | null {
    const found = this.#all.find((block) => {
      const { account, answeredAtMs, endAskedAtMs } = block;
      if (answeredAtMs === null || answeredAtMs > sentAtMs || endAskedAtMs !== null) return false;
      if (account !== null && account !== key.account) return false;
      return block.market === null || block.market === market;
    });
    return found?.what ?? null;
  }

  /** Whether one may have held while the request was under way. */
  mayCover({ key, sentAtMs }: Request): boolean {
    return this.#all.some(({ account, askedAtMs, endedAtMs }) => {
      if (account !== null && account !== key.account) return false;
      return askedAtMs <= this.#nowMs() && (endedAtMs === null || endedAtMs >= sentAtMs);
    });
  }

  /** Whether an operator may have cancelled the order. */
  kills(order: { readonly account: string; readonly market: string }): boolean {
    return this.#all.some(({ account, market, kills, askedAtMs }) => {
      if (!kills || askedAtMs > this.#nowMs()) return false;
      const isIn = account === null || account === order.account;
      return isIn && (market === null || market === order.market);
    });
  }

  /** A kill that was answered and not ended: nothing of it may be open for long. */
  standingKills(): readonly Block[] {
    return this.#all.filter(({ kills, answeredAtMs, endAskedAtMs }) => {
      return kills && answeredAtMs !== null && endAskedAtMs === null;
    });
  }
}
