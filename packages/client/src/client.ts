/** The gateway's REST API, typed: one method per thing to do. */
import { Calls } from "./calls.ts";
import {
  type CancelAllFilter,
  type CancelOptions,
  type CancelOutcome,
  type ConfirmOptions,
  cancelAllOrders,
  cancelOrder,
  cancelOrders,
  cancelToTheEnd,
} from "./cancels.ts";
import { MarketStream, type MarketStreamOptions } from "./market-stream.ts";
import { ordersOfPages, rowsOfPages } from "./order-pages.ts";
import { OrderStream, type OrderStreamOptions } from "./order-stream.ts";
import { Transport, type TransportOptions } from "./transport.ts";
import type {
  AmendRequest,
  Balance,
  CancelAllResult,
  CancelRequest,
  CancelResult,
  Clock,
  ClockRequest,
  DeadManRequest,
  DeadManStatus,
  DeadManSwitch,
  Execution,
  ExecutionsPage,
  ExecutionsQuery,
  Fault,
  FaultRequest,
  Faults,
  FaultsCleared,
  MarketCandles,
  MarketDepth,
  MarketSymbols,
  MarketTrades,
  Order,
  OrdersPage,
  OrdersQuery,
  PlaceRequest,
  PlaceResult,
  PositionsPage,
  PositionsQuery,
  PreviewedCancel,
  PreviewedOrder,
  Quantity,
  QuantityRequest,
  Restrictions,
  SignInCode,
  Transaction,
  TransactionsPage,
  TransactionsQuery,
} from "./wire.ts";

/** Which order: by `order_no`, or by the client's own `reference_id`. */
export type OrderName = Pick<CancelRequest, "order_no" | "reference_id">;

/**
 * A client of one gateway with one API key. It holds no connection of its own and needs no close.
 *
 * Writes are repeated after a lost answer with the same signed bytes, which the gateway carries out
 * at most once.
 * @example
 * const mine = new CountermandClient({
 *   baseUrl: url,
 *   credentials: { apiKey: "demo-key", secret: "demo-secret" },
 * });
 * assert.ok((await mine.balance()).length > 0);
 */
export class CountermandClient {
  readonly #calls: Calls;

  /**
   * @throws TypeError `baseUrl` is no address of a gateway, or the private key is no Ed25519 key
   */
  constructor(options: TransportOptions | Transport) {
    this.#calls = new Calls(options instanceof Transport ? options : new Transport(options));
  }

