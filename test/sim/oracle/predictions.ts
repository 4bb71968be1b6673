/**
 * What requests must be answered, and whom they mean, by the model as it stands; a key sees the
 * orders of its portfolios alone, where it has any.
 */
import type { OrderName } from "../clients/forms.ts";
import type { Command, Key, Request } from "../clients/requests.ts";
import { ACCOUNT_CLOSED, type Accounts } from "./accounts.ts";
import { answerDifference, type Element, type Envelope, type Expected } from "./answers.ts";
import type { Blocks } from "./blocks.ts";
import { CancelAlls } from "./cancel-alls.ts";
import type { Decided } from "./decided.ts";
import type { Instruments } from "./instruments.ts";
import { isLook, Looks } from "./looks.ts";
import type { Model } from "./model.ts";
import { conditionCode, seenOrders, sees, type Terms, type Told } from "./orders.ts";
import type { Refusals } from "./refusals.ts";
import { standingOf } from "./standing.ts";
import type { StrictHours } from "./strict-hours.ts";
import type { Switches } from "./switches.ts";
import type { Windows } from "./windows.ts";

const DEAD_MAN_BLOCKED = "11031350";

export interface PredictionsOptions {
  readonly model: Model;
  readonly accounts: Accounts;
  readonly blocks: Blocks;
  readonly switches: Switches;
  readonly refusals: Refusals;
  readonly windows: Windows;
  readonly instruments: Instruments;
  /** Null: the market is always open. */
  readonly hours: StrictHours | null;
}

export class Predictions {
  readonly #model: Model;
  readonly #accounts: Accounts;
  readonly #blocks: Blocks;
  readonly #switches: Switches;
  readonly #refusals: Refusals;
  readonly #windows: Windows;
  readonly #instruments: Instruments;
  readonly hours: StrictHours | null;
  readonly cancelAlls: CancelAlls;
  readonly looks: Looks;

  constructor(options: PredictionsOptions) {
    const { accounts, model, blocks, switches, refusals, windows, hours, instruments } = options;
    this.hours = hours;
    this.cancelAlls = new CancelAlls(options);
    this.looks = new Looks(options);
    this.#instruments = instruments;
    this.#accounts = accounts;
    this.#model = model;
    this.#blocks = blocks;
    this.#switches = switches;
    this.#refusals = refusals;
    this.#windows = windows;
  }

  get sentCancels(): ReadonlySet<string> {
    return this.#model.sentCancels;
  }

  /** What the model is asked about it as long as it is under way. */
  questions(request: Request): [string, () => Iterable<string>][] {
    const { id, key, command, sentAtMs } = request;
    const model = this.#model;
    const refusals = this.#refusals;
    switch (command.kind) {
      case "place":
        return command.orders.flatMap(({ terms }, index) => {
          if (terms === undefined) return [];
          return [[`${id}/${index}`, () => this.placeAnswers(request, index)]];
        });
      case "amend":
        return [
          [
            `${id}/0`,
            () => [
              ...refusals.answersToAmend(key, command, sentAtMs),
              ...this.#offPrice(),
              ...this.#ofListing(key, command.orderNo, sentAtMs),
            ],
          ],
        ];
      case "cancel":
        return command.names.map((name, index) => {
          return [`${id}/${index}`, () => [String(this.#unwanted(key, name))]];
        });
      case "preview":
        return this.questions({ ...request, command: command.of });
      case "cancelAll":
        return this.cancelAlls.questions(request, command);
      case "balance":
      case "positions":
        return [[`${id}/0`, () => [standingOf(model, key.account)]]];
      default:
        return isLook(command) ? this.looks.questions(request, command) : [];
    }
  }

  /** Where the hours are strict: they say most of it; null: they are not. */
  #strictAnswers(terms: Terms, request: Request): ReadonlySet<string> | null {
    const said = this.hours?.answersToPlace(terms, request) ?? null;
    const { account, apiKey } = request.key;
    const isKeptOut = this.#switches.keepingOut(account, apiKey, terms) !== null;
    if (said === null || !isKeptOut) return said;
    return new Set([...[...said].filter((code) => code !== "null"), DEAD_MAN_BLOCKED]);
  }

  /** What is right for a new order of it now: codes, "null" where it is taken. */
  placeAnswers(request: Request, index: number): ReadonlySet<string> {
    const { key, sentAtMs, command } = request;
    const placing = command.kind === "place" ? command.orders[index] : undefined;
    if (placing?.terms === undefined) throw new Error(`${request.id} places no order ${index}`);
    const { terms } = placing;
    const strict = this.#strictAnswers(terms, request);
    if (strict !== null) return strict;
    const listed = this.#instruments.answersTo(terms.symbol, sentAtMs);
    const closed = this.#accounts.isClosed(key.account) ? [ACCOUNT_CLOSED] : [];
    if (!listed.has("null") && sees(key, terms)) return new Set([...listed, ...closed]);
    const others = [...listed].filter((code) => code !== "null");
    return new Set([...this.#refusals.answersToPlace(key, placing, sentAtMs), ...others]);
  }

  /** Where the hours are strict, prices may be too far from the book. */
  #offPrice(): readonly string[] {
    return this.hours === null ? [] : ["11030104"];
  }

  /** That its instrument has gone for good comes before what else keeps an amend out. */
  #ofListing({ account }: Key, orderNo: string, sentAtMs: number): readonly string[] {
    const symbol = this.#model.order(account, orderNo)?.symbol ?? "";
    return [...this.#instruments.answersTo(symbol, sentAtMs)].filter((code) => code !== "null");
  }

  /** Codes that would have been right for an element of it at some moment. */
  rightCodes({ id }: Request, index: number): ReadonlySet<string> {
    return this.#windows.right(`${id}/${index}`);
  }

  /** A `reference_id` means the one open order that carries it. */
  means(key: Key, name: OrderName, orderNo: string): boolean {
    return this.#meant(key, name)?.order_no === orderNo;
  }

  #meant(key: Key, name: OrderName): Told | undefined {
    const named = seenOrders(key, this.#model.openOrders(key.account)).filter((told) => {
      if ("order_no" in name) return told.order_no === name.order_no;
      return told.reference_id === name.reference_id;
    });
    return named.length === 1 ? named[0] : undefined;
  }

  /** The code of the condition that keeps an open order from being cancelled, or null. */
  #unwanted(key: Key, name: OrderName): number | null {
    const named = this.#meant(key, name);
    if (named === undefined || named.isCancelPending) return null;
    return conditionCode(name, named);
  }

