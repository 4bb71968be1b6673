/**
 * Holds everything that clients were told against the model. The journal is the witness of one
 * thing alone: in which order commands were decided. What each of them came to, the model says, and
 * the journal, the answers, the pushes and the queries must all say the same.
 */
import {
  type DeskEvent,
  decodeDeskEvent,
  ExecType,
  type ExecutionReported,
  type RequestAnswered,
} from "../../../packages/core/src/model/index.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import type { Answer, OrderName, Request } from "../clients/requests.ts";
import type { Push } from "../clients/stream-client.ts";
import { DATA_DIR } from "../world/gateway-life.ts";
import { decimal, INSTRUMENTS, Model, type Told } from "./model.ts";
import { type OrderRow, pushDifference, rowDifference } from "./told.ts";
import { promised, Violation } from "./violation.ts";

const DESK = "desk-22";
const RECORDS_AT_ONCE = 1_000;

/** What the journal says of a request. */
interface Decided {
  /** Orders that it placed, by the place in its batch. */
  readonly orderNos: (string | null)[];
  /** The answer that is remembered for it. */
  remembered: string | null;
}

export class Auditor {
  readonly model = new Model();
  readonly #requests = new Map<string, Request>();
  readonly #byFingerprint = new Map<string, Request>();
  readonly #decided = new Map<string, Decided>();
  #lastSeq = 0;
  #lastHash = "";
  /** Messages that the model says come next in the journal. */
  #expected: Told[] = [];
  readonly #pushes: Push[] = [];
  readonly #checkedCounts = new Map<string, number>();
  answerCount = 0;
  pushCount = 0;

  sent(request: Request): void {
    this.#requests.set(request.id, request);
    this.#byFingerprint.set(request.fingerprint, request);
  }

  pushed(push: Push): void {
    this.#pushes.push(push);
  }

  /** Reads what became durable since the last look, then checks everything that was told. */
  look(): void {
    const reader = new JournalReader(DATA_DIR);
    try {
      this.#requireSameHistory(reader);
      for (;;) {
        const records = reader.read(DESK, this.#lastSeq, RECORDS_AT_ONCE);
        for (const { seq, payload } of records) {
          this.#lastSeq = seq;
          this.#follow(decodeDeskEvent(payload));
        }
        if (records.length < RECORDS_AT_ONCE) break;
      }
      this.#lastHash = reader.hashAt(DESK, this.#lastSeq) ?? "";
    } finally {
      reader.close();
    }
    const [missing] = this.#expected;
    promised(missing === undefined, `the journal lacks ${missing && shown(missing)}`);
    this.#checkPushes();
    this.#checkAnswers();
  }

  /** How far the account's stream has come. */
  lastSeqOf(account: string): number {
    return this.model.stream(account).length;
  }

  /** What was durable once is so for ever. */
  #requireSameHistory(reader: JournalReader): void {
    if (this.#lastSeq === 0) return;
    const found = reader.hashAt(DESK, this.#lastSeq);
    promised(found === this.#lastHash, `event ${DESK} ${this.#lastSeq} was durable and is lost`);
  }

  #follow(event: DeskEvent): void {
    if (event.type === "ExecutionReported") this.#report(event);
    else if (event.type === "RequestAnswered") this.#answered(event);
    else this.#requireNothingExpected(event.type);
  }

  #report(event: ExecutionReported): void {
    if (this.#expected.length === 0) this.#command(event);
    const told = this.#expected.shift();
    promised(told !== undefined, `nothing is to happen, but ${event.order.orderId} is reported`);
    const { order, execution } = event;
    const same =
      order.orderId === told.order_no &&
      order.account === told.account_code &&
      order.cumQty === told.execute_qty &&
      order.orderQty === told.qty &&
      order.price === told.price &&
      order.version === told.version &&
      order.cancelReason === told.cancel_reason &&
      (execution?.lastQty ?? null) === told.last_qty &&
      (execution?.lastPx ?? null) === told.last_price;
    promised(same, `journaled is ${eventShown(event)}, expected ${shown(told)}`);
    const stream = this.model.stream(told.account_code);
    promised(
      stream[order.streamSeq - 1] === told,
      `message ${order.streamSeq} of ${told.account_code} is another one: ${shown(told)}`,
    );
  }

  /** The first event of a command: whose it is, and what the model makes of it. */
  #command({ execType, order, origin }: ExecutionReported): void {
    const id = origin?.cause?.requestId ?? "";
    const request = this.#requests.get(id);
    promised(request !== undefined, `order ${order.orderId} changed and nobody asked for it`);
    promised(request.key.account === order.account, `${id} changed another account's order`);
    const { command } = request;
    if (execType === ExecType.New) this.#placed(request, order.orderId);
    else if (execType === ExecType.Canceled) {
      promised(command.kind === "cancel", `${id} asked for no cancel of ${order.orderId}`);
      promised(
        command.names.some((name) => this.#means(request, name, order.orderId)),
        `${id} did not mean ${order.orderId}`,
      );
      this.#expected = this.model.cancel(order.account, order.orderId, "requested");
    } else if (execType === ExecType.Replaced) {
      promised(
        command.kind === "amend" && command.orderNo === order.orderId,
        `${id} asked for no amend of ${order.orderId}`,
      );
      const { price, qty } = command;
      this.#expected = this.model.amend(order.account, order.orderId, price, qty);
    } else {
      throw new Violation(`order ${order.orderId} has an event of its own: ${execType}`);
    }
  }

  #placed(request: Request, orderNo: string): void {
    const { command, id } = request;
    promised(command.kind === "place", `${id} placed ${orderNo}`);
    const { orderNos, remembered } = this.#decidedOf(request);
    promised(remembered === null, `${id} was carried out twice`);
    let index = orderNos.length;
    for (; command.orders[index]?.refused !== undefined; index += 1) orderNos.push(null);
    const placing = command.orders[index];
    promised(placing?.terms !== undefined, `${id} placed more orders than it has`);
    promised(
      BigInt(orderNo) > BigInt(this.model.lastOrderNo),
      `order number ${orderNo} does not rise`,
    );
    orderNos.push(orderNo);
    this.#expected = this.model.place(request.key.account, placing.terms, orderNo);
  }

  /** A `reference_id` means the one open order that carries it. */
  #means({ key }: Request, name: OrderName, orderNo: string): boolean {
    if ("order_no" in name) return name.order_no === orderNo;
    const named = this.model.openOrders(key.account).filter((told) => {
      return told.reference_id === name.reference_id;
    });
    return named.length === 1 && named[0]?.order_no === orderNo;
  }

