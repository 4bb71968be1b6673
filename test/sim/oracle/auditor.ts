/**
 * Holds everything that clients were told against history and the model: answers, pushes, lists,
 * balances, and that nothing which was durable is ever lost.
 */
import { decodeControlEvent } from "../../../packages/core/src/control/index.ts";
import { decodeDeskEvent } from "../../../packages/core/src/model/index.ts";
import { JournalReader } from "../../../packages/gateway/src/journal/journal-reader.ts";
import type { Request } from "../clients/requests.ts";
import type { Push, StreamSnapshot } from "../clients/stream-client.ts";
import { DATA_DIR } from "../world/gateway-life.ts";
import type { Envelope } from "./answers.ts";
import { Blocks } from "./blocks.ts";
import { History } from "./history.ts";
import { type KeyClock, KeyEnds } from "./key-ends.ts";
import type { Model } from "./model.ts";
import { ordersAt, sees } from "./orders.ts";
import type { Sealed } from "./receipts.ts";
import { standingDifference, standingOf } from "./standing.ts";
import { type OrderRow, pushDifference, rowDifference } from "./told.ts";
import { Verdicts } from "./verdicts.ts";
import { promised } from "./violation.ts";

const DESK = "desk-22";
const RECORDS_AT_ONCE = 1_000;

export class Auditor {
  readonly blocks: Blocks;
  readonly keyEnds: KeyEnds;
  readonly history: History;
  readonly #verdicts: Verdicts;
  readonly #nowMs: () => number;
  #lastSeq = 0;
  #lastHash = "";
  #lastSessionSeq = 0;
  #lastControlSeq = 0;
  /** How often it has looked. */
  lookCount = 0;
  readonly #sealedEvents = new Map<number, Sealed>();
  readonly #pushes: Push[] = [];
  readonly #snapshots: StreamSnapshot[] = [];
  readonly #checkedCounts = new Map<string, number>();
  answerCount = 0;
  pushCount = 0;

  constructor(clock: KeyClock, isStrict: boolean) {
    const { nowMs, wallMs } = clock;
    this.#nowMs = nowMs;
    this.blocks = new Blocks(nowMs);
    this.keyEnds = new KeyEnds(clock);
    const sealed = (seq: number) => this.#sealed(seq);
    const { blocks, keyEnds } = this;
    this.history = new History({ blocks, keyEnds, nowMs, wallMs, isStrict, sealed });
    this.#verdicts = new Verdicts(this.history);
  }

  get model(): Model {
    return this.history.model;
  }

  sent(request: Request): void {
    this.history.sent(request);
  }

  over(request: Request): void {
    this.history.over(request);
  }

  pushed(push: Push): void {
    this.#pushes.push(push);
  }

  shown(snapshot: StreamSnapshot): void {
    this.#snapshots.push(snapshot);
  }

