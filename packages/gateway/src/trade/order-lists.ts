/** Lists of an account's orders, for its owner and for operators: what they ask, and who sees it. */
import {
  encodeOperatorOrder,
  encodeOrder,
  encodeOrdersPage,
  type InstrumentNames,
  type OperatorOrdersQuery,
  type OrdersQuery,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import {
  type Account,
  type InstrumentSource,
  InstrumentTable,
  type Order,
} from "@countermand/core/model";
import { isSimulated } from "@countermand/core/participants";
import type { OrderArchive } from "../archive/order-archive.ts";
import type { OrderFilter } from "../archive/order-filter.ts";
import { type OrderPlaces, type OrderQuery, queryOrders } from "../archive/order-query.ts";
import type { Caller } from "../auth/key-store.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { ARCHIVE_UNREADABLE } from "./cancel-outcome.ts";
import { failed, TOO_MANY_WALKS } from "./failed-answer.ts";
import { isArchiveUnavailable } from "./written-answer.ts";

export interface OrderListsOptions {
  readonly sequencer: Sequencer;
  readonly archive: Pick<OrderArchive, "list" | "orders">;
  readonly instruments: InstrumentSource;
}

type EncodeRow = (order: Order, names: InstrumentNames) => string;

/** The archive keeps nothing of simulated traders: what they closed is nowhere for as long. */
const NONE_HELD: OrderPlaces["recent"] = { closedOrders: () => [] };

/** They see every change that was answered or pushed before, and tell nothing that may be lost. */
export class OrderLists {
  readonly #options: OrderListsOptions;
  readonly #instruments: InstrumentTable;

  constructor(options: OrderListsOptions) {
    this.#options = options;
    this.#instruments = InstrumentTable.of(options.instruments);
  }

  /** What the caller may see of its own account. */
  ofCaller({ account, portfolioIds }: Caller, query: OrdersQuery): Promise<Answer> {
    const { pageIndex, pageSize } = query;
    const filter = { ...filterOf(query), portfolioIds };
    const asked = { account, filter, state: stateOf(query), pageIndex, pageSize };
    return this.#list(asked, (order, names) => encodeOrder(order, names, { query: true }));
  }

  /** All of an account, which there is, with the key that placed each. */
  ofAccount(account: Account, query: OperatorOrdersQuery): Promise<Answer> {
    const { pageIndex, pageSize } = query;
    const asked = {
      account,
      filter: filterOf(query),
      state: stateOf(query),
      pageIndex,
      pageSize,
    };
    return this.#list(asked, encodeOperatorOrder);
  }

  async #list(query: OrderQuery, encodeRow: EncodeRow): Promise<Answer> {
    const { archive, sequencer } = this.#options;
    const { account, pageIndex, pageSize } = query;
    if (sequencer.refusesWalks) return failed("OVERLOADED", TOO_MANY_WALKS);
    const open = sequencer.partitions.deskOf(account).desk.book(account);
    assert(open !== null, "an account whose orders are listed was opened");
    const recent = isSimulated(account) ? NONE_HELD : sequencer.partitions.recent;
    sequencer.catchUp();
    try {
      const nextTurn = () => sequencer.turns.next();
      const found = await queryOrders(query, { open, recent, archive, nextTurn });
      // Written out when it may be told: while the disk stalls, a page is a few references.
      const page = await sequencer.read(() => found);
      const rows = page.orders.map((order) => encodeRow(order, this.#namesOf(order)));
      const body = encodeOrdersPage({ totalRecords: page.total, page: pageIndex, pageSize, rows });
      return { httpStatus: 200, body };
    } catch (error) {
      if (isArchiveUnavailable(error)) return failed("UNAVAILABLE", ARCHIVE_UNREADABLE);
      throw error;
    }
  }

  #namesOf({ symbol }: Order): InstrumentNames {
    const instrument = this.#instruments.find(symbol);
    assert(instrument !== null, "an order's instrument is known");
    return instrument;
  }
}

function stateOf({ state }: OrdersQuery): OrderQuery["state"] {
  return state === "all" ? undefined : state;
}

function filterOf(query: OrdersQuery): OrderFilter {
  return {
    market: query.market,
    symbol: query.symbol,
    side: query.side,
    portfolioId: query.portfolioId,
    ordStatus: query.status,
    createdFromS: query.startTime,
    createdToS: query.endTime,
    orderId: query.orderId,
    clOrdId: query.clOrdId,
  };
}
