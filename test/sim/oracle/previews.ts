/**
 * Whether what a preview tells is right: of some moment between its being sent and its answer. That
 * it does nothing needs no look here: whatever nobody asked for is found elsewhere.
 */
import type { OrderName } from "../clients/forms.ts";
import type { Command, Key, Preview, Request } from "../clients/requests.ts";
import { BLOCK_CODES, type Envelope, TOO_LATE } from "./answers.ts";
import type { Model } from "./model.ts";
import { decimal } from "./money.ts";
import { CONDITION_CODES, ordersAt, seenOrders, type Terms, type Told } from "./orders.ts";
import type { Predictions } from "./predictions.ts";
import type { OrderRow } from "./told.ts";

const AMBIGUOUS = 11030203;
const UNKNOWN = 11030202;

/** What is wrong with the answer, or null. */
export function previewProblem(
  request: Request & { readonly command: Preview },
  envelope: Envelope,
  model: Model,
  predictions: Predictions,
): string | null {
  const { of } = request.command;
  const asked = { ...request, command: of };
  if (of.kind === "cancel") return cancelProblem(asked, of, envelope, model, predictions);
  const { code } = envelope;
  if (predictions.mayBeBlocked(asked) && BLOCK_CODES.has(code)) return null;
  const codes =
    of.kind === "place" && of.orders[0]?.refused !== undefined
      ? predictions.placeCodes(asked, 0)
      : predictions.rightCodes(asked, 0);
  const word = code === 0 ? "null" : String(code);
  if (!codes.has(word)) return `expected ${[...codes].join(" or ")}`;
  if (code !== 0) return null;
  const row = envelope.data as OrderRow;
  const terms = of.kind === "place" ? of.orders[0]?.terms : undefined;
  return sumProblem(row) ?? (terms === undefined ? null : newProblem(row, terms, model));
}

/** Of an order that is new: it has the terms that were asked for, and no number. */
function newProblem(row: OrderRow, terms: Terms, model: Model): string | null {
  if (row["order_no"] !== "") return "it is not placed, and has no number";
  const { qty, price, trigger_price, ...words } = terms;
  for (const [name, value] of Object.entries({ ...words, qty, price, trigger_price })) {
    const meant = typeof value === "bigint" ? Number(decimal(value)) : value;
    if (row[name] !== meant) return `its ${name} is ${row[name]}, not ${meant}`;
  }
  const isImmediate = /ioc|fok/.test(terms.time_in_force) || terms.order_type === "market_order";
  if (isImmediate && row["outstand_qty"] !== 0) return "it does not stay in the market";
  // What a buy without a price would hold back is the market's of that moment.
  if (row["order_status"] !== "new" || terms.price === 0n) return null;
  const need = decimal(model.needOfNew(terms));
  const hold = Number(row["on_hold"]);
  return Math.abs(hold - Number(need)) < 1e-6 ? null : `it would hold back ${need}`;
}

/** What trades and what works is what was ordered, unless the rest is cancelled. */
function sumProblem(row: OrderRow): string | null {
  const [qty, done, left] = ["qty", "execute_qty", "outstand_qty"].map((name) => Number(row[name]));
  const sum = (done ?? 0) + (left ?? 0);
  const status = row["order_status"];
  if (status === "can") return left === 0 && sum < (qty ?? 0) ? null : "nothing works of it";
  return Math.abs(sum - (qty ?? 0)) < 1e-6 ? null : `${done} and ${left} are not ${qty}`;
}

function cancelProblem(
  request: Request,
  { names }: Command & { kind: "cancel" },
  { code, data }: Envelope,
  model: Model,
  predictions: Predictions,
): string | null {
  const { key, knownSeq } = request;
  const [name] = names;
  if (name === undefined) return "it names no order";
  if (CONDITION_CODES.has(code)) {
    const isRight = predictions.rightCodes(request, 0).has(String(code));
    return isRight ? null : "its condition holds";
  }
  const moments = namedAt(key, name, model, knownSeq);
  const isEver = (status: RegExp) => {
    return moments.some((orders) => orders.some((told) => status.test(told.order_status)));
  };
  // A venue that answers later may have had its cancel, and filled it or not.
  const wasSent = moments.at(-1)?.some((told) => predictions.sentCancels.has(told.order_no));
  if (wasSent === true && (code === 0 || code === TOO_LATE)) return null;
  switch (code) {
    case 0: {
      if (!isEver(/new|pex|can/)) return "no such order was open or cancelled";
      return sumProblem(data as OrderRow);
    }
    case TOO_LATE:
      return isEver(/fex|rej/) || predictions.hours?.mayBeShut(request, model) === true
        ? null
        : "no such order is filled or rejected";
    case AMBIGUOUS:
      return moments.some((orders) => orders.length > 1) ? null : "one order has that name at most";
    case UNKNOWN:
      return moments[0]?.every((told) => model.forgotten.has(told.order_no)) === true
        ? null
        : "the order is there";
    default:
      return `code ${code}`;
  }
}

/** Those that it names and sees, at each moment from what its client knew on. */
function namedAt(key: Key, name: OrderName, model: Model, fromSeq: number): Told[][] {
  const stream = model.stream(key.account);
  const moments: Told[][] = [];
  for (let seq = fromSeq; seq <= stream.length; seq += 1) {
    const named = seenOrders(key, ordersAt(stream, seq)).filter((told) => {
      if ("order_no" in name) return told.order_no === name.order_no;
      return told.reference_id === name.reference_id;
    });
    moments.push(named);
  }
  return moments;
}
