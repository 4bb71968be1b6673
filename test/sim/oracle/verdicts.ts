/** Whether an answer that a client got is right. */
import type { OrderName } from "../clients/forms.ts";
import {
  type Answer,
  type Key,
  type ListFilter,
  prefersOrders,
  type Request,
} from "../clients/requests.ts";
import { stateFilter } from "./account-lists.ts";
import {
  BLOCK_CODES,
  type Envelope,
  isPassing,
  resultsOf,
  TOO_LATE,
  UNAVAILABLE,
} from "./answers.ts";
import { CANCEL_ALL_PASSING } from "./cancel-alls.ts";
import type { History } from "./history.ts";
import { isLook } from "./looks.ts";
import type { Model } from "./model.ts";
import { INSTRUMENTS } from "./money.ts";
import { CONDITION_CODES, ordersAt, seenOrders, sees, type Told } from "./orders.ts";
import { previewProblem } from "./previews.ts";
import { standingDifference } from "./standing.ts";
import type { StatementKind, StatementPage } from "./statements.ts";
import type { ClockShown } from "./strict-hours.ts";
import { type OrderRow, rowDifference } from "./told.ts";
import { promised } from "./violation.ts";

type Say = (problem: string) => string;

/** An element of a batch's reply. */
interface ElementRow {
  readonly data?: OrderRow;
  readonly result: Pick<Envelope, "code">;
}

/** A reply to one command, as an element of a batch. */
function ofOne({ code, data }: Envelope): ElementRow {
  return { result: { code }, data: data as OrderRow };
}

export class Verdicts {
  readonly history: History;

  constructor(history: History) {
    this.history = history;
  }

  get model(): Model {
    return this.history.model;
  }

  check(request: Request, answer: Answer): void {
    const { command, id } = request;
    const envelope = JSON.parse(answer.text) as Envelope;
    const say = (problem: string) => `${id} (${command.kind}) got ${answer.text}: ${problem}`;
    if (envelope.code !== 0) this.history.count(`refused ${envelope.reason}`);
    if (request.isForged) {
      promised(envelope.code === NO_KEY || envelope.retryable === true, say("it is forged"));
      this.history.count("forged");
      return;
    }
    if (command.kind !== "signIn") this.history.budgets.check(request, answer);
    if (envelope.reason === "window_closed") {
      const { hours } = this.history.predictions;
      const shut = command.kind === "preview" ? { ...request, command: command.of } : request;
      promised(hours?.mayBeShut(shut, this.model) === true, say("the market takes it"));
      return;
    }
    if (isPassing(envelope) && !JUDGED.has(envelope.code)) return;
    if (envelope.reason === "timestamp_out_of_window") {
      promised(this.history.hasJumped, say("its time has not run out"));
      return;
    }
    if (envelope.code === NO_KEY && this.history.mayBeOver(request)) return;
    promised(envelope.code === NO_KEY || !this.history.wasOver(request), say("its key has ended"));
    if (request.key.portfolios !== undefined && OF_THE_ACCOUNT.has(command.kind)) {
      promised(envelope.code === ACCOUNT_WIDE, say("it is about the whole account"));
      return;
    }
    if (command.kind === "orders") {
      if (command.filter === undefined) this.#checkList(request, envelope, say);
      else this.#checkPart(request, command, envelope, say);
      return;
    }
    if (command.kind === "executions" || command.kind === "transactions") {
      this.#checkStatement(request, command, envelope, say);
      return;
    }
    if (this.#isLook(request, answer, envelope, say)) return;
    if (command.kind === "balance" || command.kind === "positions") {
      this.#checkStanding(request, envelope, say);
      return;
    }
    if (envelope.reason === "receipts_off") {
      const asks = command.kind === "cancel" && command.receipt === true;
      promised(asks && !this.history.receipts.areOn, say("there are receipts"));
      return;
    }
    const { hasJumped, receipts } = this.history;
    for (let count = receipts.check(request, answer, hasJumped); count > 0; count -= 1) {
      this.history.count("receipt");
    }
    this.#checkOrders(request, envelope, say);
    if (this.history.wasAnswered(request, answer.text)) return;
    const remembered = this.history.remembered(request);
    promised(!answer.isReplay, say(`no replay of the first answer, ${remembered}`));
    // A refusal that changed nothing is not remembered: a fresh try may have followed it.
    this.#checkUnremembered(request, envelope, say);
  }

  /** Whether it is one that only looks, or asks for something beside orders: judged here. */
  #isLook(request: Request, answer: Answer, envelope: Envelope, say: Say): boolean {
    const { command } = request;
    const { hours, model, predictions, signIns, venueFaults } = this.history;
    const judged = (what: string, problem: string | null): true => {
      promised(problem === null, say(`${problem}`));
      this.history.count(what);
      return true;
    };
    switch (command.kind) {
      case "time": {
        const { data } = envelope as { data?: ClockShown };
        return judged("clock", data === undefined ? "none" : hours.clockProblem(data, request));
      }
      case "preview": {
        const asked = { ...request, command };
        const problem = previewProblem(asked, envelope, model, predictions);
        return judged(`preview ${command.of.kind}`, problem);
      }
      case "signIn":
        return judged("code for a browser", signIns.problem(request, answer));
      case "faults":
        return judged("list of faults", venueFaults.problem(request, answer));
      case "fault":
      case "clearFaults":
        judged(command.kind, venueFaults.problem(request, answer));
        return false;
      default: {
        if (!isLook(command)) return false;
        const problem = predictions.looks.problem(request, command, answer);
        return judged(`look at ${command.kind}`, problem);
      }
    }
  }

