/**
 * What must have happened, command by command. The journal is the witness of one thing alone: in
 * which order commands were decided, and when what nobody asks for came. What each of them comes
 * to, the model says; the journal must say the same.
 */
import {
  type DeadManFired,
  type DeadManSet,
  type DeskEvent,
  ExecType,
  type ExecutionReported,
  type RequestAnswered,
} from "../../../packages/core/src/model/index.ts";
import type { Command, OrderName, Placing, Request } from "../clients/requests.ts";
import { answerDifference, type Element, type Envelope, type Expected } from "./answers.ts";
import type { Blocks } from "./blocks.ts";
import { decimal, Model, ONE, type Terms, type Told } from "./model.ts";
import { promised, Violation } from "./violation.ts";

/** What the journal says of a request. */
interface Decided {
  /** Orders that it placed, by the place in its batch; null: that element placed none. */
  readonly orderNos: (string | null)[];
  /** How many orders a cancel-all cancelled. */
  canceledCount: number;
  /** The answer that is remembered for it. */
  remembered: string | null;
  /** Answers that real time, set far ahead, made forget. */
  readonly forgotten: string[];
}

interface ArmedSwitch {
  readonly account: string;
  readonly kind: DeadManSet["scope"]["kind"];
  readonly value: string;
  readonly dueMs: number;
  hasFired: boolean;
}

