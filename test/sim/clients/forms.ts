/** Cancels, and the ways in which one can be said over HTTP: all of them mean the same. */
import type { Condition, OrderType, Side } from "../oracle/orders.ts";
import type { Random } from "../world/random.ts";

export type OrderName = ({ readonly order_no: string } | { readonly reference_id: string }) &
  Condition;

export interface Cancel {
  readonly kind: "cancel";
  readonly names: readonly OrderName[];
  readonly isBatch: boolean;
  /** A signed receipt is wanted of each. */
  readonly receipt?: boolean;
  readonly form?: Form;
}

export interface CancelAll {
  readonly kind: "cancelAll";
  readonly filter: CancelFilter;
  /** Only what it would cancel is asked. */
  readonly isPreview?: boolean;
  readonly form?: Form;
}

/** Which orders a cancel-all means, in the wire's words; what is left out means all. */
export interface CancelFilter {
  readonly market?: string;
  readonly symbol?: string;
  readonly order_side?: Side;
  readonly portfolio_id?: string;
  readonly order_type?: OrderType;
  /** Seconds. */
  readonly older_than?: number;
  readonly reference_id_prefix?: string;
}

/** Which method says it, and what carries its fields. */
export interface Form {
  readonly method: "DELETE" | "POST";
  readonly carrier: "body" | "query" | "path";
  /** Each character of a value is written as its number where nothing demands that. */
  readonly isEscaped?: boolean;
}

/** What the reference page shows. */
export const BY_BODY: Form = { method: "DELETE", carrier: "body" };

/** A request, but for who asks and when. */
export interface Wire {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}

/** The same, said in any way that can say it. */
export function formed(command: Cancel | CancelAll, random: Random): Cancel | CancelAll {
  const carriers = carriersOf(command);
  const carrier = random.pick(carriers);
  // A path that is not of one order has its own method.
  const method = carrier === "path" ? "DELETE" : random.pick(["DELETE", "POST"] as const);
  const isEscaped = carrier !== "body" && random.chance(0.2);
  return { ...command, form: { method, carrier, ...(isEscaped && { isEscaped }) } };
}

function carriersOf(command: Cancel | CancelAll): readonly Form["carrier"][] {
  if (command.kind === "cancelAll") return ["body", "query"];
  const [name] = command.names;
  if (command.isBatch || name === undefined) return ["body"];
  const isByNumber = "order_no" in name;
  const isConditional = name.only_if !== undefined || name.version !== undefined;
  return isByNumber && !isConditional ? ["body", "query", "path"] : ["body", "query"];
}

/** What comes behind the path of a cancel of one order. */
type Of = "" | "/batch" | "/all";

export function cancelWire({ form = BY_BODY, isBatch, names }: Cancel): Wire {
  return isBatch ? wireOf("/batch", names, form) : wireOf("", names[0] ?? {}, form);
}

export function cancelAllWire({ filter, isPreview, form = BY_BODY }: CancelAll): Wire {
  return wireOf("/all", { ...filter, ...(isPreview === true && { preview: 1 }) }, form);
}

function wireOf(of: Of, fields: object, { method, carrier, isEscaped }: Form): Wire {
  const path = `/trade/v1/orders${method === "POST" ? "/cancel" : ""}${of}`;
  const texts = Object.entries(fields).map(([name, value]) => {
    return [name, isEscaped === true ? escaped(String(value)) : encodeURIComponent(String(value))];
  });
  switch (carrier) {
    case "body":
      return { method, target: path, body: JSON.stringify(fields) };
    case "query": {
      const query = texts.map((text) => text.join("=")).join("&");
      return { method, target: query === "" ? path : `${path}?${query}`, body: "" };
    }
    case "path":
      return { method, target: `${path}/${texts[0]?.[1]}`, body: "" };
  }
}

function escaped(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}