  /** The reply to a command shows each order that it is about as it once was, if that was asked. */
  #checkOrders({ channel, command, id, key }: Request, envelope: Envelope, say: Say): void {
    if (channel !== "socket" || !("isBatch" in command)) return;
    const rows = command.isBatch ? ((envelope.data ?? []) as ElementRow[]) : [ofOne(envelope)];
    for (const { data, result } of rows) {
      if (result.code !== 0) continue;
      const isShown = data?.["order_status"] !== undefined;
      promised(isShown === prefersOrders(id), say("whole orders were not asked for, or were"));
      if (data === undefined || !isShown) continue;
      const told = this.model.stream(key.account).filter((each) => {
        return each.order_no === data["order_no"];
      });
      const isRight = told.some((each) => rowDifference(data, each) === null);
      promised(isRight, say(`order ${data["order_no"]} was never like that`));
      this.history.count("order in a reply");
    }
  }

  /** It changed nothing, or is a cancel by number, which is idempotent by nature. */
  #checkUnremembered(request: Request, envelope: Envelope, say: Say): void {
    const { command, key } = request;
    if (command.kind === "place") {
      const mayBeBlocked = this.history.predictions.mayBeBlocked(request);
      for (const [index, { code }] of resultsOf(envelope, command.isBatch).entries()) {
        const codes = this.history.predictions.placeCodes(request, index);
        const isBlocked = mayBeBlocked && BLOCK_CODES.has(code);
        promised(code !== 0, say("it is not durable"));
        const isRight = codes.has(String(code)) || isBlocked;
        promised(isRight, say(`element ${index}: expected ${[...codes].join(" or ")}`));
      }
    } else if (command.kind === "cancel") {
      const results = resultsOf(envelope, command.isBatch);
      for (const [index, name] of command.names.entries()) {
        const isShut = this.history.predictions.hours?.mayBeShut(request, this.model) === true;
        if (isShut && results[index]?.code === TOO_LATE) continue;
        const code = results[index]?.code ?? 0;
        if (CONDITION_CODES.has(code)) {
          const right = this.history.predictions.rightCodes(request, index);
          promised(right.has(String(code)), say(`element ${index}: its condition holds`));
          continue;
        }
        const problem = this.#cancelProblem(key, name, results[index]?.code);
        promised(problem === null, say(`element ${index}: ${problem}`));
      }
    } else if (command.kind === "amend") {
      promised(envelope.code !== 0, say("it is not durable"));
      const isBlocked =
        this.history.predictions.mayBeBlocked(request) && BLOCK_CODES.has(envelope.code);
      const codes = this.history.predictions.rightCodes(request, 0);
      const isRight = codes.has(String(envelope.code)) || isBlocked;
      promised(isRight, say(`expected ${[...codes].join(" or ")}`));
    } else if (command.kind === "cancelAll") {
      const problem = this.history.predictions.cancelAlls.unremembered(request, command, envelope);
      promised(problem === null, say(`${problem}`));
      const isPreview = command.isPreview === true;
      this.history.count(isPreview ? "preview cancel-all" : "cancel-all that changed nothing");
    } else {
      promised(envelope.code !== 0, say("it is not durable"));
    }
  }

  /** What the model says now was so when the answer was given, or has come since. */
  #cancelProblem(key: Key, name: OrderName, code: number | undefined): string | null {
    if (code === UNAVAILABLE) return null; // Of a batch; nothing was done about this one.
    if ("order_no" in name) {
      const told = this.model.order(key.account, name.order_no);
      const status = told !== undefined && sees(key, told) ? told.order_status : undefined;
      const wasSent = this.history.predictions.sentCancels.has(name.order_no);
      if (wasSent && (code === 0 || code === TOO_LATE)) return null;
      if (code === 0) return status === "can" ? null : `the order is ${status}, not cancelled`;
      if (code === TOO_LATE) {
        return status === "fex" || status === "rej" ? null : `the order is ${status}, not filled`;
      }
      if (code === 11030202) return status === undefined ? null : "the order is there";
      return `code ${code}`;
    }
    const named = seenOrders(key, this.model.orders(key.account)).filter((told) => {
      return told.reference_id === name.reference_id;
    });
    if (named.some((told) => this.history.predictions.sentCancels.has(told.order_no))) return null;
    if (code === 0) return named.some((told) => told.order_status === "can") ? null : "none is";
    if (code === TOO_LATE) {
      return named.some((told) => /fex|rej/.test(told.order_status)) ? null : "none is";
    }
    if (code === 11030203) return named.length > 1 ? null : "one order has that name at most";
    return code === 11030202 ? null : `code ${code}`;
  }

  /** Money is of one moment between the question and its answer. */
  #checkStanding(request: Request, envelope: Envelope, say: Say): void {
    promised(envelope.code === 0, say("what an account has is not refused"));
    const right = [...this.history.predictions.rightCodes(request, 0)];
    const differences = right.map((standing) => standingDifference(envelope, standing));
    promised(differences.includes(null), say(`${differences.at(-1)}`));
  }

  /** A part of a list is exactly that of one moment between what its client had seen and now. */
  #checkPart(request: Request, command: ListCommand, envelope: Envelope, say: Say): void {
    const { end_time, start_time } = command.filter ?? {};
    if (end_time !== undefined && start_time === undefined) {
      promised(envelope.code === START_TIME_EMPTY, say("it begins nowhere"));
      return;
    }
    promised(envelope.code === 0, say("a list is not refused"));
    const { key, knownSeq, sentAtMs } = request;
    const stream = this.model.stream(key.account);
    const list = envelope.data as { orders: OrderRow[]; total_records: number };
    let difference: string | null = "there is no such moment";
    for (let seq = knownSeq; seq <= stream.length && difference !== null; seq += 1) {
      const all = partOf(this.#listed(key, ordersAt(stream, seq)), command);
      difference = partDifference(list, all, command);
    }
    promised(difference === null, say(`it is of no one moment: ${difference}`));
    for (const { symbol, name } of list.orders) {
      const problem = this.history.instruments.nameProblem(String(symbol), name, sentAtMs);
      promised(problem === null, say(`${problem}`));
    }
    this.history.count("part of a list");
  }

  /** As a part of a list of orders. */
  #checkStatement(
    { key, knownSeq, sentAtMs }: Request,
    { kind, filter }: StatementCommand,
    envelope: Envelope,
    say: Say,
  ): void {
    promised(envelope.code === 0, say("a list is not refused"));
    const page = envelope.data as StatementPage;
    const { instruments, statements } = this.history;
    const problem = statements.problem({ key, kind, filter }, page, knownSeq);
    promised(problem === null, say(`it is of no one moment: ${problem}`));
    for (const { product_code, product_name } of page.transactions ?? []) {
      const instrument = INSTRUMENTS.find(({ product }) => product === product_code);
      if (instrument === undefined) continue;
      const difference = instruments.nameProblem(instrument.symbol, product_name, sentAtMs);
      promised(difference === null, say(`${difference}`));
    }
    this.history.count(`page of ${kind}`);
  }

  /** Those that the key sees and that are not archived. */
  #listed(key: Key, orders: readonly Told[]): Told[] {
    const { forgotten } = this.model;
    return seenOrders(key, orders).filter(({ order_no }) => !forgotten.has(order_no));
  }

  /** A list is of one moment between what its client had seen and now. */
  #checkList(request: Request, envelope: Envelope, say: Say): void {
    promised(envelope.code === 0, say("a list is not refused"));
    const { key } = request;
    const stream = this.model.stream(key.account);
    const list = envelope.data as { orders: OrderRow[]; total_records: number };
    let least = request.knownSeq;
    let most = stream.length;
    for (const row of list.orders) {
      const told = stream.find((each) => {
        return each.order_no === row["order_no"] && each.version === row["version"];
      });
      const isSeen = told !== undefined && sees(key, told);
      promised(isSeen, say(`${row["order_no"]} had no version ${row["version"]}`));
      const difference =
        rowDifference(row, told) ??
        this.history.instruments.nameProblem(told.symbol, row["name"], request.sentAtMs);
      promised(difference === null, say(`${row["order_no"]}: ${difference}`));
      const seq = stream.indexOf(told) + 1;
      least = Math.max(least, seq);
      const next = stream.findIndex((each, at) => at >= seq && each.order_no === told.order_no);
      if (next !== -1) most = Math.min(most, next);
    }
    promised(least <= most, say(`it is of no one moment: not before ${least}, not after ${most}`));
    const counts = new Set<number>();
    for (let seq = least; seq <= most; seq += 1) {
      const seen = this.#listed(key, stream.slice(0, seq));
      counts.add(new Set(seen.map(({ order_no }) => order_no)).size);
    }
    const { total_records: total } = list;
    promised(counts.has(total), say(`${total} orders, expected ${[...counts].join(" or ")}`));
  }
}

