/** Requests of simulated clients: what they ask for, and the bytes that they send each time. */
import { createHash, createHmac, type KeyObject, sign as signEd25519 } from "node:crypto";
import { decimal, instrumentOf } from "../oracle/money.ts";
import type { Condition, Side, Terms } from "../oracle/orders.ts";
import {
  BY_BODY,
  type Cancel,
  type CancelAll,
  cancelAllWire,
  cancelWire,
  type Wire,
} from "./forms.ts";

/** What signs. */
export type Secret = Pick<Key, "apiKey" | "secret" | "privateKey" | "secretNo">;

export interface Key {
  readonly apiKey: string;
  /** Another one after a rotation; "" for a key of Ed25519. */
  secret: string;
  privateKey?: KeyObject;
  /** How many secrets it had before this one. */
  secretNo: number;
  /** The secret before this one, which may be good for a while. */
  former?: Secret;
  readonly account: string;
  /** What of the account it sees and acts for; left out: all. */
  readonly portfolios?: readonly string[];
}

export const KEYS: readonly Key[] = [
  { apiKey: "demo-key", secret: "demo-secret", secretNo: 0, account: "80114138" },
  { apiKey: "demo-key-2", secret: "demo-secret-2", secretNo: 0, account: "80114139" },
];

/** An order to place, or what stands in the place of one: then which code refuses it. */
export type Placing =
  | {
      readonly terms: Terms;
      /** It is not wanted where it would trade as it comes in. */
      readonly onlyIfResting?: boolean;
      readonly refused?: undefined;
    }
  | { readonly body: object; readonly refused: number; readonly terms?: undefined };

/** Those that work still, those that do not, or both. */
export type OrdersState = "open" | "closed" | "all";

/** Which orders a list is about, and in pages of how many; in the wire's words. */
export interface ListFilter {
  readonly market?: string;
  readonly state?: OrdersState;
  readonly symbol?: string;
  readonly order_side?: "buy" | "sell";
  readonly order_status?: string;
  readonly portfolio_id?: string;
  readonly reference_id?: string;
  readonly order_no?: string;
  /** Seconds in which an order was made; both count. */
  readonly start_time?: number;
  /** Alone it is refused. */
  readonly end_time?: number;
  readonly page_size: number;
}

/** Which rows of a list of fills or of a statement, by the wire's names, and which page. */
export interface StatementFilter {
  readonly page: number;
  readonly size: number;
  /** Of the time of a fill, or of the date of a line; both ends count. */
  readonly least?: string | number;
  readonly most?: string | number;
  readonly [field: string]: string | number | undefined;
}

export type Command =
  | { readonly kind: "place"; readonly orders: readonly Placing[]; readonly isBatch: boolean }
  | Cancel
  | {
      readonly kind: "amend";
      readonly orderNo: string;
      readonly price: bigint | null;
      readonly qty: bigint | null;
      readonly trigger: bigint | null;
      readonly condition: Condition;
    }
  | CancelAll
  | {
      readonly kind: "deadMan";
      readonly scope: "key" | "symbol" | "portfolio";
      /** "" for the key. */
      readonly value: string;
      /** Seconds; 0 releases it. */
      readonly timeoutS: number;
    }
  /** A fault of the venue, so many times; with a delay where it has one. */
  | {
      readonly kind: "fault";
      readonly fault: string;
      readonly delayMs: number | null;
      readonly count: number;
    }
  /** Those faults that are armed, and that none is any more. */
  | { readonly kind: "faults" }
  | { readonly kind: "clearFaults" }
  /** A code that lets a browser in. */
  | { readonly kind: "signIn" }
  /** The exchange's clock goes so far ahead, or to the next boundary; then it may stand still. */
  | {
      readonly kind: "clock";
      readonly advanceMs: number | null;
      /** Of the sessions of this market; left out: of any. */
      readonly market?: string;
      readonly stands?: boolean;
    }
  /** What the clock shows. */
  | { readonly kind: "time" }
  | { readonly kind: "orders"; readonly page?: number; readonly filter?: ListFilter }
  | { readonly kind: "executions" | "transactions"; readonly filter: StatementFilter }
  | { readonly kind: "balance" }
  | { readonly kind: "positions" }
  /** The account's dead-man's switches, and what operators hold back. */
  | { readonly kind: "deadMans" }
  | { readonly kind: "restrictions" }
  | Estimate
  | Preview;

/** How much could be traded with that part of what is free. */
export interface Estimate {
  readonly kind: "estimate";
  readonly symbol: string;
  readonly side: Side;
  /** Null: none, of a sell. */
  readonly price: bigint | null;
  /** Hundredths. */
  readonly percent: number;
}

