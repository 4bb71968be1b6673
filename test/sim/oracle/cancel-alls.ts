/** Cancel-all: which orders it means, and what it must be answered. */
import type { CancelAll } from "../clients/forms.ts";
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
type Reply = Envelope & { readonly data: Counts & { readonly outcome: string } };

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
  orders(key: Key, { side, symbol }: CancelAll): Told[] {
    return seenOrders(key, this.#model.openOrders(key.account))
      .reverse()
      .filter((told) => side === null || told.order_side === side)
      .filter((told) => symbol === null || told.symbol === symbol);
  }

  /** How many orders it would find open, none of them on its way to be cancelled. */
  question({ key }: Request, command: CancelAll): readonly string[] {
    const open = this.orders(key, command);
    return open.some(({ isCancelPending }) => isCancelPending) ? [] : [String(open.length)];
  }

  /** What is wrong with an answer that is remembered, at this point. */
  problem(request: Request, command: CancelAll, decided: Decided, body: string): string | null {
    const { canceled, isAgain, openWhenSent } = decided;
    const { code, data } = JSON.parse(body) as Reply;
    if (!this.#mayBeKnown(request, command)) return `nobody trades ${command.symbol}`;
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
        return "it is not durable";
      case UNKNOWN_SYMBOL:
        return this.#mayBeUnknown(request, command) ? null : `${command.symbol} is traded`;
      case NOTHING_CANCELLED:
        return this.#nothingProblem(request, envelope as Reply);
      case TOO_MANY:
        // Nobody here has so many under way at once.
        return "there are not that many";
      default:
        return "a cancel-all is not refused for that";
    }
  }

  /** No market of its orders takes cancels, and it found just those that were open. */
  #nothingProblem(request: Request, { data }: Reply): string | null {
    if (!this.#mayBeShut(request)) return "every market takes cancels";
    const { already, done, failed, matched, outcome, too_late: late } = data;
    if (outcome !== "nothing_worked") return "the outcome is nothing_worked";
    const isAll = failed > 0 && matched === failed && done + already + late === 0;
    if (!isAll) return "not every order failed";
    const right = this.#windows.right(`${request.id}/0`);
    return right.has(String(failed)) ? null : `there were ${[...right].join(" or ")} orders`;
  }

  #mayBeShut(request: Request): boolean {
    return this.#hours?.mayBeShut(request, this.#model) === true;
  }

  #mayBeKnown({ sentAtMs }: Request, { symbol }: CancelAll): boolean {
    if (symbol === null) return true;
    if (symbol === NOBODYS_SYMBOL) return false;
    const answers = this.#instruments.answersTo(symbol, sentAtMs);
    return [...answers].some((code) => code !== String(UNKNOWN_SYMBOL));
  }

  #mayBeUnknown({ sentAtMs }: Request, { symbol }: CancelAll): boolean {
    if (symbol === null) return false;
    const answers = this.#instruments.answersTo(symbol, sentAtMs);
    return symbol === NOBODYS_SYMBOL || answers.has(String(UNKNOWN_SYMBOL));
  }
}

/** Refusals of a cancel-all alone, which are judged although they pass by themselves. */
export const CANCEL_ALL_PASSING: ReadonlySet<number> = new Set([11030255, 11030257]);

const UNKNOWN_SYMBOL = 11030103;
const NOTHING_CANCELLED = 11030255;
const NOT_ALL_CANCELLED = 11030256;
const TOO_MANY = 11030257;