export class History {
  readonly model = new Model();
  /** Real time was set in this world: what it says of a wait is not to be relied on. */
  hasJumped = false;
  /** What happened, by its kind: what a run has covered. */
  readonly seen: Record<string, number> = {};
  /** Accounts that asked for faults of the venue: then it may answer late, or badly. */
  readonly faulty = new Set<string>();
  /** Since when each account's guarded stream is connected, to its client's knowledge, or null. */
  readonly guarded = new Map<string, () => number | null>();
  /** When the journal was read before: what is read now came later. */
  readBeforeMs = 0;
  /** Orders whose cancel was sent to a venue that answers late: its answer promises no more. */
  readonly sentCancels = new Set<string>();
  readonly #blocks: Blocks;
  readonly #requests = new Map<string, Request>();
  readonly #byFingerprint = new Map<string, Request>();
  readonly #decided = new Map<string, Decided>();
  /** Messages that the model says come next in the journal. */
  #expected: Told[] = [];
  readonly #switches = new Map<string, ArmedSwitch>();
  /** Accounts of which a switch has fired, be it released since. */
  readonly #fired = new Set<string>();
  #lastSet: DeadManSet | null = null;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  sent(request: Request): void {
    this.#requests.set(request.id, request);
    this.#byFingerprint.set(request.fingerprint, request);
  }

  get requests(): Iterable<Request> {
    return this.#requests.values();
  }

  /** The answer that is remembered for the request; null: there is none. */
  remembered({ id }: Request): string | null {
    return this.#decided.get(id)?.remembered ?? null;
  }

  /** Whether this is an answer that was given to it when it was carried out. */
  wasAnswered({ id }: Request, text: string): boolean {
    const decided = this.#decided.get(id);
    return decided?.remembered === text || decided?.forgotten.includes(text) === true;
  }

  /** A switch that should have fired long ago by real time, or null. */
  overdueSwitch(wallMs: number): string | null {
    for (const { account, kind, value, dueMs, hasFired } of this.#switches.values()) {
      if (!hasFired && wallMs > dueMs) return `${kind} ${value} of ${account}`;
    }
    return null;
  }

  follow(event: DeskEvent): void {
    // Who trades out of turn where a fault wants it has no client.
    if (event.type === "ExecutionReported" && event.order.account === LIQUIDITY) return;
    this.#count(event.type === "ExecutionReported" ? reportName(event) : event.type);
    switch (event.type) {
      case "ExecutionReported":
        this.#report(event);
        return;
      case "RequestAnswered":
        this.#answered(event);
        return;
      case "DeadManSet":
        this.requireComplete(event.type);
        this.#set(event);
        return;
      case "DeadManFired":
        this.requireComplete(event.type);
        this.#switchFired(event);
        return;
      default:
        this.requireComplete(event.type);
    }
  }

  #count(what: string): void {
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
      order.cumQty === told.execute_qty &&
      order.orderQty === told.qty &&
      order.price === told.price &&
      order.version === told.version &&
      // While its cancel is pending it knows already why; the wire does not say it yet.
      (order.cancelPending || order.cancelReason === told.cancel_reason) &&
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
  #command(event: ExecutionReported): void {
    const { execType, order, origin } = event;
    if (order.cancelReason === "kill_switch") {
      promised(this.#blocks.kills(order), `no operator killed ${order.orderId}`);
      this.#expected = this.model.cancel(order.account, order.orderId, "kill_switch");
      return;
    }
    if (order.cancelReason === "disconnected" && !order.cancelPending) {
      this.#disconnected(order.account);
      return;
    }
    if (this.#venueActs(event)) return;
    const id = origin?.cause?.requestId ?? "";
    const request = this.#requests.get(id);
    promised(request !== undefined, `nobody asked for ${eventShown(event)}`);
    promised(request.key.account === order.account, `${id} changed another account's order`);
    if (PLACED.has(execType)) this.#placed(request, event);
    else if (execType === ExecType.Canceled) this.#canceled(request, event);
    else if (execType === ExecType.PendingCancel) this.#cancelSent(request, event);
    else if (execType === ExecType.Replaced) this.#replaced(request, event);
    else throw new Violation(`an event of its own: ${eventShown(event)}`);
  }

  /** All that its key placed and did not mean to last, in one commit. */
  #disconnected(account: string): void {
    const isGuarded = this.guarded.get(account);
    promised(isGuarded !== undefined, `${account} asked for no cancel on disconnect`);
    const since = isGuarded();
    const isConnected = since !== null && since < this.readBeforeMs;
    promised(!isConnected, `${account} is connected since ${since}, and its orders are cancelled`);
    const meant = this.model.openOrders(account).reverse();
    this.#expected = meant
      .filter((told) => told.time_in_force !== "gtc")
      .flatMap(({ order_no }) => this.model.cancel(account, order_no, "disconnected"));
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
      this.#expected = model.venueTakes(account, orderId);
    } else if (execType === ExecType.Rejected && isPending) {
      this.#expected = model.venueRejects(account, orderId);
    } else if (execType === ExecType.Canceled && isCancelPending) {
      this.#expected = model.cancel(account, orderId, "requested");
    } else if (execType === ExecType.Canceled && order.cancelReason === "venue") {
      this.#expected = model.cancel(account, orderId, "venue");
    } else if (execType === ExecType.CancelRejected && isCancelPending) {
      this.#expected = model.venueRefusesCancel(account, orderId);
    } else if (execType === ExecType.Trade && execution !== null) {
      const open = model.order(account, orderId)?.outstand_qty ?? 0n;
      const half = open / 2n;
      const { lastQty } = execution;
      const fits = lastQty === open || (lastQty <= half && half - lastQty < ONE);
      promised(fits, `the venue filled ${lastQty} of ${open}`);
      this.#expected = model.venueFills(account, orderId, lastQty);
    } else {
      return false;
    }
    return true;
  }

  #cancelSent({ command, id }: Request, event: ExecutionReported): void {
    const { account, orderId } = event.order;
    promised(this.faulty.has(account), `the venue is in order: ${eventShown(event)}`);
    const isMeant =
      command.kind === "cancel" &&
      command.names.some((name) => this.#means(account, name, orderId));
    promised(isMeant, `${id} did not mean ${orderId}`);
    this.sentCancels.add(orderId);
    this.#expected = this.model.pendCancel(account, orderId);
  }

  #placed(request: Request, { execType, order }: ExecutionReported): void {
    const { command, id, key } = request;
    promised(command.kind === "place", `${id} placed ${order.orderId}`);
    const { orderNos } = this.#firstTime(request);
    // What stands before it in the batch was refused, or else the orders would not be in order.
    let index = orderNos.length;
    while (index < command.orders.length && !isOf(order, command.orders[index])) index += 1;
    const terms = command.orders[index]?.terms;
    promised(terms !== undefined, `${id} did not ask for ${order.orderId}`);
    while (orderNos.length < index) orderNos.push(null);
    orderNos.push(order.orderId);
    promised(
      BigInt(order.orderId) > BigInt(this.model.lastOrderNo),
      `order number ${order.orderId} does not rise`,
    );
    const block = this.#blocks.surelyCovering(request, terms.market);
    promised(block === null, `${id} placed ${order.orderId} in spite of ${block}`);
    const fired = this.#firedSwitch(key.account, key.apiKey, terms);
    promised(fired === null, `${id} placed ${order.orderId} in spite of a switch: ${fired}`);
    const isInOrder = execType === ExecType.New || this.faulty.has(key.account);
    promised(isInOrder, `the venue is in order, and ${order.orderId} is not taken at once`);
    const { account } = key;
    if (execType === ExecType.PendingNew) {
      this.#expected = this.model.placePending(account, terms, order.orderId);
    } else if (execType === ExecType.Rejected) {
      this.#expected = this.model.placeRejected(account, terms, order.orderId);
    } else {
      this.#expected = this.model.place(account, terms, order.orderId);
    }
  }

  #canceled(request: Request, event: ExecutionReported): void {
    const { command, id } = request;
    const { account, orderId } = event.order;
    if (command.kind === "cancelAll") {
      const decided = this.#firstTime(request);
      const meant = this.#cancelAllOrders(account, command);
      decided.canceledCount = meant.length;
      this.#expected = meant.flatMap(({ order_no }) => {
        return this.model.cancel(account, order_no, "requested");
      });
      return;
    }
    promised(command.kind === "cancel", `${id} asked for no cancel: ${eventShown(event)}`);
    const isMeant = command.names.some((name) => this.#means(account, name, orderId));
    promised(isMeant, `${id} did not mean ${orderId}`);
    this.#expected = this.model.cancel(account, orderId, "requested");
  }

  #replaced({ command, id }: Request, { order }: ExecutionReported): void {
    promised(
      command.kind === "amend" && command.orderNo === order.orderId,
      `${id} asked for no amend of ${order.orderId}`,
    );
    const { price, qty } = command;
    this.#expected = this.model.amend(order.account, order.orderId, price, qty);
  }

  /** Open orders that it matches, oldest first. */
  #cancelAllOrders(account: string, command: Command & { kind: "cancelAll" }): Told[] {
    const { side, symbol } = command;
    return this.model
      .openOrders(account)
      .reverse()
      .filter((told) => side === null || told.order_side === side)
      .filter((told) => symbol === null || told.symbol === symbol);
  }

  /** A `reference_id` means the one open order that carries it. */
  #means(account: string, name: OrderName, orderNo: string): boolean {
    if ("order_no" in name) return name.order_no === orderNo;
    const named = this.model.openOrders(account).filter((told) => {
      return told.reference_id === name.reference_id;
    });
    return named.length === 1 && named[0]?.order_no === orderNo;
  }

  // --- dead-man's switches ---

  #set(event: DeadManSet): void {
    const { account, scope, timeoutMs, atMs } = event;
    this.#lastSet = event;
    const key = `${account} ${scope.kind} ${scope.value}`;
    if (timeoutMs === 0) this.#switches.delete(key);
    else {
      const { kind, value } = scope;
      const armed = { account, kind, value, dueMs: atMs + timeoutMs, hasFired: false };
      this.#switches.set(key, armed);
    }
  }

  /** Never before its time; then everything in its scope is cancelled in the same commit. */
  #switchFired({ account, scope, atMs }: DeadManFired): void {
    const { kind, value } = scope;
    const armed = this.#switches.get(`${account} ${kind} ${value}`);
    promised(armed?.hasFired === false, `a switch fired that was not armed: ${kind} ${value}`);
    promised(
      this.hasJumped || atMs >= armed.dueMs,
      `the switch ${kind} ${value} fired ${armed.dueMs - atMs} ms too early`,
    );
    armed.hasFired = true;
    this.#fired.add(account);
    const meant = this.model.openOrders(account).reverse();
    this.#expected = meant
      .filter((told) => kind !== "Symbol" || told.symbol === value)
      .filter((told) => kind !== "ClOrdIdPrefix" || told.reference_id.startsWith(value))
      .flatMap(({ order_no }) => this.model.cancel(account, order_no, "dead_man"));
  }

  #firedSwitch(account: string, apiKey: string, terms: Terms): string | null {
    for (const each of this.#switches.values()) {
      if (!each.hasFired || each.account !== account) continue;
      const { kind, value } = each;
      const isIn =
        (kind === "Key" && value === apiKey) ||
        (kind === "Symbol" && value === terms.symbol) ||
        (kind === "ClOrdIdPrefix" && terms.reference_id.startsWith(value));
      if (isIn) return `${kind} ${value}`;
    }
    return null;
  }

  // --- answers that are remembered ---

  #answered({ fingerprint, httpStatus, body }: RequestAnswered): void {
    if (httpStatus === 101) return; // A handshake that works once.
    this.requireComplete(`the answer ${body}`);
    const request = this.#byFingerprint.get(fingerprint);
    promised(request !== undefined, `an answer without a request: ${body}`);
    const decided = this.#firstTime(request);
    const difference = this.#answerProblem(request, decided, body);
    promised(difference === null, `${request.id} is answered ${body}: ${difference}`);
    decided.remembered = body;
  }

  #decidedOf({ id }: Request): Decided {
    const found = this.#decided.get(id);
    if (found !== undefined) return found;
    const decided = { orderNos: [], canceledCount: 0, remembered: null, forgotten: [] };
    this.#decided.set(id, decided);
    return decided;
  }

  /** What changes something is carried out once, as long as it is remembered. */
  #firstTime(request: Request): Decided {
    const decided = this.#decidedOf(request);
    const { remembered } = decided;
    if (remembered === null) return decided;
    // A command's id counts for ten minutes of real time, wherever the command is by then.
    const mayBeForgotten = this.hasJumped && request.channel === "socket";
    promised(mayBeForgotten, `${request.id} was carried out twice`);
    decided.forgotten.push(remembered);
    decided.orderNos.length = 0;
    decided.canceledCount = 0;
    decided.remembered = null;
    return decided;
  }

  /** What is wrong with the answer to a request that changed something, at this point. */
  #answerProblem(request: Request, decided: Decided, body: string): string | null {
    const { command, key } = request;
    if (command.kind === "cancelAll") return this.#cancelAllProblem(request, decided, body);
    if (command.kind === "deadMan") return this.#deadManProblem(command, body);
    return answerDifference(body, this.#predicted(command, key.account, request, decided));
  }

  #predicted(command: Command, account: string, request: Request, { orderNos }: Decided): Expected {
    switch (command.kind) {
      case "place": {
        const elements = command.orders.map((placing, index): Element => {
          const orderNo = orderNos[index] ?? null;
          if (orderNo !== null) return { code: 0, orderNo };
          // A block is looked at before most of what else is wrong.
          return { code: placing.refused ?? 0, isBlocked: this.mayBeBlocked(request) };
        });
        return { isBatch: command.isBatch, elements };
      }
      case "cancel": {
        const elements = command.names.map((name) => this.#cancelResult(account, name));
        return { isBatch: command.isBatch, elements };
      }
      default:
        return { isBatch: false, elements: [{ code: 0 }] };
    }
  }

  /** Whether something may have kept its orders out while it was under way. */
  mayBeBlocked(request: Request): boolean {
    return this.#fired.has(request.key.account) || this.#blocks.mayCover(request);
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
    const isPast = open.length === 0;
    // It was handed to the venue, whatever that has made of it in the same turn.
    if (this.sentCancels.has(meant.order_no)) return { code: 0, isPast, isSent: true };
    const isTooLate = meant.order_status === "fex" || meant.order_status === "rej";
    return { code: isTooLate ? 11030204 : 0, isPast };
  }

  #cancelAllProblem(request: Request, { canceledCount }: Decided, body: string): string | null {
    const { command, key } = request;
    if (command.kind !== "cancelAll") return "it is no cancel-all";
    const { code, data } = JSON.parse(body) as Envelope & {
      data: { outcome: string; matched: number; done: number };
    };
    const left = this.#cancelAllOrders(key.account, command).length;
    if (code !== 0 || left > 0) return `${left} orders are left`;
    const outcome = canceledCount === 0 ? "nothing_open" : "done";
    if (data.outcome !== outcome) return `the outcome is ${outcome}`;
    const isRight = data.matched === canceledCount && data.done === canceledCount;
    return isRight ? null : `${canceledCount} were cancelled`;
  }

  #deadManProblem(command: Command & { kind: "deadMan" }, body: string): string | null {
    const set = this.#lastSet;
    const { code, data } = JSON.parse(body) as Envelope & {
      data: { state: string; timeout: number; scope: string };
    };
    if (code !== 0 || set === null) return "it was set";
    if (set.timeoutMs !== command.timeoutS * 1000) return `it was set to ${set.timeoutMs} ms`;
    const state = command.timeoutS === 0 ? "released" : "armed";
    const isRight = data.state === state && data.scope === command.scope;
    return isRight ? null : `it is ${state}`;
  }
}

