/** The kinds of calls that the API has: what is signed, and what may change something. */
import type { Success } from "./attempt.ts";
import { ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { problemText } from "./problem.ts";
import { type Call, nameOf, type Transport } from "./transport.ts";
import type {
  Balance,
  Clock,
  DeadManStatus,
  ExecutionsPage,
  ExecutionsQuery,
  Faults,
  MarketCandles,
  MarketDepth,
  MarketSymbols,
  MarketTrades,
  Order,
  OrdersPage,
  OrdersQuery,
  PositionsPage,
  PositionsQuery,
  Restrictions,
  TransactionsPage,
  TransactionsQuery,
} from "./wire.ts";
import { writeQuery, writeWire } from "./wire-json.ts";

type NoQuery = Readonly<Record<string, never>>;

interface OfSymbol {
  readonly symbol: string;
  readonly limit?: number | undefined;
}

/** What belongs to the key's account, by path: the query and the answer's data. */
interface AccountReads {
  "/account/v1/balance": [query: NoQuery, data: readonly Balance[]];
  "/account/v1/positions": [query: PositionsQuery, data: PositionsPage];
  "/account/v1/transactions": [query: TransactionsQuery, data: TransactionsPage];
  "/sandbox/v1/clock": [query: NoQuery, data: Clock];
  "/sandbox/v1/faults": [query: NoQuery, data: Faults];
  "/trade/v1/dead-man": [query: NoQuery, data: DeadManStatus];
  "/trade/v1/executions": [query: ExecutionsQuery, data: ExecutionsPage];
  "/trade/v1/orders": [query: OrdersQuery, data: OrdersPage];
  "/trade/v1/restrictions": [query: NoQuery, data: Restrictions];
}

/** What anybody may see, likewise. */
interface PublicReads {
  "/market/v1/candles": [query: OfSymbol & { readonly interval: string }, data: MarketCandles];
  "/market/v1/depth": [
    query: { readonly symbol: string; readonly levels: number | undefined },
    data: MarketDepth,
  ];
  "/market/v1/symbols": [query: NoQuery, data: MarketSymbols];
  "/market/v1/trades": [query: OfSymbol, data: MarketTrades];
}

/** What an answer is to have beside its code. */
interface Wanted {
  readonly representation: boolean;
  readonly receipt?: boolean;
}

interface OrderName {
  readonly order_no?: string;
  readonly reference_id?: string;
}

/** Takes the gateway at its word: what it answers is of the type that its schemas give. */
export class Calls {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  read<Path extends keyof AccountReads>(path: Path, query: AccountReads[Path][0]) {
    return this.#get(path, query, true) as Promise<AccountReads[Path][1]>;
  }

  public<Path extends keyof PublicReads>(path: Path, query: PublicReads[Path][0]) {
    return this.#get(path, query, false) as Promise<PublicReads[Path][1]>;
  }

  /** A change; its answer's data. */
  async write(method: string, path: string, content: unknown): Promise<unknown> {
    return (await this.send(method, path, content, { representation: false })).data;
  }

  /**
   * A change of one order; the order after it is the answer's data. Where what stands before the
   * gateway drops the header that asks for it, it is looked up.
   */
  async change(
    method: string,
    path: string,
    content: OrderName,
    receipt = false,
  ): Promise<Success & { readonly data: Order }> {
    const asked = { signed: true, representation: true, receipt, changes: true };
    const call = { method, path, ...bodyOf(content), ...asked };
    const success = await this.transport.call(call);
    const data = (success.data ?? {}) as Partial<Order>;
    if (data.order_status !== undefined) return success as Success & { readonly data: Order };
    return { ...success, data: await this.#looked(call, { ...content, ...data }) };
  }

  async #looked(call: Call, { order_no = "", reference_id = "" }: OrderName): Promise<Order> {
    let problem = `order ${order_no === "" ? reference_id : order_no}: ${NO_CONTENT}`;
    try {
      const query = { order_no, reference_id, page_size: 1 };
      const { orders, total_records } = await this.read("/trade/v1/orders", query);
      // Of several with one name nobody knows which it was.
      if (total_records === 1) return orders[0] as Order;
    } catch (error) {
      // Not as its cause, in whose words the whole would be told.
      problem += `; ${problemText(error)}`;
    }
    throw new OutcomeUnknownError(nameOf(call), 1, new ConnectionError(problem));
  }

  /** A change; its whole answer. */
  send(
    method: string,
    path: string,
    content: unknown,
    { representation, receipt = false }: Wanted,
  ): Promise<Success> {
    const asked = { signed: true, representation, receipt, changes: true };
    return this.#answer({ method, path, ...bodyOf(content), ...asked });
  }

  /** A question that has a body, or is none that could be repeated: nothing changes. */
  async ask(path: string, content?: unknown, method = "POST"): Promise<unknown> {
    const call = { method, path, ...bodyOf(content), signed: true, changes: false };
    return (await this.#answer(call)).data;
  }

  async #get(path: string, query: object, signed: boolean): Promise<unknown> {
    const text = writeQuery(query as Readonly<Record<string, string | number | undefined>>);
    const call = { method: "GET", path, query: text, signed, changes: false };
    return (await this.#answer(call)).data;
  }

  /** Every answer that is asked for here has content, unless something takes it away. */
  async #answer(call: Call): Promise<Success> {
    const success = await this.transport.call(call);
    if (typeof success.data === "object" && success.data !== null) return success;
    const problem = new ConnectionError(NO_CONTENT);
    throw call.changes ? new OutcomeUnknownError(nameOf(call), 1, problem) : problem;
  }
}

const NO_CONTENT =
  "an answer of code 0, but nothing beside it: look at what stands before the gateway: " +
  "it has to pass on the header Prefer";

function bodyOf(content: unknown): { readonly body?: string } {
  return content === undefined ? {} : { body: writeWire(content) };
}
