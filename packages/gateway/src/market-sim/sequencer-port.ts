/**
 * The sequencer as the simulated participants use it: the way of every order, with the account's
 * money and the desk's checks, but for the signature. Under load theirs are the first to go.
 */
import type { OpenTarget } from "@countermand/core/desk";
import type { Account, Order, OrderId, PlaceRequest, Price } from "@countermand/core/model";
import type { MarketView } from "@countermand/core/participants";
import type { Caller } from "../auth/key-store.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { SIMULATED_PENDING_MAX } from "./limits.ts";
import type { Attention, CommandOutcome, MarketPort } from "./sandbox-market.ts";

export class SequencerPort implements MarketPort {
  readonly #sequencer: Sequencer;
  readonly #attention: () => Attention;
  #commandCount = 0;

  constructor(sequencer: Sequencer, attention: () => Attention) {
    this.#sequencer = sequencer;
    this.#attention = attention;
  }

  get attention(): Attention {
    return this.#attention();
  }

  /** Commands carried out since the start. */
  get commandCount(): number {
    return this.#commandCount;
  }

  place(account: Account, request: PlaceRequest): Promise<CommandOutcome> {
    return this.#write(account, "place", (turn) => !("refused" in turn.place(request)));
  }

  cancel(account: Account, orderId: OrderId): Promise<CommandOutcome> {
    return this.#write(account, "cancel", (turn) => {
      const target: OpenTarget = turn.openTarget({ by: "orderId", orderId });
      return target.found !== "open" || !("refused" in turn.cancel(target.order));
    });
  }

  /** Takes the account's orders out of the market: those that the rules let go now. */
  async withdraw(account: Account): Promise<void> {
    const cancels = this.#openOrders(account).map(({ orderId }) => this.cancel(account, orderId));
    await Promise.all(cancels);
  }

  view(account: Account, symbol: string): MarketView {
    const { exchange } = this.#sequencer.partitions.exchange;
    return {
      bestBid: exchange.bestBid(symbol),
      bestAsk: exchange.bestAsk(symbol),
      lastPrice: exchange.lastTradePrice(symbol),
      ownOrders: this.#openOrders(account).filter((order) => order.symbol === symbol),
    };
  }

  lastPrice(symbol: string): Price | null {
    return this.#sequencer.partitions.exchange.exchange.lastTradePrice(symbol);
  }

  #openOrders(account: Account): Order[] {
    const book = this.#sequencer.partitions.deskOf(account).desk.book(account);
    return book === null ? [] : [...book.openOldestFirst()];
  }

  /** `carryOut` says whether it was done. */
  async #write(
    account: Account,
    urgency: "place" | "cancel",
    carryOut: (turn: Turn) => boolean,
  ): Promise<CommandOutcome> {
    const { isDiskFull, pendingCount } = this.#sequencer;
    if (isDiskFull || pendingCount > SIMULATED_PENDING_MAX) return "overloaded";
    let isDone = false;
    const { result } = await this.#sequencer.write(callerOf(account), urgency, null, (turn) => {
      isDone = carryOut(turn);
      return NOBODYS_ANSWER;
    });
    if (result !== "answered") return "overloaded";
    if (isDone) this.#commandCount += 1;
    return isDone ? "done" : "refused";
  }
}

/** A simulated account has no key, and nobody can sign with this name. */
export const NO_API_KEY = "";

function callerOf(account: Account): Caller {
  return { apiKey: NO_API_KEY, account };
}

/** Nothing keeps it and nobody reads it. */
const NOBODYS_ANSWER: Answer = { httpStatus: 200, body: "" };