function reportName({ execType, order }: ExecutionReported): string {
  const name = Object.entries(ExecType).find(([, value]) => value === execType)?.[0] ?? execType;
  return order.cancelReason === "" ? name : `${name} ${order.cancelReason}`;
}

/** First events of an order. */
const PLACED: ReadonlySet<string> = new Set([ExecType.New, ExecType.PendingNew, ExecType.Rejected]);

const LIQUIDITY = "sandbox-liquidity";

/** Whether the order is what this element of a request asked for. */
function isOf(order: ExecutionReported["order"], placing: Placing | undefined): boolean {
  const terms = placing?.terms;
  return (
    terms !== undefined &&
    order.symbol === terms.symbol &&
    order.price === terms.price &&
    order.orderQty === terms.qty &&
    order.clOrdId === terms.reference_id &&
    (order.side === "1") === (terms.order_side === "buy")
  );
}

function shown(told: Told): string {
  const { order_no, order_status, qty, execute_qty, version, account_code } = told;
  const traded = `${decimal(execute_qty)}/${decimal(qty)}`;
  return `${account_code} ${order_no} v${version} ${order_status} ${traded} ${told.cancel_reason}`;
}

function eventShown({ order, execType, execution }: ExecutionReported): string {
  const { orderId, phase, cumQty, orderQty, version, account, cancelReason } = order;
  const last =
    execution === null ? "" : ` ${decimal(execution.lastQty)}@${decimal(execution.lastPx)}`;
  const traded = `${decimal(cumQty)}/${decimal(orderQty)}${last}`;
  return `${account} ${orderId} v${version} ${execType} ${phase} ${traded} ${cancelReason}`;
}