  #answered({ fingerprint, httpStatus, body }: RequestAnswered): void {
    if (httpStatus === 101) return; // A handshake that works once.
    this.#requireNothingExpected(`the answer ${body}`);
    const request = this.#byFingerprint.get(fingerprint);
    promised(request !== undefined, `an answer without a request: ${body}`);
    const decided = this.#decidedOf(request);
    promised(decided.remembered === null, `${request.id} was answered twice`);
    const expected = this.#predicted(request, decided);
    const difference = answerDifference(body, expected);
    promised(difference === null, `${request.id} is answered ${body}: ${difference}`);
    decided.remembered = body;
  }

  #requireNothingExpected(what: string): void {
    const [missing] = this.#expected;
    promised(
      missing === undefined,
      `before ${what} the journal lacks ${missing && shown(missing)}`,
    );
  }

  #decidedOf({ id }: Request): Decided {
    const found = this.#decided.get(id);
    if (found !== undefined) return found;
    const decided: Decided = { orderNos: [], remembered: null };
    this.#decided.set(id, decided);
    return decided;
  }

  /** The answer to a request that changed something, at this point of history. */
  #predicted({ command, key }: Request, { orderNos }: Decided): Expected {
    switch (command.kind) {
      case "place": {
        const elements = command.orders.map((placing, index): Element => {
          if (placing.refused !== undefined) return { code: placing.refused };
          return { code: 0, orderNo: orderNos[index] ?? "" };
        });
        return { isBatch: command.isBatch, elements };
      }
      case "cancel":
        return {
          isBatch: command.isBatch,
          elements: command.names.map((name) => this.#cancelResult(key.account, name)),
        };
      default:
        return { isBatch: false, elements: [{ code: 0 }] };
    }
  }

  #cancelResult(account: string, name: OrderName): Element {
    const named = this.model.orders(account).filter((told) => {
      if ("order_no" in name) return told.order_no === name.order_no;
      return told.reference_id === name.reference_id;
    });
    const open = named.filter(({ outstand_qty }) => outstand_qty > 0n);
    if (open.length > 1) return { code: 11030203 };
    const meant = open[0] ?? named[0];
    if (meant === undefined) return { code: 11030202, isPast: true };
    // What this very request has cancelled is in memory; what closed before may have to be read.
    return { code: meant.order_status === "fex" ? 11030204 : 0, isPast: open.length === 0 };
  }

  #checkPushes(): void {
    for (const { account, seq, text } of this.#pushes.splice(0)) {
      this.pushCount += 1;
      const told = this.model.stream(account)[seq - 1];
      promised(told !== undefined, `pushed to ${account} and not durable: ${text}`);
      const { data } = JSON.parse(text) as { data: OrderRow };
      const difference = pushDifference(data, told);
      promised(difference === null, `pushed to ${account}: ${text}: ${difference}`);
    }
  }

  #checkAnswers(): void {
    for (const [id, request] of this.#requests) {
      const checked = this.#checkedCounts.get(id) ?? 0;
      for (const answer of request.answers.slice(checked)) {
        this.answerCount += 1;
        this.#checkAnswer(request, answer);
      }
      this.#checkedCounts.set(id, request.answers.length);
    }
  }

  #checkAnswer(request: Request, answer: Answer): void {
    const { command, id } = request;
    const envelope = JSON.parse(answer.text) as Envelope;
    const say = (problem: string) => `${id} (${command.kind}) got ${answer.text}: ${problem}`;
    if (isPassing(envelope) || command.kind === "balance" || command.kind === "positions") return;
    if (command.kind === "orders") {
      this.#checkList(request, envelope, say);
      return;
    }
    const { remembered } = this.#decidedOf(request);
    if (remembered !== null) {
      // Asked again it may also be that nobody knows any more: then it is refused, never repeated.
      promised(answer.text === remembered, say(`first it was ${remembered}`));
      return;
    }
    promised(!answer.isReplay, say("a replay of what was never answered"));
    this.#checkUnremembered(request, envelope, say);
  }

  /** It changed nothing, or is a cancel by number, which is idempotent by nature. */
  #checkUnremembered(request: Request, envelope: Envelope, say: (problem: string) => string): void {
    const { command, key } = request;
    if (command.kind === "place") {
      promised(
        command.orders.every(({ refused }) => refused !== undefined),
        say("it is not durable"),
      );
      const codes = resultsOf(envelope, command.isBatch).map(({ code }) => code);
      const refused = command.orders.map((placing) => placing.refused);
      promised(codes.join() === refused.join(), say(`expected ${refused}`));
    } else if (command.kind === "cancel") {
      const results = resultsOf(envelope, command.isBatch);
      for (const [index, name] of command.names.entries()) {
        const code = results[index]?.code;
        const problem = this.#cancelProblem(key.account, name, code);
        promised(problem === null, say(`element ${index}: ${problem}`));
      }
    } else if (command.kind === "amend") {
      const told = this.model.order(key.account, command.orderNo);
      promised(envelope.code !== 0, say("it is not durable"));
      promised(
        told === undefined || AMEND_REFUSALS.has(envelope.code),
        say("no refusal of an amend"),
      );
    }
  }

  /** What the model says now was so when the answer was given, or has come since. */
  #cancelProblem(account: string, name: OrderName, code: number | undefined): string | null {
    if (code === UNAVAILABLE) return null; // Of a batch; nothing was done about this one.
    if ("order_no" in name) {
      const status = this.model.order(account, name.order_no)?.order_status;
      if (code === 0) return status === "can" ? null : `the order is ${status}, not cancelled`;
      if (code === 11030204) return status === "fex" ? null : `the order is ${status}, not filled`;
      if (code === 11030202) return status === undefined ? null : "the order is there";
      return `code ${code}`;
    }
    const named = this.model.orders(account).filter((told) => {
      return told.reference_id === name.reference_id;
    });
    if (code === 0) return named.some((told) => told.order_status === "can") ? null : "none is";
    if (code === 11030204) return named.some((told) => told.order_status === "fex") ? null : "no";
    if (code === 11030203) return named.length > 1 ? null : "one order has that name at most";
    return code === 11030202 ? null : `code ${code}`;
  }

  /** A list is of one moment between what its client had seen and now. */
  #checkList(request: Request, envelope: Envelope, say: (problem: string) => string): void {
    promised(envelope.code === 0, say("a list is not refused"));
    const { account } = request.key;
    const stream = this.model.stream(account);
    const { orders, total_records } = envelope.data as {
      orders: OrderRow[];
      total_records: number;
    };
    let least = request.knownSeq;
    let most = stream.length;
    for (const row of orders) {
      const told = stream.find((each) => {
        return each.order_no === row["order_no"] && each.version === row["version"];
      });
      promised(
        told !== undefined,
        say(`version ${row["version"]} of ${row["order_no"]} is unknown`),
      );
      const difference = rowDifference(row, told);
      promised(difference === null, say(`${row["order_no"]}: ${difference}`));
      const seq = stream.indexOf(told) + 1;
      least = Math.max(least, seq);
      const next = stream.findIndex((each, at) => at >= seq && each.order_no === told.order_no);
      if (next !== -1) most = Math.min(most, next);
    }
    promised(least <= most, say(`it is of no one moment: not before ${least}, not after ${most}`));
    const counts = new Set<number>();
    for (let seq = least; seq <= most; seq += 1) {
      counts.add(new Set(stream.slice(0, seq).map(({ order_no }) => order_no)).size);
    }
    promised(counts.has(total_records), say(`${total_records} orders, expected ${[...counts]}`));
  }

  // --- when nothing is under way ---

  /** The account's whole list, balances and positions, as they must be now. */
  checkStanding(
    account: string,
    rows: readonly OrderRow[],
    balance: Envelope,
    positions: Envelope,
  ): void {
    const orders = this.model.orders(account);
    promised(rows.length === orders.length, `${account} lists ${rows.length} of ${orders.length}`);
    for (const [index, told] of orders.entries()) {
      const difference = rowDifference(rows[index] as OrderRow, told);
      promised(difference === null, `${account} lists ${told.order_no}: ${difference}`);
      const cancelled = told.order_status === "can" ? told.qty - told.execute_qty : 0n;
      promised(
        told.qty === told.execute_qty + told.outstand_qty + cancelled,
        `${told.order_no} does not add up`,
      );
    }
    for (const { currency, product, symbol } of INSTRUMENTS) {
      const cash = rowOf(balance, "base_currency", currency);
      const has = Number(cash["cash"]) + Number(cash["unsett_net_amt"]);
      same(`${account} ${currency}`, has, this.model.balance(account, currency));
      const held = Number(cash["cash_on_hold"]);
      same(`${account} ${currency} on hold`, held, this.model.cashOnHold(account, currency));
      const position = rowOf(positions, "product_code", product);
      same(`${account} ${product}`, Number(position["qty"]), this.model.balance(account, product));
      const selling = Number(position["os_sell_qty"]);
      same(`${account} ${product} on sale`, selling, this.model.sellsOnHold(account, symbol));
    }
  }
}