  /** Whether it may cancel an order that is open, now: it means it, and still wants that. */
  cancels(key: Key, names: readonly OrderName[], orderNo: string): boolean {
    return names.some((name) => this.means(key, name, orderNo) && !this.#unwanted(key, name));
  }

  /** What is wrong with the answer to a request that changed something, at this point. */
  problem(request: Request, decided: Decided, body: string): string | null {
    const { command } = request;
    if (command.kind === "cancelAll") {
      return this.cancelAlls.problem(request, command, decided, body);
    }
    if (command.kind === "deadMan") return this.#deadManProblem(request.key, command, body);
    return answerDifference(body, this.#predicted(request, decided));
  }

  #predicted(request: Request, { orderNos }: Decided): Expected {
    const { command } = request;
    switch (command.kind) {
      case "place": {
        const elements = command.orders.map((_placing, index): Element => {
          const orderNo = orderNos[index] ?? null;
          if (orderNo !== null) return { code: 0, orderNo };
          // A block is looked at before most of what else is wrong.
          const isBlocked = this.mayBeBlocked(request);
          const codes = this.placeCodes(request, index);
          return { code: 0, codes, isBlocked };
        });
        return { isBatch: command.isBatch, elements };
      }
      case "cancel": {
        const elements = command.names.map((name) => this.#cancelResult(request, name));
        return { isBatch: command.isBatch, elements };
      }
      default:
        return { isBatch: false, elements: [{ code: 0 }] };
    }
  }

  /** Codes with which an element of it may have been refused, blocks apart. */
  placeCodes(request: Request, index: number): ReadonlySet<string> {
    const { command } = request;
    const refused = command.kind === "place" ? command.orders[index]?.refused : undefined;
    const closed = this.#accounts.isClosed(request.key.account) ? [ACCOUNT_CLOSED] : [];
    if (refused !== undefined) return new Set([String(refused), ...closed]);
    return new Set([...this.rightCodes(request, index)].filter((code) => code !== "null"));
  }

  /** Whether an operator may have kept its orders out while it was under way. */
  mayBeBlocked(request: Request): boolean {
    return this.#blocks.mayCover(request);
  }

  #cancelResult(request: Request, name: OrderName): Element {
    const { key } = request;
    const named = seenOrders(key, this.#model.orders(key.account)).filter((told) => {
      if ("order_no" in name) return told.order_no === name.order_no;
      return told.reference_id === name.reference_id;
    });
    const open = named.filter(({ outstand_qty }) => outstand_qty > 0n);
    if (open.length > 1) return { code: 11030203 };
    const meant = open[0] ?? named[0];
    if (meant === undefined) return { code: 11030202, isPast: true };
    const unwanted = this.#unwanted(key, name);
    if (unwanted !== null) {
      // A venue may have refused a cancel in this very moment, and the order has changed by it.
      const wasSent = open.some(({ order_no }) => this.sentCancels.has(order_no));
      return { code: unwanted, ...(wasSent && { codes: new Set([String(unwanted), "0"]) }) };
    }
    const isShut = this.hours?.mayBeShut(request, this.#model) === true;
    if (open.length > 0 && isShut) return { code: 11030204 };
    // What this very request has cancelled is in memory; what closed before may have to be read.
    const isPast = open.length === 0;
    // It was handed to the venue, whatever that has made of it in the same turn.
    if (this.sentCancels.has(meant.order_no)) return { code: 0, isPast, isSent: true };
    const isTooLate = meant.order_status === "fex" || meant.order_status === "rej";
    return { code: isTooLate ? 11030204 : 0, isPast };
  }

  /** A release is kept also where there was nothing to release. */
  #deadManProblem(key: Key, command: Command & { kind: "deadMan" }, body: string): string | null {
    const { code, data } = JSON.parse(body) as Envelope & {
      data: { state: string; timeout: number; scope: string };
    };
    if (code !== 0) return "it was set";
    const state = command.timeoutS === 0 ? "released" : "armed";
    if (state === "armed") {
      const set = this.#switches.lastSet;
      if (set?.timeoutMs !== command.timeoutS * 1000) return `it was set to ${set?.timeoutMs} ms`;
    } else if (this.#switches.has(key, command)) {
      return "it is there still";
    }
    const isRight = data.state === state && data.scope === command.scope;
    return isRight ? null : `it is ${state}`;
  }
}
