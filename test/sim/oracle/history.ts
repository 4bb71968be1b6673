/**
 * What must have happened, command by command. The journal is the witness of one thing alone: in
 * which order commands were decided, and when what nobody asks for came. What each of them comes
 * to, the model says; the journal must say the same.
 */
import type { ControlEvent } from "../../../packages/core/src/control/index.ts";
import {
  type Answered,
  type DeskEvent,
  ExecType,
  type ExecutionReported,
} from "../../../packages/core/src/model/index.ts";
import type { CancelAll } from "../clients/forms.ts";
import type { Placing, Request } from "../clients/requests.ts";
import { AccountLists } from "./account-lists.ts";
import { Accounts, LIQUIDITY } from "./accounts.ts";
import { Adjustments } from "./adjustments.ts";
import type { Blocks } from "./blocks.ts";
import { Budgets } from "./budgets.ts";
import { ControlView } from "./control-view.ts";
import { settlingDay } from "./days.ts";
import { DecidedRequests, isIdempotent } from "./decided.ts";
import { Inspections } from "./inspections.ts";
import { Instruments } from "./instruments.ts";
import type { KeyEnds } from "./key-ends.ts";
import { Limits } from "./limits.ts";
import { MarketAnswers } from "./market-answers.ts";
import { Model } from "./model.ts";
import type { Told } from "./orders.ts";
import { Predictions } from "./predictions.ts";
import { Receipts, receiptless, type Sealed } from "./receipts.ts";
import { Refusals } from "./refusals.ts";
import { eventShown, reportName, shown } from "./shown.ts";
import { SignIns } from "./sign-ins.ts";
import { Statements } from "./statements.ts";
import { type Asker, Stories } from "./stories.ts";
import { StrictHours } from "./strict-hours.ts";
import { Switches } from "./switches.ts";
import { VenueFaults } from "./venue-faults.ts";
import { promised, Violation } from "./violation.ts";
import { Windows } from "./windows.ts";
import { ORDER_TYPES, TIMES_IN_FORCE, WitnessedModel } from "./witnessed-model.ts";

export interface HistoryOptions {
  readonly blocks: Blocks;
  readonly keyEnds: KeyEnds;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly isStrict: boolean;
  /** An event of the desk as the journal has it. */
  readonly sealed: (seq: number) => Sealed;
}

export class History {
  readonly model: Model;
  /** In seeds with sessions and auctions: what cannot be predicted is taken from what was seen. */
  readonly witnessed: WitnessedModel | null;
  readonly hours: StrictHours;
  readonly switches: Switches;
  readonly limits: Limits;
  readonly budgets: Budgets;
  readonly refusals: Refusals;
  readonly accounts: Accounts;
  readonly adjustments: Adjustments;
  readonly statements: Statements;
  readonly receipts: Receipts;
  readonly stories: Stories;
  readonly lists = new AccountLists();
  readonly control: ControlView;
  readonly inspections: Inspections;
  readonly venueFaults = new VenueFaults();
  readonly signIns: SignIns;
  readonly instruments: Instruments;
  readonly marketAnswers: MarketAnswers;
  readonly windows: Windows;
  /** Real time was set in this world: what it says of a wait is not to be relied on. */
  hasJumped = false;
  /** What happened, by its kind: what a run has covered. */
  readonly seen: Record<string, number> = {};
  /** Accounts that asked for faults of the venue: then it may answer late, or badly. */
  readonly faulty = new Set<string>();
  /** Since when each key's guarded stream is connected, to its client's knowledge, or null. */
  readonly guarded = new Map<string, () => number | null>();
  /** When the journal was read before: what is read now came later. */
  readBeforeMs = 0;
  readonly predictions: Predictions;
  /** The last event that was cut from the journal. */
  cutSeq = 0;
  /** When reports came, by the exchange's clock. */
  readonly times: number[] = [];
  /** Where the journal has each message of an account's stream. */
  readonly #streamPlaces = new Map<string, number[]>();
  readonly #blocks: Blocks;
  readonly #keyEnds: KeyEnds;
  readonly #requests = new Map<string, Request>();
  readonly #byFingerprint = new Map<string, Request>();
  readonly #decided = new DecidedRequests();
  /** Who asked for what the journal says now, and about which order; "": any. */
  #asker: Asker = null;
  #askedFor = "";
  /** Messages that the model says come next in the journal. */
  #expected: Told[] = [];

