/** What an account may ask about its money: answered from memory, told once it is durable. */
import {
  encodeBalances,
  encodePositionsPage,
  encodeQuantity,
  type PositionsQuery,
  type QuantityRequest,
  securityTypeOf,
} from "@countermand/contract";
import type { InstrumentTable } from "@countermand/core/model";
import { balances, type Marks, type Position, positions } from "@countermand/core/money";
import { refusalAnswer } from "../answers.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { failed, TOO_MANY_WAIT } from "./failed-answer.ts";
import type { TradeAnswer } from "./trade-service.ts";

export interface AccountServiceOptions {
  readonly sequencer: Sequencer;
  readonly instruments: InstrumentTable;
}

export class AccountService {
  readonly #sequencer: Sequencer;
  readonly #instruments: InstrumentTable;
  readonly #marks: Marks;

  constructor({ sequencer, instruments }: AccountServiceOptions) {
    const { exchange, sessions } = sequencer.partitions;
    this.#sequencer = sequencer;
    this.#instruments = instruments;
    this.#marks = {
      lastPx: (symbol) => exchange.exchange.lastTradePrice(symbol),
      prevClosePx: (symbol) => sessions.state.closePx(symbol),
    };
  }

  balance(caller: Caller): Promise<TradeAnswer> {
    return this.#view(() => {
      const money = this.#deskOf(caller).money(caller.account);
      const body = encodeBalances(balances(money, this.#instruments, this.#marks));
      return { httpStatus: 200, body };
    });
  }

  positions(caller: Caller, query: PositionsQuery): Promise<TradeAnswer> {
    return this.#view(() => {
      const money = this.#deskOf(caller).money(caller.account);
      const found = positions(money, this.#instruments, this.#marks).filter((position) => {
        return this.#matches(position, query);
      });
      const first = (query.pageIndex - 1) * query.pageSize;
      const body = encodePositionsPage({
        totalRecords: found.length,
        page: query.pageIndex,
        pageSize: query.pageSize,
        rows: found.slice(first, first + query.pageSize),
      });
      return { httpStatus: 200, body };
    });
  }

  estimateQuantity(caller: Caller, request: QuantityRequest): Promise<TradeAnswer> {
    return this.#view(() => {
      const { lotsMax } = this.#sequencer.partitions.sessions.profile.markets[request.market];
      const qty = this.#deskOf(caller).tradableQty(caller.account, request, lotsMax);
      if (typeof qty === "bigint") return { httpStatus: 200, body: encodeQuantity(qty) };
      return refusalAnswer(qty);
    });
  }

  /** Positions belong to the account: none is of a portfolio. */
  #matches(position: Position, { market, securityType, portfolioId }: PositionsQuery): boolean {
    const instrument = this.#instruments.find(position.symbol);
    return (
      (market === undefined || instrument?.markets.includes(market) === true) &&
      (securityType === undefined || securityType === securityTypeOf(position.market)) &&
      portfolioId === undefined
    );
  }

  #deskOf({ account }: Caller) {
    return this.#sequencer.partitions.deskOf(account).desk;
  }

  async #view(view: () => Answer): Promise<TradeAnswer> {
    if (this.#sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    this.#sequencer.catchUp();
    return { ...(await this.#sequencer.read(view)), replayed: false };
  }
}
