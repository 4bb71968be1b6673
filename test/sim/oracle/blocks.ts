/**
 * What operators hold back, by the times at which they asked for it and were answered. What lies
 * between asking and the answer may be decided either way.
 */
import type { Request } from "../clients/requests.ts";
import { exchangeOf } from "./days.ts";
import type { Terms } from "./orders.ts";

export interface Block {
  readonly what: string;
  /** Null: every account. */
  readonly account: string | null;
  /** Null: every market. */
  readonly market: string | null;
  /** Null: every instrument. */
  readonly symbol: string | null;
  /** Null: every portfolio. */
  readonly portfolio: string | null;
  /** What it placed and sends; null: every key. */
  readonly apiKey: string | null;
  /** Whether its open orders are cancelled. */
  readonly kills: boolean;
  /** Whether nothing trades in its market. */
  readonly halts: boolean;
  readonly askedAtMs: number;
  answeredAtMs: number | null;
  endAskedAtMs: number | null;
  endedAtMs: number | null;
}

interface Killed {
  readonly account: string;
  readonly market: string;
  readonly portfolioId: string;
  readonly enteredBy: string;
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
  surelyCovering(
    { key, sentAtMs }: Request,
    terms: Pick<Terms, "market" | "symbol" | "portfolio_id">,
  ): string | null {
    const found = this.#all.find((block) => {
      const { account, answeredAtMs, endAskedAtMs } = block;
      if (answeredAtMs === null || answeredAtMs > sentAtMs || endAskedAtMs !== null) return false;
      if (account !== null && account !== key.account) return false;
      if (block.portfolio !== null && block.portfolio !== terms.portfolio_id) return false;
      if (block.apiKey !== null && block.apiKey !== key.apiKey) return false;
      if (block.symbol !== null && block.symbol !== terms.symbol) return false;
      return block.market === null || block.market === exchangeOf(terms.market);
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

  /** What held all the time, and what held perhaps at some moment. */
  heldDuring(fromMs: number, untilMs: number): { surely: Block[]; perhaps: Block[] } {
    const perhaps = this.#all.filter(({ askedAtMs, endedAtMs }) => {
      return askedAtMs <= untilMs && (endedAtMs === null || endedAtMs >= fromMs);
    });
    const surely = perhaps.filter(({ answeredAtMs, endAskedAtMs }) => {
      if (answeredAtMs === null || answeredAtMs >= fromMs) return false;
      return endAskedAtMs === null || endAskedAtMs > untilMs;
    });
    return { surely, perhaps };
  }

  /** Whether trading in the market stood still all the time since then. */
  surelyHalted(market: string, sinceMs: number): boolean {
    return this.#halts(market).some(({ answeredAtMs, endAskedAtMs }) => {
      return answeredAtMs !== null && answeredAtMs < sinceMs && endAskedAtMs === null;
    });
  }

  /** Whether it may have stood still at some time: then what was due may come later. */
  mayHaveHalted(market: string): boolean {
    return this.#halts(market).length > 0;
  }

  #halts(market: string): Block[] {
    return this.#all.filter((block) => block.halts && block.market === exchangeOf(market));
  }

  /** Whether an operator may have cancelled the order. */
  kills({ account, market, portfolioId, enteredBy }: Killed): boolean {
    return this.#all.some((block) => {
      if (!block.kills || block.askedAtMs > this.#nowMs()) return false;
      const { apiKey, portfolio } = block;
      const isIn = block.account === null || block.account === account;
      const isInMarket = block.market === null || block.market === exchangeOf(market);
      const isInPortfolio = portfolio === null || portfolio === portfolioId;
      return isIn && isInMarket && isInPortfolio && (apiKey === null || apiKey === enteredBy);
    });
  }
}
