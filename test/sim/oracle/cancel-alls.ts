/** Cancel-all: which orders it means, and what it must be answered. */
import type { CancelAll, CancelFilter } from "../clients/forms.ts";
import type { Key, Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import type { Decided } from "./decided.ts";
import type { Instruments } from "./instruments.ts";
import type { Model } from "./model.ts";
import { NOBODYS_SYMBOL } from "./money.ts";
import { seenOrders, type Told } from "./orders.ts";
import type { StrictHours } from "./strict-hours.ts";
import type { Windows } from "./windows.ts";

type Counts = Readonly<Record<"matched" | "done" | "already" | "too_late" | "failed", number>>;

interface Listed {
  readonly order_no: string;
  readonly reference_id: string;
  readonly outcome: string;
}

type Reply = Envelope & {
  readonly data: Counts & { readonly outcome: string; readonly orders: readonly Listed[] };
};

export interface CancelAllsOptions {
  readonly model: Model;
  readonly windows: Windows;
  readonly instruments: Instruments;
  /** Null: the market is always open. */
  readonly hours: StrictHours | null;
}

export class CancelAlls {
  readonly #model: Model;
  readonly #windows: Windows;
  readonly #instruments: Instruments;
  readonly #hours: StrictHours | null;

  constructor({ model, windows, instruments, hours }: CancelAllsOptions) {
    this.#model = model;
    this.#windows = windows;
    this.#instruments = instruments;
    this.#hours = hours;
  }

  /** Open orders that it matches, oldest first. */
  orders(key: Key, command: CancelAll): Told[] {
    return matched(this.#model, key, command, this.#hours?.atMs);
  }

  /** What it is asked as long as it is under way. */
  questions(request: Request, command: CancelAll): [string, () => Iterable<string>][] {
    const { id, key } = request;
    if (command.isPreview === true) {
      return [[`${id}/0`, () => [this.#shownTo(key, command)]]];
    }
    // Elsewhere it is never refused for what it finds.
    if (this.#hours === null) return [];
    return [[`${id}/0`, () => this.#foundBy(key, command)]];
  }

  /** What filled or was rejected while its cancel is pending waits for that answer as well. */
  #shownTo(key: Key, command: CancelAll): string {
    const awaited = seenOrders(key, this.#model.orders(key.account)).filter((told) => {
      return (
        told.outstand_qty === 0n && told.isCancelPending && isMeant(command.filter, told, Infinity)
      );
    });
    return previewOf([...this.orders(key, command), ...awaited]);
  }

  /** How many orders it would find open, none of them on its way to be cancelled. */
  #foundBy(key: Key, command: CancelAll): readonly string[] {
    const open = this.orders(key, command);
    return open.some(({ isCancelPending }) => isCancelPending) ? [] : [String(open.length)];
  }

  /** What is wrong with an answer that is remembered, at this point. */
  problem(request: Request, command: CancelAll, decided: Decided, body: string): string | null {
    const { canceled, isAgain, openWhenSent } = decided;
    const { code, data } = JSON.parse(body) as Reply;
    if (command.isPreview === true) return "what a preview says is remembered";
    if (!this.#mayBeKnown(request, command)) return `nobody trades ${command.filter.symbol}`;
    // What it means when it is sent again is not known, only what it comes upon. Nor is when it
    // began: its first step may find none that matches, and others open before the next one.
    const isKnown = data.matched === 0 || !isAgain;
    const isIn = (orderNo: string) => isKnown && openWhenSent.has(orderNo);
    // A venue may refuse what it was sent, in this very moment.
    const left = this.orders(request.key, command).filter(({ order_no, isCancelPending }) => {
      return isIn(order_no) && !isCancelPending && !this.#model.sentCancels.has(order_no);
    });
    const { already, done, failed, matched, too_late: late } = data;
    if (failed > 0 && !this.#mayBeShut(request)) return "every market takes cancels";
    const isCode = code === (failed === 0 ? 0 : NOT_ALL_CANCELLED);
    if (!isCode || left.length > failed) return `${left.length} orders are left`;
    const outcome = matched === 0 ? "nothing_open" : failed === 0 ? "done" : "not_all";
    if (data.outcome !== outcome) return `the outcome is ${outcome}`;
    // Some are on their way to be cancelled, and a venue may fill others in this very moment.
    const isSum = matched === done + already + late + failed;
    const isAll = isAgain || canceled.size <= done + late;
    const isRight = isSum && isAll && done <= canceled.size;
    return isRight ? null : `${canceled.size} were cancelled`;
  }

  /**
   * What is wrong with an answer that is not remembered: it changed nothing. There are no more than
   * three, two of which pass by themselves. Those that any request may get are judged elsewhere.
   */
  unremembered(request: Request, command: CancelAll, envelope: Envelope): string | null {
    switch (envelope.code) {
      case 0:
        if (command.isPreview !== true) return "it is not durable";
        return this.#previewProblem(request, command, envelope as Reply);
      case UNKNOWN_SYMBOL:
        return this.#mayBeUnknown(request, command) ? null : `${command.filter.symbol} is traded`;
      case NOTHING_CANCELLED:
        return this.#nothingProblem(request, command, envelope as Reply);
      case TOO_MANY:
        // Nobody here has so many under way at once.
        return "there are not that many";
      default:
        return "a cancel-all is not refused for that";
    }
  }

  /** No market of its orders takes cancels, and it found just those that were open. */
  #nothingProblem(request: Request, command: CancelAll, { data }: Reply): string | null {
    if (command.isPreview === true) return "a preview is not refused for what it finds";
    if (!this.#mayBeShut(request)) return "every market takes cancels";
    const { already, done, failed, matched, outcome, too_late: late } = data;
    if (outcome !== "nothing_worked") return "the outcome is nothing_worked";
    const isAll = failed > 0 && matched === failed && done + already + late === 0;
    if (!isAll) return "not every order failed";
    const right = this.#windows.right(`${request.id}/0`);
    return right.has(String(failed)) ? null : `there were ${[...right].join(" or ")} orders`;
  }

  /** It shows all that it means at one moment, as a cancel-all would then list them. */
  #previewProblem(request: Request, command: CancelAll, { data }: Reply): string | null {
    if (!this.#mayBeKnown(request, command)) return `nobody trades ${command.filter.symbol}`;
    const { outcome, matched, orders } = data;
    if (outcome !== "preview") return "the outcome is preview";
    if (data.failed > 0 && !this.#mayBeShut(request)) return "every market takes cancels";
    for (const word of WORDS) {
      const count = orders.filter((listed) => listed.outcome === word).length;
      if (count !== data[word]) return `${data[word]} ${word}, and ${count} are listed`;
    }
    if (orders.length !== matched) return `${matched} matched, and ${orders.length} are listed`;
    if (!orders.every((listed, at) => isInOrder(orders[at - 1], listed))) return "out of order";
    const right = this.#windows.right(`${request.id}/0`);
    return right.has(shownAs(orders)) ? null : `expected ${[...right].join(" or ")}`;
  }

  #mayBeShut(request: Request): boolean {
    return this.#hours?.mayBeShut(request, this.#model) === true;
  }

  #mayBeKnown({ sentAtMs }: Request, { filter: { symbol } }: CancelAll): boolean {
    if (symbol === undefined) return true;
    if (symbol === NOBODYS_SYMBOL) return false;
    const answers = this.#instruments.answersTo(symbol, sentAtMs);
    return [...answers].some((code) => code !== String(UNKNOWN_SYMBOL));
  }

  #mayBeUnknown({ sentAtMs }: Request, { filter: { symbol } }: CancelAll): boolean {
    if (symbol === undefined) return false;
    const answers = this.#instruments.answersTo(symbol, sentAtMs);
    return symbol === NOBODYS_SYMBOL || answers.has(String(UNKNOWN_SYMBOL));
  }
}

/** Open orders that a cancel-all matches, oldest first. */
export function matched(model: Model, key: Key, { filter }: CancelAll, atMs = 0): Told[] {
  const nowMs = Math.max(model.nowMs, atMs);
  const open = seenOrders(key, model.openOrders(key.account)).reverse();
  return open.filter((told) => isMeant(filter, told, nowMs));
}

/** Whether an open order has all that it asks for. */
function isMeant(filter: CancelFilter, told: Told, nowMs: number): boolean {
  const { older_than: ageS = 0, reference_id_prefix: prefix = "", ...same } = filter;
  const isSame = Object.entries(same).every(([field, value]) => {
    return value === "" || told[field as keyof Told] === value;
  });
  const isOld = nowMs - told.createdAtMs >= ageS * 1_000;
  return isSame && isOld && told.reference_id.startsWith(prefix);
}

/** What is to be listed of orders. */
function previewOf(orders: readonly Told[]): string {
  const listed = orders.map(({ order_no, reference_id, isCancelPending, outstand_qty }) => {
    const outcome = isCancelPending ? "already" : "done";
    return { order_no, reference_id, outcome: outstand_qty === 0n ? "too_late" : outcome };
  });
  return shownAs(listed);
}

/** By number; that a market takes no cancels is looked at elsewhere. */
function shownAs(orders: readonly Listed[]): string {
  return [...orders]
    .sort((one, other) => Number(one.order_no) - Number(other.order_no))
    .map(({ order_no, reference_id, outcome }) => {
      return `${order_no} ${reference_id} ${outcome === "failed" ? "done" : outcome}`;
    })
    .join(", ");
}

const WORDS = ["failed", "too_late", "already", "done"] as const;

/** By what became of them, and then by their age. */
function isInOrder(before: Listed | undefined, { order_no, outcome }: Listed): boolean {
  if (before === undefined) return true;
  const words: readonly string[] = WORDS;
  const difference = words.indexOf(outcome) - words.indexOf(before.outcome);
  return difference === 0 ? Number(order_no) > Number(before.order_no) : difference > 0;
}

/** Refusals of a cancel-all alone, which are judged although they pass by themselves. */
export const CANCEL_ALL_PASSING: ReadonlySet<number> = new Set([11030255, 11030257]);

const UNKNOWN_SYMBOL = 11030103;
const NOTHING_CANCELLED = 11030255;
const NOT_ALL_CANCELLED = 11030256;
const TOO_MANY = 11030257;