  /**
   * The same client, whose calls end when the signal is aborted: with the signal's reason where
   * nothing may have been done, else with OutcomeUnknownError. A stream has its own `close()`.
   * @example
   * const patient = client.withSignal(AbortSignal.timeout(5_000));
   * assert.ok((await patient.balance()).length > 0);
   */
  withSignal(signal: AbortSignal): CountermandClient {
    return new CountermandClient(this.#calls.transport.withSignal(signal));
  }

  /**
   * The same client, whose orders, amends and cancels go over the socket of a stream that was
   * opened with `commands: true`; all else goes over HTTP as before. What a call promises and
   * throws is the same: after a lost connection it is sent again under its id, and acts once. A
   * stream whose events are not read fast enough lets its socket go, and then these calls wait.
   * @throws TypeError the stream takes no commands
   * @example
   * const stream = client.stream({ commands: true });
   * const fast = client.withSocket(stream);
   * const { order_no } = await fast.place(buy);
   * assert.equal((await fast.cancel({ order_no })).outcome, "cancelled");
   * stream.close();
   */
  withSocket({ commands }: OrderStream): CountermandClient {
    if (commands === null) throw new TypeError("the stream was opened without commands: true");
    return new CountermandClient(this.#calls.transport.withCommands(commands));
  }

  /**
   * The gateway's clock as measured; signatures use it.
   * @example
   * await client.measureClock();
   * assert.ok(client.clock.errorMs < 60_000);
   */
  get clock(): Transport["clock"] {
    return this.#calls.transport.clock;
  }

  /**
   * Measures the gateway's clock, so that signatures carry its time. Done by itself when a
   * signature was refused for its time.
   * @throws ConnectionError
   * @example
   * await client.measureClock();
   */
  measureClock(): Promise<void> {
    return this.#calls.transport.measureClock();
  }

  /**
   * Places an order; resolves with its number when it is durable and in the market.
   * @throws ApiError it was refused: there is no such order
   * @throws OutcomeUnknownError look for it by its `reference_id`
   * @example
   * const { order_no } = await client.place({ ...buy, reference_id: "a1" });
   * assert.match(order_no, /^[0-9]{11}$/);
   */
  async place(order: PlaceRequest): Promise<{ readonly order_no: string }> {
    const placed = await this.#calls.write("POST", "/trade/v1/orders", order);
    return placed as { readonly order_no: string };
  }

  /**
   * As {@link place}; resolves with the whole order, which may have traded already.
   * @example
   * const order = await client.placeAndShow({ ...buy, price: "423.83" });
   * assert.equal(order.price, "423.83");
   */
  async placeAndShow(order: PlaceRequest): Promise<Order> {
    return (await this.#calls.change("POST", "/trade/v1/orders", order)).data;
  }

  /**
   * Places 1 to 5 orders: one result per order, in their order. A refused one does not affect the
   * others.
   * @throws ApiError the batch as a whole was refused, and nothing was done
   * @throws OutcomeUnknownError
   * @example
   * const [first, second] = await client.placeBatch([buy, { ...buy, price: "0" }]);
   * assert.equal(first.result.code, 0);
   * assert.equal(second.result.reason, "price_not_positive");
   */
  async placeBatch(orders: readonly PlaceRequest[]): Promise<readonly PlaceResult[]> {
    return (await this.#calls.write(
      "POST",
      "/trade/v1/orders/batch",
      orders,
    )) as readonly PlaceResult[];
  }

  /**
   * Cancels one order; resolves with what came of it, also when it was too late.
   * @throws ApiError the request is malformed or not allowed
   * @throws OutcomeUnknownError call again: a cancel by `order_no` is safe at any time
   * @example
   * const { order_no } = await client.place(buy);
   * const ended = await client.cancel({ order_no });
   * if (ended.outcome === "refused") throw new Error(ended.reason);
   * assert.equal(ended.order.cancelled_qty, "100");
   */
  cancel(request: CancelRequest, options: CancelOptions = {}): Promise<CancelOutcome> {
    return cancelOrder(this.#calls, request, options);
  }

  /**
   * Cancels one order and waits until it is closed: resolves with the final order, whether the
   * cancel or a fill won. On a venue that answers at once it is one request.
   * @throws ApiError the order cannot be cancelled and is not closed, or is unknown
   * @throws WaitTimeoutError it is still not closed; the cancel stays in force
   * @throws OutcomeUnknownError also when the cancel was taken and its end could not be seen
   * @example
   * const { order_no } = await client.place(buy);
   * const final = await client.cancelAndConfirm({ order_no }, { timeoutMs: 5_000 });
   * assert.equal(final.order_status, "can");
   */
  cancelAndConfirm(request: CancelRequest, options: ConfirmOptions = {}): Promise<Order> {
    return cancelToTheEnd(this.#calls, request, options);
  }

  /**
   * Cancels 1 to 5 orders: one result per order, in their order, each its own success or failure.
   * @throws ApiError the batch as a whole was refused, and nothing was done
   * @throws OutcomeUnknownError
   * @example
   * const { order_no } = await client.place(buy);
   * const results = await client.cancelBatch([{ order_no }, { order_no: "99999999999" }]);
   * assert.deepEqual(results.map(({ result }) => result.code === 0), [true, false]);
   */
  cancelBatch(
    requests: readonly CancelRequest[],
    options: CancelOptions = {},
  ): Promise<readonly CancelResult[]> {
    return cancelOrders(this.#calls, requests, options);
  }

  /**
   * Cancels every open order, or those that the filter picks; resolves with what became of each,
   * also when some could not be cancelled: `outcome` tells `nothing_open` from `nothing_worked`.
   * @throws ApiError the filter is malformed, or it is not allowed
   * @throws OutcomeUnknownError call again: what is cancelled stays cancelled
   * @example
   * await client.place({ ...buy, reference_id: "grid-1" });
   * const result = await client.cancelAll({ reference_id_prefix: "grid-" });
   * assert.deepEqual([result.outcome, result.done], ["done", 1]);
   */
  cancelAll(filter: CancelAllFilter = {}): Promise<CancelAllResult> {
    return cancelAllOrders(this.#calls, filter, false);
  }

  /**
   * What {@link cancelAll} would cancel now; cancels nothing.
   * @throws ApiError @throws ConnectionError
   * @example
   * await client.place(buy);
   * const preview = await client.previewCancelAll({ symbol: "00700" });
   * assert.ok(preview.matched >= 1);
   */
  previewCancelAll(filter: CancelAllFilter = {}): Promise<CancelAllResult> {
    return cancelAllOrders(this.#calls, filter, true);
  }

  /**
   * Gives an open order new terms; resolves with the order as it stands then.
   * @throws ApiError it was refused and the order is as it was
   * @throws OutcomeUnknownError
   * @example
   * const { order_no } = await client.place(buy);
   * const order = await client.amend({ order_no, price: "399.99", version: 1 });
   * assert.deepEqual([order.price, order.version], ["399.99", 2]);
   */
  async amend(request: AmendRequest): Promise<Order> {
    return (await this.#calls.change("PUT", "/trade/v1/orders", request)).data;
  }

  /**
   * What {@link place} would come to now: resolves with the order as it would stand behind it, what
   * trades at once included, and with what it would hold back. Places nothing, and promises
   * nothing: the market moves on.
   * @throws ApiError it would be refused, for the reason it gives @throws ConnectionError
   * @example
   * const { on_hold, on_hold_of, order_status } = await client.previewPlace(buy);
   * assert.deepEqual([order_status, on_hold_of], ["new", "HKD"]);
   * assert.ok(compareDecimals(on_hold, "40000") > 0);
   */
  async previewPlace(order: PlaceRequest): Promise<PreviewedOrder> {
    return (await this.#calls.ask("/trade/v1/orders/preview", order)) as PreviewedOrder;
  }

  /**
   * What {@link amend} would come to now; changes nothing.
   * @throws ApiError it would be refused @throws ConnectionError
   * @example
   * const { order_no } = await client.place(buy);
   * const order = await client.previewAmend({ order_no, qty: "200" });
   * assert.deepEqual([order.qty, (await client.order({ order_no })).qty], ["200", "100"]);
   */
  async previewAmend(request: AmendRequest): Promise<PreviewedOrder> {
    const path = "/trade/v1/orders/preview";
    return (await this.#calls.ask(path, request, "PUT")) as PreviewedOrder;
  }

  /**
   * What {@link cancel} would come to now; cancels nothing.
   * @throws ApiError it would be refused: too late, unknown, or its market takes no cancels now,
   * and then `details` says until when @throws ConnectionError
   * @example
   * const { order_no } = await client.place(buy);
   * const { cancelled_qty } = await client.previewCancel({ order_no });
   * assert.equal(cancelled_qty, "100");
   */
  async previewCancel(request: CancelRequest): Promise<PreviewedCancel> {
    const path = "/trade/v1/orders/cancel/preview";
    return (await this.#calls.ask(path, request)) as PreviewedCancel;
  }

  /**
   * A page of orders, newest first. It sees every change that was answered or pushed before.
   * @throws ApiError @throws ConnectionError
   * @example
   * const page = await client.orders({ market: "hkex", page_size: 10 });
   * assert.ok(page.orders.length <= 10);
   */
  orders(query: OrdersQuery = {}): Promise<OrdersPage> {
    return this.#calls.read("/trade/v1/orders", query);
  }

  /**
   * Every order that fits, newest first, page after page; none twice, and none left out because
   * others were placed or closed between two pages. Throws as {@link orders}.
   * @example
   * for await (const order of client.allOrders({ state: "open" })) {
   *   assert.ok(["new", "pex"].includes(order.order_status));
   * }
   */
  async *allOrders(query: OrdersQuery = {}): AsyncGenerator<Order, void, void> {
    yield* ordersOfPages((page) => this.orders({ ...query, ...page }), query);
  }

  /**
   * One order, the newest where several carry the `reference_id`; null when the gateway never had
   * it, which is certain.
   * @throws ApiError @throws ConnectionError
   * @example
   * assert.equal(await client.order({ reference_id: "never-sent" }), null);
   */
  async order(name: OrderName): Promise<Order | null> {
    const { orders } = await this.orders({ ...nameIn(name), page_size: 1 });
    return orders[0] ?? null;
  }

  /**
   * Arms a dead-man's switch, refreshes it by being called again, or with timeout 0 releases it:
   * unless it is refreshed in time, the gateway cancels the scope's orders and blocks new ones.
   * @throws ApiError @throws OutcomeUnknownError call again: the later deadline counts
   * @example
   * const armed = await client.deadMan({ timeout: 60, scope: "symbol", value: "00700" });
   * assert.equal(armed.state, "armed");
   * await client.deadMan({ timeout: 0, scope: "symbol", value: "00700" });
   */
  async deadMan(request: DeadManRequest): Promise<DeadManSwitch> {
    return (await this.#calls.write("POST", "/trade/v1/dead-man", request)) as DeadManSwitch;
  }

  /**
   * The account's switches that are armed or have fired.
   * @throws ApiError @throws ConnectionError
   * @example
   * const { switches } = await client.deadManStatus();
   * assert.ok(switches.every(({ state }) => state === "armed" || state === "fired"));
   */
  deadManStatus(): Promise<DeadManStatus> {
    return this.#calls.read("/trade/v1/dead-man", {});
  }

  /**
   * How much could be traded, in whole lots. @throws ApiError @throws ConnectionError
   * @example
   * const { qty } = await client.tradableQuantity({
   *   market: "hkex",
   *   symbol: "00700",
   *   order_side: "buy",
   *   price: "400",
   *   ratio: "0.5",
   * });
   * assert.ok(compareDecimals(qty, "0") > 0);
   */
  async tradableQuantity(request: QuantityRequest): Promise<Quantity> {
    return (await this.#calls.ask("/trade/v1/orders/quantity", request)) as Quantity;
  }

  /**
   * What operators hold back: modes of the markets, blocks that reach this key, halted symbols.
   * Cancels work under all of them.
   * @throws ApiError @throws ConnectionError
   * @example
   * const { blocks, markets } = await client.restrictions();
   * assert.deepEqual(blocks, []);
   * assert.ok(markets.every(({ mode }) => mode === "open"));
   */
  restrictions(): Promise<Restrictions> {
    return this.#calls.read("/trade/v1/restrictions", {});
  }

  /**
   * Cash by currency. @throws ApiError @throws ConnectionError
   * @example
   * const rows = await client.balance();
   * assert.ok(rows.some(({ base_currency }) => base_currency === "HKD"));
   */
  balance(): Promise<readonly Balance[]> {
    return this.#calls.read("/account/v1/balance", {});
  }

  /**
   * A page of holdings. @throws ApiError @throws ConnectionError
   * @example
   * const { positions } = await client.positions({ market: "hkex" });
   * assert.equal(positions[0].product_code, "00700");
   */
  positions(query: PositionsQuery = {}): Promise<PositionsPage> {
    return this.#calls.read("/account/v1/positions", query);
  }

  /**
   * A page of single fills, newest first. @throws ApiError @throws ConnectionError
   * @example
   * const { executions } = await client.executions({ symbol: "00700" });
   * assert.ok(Array.isArray(executions));
   */
  executions(query: ExecutionsQuery = {}): Promise<ExecutionsPage> {
    return this.#calls.read("/trade/v1/executions", query);
  }

  /**
   * Every fill that fits, newest first, page after page; none twice, and none of those that were
   * there at the beginning left out. Throws as {@link executions}.
   * @example
   * for await (const { exec_id, charge } of client.allExecutions({ symbol: "00700" })) {
   *   assert.ok(exec_id.length >= 10 && compareDecimals(charge, "0") > 0);
   * }
   */
  async *allExecutions(
    query: Omit<ExecutionsQuery, "page_index" | "page_size"> = {},
  ): AsyncGenerator<Execution, void, void> {
    yield* rowsOfPages(
      async (page_index, page_size) => {
        const page = await this.executions({ ...query, page_index, page_size });
        return { rows: page.executions, total: page.total_records };
      },
      ({ exec_id }) => exec_id,
    );
  }

  /**
   * A page of the statement, newest first. @throws ApiError @throws ConnectionError
   * @example
   * const { transactions } = await client.transactions({ business_type: "opening" });
   * assert.ok(transactions.length > 0);
   */
  transactions(query: TransactionsQuery = {}): Promise<TransactionsPage> {
    return this.#calls.read("/account/v1/transactions", query);
  }

  /**
   * Every line of the statement that fits, as {@link allExecutions} walks over the fills.
   * @example
   * for await (const { amt } of client.allTransactions({ business_type: "opening" })) {
   *   assert.notEqual(amt, undefined);
   * }
   */
  async *allTransactions(
    query: Omit<TransactionsQuery, "page" | "page_size"> = {},
  ): AsyncGenerator<Transaction, void, void> {
    yield* rowsOfPages(
      async (page, page_size) => {
        const { transactions, total_records } = await this.transactions({
          ...query,
          page,
          page_size,
        });
        return { rows: transactions, total: total_records };
      },
      ({ id }) => id,
    );
  }

  /**
   * A code that signs a browser in to the web console, once: open `/console#code=` and it.
   * @throws ApiError @throws ConnectionError ask for another
   * @example
   * const { sign_in_code } = await client.signInCode();
   * assert.equal(sign_in_code.length, 43);
   */
  async signInCode(): Promise<SignInCode> {
    // Not repeated by itself: the same signed bytes make no second code.
    return (await this.#calls.ask("/console/v1/sign-in-codes")) as SignInCode;
  }

  /**
   * What is traded, and where it stands; public. @throws ApiError @throws ConnectionError
   * @example
   * const { symbols } = await client.symbols();
   * assert.ok(symbols.some(({ symbol }) => symbol === "BTC-USDT"));
   */
  symbols(): Promise<MarketSymbols> {
    return this.#calls.public("/market/v1/symbols", {});
  }

  /**
   * The best prices of a book; public. @throws ApiError @throws ConnectionError
   * @example
   * await client.place(buy);
   * const { bids } = await client.depth("00700", 1);
   * const [price, qty, orders] = bids[0];
   * assert.ok(compareDecimals(price, "0") > 0 && qty !== "0" && orders >= 1);
   */
  depth(symbol: string, levels?: number): Promise<MarketDepth> {
    return this.#calls.public("/market/v1/depth", { symbol, levels });
  }

  /**
   * The last trades of a symbol, newest first; public. @throws ApiError @throws ConnectionError
   * @example
   * const { trades } = await client.trades("00700", 10);
   * assert.ok(trades.length <= 10);
   */
  trades(symbol: string, limit?: number): Promise<MarketTrades> {
    return this.#calls.public("/market/v1/trades", { symbol, limit });
  }

  /**
   * Candles of `1m`, `5m`, `1h` or `1d`; public. @throws ApiError @throws ConnectionError
   * @example
   * const { candles } = await client.candles("00700", "1m");
   * assert.ok(Array.isArray(candles));
   */
  candles(symbol: string, interval: string, limit?: number): Promise<MarketCandles> {
    return this.#calls.public("/market/v1/candles", {
      symbol,
      interval,
      limit,
    });
  }

  /**
   * Arms a fault of this key, in a sandbox: what goes wrong, how often, with which chance.
   * @throws ApiError outside a sandbox with `unknown_path`
   * @throws OutcomeUnknownError ask {@link faults}
   * @example
   * const armed = await client.armFault({ fault: "lost_answer", probability: "0.5" });
   * assert.equal(armed.fired, 0);
   * await client.disarmFaults();
   */
  async armFault(request: FaultRequest): Promise<Fault> {
    return (await this.#calls.write("POST", "/sandbox/v1/faults", request)) as Fault;
  }

  /**
   * The key's faults, in a sandbox, and how often each has happened.
   * @throws ApiError @throws ConnectionError
   * @example
   * const { faults } = await client.faults();
   * assert.ok(faults.every(({ count, fired }) => fired <= count));
   */
  faults(): Promise<Faults> {
    return this.#calls.read("/sandbox/v1/faults", {});
  }

  /**
   * Disarms the key's faults, in a sandbox; resolves with how many there were.
   * @throws ApiError @throws OutcomeUnknownError call again
   * @example
   * assert.equal(await client.disarmFaults(), 0);
   */
  async disarmFaults(): Promise<number> {
    const data = await this.#calls.write("DELETE", "/sandbox/v1/faults", undefined);
    return (data as FaultsCleared).cleared;
  }

  /**
   * The exchange's clock, in a sandbox, and where each market is in its day.
   * @throws ApiError @throws ConnectionError
   * @example
   * const { markets } = await client.exchangeClock();
   * assert.ok(markets.some(({ takes_cancels }) => takes_cancels));
   */
  exchangeClock(): Promise<Clock> {
    return this.#calls.read("/sandbox/v1/clock", {});
  }

  /**
   * Sets the exchange's clock on, for everybody on a sandbox, or changes its speed.
   * @throws ApiError @throws OutcomeUnknownError ask {@link exchangeClock}
   * @example
   * const { follows_real_time } = await client.setExchangeClock({ advance_ms: 1_000 });
   * assert.equal(follows_real_time, false);
   */
  async setExchangeClock(request: ClockRequest): Promise<Clock> {
    return (await this.#calls.write("POST", "/sandbox/v1/clock", request)) as Clock;
  }

  /**
   * The stream of some symbols' books, trades and candles, which reconnects by itself, and the
   * books as it tells them; public.
   * @example
   * const market = client.market(["00700", "AAPL"], { channels: ["depth", "candles:1m"] });
   * for await (const event of market) {
   *   if (event.type === "book" && market.book("00700") && market.book("AAPL")) break;
   * }
   */
  market(symbols: string | readonly string[], options: MarketStreamOptions = {}): MarketStream {
    const { baseUrl } = this.#calls.transport;
    const origin = {
      baseUrl,
      probe: (signal: AbortSignal) => this.withSignal(signal).measureClock(),
    };
    return new MarketStream(origin, typeof symbols === "string" ? [symbols] : symbols, options);
  }

  /**
   * The stream of every change of every order of the account, which reconnects and resumes by
   * itself, and the open orders as it tells them.
   * @example
   * const stream = client.stream();
   * for await (const event of stream) {
   *   if (event.type === "snapshot") await client.place(buy);
   *   if (event.type === "order") break;
   * }
   * assert.ok(stream.openOrders.size >= 1);
   * stream.close();
   */
  stream(options: OrderStreamOptions = {}): OrderStream {
    const { baseUrl, clock, signer } = this.#calls.transport;
    if (signer === null) throw new TypeError("a stream of orders needs credentials");
    const origin = {
      baseUrl,
      clock,
      signer,
      measureClock: (signal: AbortSignal) => this.withSignal(signal).measureClock(),
      probe: async (signal: AbortSignal) => {
        await this.withSignal(signal).orders({ page_size: 1 });
      },
    };
    return new OrderStream(origin, options);
  }
}

/** The one name of both that says which order is meant; an empty one says nothing. */
function nameIn({ order_no = "", reference_id = "" }: OrderName): OrderName {
  if (order_no !== "") return { order_no };
  if (reference_id !== "") return { reference_id };
  throw new TypeError("an order is named by order_no or by reference_id");
}
