/**
 * What an assistant can do. Reading is always offered; cancelling and placing only where the person
 * who started the server allowed it.
 */
import type { CountermandClient, Order, PlaceRequest } from "@countermand/client";
import { statusText } from "../commands/orders-view.ts";
import type { Arguments, Parameter, Parameters } from "./arguments.ts";

/** What a tool needs beyond its arguments. */
export interface ToolContext {
  readonly client: CountermandClient;
  /** Asks the person; true only for an explicit yes. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface Tool {
  readonly title: string;
  readonly description: string;
  readonly parameters: Parameters;
  /** Whether it changes something; and whether that can be taken back. */
  readonly changes: "nothing" | "cancels" | "places";
  readonly run: (context: ToolContext, given: Arguments) => Promise<unknown>;
}

const ORDER_NO: Parameter = {
  type: "string",
  description: "the gateway's number of the order",
  pattern: "^[0-9]{11,32}$",
};
const REFERENCE: Parameter = { type: "string", description: "the client's own name of the order" };
const SYMBOL: Parameter = { type: "string", description: 'with its zeros, such as "00700"' };
const MARKET: Parameter = {
  type: "string",
  description: "market",
  words: ["hkex", "usex", "nasdaq", "crypto"],
};
const SIDE: Parameter = { type: "string", description: "side", words: ["buy", "sell"] };
const DECIMAL = "^[0-9]{1,18}(\\.[0-9]{1,8})?$";

const PLACE_PARAMETERS: Parameters = {
  market: { ...MARKET, required: true },
  symbol: { ...SYMBOL, required: true },
  order_side: { ...SIDE, required: true },
  qty: { type: "string", description: "decimal text", pattern: DECIMAL, required: true },
  price: { type: "string", description: "limit price, decimal text", pattern: DECIMAL },
  reference_id: REFERENCE,
};

function paging(page: "page" | "page_index"): Parameters {
  return {
    [page]: { type: "integer", description: "page, from 1", min: 1, max: 1_000_000 },
    page_size: {
      type: "integer",
      description: "rows of a page; 20 unless given",
      min: 1,
      max: 100,
    },
  };
}

function reads(title: string, description: string, parameters: Parameters, run: Tool["run"]): Tool {
  return { title, description, parameters, changes: "nothing", run };
}

export const TOOLS: Readonly<Record<string, Tool>> = {
  orders: reads(
    "List orders",
    "A page of the account's orders, newest first. Amounts are decimal text.",
    {
      order_status: {
        type: "string",
        description: "new: open; pex: partly filled; fex: filled; can: cancelled; rej: rejected",
        words: ["new", "pex", "fex", "can", "rej"],
      },
      state: {
        type: "string",
        description: "open: may still trade, partly filled or not; closed: not any more",
        words: ["open", "closed"],
      },
      market: MARKET,
      symbol: SYMBOL,
      order_side: SIDE,
      reference_id: REFERENCE,
      ...paging("page_index"),
    },
    ({ client }, given) => client.orders(given),
  ),
  order: reads(
    "Show an order",
    "One order, by order_no or reference_id, and what its status means.",
    { order_no: ORDER_NO, reference_id: REFERENCE },
    async ({ client }, given) => {
      const order = await client.order(given);
      if (order === null) return { order: null, meaning: "The account never had this order." };
      return { order, meaning: meaningOf(order) };
    },
  ),
  balance: reads("Show cash", "Cash by currency.", {}, async ({ client }) => {
    return { balances: await client.balance() };
  }),
  positions: reads(
    "List holdings",
    "A page of the account's holdings.",
    { market: MARKET, ...paging("page") },
    ({ client }, given) => client.positions(given),
  ),
  executions: reads(
    "List fills",
    "A page of single fills, newest first.",
    {
      order_no: ORDER_NO,
      market: MARKET,
      symbol: SYMBOL,
      order_side: SIDE,
      ...paging("page_index"),
    },
    ({ client }, given) => client.executions(given),
  ),
  symbols: reads("List symbols", "What is traded, and where it stands.", {}, ({ client }) =>
    client.symbols(),
  ),
  depth: reads(
    "Show a book",
    "The best prices of a symbol's book.",
    {
      symbol: { ...SYMBOL, required: true },
      levels: { type: "integer", description: "prices of each side", min: 1, max: 50 },
    },
    ({ client }, { symbol, levels }) => client.depth(symbol as string, levels as number),
  ),
  preview_order: reads(
    "Preview an order",
    "What placing this order would come to now: the order as it would stand, what of it would " +
      "trade at once, and what it would hold back; or why it would be refused. Places nothing. " +
      "A market order has no price.",
    PLACE_PARAMETERS,
    ({ client }, given) => client.previewPlace(placeRequest(given)),
  ),
  cancel_order: {
    title: "Cancel an order",
    description:
      "Cancels one open order, by order_no or reference_id. The result tells whether it was " +
      "cancelled or a fill came first. A cancelled order does not come back.",
    parameters: { order_no: ORDER_NO, reference_id: REFERENCE },
    changes: "cancels",
    run: ({ client }, given) => client.cancel(given),
  },
  place_order: {
    title: "Place an order",
    description:
      "Places one order after the person has confirmed it in a question of its own. " +
      "A market order has no price.",
    parameters: PLACE_PARAMETERS,
    changes: "places",
    run: async ({ client, confirm }, given) => {
      const order = placeRequest(given);
      if (!(await confirm(placeQuestion(order)))) return { placed: false, why: "not confirmed" };
      return { placed: true, order: await client.placeAndShow(order) };
    },
  },
};

function placeRequest(given: Arguments): PlaceRequest {
  const order_type = given["price"] === undefined ? "market_order" : "limit_order";
  // The table has checked the words.
  return { ...given, order_type } as unknown as PlaceRequest;
}

/** All of it, so that what is confirmed is what is sent. */
function placeQuestion(order: PlaceRequest): string {
  const { order_side, qty, symbol, market, price, reference_id } = order;
  const terms = price === undefined ? "at any price (market order)" : `at ${price} or better`;
  const name = reference_id === undefined ? "" : `, reference ${JSON.stringify(reference_id)}`;
  return `Place this order? ${order_side} ${qty} ${JSON.stringify(symbol)} on ${market} ${terms}${name}`;
}

/** What can still happen to an order in this status. */
const NEXT: Readonly<Record<string, string>> = {
  new: "It rests in the market: it can fill, be amended or be cancelled.",
  pex: "What is left rests in the market: it can fill, be amended or be cancelled.",
  fex: "It is closed; a cancel comes too late.",
  can: "It is closed, and what was not filled will not fill.",
  rej: "It never worked in the market.",
};

function meaningOf(order: Order): string {
  const { execute_qty, outstand_qty, qty, cancel_reason, reject_reason } = order;
  const facts = [
    `The order is ${statusText(order)}: ${execute_qty} of ${qty} filled, ${outstand_qty} open.`,
    order.pending === undefined
      ? (NEXT[order.order_status] ?? "")
      : "The venue has not answered the cancel: a fill can still win.",
    cancel_reason === "" ? "" : `Cancelled for: ${cancel_reason}.`,
    reject_reason === "" ? "" : `Rejected for: ${reject_reason}.`,
  ];
  return facts.filter((fact) => fact !== "").join(" ");
}