type StatementCommand = Request["command"] & { readonly kind: StatementKind };
type ListCommand = Request["command"] & { readonly kind: "orders" };

const NO_FILTER: ListFilter = { page_size: 0 };

/** Newest first. */
function partOf(orders: readonly Told[], { filter }: ListCommand): Told[] {
  const { page_size: _, state = "all", start_time, end_time, ...fields } = filter ?? NO_FILTER;
  const wanted = Object.entries(fields).filter(([, value]) => value !== "");
  const found = orders.filter(stateFilter(state)).filter((told) => {
    const second = Math.floor(told.createdAtMs / 1_000);
    if (start_time !== undefined && second < start_time) return false;
    if (end_time !== undefined && second > end_time) return false;
    return wanted.every(([field, value]) => told[field as keyof Told] === value);
  });
  return found.reverse();
}

function partDifference(
  { orders, total_records }: { orders: readonly OrderRow[]; total_records: number },
  all: readonly Told[],
  { filter, page = 1 }: ListCommand,
): string | null {
  const size = filter?.page_size ?? 0;
  const meant = all.slice((page - 1) * size, page * size);
  if (total_records !== all.length) return `there are ${all.length}`;
  if (orders.length !== meant.length) return `${meant.length} are on the page`;
  for (const [index, told] of meant.entries()) {
    const difference = rowDifference(orders[index] as OrderRow, told);
    if (difference !== null) return `${told.order_no}: ${difference}`;
  }
  return null;
}

/**
 * Passing, and known to be right or not: closed, or not this type or time in force now; and what
 * only a cancel-all is told.
 */
const JUDGED: ReadonlySet<number> = new Set([11030157, 11030158, 11030159, ...CANCEL_ALL_PASSING]);
/** The key is unknown, revoked or expired, or the signature is wrong. */
const NO_KEY = 10010008;
const START_TIME_EMPTY = 11030601;
const ACCOUNT_WIDE = 10010053;
/** What a key with portfolios may not ask for. */
const OF_THE_ACCOUNT: ReadonlySet<string> = new Set([
  "balance",
  "positions",
  "transactions",
  "deadMan",
  "deadMans",
  "estimate",
  "clock",
]);