  /** Reads what became durable since the last look, then checks everything that was told. */
  look(): void {
    this.keyEnds.look();
    const reader = new JournalReader(DATA_DIR);
    try {
      this.#requireSameHistory(reader);
      for (const { seq, payload } of reader.records("session", this.#lastSessionSeq)) {
        this.#lastSessionSeq = seq;
        this.history.hours.follow(payload);
      }
      for (const { seq, payload } of reader.records("control", this.#lastControlSeq)) {
        this.#lastControlSeq = seq;
        this.history.controlled(decodeControlEvent(payload));
      }
      for (;;) {
        const records = reader.read(DESK, this.#lastSeq, RECORDS_AT_ONCE);
        for (const { seq, payload } of records) {
          this.#lastSeq = seq;
          this.history.follow(decodeDeskEvent(payload), seq);
        }
        if (records.length < RECORDS_AT_ONCE) break;
      }
      this.#lastHash = reader.hashAt(DESK, this.#lastSeq) ?? "";
    } finally {
      reader.close();
    }
    this.history.requireComplete("the end of a commit");
    this.history.instruments.settle();
    this.history.readBeforeMs = this.#nowMs();
    // What operators asked for meanwhile changes answers as well.
    this.history.windows.ask();
    this.history.adjustments.requireWhole();
    this.history.accounts.requireWhole();
    this.history.witnessed?.requireWhole();
    for (let told = this.history.marketAnswers.check(); told > 0; told -= 1) {
      this.history.count("public market asked");
    }
    for (let told = this.model.market.check(); told > 0; told -= 1) {
      this.history.count("public market told");
    }
    this.#checkPushes();
    this.#checkSnapshots();
    this.#checkAnswers();
    this.history.adjustments.checkAnswers();
    this.history.accounts.checkAnswers();
    const { forgotten } = this.model;
    for (
      let told = this.history.stories.check((each) => forgotten.has(each));
      told > 0;
      told -= 1
    ) {
      this.history.count("story");
    }
    const streamOf = (account: string) => this.model.stream(account);
    const isForgotten = (orderNo: string) => forgotten.has(orderNo);
    for (let told = this.history.lists.check({ streamOf, isForgotten }); told > 0; told -= 1) {
      this.history.count("operator's list");
    }
    for (let told = this.history.inspections.check(); told > 0; told -= 1) {
      this.history.count("operator's look");
    }
    this.history.windows.looked();
    this.lookCount += 1;
  }

  /** Real time is about to be set. */
  timeIsSet(): void {
    this.keyEnds.look();
    this.keyEnds.hasJumped = true;
    this.history.hasJumped = true;
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

  /** What was durable stays, so each is read once. */
  #sealed(seq: number): Sealed {
    const known = this.#sealedEvents.get(seq);
    if (known !== undefined) return known;
    const reader = new JournalReader(DATA_DIR);
    try {
      const event = reader.sealed(DESK, seq);
      promised(event !== null, `event ${DESK} ${seq} is not there`);
      const hashBefore = seq === 1 ? "0".repeat(64) : (reader.hashAt(DESK, seq - 1) ?? "");
      const sealed = { ...event, hashBefore };
      this.#sealedEvents.set(seq, sealed);
      return sealed;
    } finally {
      reader.close();
    }
  }

  #checkPushes(): void {
    for (const { account, key, seq, text } of this.#pushes.splice(0)) {
      this.pushCount += 1;
      const told = this.model.stream(account)[seq - 1];
      promised(told !== undefined, `pushed to ${account} and not durable: ${text}`);
      const isSeen = sees(key, told);
      const what = `${key.apiKey} at ${seq}, of ${told.portfolio_id}: ${text}`;
      promised(isSeen === (text !== null), `it sees what it may not, or not what it may: ${what}`);
      if (text === null) continue;
      const { data } = JSON.parse(text) as { data: OrderRow };
      const difference =
        pushDifference(data, told) ??
        this.history.instruments.nameProblem(told.symbol, data["name"], 0);
      promised(difference === null, `pushed to ${account}: ${text}: ${difference}`);
    }
  }

  #checkSnapshots(): void {
    for (const { account, key, seq, orders } of this.#snapshots.splice(0)) {
      this.history.count("snapshot of a stream");
      const stream = this.model.stream(account);
      const say = (what: string) => `the snapshot for ${key.apiKey} at ${seq}: ${what}`;
      promised(seq <= stream.length, say("nothing durable has come so far"));
      const open = ordersAt(stream, seq).filter(
        (told) => told.outstand_qty > 0n && sees(key, told),
      );
      promised(orders.length === open.length, say(`${orders.length} of ${open.length} orders`));
      for (const [index, told] of open.entries()) {
        const difference = rowDifference(orders[index] as OrderRow, told);
        promised(difference === null, say(`${told.order_no}: ${difference}`));
      }
    }
  }

  #checkAnswers(): void {
    for (const request of this.history.requests) {
      const { id, answers } = request;
      const checked = this.#checkedCounts.get(id) ?? 0;
      if (answers.length === checked) continue;
      for (const answer of answers.slice(checked)) {
        this.answerCount += 1;
        this.#verdicts.check(request, answer);
      }
      this.#checkedCounts.set(id, answers.length);
    }
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
      const row = rows[index] as OrderRow;
      const difference =
        rowDifference(row, told) ??
        this.history.instruments.nameProblem(told.symbol, row["name"], this.#nowMs());
      promised(difference === null, `${account} lists ${told.order_no}: ${difference}`);
      const isEnded = told.order_status === "can" || told.order_status === "rej";
      const cancelled = isEnded ? told.qty - told.execute_qty : 0n;
      promised(
        told.qty === told.execute_qty + told.outstand_qty + cancelled,
        `${told.order_no} does not add up`,
      );
    }
    const standing = standingOf(this.model, account);
    for (const answer of [balance, positions]) {
      const difference = standingDifference(answer, standing);
      promised(difference === null, `${account}: ${difference}`);
    }
  }
}
