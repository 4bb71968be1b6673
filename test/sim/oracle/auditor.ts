/**
 * Holds everything that clients were told against history and the model: answers, pushes, lists,
 * balances, and that nothing which was durable is ever lost.
 */
import { decodeDeskEvent } from "../../../packages/core/src/model/index.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import type { Answer, OrderName, Request } from "../clients/requests.ts";
import type { Push } from "../clients/stream-client.ts";
import { DATA_DIR } from "../world/gateway-life.ts";
import {
  BLOCK_CODES,
  type Envelope,
  isPassing,
  resultsOf,
  TOO_LATE,
  UNAVAILABLE,
} from "./answers.ts";
import { Blocks } from "./blocks.ts";
import { History } from "./history.ts";
import { decimal, INSTRUMENTS, type Model } from "./model.ts";
import { type OrderRow, pushDifference, rowDifference } from "./told.ts";
import { promised } from "./violation.ts";

const DESK = "desk-22";
const RECORDS_AT_ONCE = 1_000;

type Say = (problem: string) => string;

export class Auditor {
  readonly blocks: Blocks;
  readonly history: History;
  readonly #nowMs: () => number;
  #lastSeq = 0;
  #lastHash = "";
  readonly #pushes: Push[] = [];
  readonly #checkedCounts = new Map<string, number>();
  answerCount = 0;
  pushCount = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.blocks = new Blocks(nowMs);
    this.history = new History(this.blocks);
  }

  get model(): Model {
    return this.history.model;
  }

  sent(request: Request): void {
    this.history.sent(request);
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
          this.history.follow(decodeDeskEvent(payload));
        }
        if (records.length < RECORDS_AT_ONCE) break;
      }
      this.#lastHash = reader.hashAt(DESK, this.#lastSeq) ?? "";
    } finally {
      reader.close();
    }
    this.history.requireComplete("the end of a commit");
    this.history.readBeforeMs = this.#nowMs();
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
    for (const request of this.history.requests) {
      const { id, answers } = request;
      const checked = this.#checkedCounts.get(id) ?? 0;
      if (answers.length === checked) continue;
      for (const answer of answers.slice(checked)) {
        this.answerCount += 1;
        this.#checkAnswer(request, answer);
      }
      this.#checkedCounts.set(id, answers.length);
    }
  }

  #checkAnswer(request: Request, answer: Answer): void {
    const { command, id } = request;
    const envelope = JSON.parse(answer.text) as Envelope;
    const say = (problem: string) => `${id} (${command.kind}) got ${answer.text}: ${problem}`;
    if (isPassing(envelope) || command.kind === "balance" || command.kind === "positions") return;
    if (envelope.reason === "timestamp_out_of_window") {
      promised(this.history.hasJumped, say("its time has not run out"));
      return;
    }
    if (command.kind === "orders") {
      this.#checkList(request, envelope, say);
      return;
    }
    if (this.history.wasAnswered(request, answer.text)) return;
    const remembered = this.history.remembered(request);
    promised(!answer.isReplay, say(`no replay of the first answer, ${remembered}`));
    // A refusal that changed nothing is not remembered: a fresh try may have followed it.
    this.#checkUnremembered(request, envelope, say);
  }

  /** It changed nothing, or is a cancel by number, which is idempotent by nature. */
  #checkUnremembered(request: Request, envelope: Envelope, say: Say): void {
    const { command, key } = request;
    if (command.kind === "place") {
      const mayBeBlocked = this.history.mayBeBlocked(request);
      for (const [index, { code }] of resultsOf(envelope, command.isBatch).entries()) {
        const refused = command.orders[index]?.refused;
        const isBlocked = mayBeBlocked && BLOCK_CODES.has(code);
        promised(code !== 0, say("it is not durable"));
        promised(code === refused || isBlocked, say(`element ${index}: expected ${refused}`));
      }
    } else if (command.kind === "cancel") {
      const results = resultsOf(envelope, command.isBatch);
      for (const [index, name] of command.names.entries()) {
        const problem = this.#cancelProblem(key.account, name, results[index]?.code);
        promised(problem === null, say(`element ${index}: ${problem}`));
      }
    } else if (command.kind === "amend") {
      promised(envelope.code !== 0, say("it is not durable"));
      const isBlocked = this.history.mayBeBlocked(request) && BLOCK_CODES.has(envelope.code);
      promised(isBlocked || AMEND_REFUSALS.has(envelope.code), say("no refusal of an amend"));
    } else if (command.kind !== "deadMan" || command.timeoutS > 0) {
      // A release of what is not armed changes nothing.
      promised(envelope.code !== 0, say("it is not durable"));
    }
  }

  /** What the model says now was so when the answer was given, or has come since. */
  #cancelProblem(account: string, name: OrderName, code: number | undefined): string | null {
    if (code === UNAVAILABLE) return null; // Of a batch; nothing was done about this one.
    if ("order_no" in name) {
      const status = this.model.order(account, name.order_no)?.order_status;
      const wasSent = this.history.sentCancels.has(name.order_no);
      if (wasSent && (code === 0 || code === TOO_LATE)) return null;
      if (code === 0) return status === "can" ? null : `the order is ${status}, not cancelled`;
      if (code === TOO_LATE) {
        return status === "fex" || status === "rej" ? null : `the order is ${status}, not filled`;
      }
      if (code === 11030202) return status === undefined ? null : "the order is there";
      return `code ${code}`;
    }
    const named = this.model.orders(account).filter((told) => {
      return told.reference_id === name.reference_id;
    });
    if (named.some((told) => this.history.sentCancels.has(told.order_no))) return null;
    if (code === 0) return named.some((told) => told.order_status === "can") ? null : "none is";
    if (code === TOO_LATE) {
      return named.some((told) => /fex|rej/.test(told.order_status)) ? null : "none is";
    }
    if (code === 11030203) return named.length > 1 ? null : "one order has that name at most";
    return code === 11030202 ? null : `code ${code}`;
  }

  /** A list is of one moment between what its client had seen and now. */
  #checkList(request: Request, envelope: Envelope, say: Say): void {
    promised(envelope.code === 0, say("a list is not refused"));
    const { account } = request.key;
    const stream = this.model.stream(account);
    const list = envelope.data as { orders: OrderRow[]; total_records: number };
    let least = request.knownSeq;
    let most = stream.length;
    for (const row of list.orders) {
      const told = stream.find((each) => {
        return each.order_no === row["order_no"] && each.version === row["version"];
      });
      promised(told !== undefined, say(`${row["order_no"]} had no version ${row["version"]}`));
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
    const { total_records: total } = list;
    promised(counts.has(total), say(`${total} orders, expected ${[...counts].join(" or ")}`));
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
      const isEnded = told.order_status === "can" || told.order_status === "rej";
      const cancelled = isEnded ? told.qty - told.execute_qty : 0n;
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

const AMEND_REFUSALS: ReadonlySet<number> = new Set([11030204, 11030951, 11030950, 11030202]);

function rowOf({ data }: Envelope, field: string, value: string): OrderRow {
  const rows: readonly OrderRow[] = Array.isArray(data)
    ? data
    : (data as { positions: OrderRow[] }).positions;
  const row = rows.find((each) => each[field] === value);
  promised(row !== undefined, `${value} is missing in ${JSON.stringify(data)}`);
  return row;
}

function same(what: string, has: number, expected: bigint): void {
  const difference = Math.abs(has - Number(decimal(expected)));
  promised(difference < 1e-6, `${what} is ${has}, expected ${decimal(expected)}`);
}