  readonly #nowMs: () => number;

  constructor({ blocks, keyEnds, nowMs, wallMs, isStrict, sealed }: HistoryOptions) {
    this.#blocks = blocks;
    this.#keyEnds = keyEnds;
    const mayBeLate = (market: string) => blocks.mayHaveHalted(market);
    this.witnessed = isStrict ? new WitnessedModel(mayBeLate) : null;
    this.model = this.witnessed ?? new Model();
    this.hours = new StrictHours(nowMs);
    this.statements = new Statements(isStrict);
    this.switches = new Switches(this.model);
    this.windows = new Windows(nowMs);
    this.#nowMs = nowMs;
    this.limits = new Limits(this.model, nowMs);
    this.budgets = new Budgets(this.model, this.windows, nowMs);
    this.accounts = new Accounts(this.model, this.windows);
    this.refusals = new Refusals(this.model, this.switches, this.limits, this.accounts);
    this.receipts = new Receipts(this.model, sealed);
    const { market } = this.model;
    this.marketAnswers = new MarketAnswers({ market, receipts: this.receipts, nowMs, wallMs });
    this.stories = new Stories(sealed);
    this.adjustments = new Adjustments(this.model, this.refusals, this.windows);
    this.instruments = new Instruments(this.model, this.windows, nowMs);
    this.control = new ControlView(isStrict);
    this.signIns = new SignIns({ keyEnds, nowMs });
    this.inspections = new Inspections({ ...this, wallMs });
    this.predictions = new Predictions({ ...this, blocks, hours: isStrict ? this.hours : null });
  }

  /** The journal was cut behind this event; what closed before is unknown from now on. */
  cut(seq: number, firstExecId: number | null): void {
    this.cutSeq = seq;
    this.statements.cut(seq);
    this.stories.cut(seq);
    this.model.market.cut(firstExecId);
    for (const [orderNo, report] of this.receipts.reports) {
      if (report.seq <= seq) this.model.forget(orderNo);
    }
  }

  /** The first message of the account's stream that can be sent again. */
  earliestSeq(account: string): number {
    const seqs = this.#streamPlaces.get(account) ?? [];
    return seqs.filter((seq) => seq <= this.cutSeq).length + 1;
  }

  /** A process starts: what is not in the journal is forgotten. */
  beginLife(): void {
    this.#decided.startedAtMs = this.#nowMs();
    this.limits.startedAtMs = this.#nowMs();
    this.venueFaults.beginLife(this.#nowMs());
    this.budgets.beginLife();
  }

  /** It is on its way, for the first time or again. */
  sent(request: Request): void {
    this.#requests.set(request.id, request);
    this.#byFingerprint.set(request.fingerprint, request);
    this.venueFaults.sent(request);
    this.signIns.sent(request);
    const { command, key } = request;
    if (command.kind === "cancelAll" && !this.#decided.has(request)) {
      const { openWhenSent } = this.#decided.of(request);
      const open = this.predictions.cancelAlls.orders(key, command);
      for (const { order_no } of open) openWhenSent.add(order_no);
    }
    for (const [name, ask] of this.predictions.questions(request)) this.windows.open(name, ask);
    for (const [name, ask] of this.budgets.questions(request)) this.windows.open(name, ask);
  }

  /** It was answered, and is under way no more. */
  over(request: Request): void {
    for (const [name] of this.predictions.questions(request)) this.windows.over(name);
    for (const [name] of this.budgets.questions(request)) this.windows.over(name);
  }

  /** Its key has ended, or the secret that it was signed with. */
  mayBeOver({ key, secretNo, sentAtMs }: Request): boolean {
    return this.#keyEnds.mayBeOver({ apiKey: key.apiKey, secretNo }, sentAtMs);
  }

  /** Its key or secret had surely ended before it was sent. */
  wasOver(request: Request): boolean {
    return this.#keyEnds.wasOver(request);
  }

  get requests(): Iterable<Request> {
    return this.#requests.values();
  }

  /** The answer that is remembered for the request; null: there is none. */
  remembered(request: Request): string | null {
    return this.#decided.remembered(request);
  }

  /** Whether this is an answer that was given to it when it was carried out. */
  wasAnswered(request: Request, text: string): boolean {
    return this.#decided.wasAnswered(request, text);
  }

  /** The control partition has this. */
  controlled(event: ControlEvent): void {
    this.instruments.follow(event);
    this.control.follow(event);
    this.windows.ask();
  }

  /** The event at that place of its partition. */
  follow(event: DeskEvent, seq: number): void {
    // Who trades out of turn where a fault wants it has no client.
    if (event.type === "ExecutionReported" && event.order.account === LIQUIDITY) return;
    this.count(event.type === "ExecutionReported" ? reportName(event) : event.type);
    switch (event.type) {
      case "ExecutionReported":
        if (this.witnessed === null) this.#report(event);
        else this.#witness(event, this.witnessed);
        this.#book(event, seq);
        this.#tell(event, seq);
        if (event.answered !== undefined) this.#answered(event.answered);
        return;
      case "RequestAnswered":
        this.#answered(event);
        return;
      default:
        this.requireComplete(event.type);
        this.#standsAlone(event, seq);
        this.windows.ask();
    }
  }

  /** Not predicted; whoever placed it has asked for it, at an hour that takes it. */
  #witness(event: ExecutionReported, model: WitnessedModel): void {
    const { execType, order } = event;
    model.nowMs = order.updatedAtMs;
    if (execType === ExecType.Canceled) this.#witnessCancel(event);
    if (execType === ExecType.Replaced) this.#witnessAmend(event);
    const isHalted = this.#blocks.surelyHalted(order.market, this.readBeforeMs);
    promised(execType !== ExecType.Trade || !isHalted, `it is halted: ${eventShown(event)}`);
    if (execType === ExecType.New) this.#witnessPlaced(event);
    model.witness(event);
    this.windows.ask();
  }