/** What one of these, of one order, would come to now. */
export interface Preview {
  readonly kind: "preview";
  readonly of: Extract<Command, { readonly kind: "place" | "cancel" | "amend" }>;
}

/** What goes over a connection, and what came back of it. */
export interface Sent {
  readonly id: string;
  /** The same each time. */
  readonly bytes: Buffer;
  readonly answers: Answer[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isReplay: boolean;
  /** What is left of budgets, as the header says it. */
  readonly rateLimit: string | null;
  /** What a browser is to keep. */
  readonly cookie?: string;
  readonly atMs: number;
}

/** A request, from the moment it was made up. */
export interface Request extends Sent {
  readonly key: Key;
  readonly channel: "http" | "socket";
  readonly command: Command;
  /** What the journal calls it (docs/protocol/journal.md). */
  readonly fingerprint: string;
  readonly sentAtMs: number;
  /** Its signature is of another request. */
  readonly isForged: boolean;
  /** Which of its key's secrets signed it, or the socket that it is sent on. */
  readonly secretNo: number;
  /** Real time, then. */
  readonly sentWallMs: number;
  /** How far the client's account was known to have come when it was sent. */
  readonly knownSeq: number;
  /** On so many connections it waits for an answer. */
  underWay: number;
}

function wireOf(command: Command): Wire {
  switch (command.kind) {
    case "place": {
      const bodies = command.orders.map(placingBody);
      const path = "/trade/v1/orders";
      if (command.isBatch) {
        return { method: "POST", target: `${path}/batch`, body: JSON.stringify(bodies) };
      }
      return { method: "POST", target: path, body: JSON.stringify(bodies[0]) };
    }
    case "cancel":
      return cancelWire(command);
    case "amend":
      return {
        method: "PUT",
        target: "/trade/v1/orders",
        body: JSON.stringify(amendBody(command)),
      };
    case "cancelAll":
      return cancelAllWire(command);
    case "deadMan": {
      const { scope, value, timeoutS } = command;
      const body = { timeout: timeoutS, scope, ...(value !== "" && { value }) };
      return { method: "POST", target: "/trade/v1/dead-man", body: JSON.stringify(body) };
    }
    case "fault": {
      const { fault, delayMs, count } = command;
      const body = { fault, ...(delayMs !== null && { delay_ms: delayMs }), count };
      return { method: "POST", target: "/sandbox/v1/faults", body: JSON.stringify(body) };
    }
    case "faults":
      return { method: "GET", target: "/sandbox/v1/faults", body: "" };
    case "clearFaults":
      return { method: "DELETE", target: "/sandbox/v1/faults", body: "" };
    case "signIn":
      return { method: "POST", target: "/console/v1/sign-in-codes", body: "" };
    case "clock": {
      const { advanceMs, market, stands } = command;
      const move = advanceMs === null ? { step: market ?? true } : { advance_ms: advanceMs };
      const body = JSON.stringify({ ...move, ...(stands === true && { speed: 0 }) });
      return { method: "POST", target: "/sandbox/v1/clock", body };
    }
    case "time":
      return { method: "GET", target: "/sandbox/v1/clock", body: "" };
    case "orders": {
      const filter = Object.entries(command.filter ?? { page_size: 100 });
      const query = filter.map(([name, value]) => `${name}=${value}`).join("&");
      const target = `/trade/v1/orders?${query}&page_index=${command.page ?? 1}`;
      return { method: "GET", target, body: "" };
    }
    case "executions":
      return statementWire("/trade/v1/executions", command.filter, {
        page: "page_index",
        size: "page_size",
        least: "start_time",
        most: "end_time",
      });
    case "transactions":
      return statementWire("/account/v1/transactions", command.filter, {
        size: "page_size",
        least: "from_date",
        most: "to_date",
      });
    case "balance":
      return { method: "GET", target: "/account/v1/balance", body: "" };
    case "positions":
      return { method: "GET", target: "/account/v1/positions", body: "" };
    case "deadMans":
      return { method: "GET", target: "/trade/v1/dead-man", body: "" };
    case "restrictions":
      return { method: "GET", target: "/trade/v1/restrictions", body: "" };
    case "estimate": {
      const body = JSON.stringify(estimateBody(command));
      return { method: "POST", target: "/trade/v1/orders/quantity", body };
    }
    case "preview": {
      const { body, method } = wireOf(command.of);
      const path = "/trade/v1/orders";
      return command.of.kind === "cancel"
        ? { method: "POST", target: `${path}/cancel/preview`, body }
        : { method, target: `${path}/preview`, body };
    }
  }
}

function statementWire(
  path: string,
  filter: StatementFilter,
  names: Readonly<Record<string, string>>,
): Wire {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const query = given.map(([name, value]) => `${names[name] ?? name}=${value}`).join("&");
  return { method: "GET", target: `${path}?${query}`, body: "" };
}

/** The bytes of a request, and the name under which its answer is remembered. */
export type Signed = Pick<Request, "bytes" | "fingerprint">;

export function httpRequest(
  id: string,
  key: Secret,
  command: Command,
  { timestamp, isForged }: { readonly timestamp: number; readonly isForged: boolean },
): Signed {
  const { method, target, body } = wireOf(command);
  const [path, query = ""] = target.split("?");
  const text = `${method}|${path}|${timestamp}|${body === "" ? query : body}`;
  const signature = sign(key, isForged ? `${text} ` : text);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    "Host: sim",
    `X-API-Key: ${key.apiKey}`,
    `X-API-Timestamp: ${timestamp}`,
    `X-API-Signature: ${signature}`,
    `X-Request-Id: ${id}`,
    ...(wantsReceipt(command) ? ["X-Receipt: ed25519"] : []),
    ...(body === ""
      ? []
      : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return {
    bytes: Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}`),
    fingerprint: fingerprintOf(`request\0${key.apiKey}\0${timestamp}\0`, signature),
  };
}

export function socketRequest(id: string, key: Secret, command: Command): Signed {
  // Over a socket there is one form alone.
  const { body } = wireOf("form" in command ? { ...command, form: BY_BODY } : command);
  const receipt = wantsReceipt(command) ? ',"receipt":"ed25519"' : "";
  const asks = prefersOrders(id) ? `${receipt},"prefer":"return=representation"` : receipt;
  const text = `{"op":"${opOf(command)}","id":"${id}"${asks},"data":${body}}`;
  return {
    bytes: Buffer.from(text),
    fingerprint: fingerprintOf(`command\0${key.apiKey}\0${id}`, ""),
  };
}

function opOf(command: Command): string {
  switch (command.kind) {
    case "cancelAll":
      return "cancel_all";
    case "amend":
      return command.kind;
    case "cancel":
    case "place":
      return command.isBatch ? `${command.kind}_batch` : command.kind;
    default:
      throw new Error(`no socket command: ${command.kind}`);
  }
}

/** Whether a command of that id asks for whole orders in its reply: every second one does. */
export function prefersOrders(id: string): boolean {
  return Number(id.slice(-1)) % 2 === 1;
}

function wantsReceipt(command: Command): boolean {
  return command.kind === "cancel" && command.receipt === true;
}

function fingerprintOf(text: string, signature: string): string {
  const hash = createHash("sha256").update(text).update(Buffer.from(signature, "base64"));
  return hash.digest("base64url").slice(0, 22);
}

export const STREAM_PATH = "/ws/trade/v1";

/** The headers that open an order stream. */
export function signedHandshake(key: Key, query: string, timestamp: number): string[] {
  return [
    `X-API-Key: ${key.apiKey}`,
    `X-API-Timestamp: ${timestamp}`,
    `X-API-Signature: ${sign(key, `CONNECT|${STREAM_PATH}|${timestamp}|${query}`)}`,
  ];
}

function sign(key: Secret, text: string): string {
  if (key.privateKey !== undefined) {
    return signEd25519(null, Buffer.from(text), key.privateKey).toString("base64");
  }
  return createHmac("sha256", key.secret).update(text).digest("base64");
}

function placingBody(placing: Placing): object {
  if (placing.refused !== undefined) return placing.body;
  const { terms } = placing;
  return {
    market: terms.market,
    order_type: terms.order_type,
    symbol: terms.symbol,
    order_side: terms.order_side,
    ...(terms.price > 0n && { price: decimal(terms.price) }),
    ...(terms.trigger_price > 0n && { trigger_price: decimal(terms.trigger_price) }),
    qty: decimal(terms.qty),
    time_in_force: terms.time_in_force,
    ...(terms.reference_id !== "" && { reference_id: terms.reference_id }),
    ...(terms.portfolio_id !== "" && { portfolio_id: terms.portfolio_id }),
    ...(placing.onlyIfResting === true && { only_if: "resting" }),
  };
}

function amendBody({
  orderNo,
  price,
  qty,
  trigger,
  condition,
}: Command & { kind: "amend" }): object {
  return {
    order_no: orderNo,
    ...(price !== null && { price: decimal(price) }),
    ...(qty !== null && { qty: decimal(qty) }),
    ...(trigger !== null && { trigger_price: decimal(trigger) }),
    ...condition,
  };
}

function estimateBody({ symbol, side, price, percent }: Estimate): object {
  return {
    market: instrumentOf(symbol).market,
    symbol,
    order_side: side,
    ...(price !== null && { price: decimal(price) }),
    ratio: String(percent / 100),
  };
}