/** Closed orders cannot be looked up now. */
const UNAVAILABLE = 11030051;

const AMEND_REFUSALS: ReadonlySet<number> = new Set([11030204, 11030951, 11030950, 11030202]);

export interface Envelope {
  readonly code: number;
  readonly reason?: string;
  readonly retryable?: boolean;
  readonly data?: unknown;
}

/** Refused for a reason that passes by itself: nothing was done. */
function isPassing({ code, retryable }: Envelope): boolean {
  return code !== 0 && retryable === true;
}

interface Element {
  readonly code: number;
  readonly orderNo?: string;
  /** It is about an order that works no more: closed orders may be out of reach for a while. */
  readonly isPast?: boolean;
}

interface Expected {
  readonly isBatch: boolean;
  readonly elements: readonly Element[];
}

interface Result {
  readonly code: number;
  readonly orderNo: string;
}

function resultsOf(envelope: Envelope, isBatch: boolean): Result[] {
  const { code, data } = envelope;
  if (!isBatch) return [{ code, orderNo: (data as { order_no?: string })?.order_no ?? "" }];
  const rows = (data ?? []) as { order_no: string; result: Envelope }[];
  return rows.map(({ order_no, result }) => ({ code: result.code, orderNo: order_no }));
}

function answerDifference(body: string, { isBatch, elements }: Expected): string | null {
  const results = resultsOf(JSON.parse(body) as Envelope, isBatch);
  if (results.length !== elements.length) return `${elements.length} results are expected`;
  for (const [index, { code, orderNo, isPast }] of elements.entries()) {
    const result = results[index];
    if (isPast === true && result?.code === UNAVAILABLE) continue;
    if (result?.code !== code) return `result ${index} is ${result?.code}, expected ${code}`;
    if (orderNo !== undefined && result.orderNo !== orderNo) return `expected order ${orderNo}`;
  }
  return null;
}

function rowOf(envelope: Envelope, field: string, value: string): OrderRow {
  const { data } = envelope;
  const rows = (
    Array.isArray(data) ? data : (data as { positions: OrderRow[] }).positions
  ) as OrderRow[];
  const row = rows.find((each) => each[field] === value);
  promised(row !== undefined, `${value} is missing in ${JSON.stringify(data)}`);
  return row;
}

function same(what: string, has: number, expected: bigint): void {
  const difference = Math.abs(has - Number(decimal(expected)));
  promised(difference < 1e-6, `${what} is ${has}, expected ${decimal(expected)}`);
}

function shown(told: Told): string {
  const { order_no, order_status, qty, execute_qty, version, account_code } = told;
  return `${account_code} ${order_no} v${version} ${order_status} ${decimal(execute_qty)}/${decimal(qty)}`;
}

function eventShown({ order, execType, execution }: ExecutionReported): string {
  const { orderId, phase, cumQty, orderQty, version, account } = order;
  const last =
    execution === null ? "" : ` ${decimal(execution.lastQty)}@${decimal(execution.lastPx)}`;
  const traded = `${decimal(cumQty)}/${decimal(orderQty)}${last}`;
  return `${account} ${orderId} v${version} ${execType} ${phase} ${traded}`;
}