  #asking({ order, origin }: ExecutionReported, what: string): Request {
    const id = origin?.cause?.requestId ?? "";
    const request = this.#requests.get(id);
    promised(request?.isForged === false, `nobody asked for ${what}`);
    promised(request.key.account === order.account, `${id} changed another account's order`);
    promised(!this.wasOver(request), `${id} is of a key or a secret that has ended`);
    return request;
  }

  #witnessCancel(event: ExecutionReported): void {
    const { cancelReason, orderId } = event.order;
    if (OF_THE_EXCHANGE.has(cancelReason)) return;
    const what = eventShown(event);
    if (cancelReason !== "requested") {
      promised(this.#othersCancel(event), `nobody cancels for this reason: ${what}`);
      return;
    }
    const request = this.#asking(event, what);
    const { command, key } = request;
    if (command.kind === "cancelAll") {
      this.#oneOfAll(request, command, orderId);
      return;
    }
    const isMeant =
      command.kind === "cancel" && this.predictions.cancels(key, command.names, orderId);
    promised(isMeant, `${request.id} did not mean ${orderId}`);
  }

  #witnessAmend(event: ExecutionReported): void {
    const { account, orderId } = event.order;
    const request = this.#asking(event, eventShown(event));
    const { command, id, key, sentAtMs } = request;
    const isMeant = command.kind === "amend" && command.orderNo === orderId;
    promised(isMeant, `${id} asked for no amend of ${orderId}`);
    const before = this.model.order(account, orderId);
    const block = before === undefined ? null : this.#blocks.surelyCovering(request, before);
    promised(block === null, `${id} amended ${orderId} in spite of ${block}`);
    const right = this.refusals.answersToAmend(key, command, sentAtMs);
    const what = `${id} amended ${orderId}, which is to be refused`;
    promised(right.has("null"), `${what}: ${[...right].join(" or ")}`);
  }

  #witnessPlaced(event: ExecutionReported): void {
    const { order } = event;
    const request = this.#asking(event, eventShown(event));
    const { command, id } = request;
    promised(command.kind === "place", `${id} placed ${eventShown(event)}`);
    const { orderNos } = this.#decided.firstTime(request, this.hasJumped);
    let index = orderNos.length;
    while (index < command.orders.length && !isOf(order, command.orders[index])) index += 1;
    const terms = command.orders[index]?.terms;
    promised(terms !== undefined, `${id} did not ask for ${eventShown(event)}`);
    while (orderNos.length < index) orderNos.push(null);
    orderNos.push(order.orderId);
    const block = this.#blocks.surelyCovering(request, terms);
    promised(block === null, `${id} placed ${order.orderId} in spite of ${block}`);
    const right = this.predictions.placeAnswers(request, index);
    const what = `${id} placed ${order.orderId}, which is to be refused`;
    promised(right.has("null"), `${what}: ${[...right].join(" or ")}`);
  }

  /** What changes no order by itself. */
  #standsAlone(event: DeskEvent, seq: number): void {
    switch (event.type) {
      case "DeadManSet":
        this.switches.set(event);
        return;
      case "DeadManFired":
        this.switches.fire(event, !this.hasJumped);
        return;
      case "DisconnectUnwatched": {
        if (event.cause !== "Lapsed") return;
        const left = this.model.leftBehind(event.account, "disconnected");
        const mine = left.find(({ placedBy }) => placedBy === event.keyId);
        promised(mine === undefined, `${mine?.order_no} is left, and was to be cancelled`);
        return;
      }
      case "CommandRefused":
        this.stories.refused(event, seq, this.#requests.get(event.cause.requestId));
        return;
      case "AccountOpened":
        if (this.accounts.opened(event)) {
          this.statements.opened(event.account, { seq, atMs: event.atMs });
        }
        return;
      case "BalanceAdjusted":
        if (this.accounts.isClosing(event.reason)) this.accounts.withdrew(event);
        else this.adjustments.follow(event);
        this.statements.adjusted(event, { seq, atMs: event.atMs });
        this.#balances(event.account, event.asset.name);
        return;
      case "AccountClosed":
        this.accounts.closed(event);
        return;
      case "Settled": {
        const day = settlingDay(event.atMs);
        promised(event.date === day, `settled is day ${event.date}, it is ${day}`);
        this.model.money.settle(day);
        return;
      }
    }
  }

  /** What a report of a fill moved, as the account's lists have it from now on. */
  #book({ order, execution }: ExecutionReported, seq: number): void {
    this.times.push(order.updatedAtMs);
    const places = this.#streamPlaces.get(order.account) ?? [];
    this.#streamPlaces.set(order.account, [...places, seq]);
    this.receipts.reported(order.orderId, { seq, atMs: order.updatedAtMs });
    if (execution === null) return;
    const { account, orderId, streamSeq } = order;
    const stream = this.model.stream(account);
    const told = stream[streamSeq - 1];
    promised(told !== undefined, `nothing tells of the fill of ${orderId}`);
    const before = stream.slice(0, streamSeq - 1).findLast((each) => each.order_no === orderId);
    const place = { seq, atMs: order.updatedAtMs };
    this.statements.filled(told, streamSeq, before?.charge ?? 0n, place);
  }

  /** As its story has it from now on. */
  #tell(event: ExecutionReported, seq: number): void {
    const { account, orderId, streamSeq } = event.order;
    const told = this.model.stream(account)[streamSeq - 1];
    promised(told !== undefined, `nothing tells of ${eventShown(event)}`);
    const isMeant = this.#askedFor === "" || this.#askedFor === orderId;
    this.stories.reported(event, told, seq, isMeant ? this.#asker : "nobody");
  }

  /** The lines of a statement add up to what the account has. */
  #balances(account: string, asset: string): void {
    const [lines, has] = [
      this.statements.balance(account, asset),
      this.model.balance(account, asset),
    ];
    promised(lines === has, `the lines of ${account} add up to ${lines} ${asset}, it has ${has}`);
  }

  count(what: string): void {
    this.seen[what] = (this.seen[what] ?? 0) + 1;
  }

  /** No command is half told. */
  requireComplete(what: string): void {
    const [missing] = this.#expected;
    promised(
      missing === undefined,
      `before ${what} the journal lacks ${missing && shown(missing)}`,
    );
  }

  #report(event: ExecutionReported): void {
    if (this.#expected.length === 0) this.#command(event);
    const told = this.#expected.shift();
    promised(told !== undefined, `nothing is to happen, but there is ${eventShown(event)}`);
    const { order, execution } = event;
    const same =
      order.orderId === told.order_no &&
      order.account === told.account_code &&
      order.enteredBy === told.placedBy &&
      order.cumQty === told.execute_qty &&
      order.orderQty === told.qty &&
      order.price === told.price &&
      order.version === told.version &&
      // While its cancel is pending it knows already why; the wire does not say it yet.
      (order.cancelPending || order.cancelReason === told.cancel_reason) &&
      (execution?.lastQty ?? null) === told.last_qty &&
      (execution?.lastPx ?? null) === told.last_price &&
      (execution?.execId ?? null) === told.exec_id;
    promised(same, `journaled is ${eventShown(event)}, expected ${shown(told)}`);
    const stream = this.model.stream(told.account_code);
    promised(
      stream[order.streamSeq - 1] === told,
      `message ${order.streamSeq} of ${told.account_code} is another one: ${shown(told)}`,
    );
    if (this.#expected.length === 0) this.windows.ask();
  }

  /** The first event of a command: whose it is, and what the model makes of it. */
  #command(event: ExecutionReported): void {
    const { execType, order, origin } = event;
    this.model.nowMs = order.updatedAtMs;
    this.#askedFor = "";
    this.#asker = "others";
    if (this.#othersCancel(event)) return;
    this.#asker = null;
    if (this.#venueActs(event)) return;
    const id = origin?.cause?.requestId ?? "";
    const request = this.#requests.get(id);
    promised(request?.isForged === false, `nobody asked for ${eventShown(event)}`);
    promised(request.key.account === order.account, `${id} changed another account's order`);
    promised(!this.wasOver(request), `${id} is of a key or a secret that has ended`);
    this.#asker = request;
    this.#askedFor = order.orderId;
    if (PLACED.has(execType)) this.#placed(request, event);
    else if (execType === ExecType.Canceled) this.#canceled(request, event);
    else if (execType === ExecType.PendingCancel) this.#cancelSent(request, event);
    else if (execType === ExecType.Replaced) this.#replaced(request, event);
    else throw new Violation(`an event of its own: ${eventShown(event)}`);
  }

  /** What is cancelled, or sent to the venue to be, and no client asked for; whether it is that. */
  #othersCancel({ execType, order }: ExecutionReported): boolean {
    const { account, cancelReason, enteredBy, orderId, symbol } = order;
    const isCancel = execType === ExecType.Canceled || execType === ExecType.PendingCancel;
    // Else it is the answer to a cancel that was sent before.
    if (!isCancel || this.model.isCancelPending(account, orderId)) return false;
    if (this.model.isOwed(orderId, cancelReason)) {
      this.#expected = this.model.withdraw(account, orderId, cancelReason);
      return true;
    }
    switch (cancelReason) {
      case "kill_switch":
        promised(this.#blocks.kills(order), `no operator killed ${orderId}`);
        this.#expected = this.model.withdraw(account, orderId, cancelReason);
        return true;
      case "account_closed":
        this.#expected = this.accounts.cancelsOf(account);
        return true;
      case "instrument_changed":
        this.#expected = this.instruments.cancelsOf(symbol, account);
        return true;
      case "disconnected":
        this.#disconnected(account, enteredBy);
        promised(this.model.isOwed(orderId, cancelReason), `${orderId} was meant to last`);
        this.#expected = this.model.withdraw(account, orderId, cancelReason);
        return true;
      default:
        return false;
    }
  }

  /** All that its key placed and did not mean to last: it begins with the cancelling of that. */
  #disconnected(account: string, apiKey: string): void {
    const isGuarded = this.guarded.get(apiKey);
    promised(isGuarded !== undefined, `${apiKey} asked for no cancel on disconnect`);
    const since = isGuarded();
    const isConnected = since !== null && since < this.readBeforeMs;
    promised(!isConnected, `${apiKey} is connected since ${since}, and its orders are cancelled`);
    const meant = this.model.openOrders(account).filter((told) => {
      return told.placedBy === apiKey && told.time_in_force !== "gtc";
    });
    this.model.owe(meant, "disconnected");
  }

  /** What a venue does that was asked to do worse; whether this is such an act. */
  #venueActs(event: ExecutionReported): boolean {
    const { execType, execution, order } = event;
    const { account, orderId } = order;
    if (!this.faulty.has(account)) return false;
    const { model } = this;
    const isPending = model.isPending(account, orderId);
    const isCancelPending = model.isCancelPending(account, orderId);
    if (execType === ExecType.New && isPending) {
      const isUnwanted = model.isUnwanted(account, orderId);
      promised(!isUnwanted, `${orderId} is only to rest, and trades as the venue takes it`);
      this.#expected = model.venueTakes(account, orderId);
    } else if (execType === ExecType.Rejected && isPending) {
      if (model.isUnwanted(account, orderId)) this.count("refused late: only to rest");
      this.#expected = model.venueRejects(account, orderId);
    } else if (execType === ExecType.Canceled && order.cancelReason === "venue") {
      // Also while a cancel is on its way to it.
      this.#expected = model.cancel(account, orderId, "venue");
    } else if (execType === ExecType.Canceled && isCancelPending) {
      this.#expected = model.venueCancels(account, orderId);
    } else if (execType === ExecType.CancelRejected && isCancelPending) {
      this.#expected = model.venueRefusesCancel(account, orderId);
    } else if (execType === ExecType.Trade && execution !== null) {
      const open = model.order(account, orderId)?.outstand_qty ?? 0n;
      const half = open / 2n;
      const { lot } = model.grids.of(order.symbol);
      const { lastQty } = execution;
      const fits = lastQty === open || (lastQty <= half && half - lastQty < lot);
      promised(fits, `the venue filled ${lastQty} of ${open}`);
      this.#expected = model.venueFills(account, orderId, lastQty);
    } else {
      return false;
    }
    return true;
  }

  #cancelSent(request: Request, event: ExecutionReported): void {
    const { command, id, key } = request;
    const { account, orderId } = event.order;
    // It never overtakes its order.
    const isLate = this.model.isPending(account, orderId);
    const mayBeLate = isLate || this.venueFaults.mayStrike("cancel", request, this.#nowMs());
    promised(mayBeLate, `the venue is in order: ${eventShown(event)}`);
    if (command.kind === "cancelAll") this.#oneOfAll(request, command, orderId);
    const isMeant =
      command.kind === "cancelAll" ||
      (command.kind === "cancel" && this.predictions.cancels(key, command.names, orderId));
    promised(isMeant, `${id} did not mean ${orderId}`);
    this.#expected = this.model.pendCancel(account, orderId, "requested");
  }

  #placed(request: Request, { execType, order }: ExecutionReported): void {
    const { command, id, key } = request;
    promised(command.kind === "place", `${id} placed ${order.orderId}`);
    const { orderNos } = this.#decided.firstTime(request, this.hasJumped);
    // What stands before it in the batch was refused, or else the orders would not be in order.
    let index = orderNos.length;
    while (index < command.orders.length && !isOf(order, command.orders[index])) index += 1;
    const placed = command.orders[index];
    promised(placed?.terms !== undefined, `${id} did not ask for ${order.orderId}`);
    const { onlyIfResting, terms } = placed;
    while (orderNos.length < index) orderNos.push(null);
    orderNos.push(order.orderId);
    promised(
      BigInt(order.orderId) > BigInt(this.model.lastOrderNo),
      `order number ${order.orderId} does not rise`,
    );
    promised(!this.accounts.isClosed(key.account), `${id} placed in an account that is closed`);
    const block = this.#blocks.surelyCovering(request, terms);
    promised(block === null, `${id} placed ${order.orderId} in spite of ${block}`);
    const right = this.predictions.placeAnswers(request, index);
    const what = `${id} placed ${order.orderId}, which is to be refused`;
    promised(right.has("null"), `${what}: ${[...right].join(" or ")}`);
    this.refusals.placed(key, terms, request.sentAtMs);
    this.budgets.taken(key, request.sentAtMs);
    const mayBeStruck = this.venueFaults.mayStrike("order", request, this.#nowMs());
    const isInOrder = execType === ExecType.New || mayBeStruck;
    promised(isInOrder, `the venue is in order, and ${order.orderId} is not taken at once`);
    const placing = {
      account: key.account,
      placedBy: key.apiKey,
      terms,
      orderNo: order.orderId,
      ...(onlyIfResting === true && { onlyIfResting }),
    };
    if (execType === ExecType.PendingNew) {
      this.#expected = this.model.placePending(placing);
    } else if (execType === ExecType.Rejected) {
      this.#expected = this.model.placeRejected(placing);
    } else {
      this.#expected = this.model.place(placing);
    }
  }

  #canceled(request: Request, event: ExecutionReported): void {
    const { command, id, key } = request;
    const { account, orderId } = event.order;
    if (command.kind === "cancelAll") {
      this.#oneOfAll(request, command, orderId);
      this.#expected = this.model.cancel(account, orderId, "requested");
      return;
    }
    promised(command.kind === "cancel", `${id} asked for no cancel: ${eventShown(event)}`);
    const isMeant = this.predictions.cancels(key, command.names, orderId);
    promised(isMeant, `${id} did not mean ${orderId}`);
    this.#expected = this.model.cancel(account, orderId, "requested");
  }

  /** One after the other, of those that were open when the first of them was cancelled. */
  #oneOfAll(request: Request, command: CancelAll, orderId: string): void {
    promised(command.isPreview !== true, `${request.id} was to cancel nothing`);
    const decided = this.#decided.firstTime(request, this.hasJumped);
    const meant = this.predictions.cancelAlls.orders(request.key, command);
    // A crash in between takes along what it was to cancel; sent again it means what is open then.
    const isFirst = decided.meant.size === 0 || decided.isAgain;
    if (isFirst) for (const { order_no } of meant) decided.meant.add(order_no);
    const isOpen = meant.some(({ order_no, isCancelPending }) => {
      return order_no === orderId && !isCancelPending;
    });
    promised(isOpen && decided.meant.has(orderId), `${request.id} did not mean ${orderId}`);
    decided.canceled.add(orderId);
  }

  #replaced(request: Request, { order }: ExecutionReported): void {
    const { command, id, key, sentAtMs } = request;
    promised(
      command.kind === "amend" && command.orderNo === order.orderId,
      `${id} asked for no amend of ${order.orderId}`,
    );
    const before = this.model.order(order.account, order.orderId);
    const block = before === undefined ? null : this.#blocks.surelyCovering(request, before);
    promised(block === null, `${id} amended ${order.orderId} in spite of ${block}`);
    const right = this.refusals.answersToAmend(key, command, sentAtMs);
    const what = `${id} amended ${order.orderId}, which is to be refused`;
    promised(right.has("null"), `${what}: ${[...right].join(" or ")}`);
    this.refusals.amended(key, command, sentAtMs);
    this.budgets.taken(key, sentAtMs);
    this.#expected = this.model.amend(order.account, order.orderId, command);
  }

  // --- answers that are remembered ---

  #answered({ atMs, fingerprint, httpStatus, body, expiresAtMs }: Answered): void {
    if (httpStatus === 101) return; // A handshake that works once.
    this.requireComplete(`the answer ${body}`);
    const request = this.#byFingerprint.get(fingerprint);
    promised(request !== undefined, `an answer without a request: ${body}`);
    const decided = this.#decided.firstTime(request, this.hasJumped);
    const isOnce = decided.forgotten.length === 0 || isIdempotent(request);
    promised(isOnce || atMs > decided.untilMs, `${request.id} was carried out while it counted`);
    const difference = this.predictions.problem(request, decided, body);
    promised(difference === null, `${request.id} is answered ${body}: ${difference}`);
    decided.remembered = receiptless(body);
    decided.untilMs = expiresAtMs;
  }
}

/** First events of an order. */
const PLACED: ReadonlySet<string> = new Set([ExecType.New, ExecType.PendingNew, ExecType.Rejected]);

/** What the market makes of an order by itself. */
const OF_THE_EXCHANGE: ReadonlySet<string> = new Set([
  "auction_unmatched",
  "expired",
  "fill_or_kill",
  "immediate_or_cancel",
  "no_liquidity",
  "self_trade",
]);

/** Whether the order is what this element of a request asked for. */
function isOf(order: ExecutionReported["order"], placing: Placing | undefined): boolean {
  const terms = placing?.terms;
  return (
    terms !== undefined &&
    order.symbol === terms.symbol &&
    ORDER_TYPES[order.ordType] === terms.order_type &&
    TIMES_IN_FORCE[order.timeInForce] === terms.time_in_force &&
    order.price === terms.price &&
    order.stopPx === terms.trigger_price &&
    order.portfolioId === terms.portfolio_id &&
    order.orderQty === terms.qty &&
    order.clOrdId === terms.reference_id &&
    (order.side === "1") === (terms.order_side === "buy")
  );
}
