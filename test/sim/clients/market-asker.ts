/** Somebody who asks without a signature, now and then: about the public market, and the rest. */
import { INSTRUMENTS, NOBODYS_SYMBOL } from "../oracle/money.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { HttpClient } from "./http-client.ts";
import type { Sent } from "./requests.ts";
import { Rounds } from "./rounds.ts";

export const INTERVALS = { "1m": 60, "5m": 300, "1h": 3_600, "1d": 86_400 } as const;
export type Interval = keyof typeof INTERVALS;

export type MarketQuestion =
  | { readonly of: "depth"; readonly symbol: string; readonly levels: number }
  | { readonly of: "trades"; readonly symbol: string; readonly limit: number }
  | {
      readonly of: "candles";
      readonly symbol: string;
      readonly interval: Interval;
      readonly limit: number;
    }
  | { readonly of: "symbols" }
  /** The gateway's clock, and what its receipts are signed with. */
  | { readonly of: "time" }
  | { readonly of: "receipt-keys" };

export interface MarketAskerOptions {
  readonly world: World;
  readonly random: Random;
  readonly port: number;
  /** Before it is sent; called back with the text of an answer. */
  readonly asking: (question: MarketQuestion) => (text: string) => void;
}

export class MarketAsker {
  readonly #options: MarketAskerOptions;
  readonly #http: HttpClient;
  readonly rounds: Rounds;
  #askedCount = 0;

  constructor(options: MarketAskerOptions) {
    this.#options = options;
    const { port, random, world } = options;
    this.#http = new HttpClient(world, port);
    this.rounds = new Rounds({
      world,
      pauseMs: () => random.fraction() * THINK_MS_MAX,
      act: () => this.#ask(this.#question()),
    });
  }

  async #ask(question: MarketQuestion): Promise<void> {
    this.#askedCount += 1;
    const { of, ...parameters } = question;
    const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
    const base = of === "time" || of === "receipt-keys" ? "" : "/market/v1";
    const target = `${base}/${of}${pairs.length > 0 ? `?${pairs.join("&")}` : ""}`;
    const id = `market-${this.#askedCount}`;
    this.#options.world.tell(`${id} GET ${target}`);
    const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: sim\r\n\r\n`);
    const request: Sent = { id, bytes, answers: [] };
    const answered = this.#options.asking(question);
    await this.#http.send(request);
    for (const { text } of request.answers) answered(text);
  }

  #question(): MarketQuestion {
    const { random } = this.#options;
    const isKnown = !random.chance(0.03);
    const symbol = isKnown ? random.pick(INSTRUMENTS).symbol : NOBODYS_SYMBOL;
    const limit = random.pick([1, 2, 5, 500]);
    const of = random.weighted(OFTEN);
    switch (of) {
      case "time":
      case "receipt-keys":
        return { of };
      case "depth":
        return { of: "depth", symbol, levels: random.pick([1, 2, 7, 50]) };
      case "trades":
        return { of: "trades", symbol, limit };
      case "candles": {
        const interval = random.pick(["1m", "5m", "1h", "1d"] as const);
        return { of: "candles", symbol, interval, limit };
      }
      case "symbols":
        return { of: "symbols" };
    }
  }
}

const OFTEN = {
  depth: 5,
  trades: 5,
  candles: 5,
  symbols: 5,
  time: 2,
  "receipt-keys": 1,
} as const;

/** Between an answer and the next question. */
const THINK_MS_MAX = 250;
