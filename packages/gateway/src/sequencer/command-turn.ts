/** What one command may do and see while it is decided; made for it and let go behind it. */
import { assert } from "@countermand/core/assert";
import { type AccountBook, type OpenTarget, openTarget } from "@countermand/core/desk";
import {
  type AmendRequest,
  CancelReason,
  type CancelTarget,
  type ClOrdId,
  type KeyId,
  type Order,
  type OrderId,
  type PlaceRequest,
  type Refusal,
  type RefusedCommand,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { seen, sees } from "../auth/portfolio-scope.ts";
import type { OrderGuard } from "../limits/order-guard.ts";
import type { VenueFaults } from "../venue/fault-plan.ts";
import type { Partitions } from "./partitions.ts";

/** What a command may do and see while it is decided. Valid during that call only. */
export interface Turn {
  readonly nowMs: UnixMs;
  /** Real time. */
  wallMs(): UnixMs;
  place(request: PlaceRequest): Order | Refusal;
  /** Or why its market takes no cancels now. */
  cancel(order: Order): Order | Refusal;
  /** The order may be closed: then the refusal says what became of it. */
  amend(order: Order, request: AmendRequest): Order | Refusal;
  openTarget(target: CancelTarget): OpenTarget;
  /** Closed orders too young to be in the archive. */
  recentlyClosed(orderId: OrderId): Order | null;
  recentlyClosedByClOrdId(clOrdId: ClOrdId): Order | null;
  /** The same request must get this answer again, though nothing changed. */
  keepAnswer(): void;
  /** A command about an order of the account is refused: kept for the order's story. */
  refused(command: RefusedCommand, order: Order, refused: string): void;
}

export interface RefusedOrder {
  readonly command: RefusedCommand;
  readonly order: Order;
  /** Name in the catalogue of errors. */
  readonly refused: string;
}

/** How a turn acts on orders: does it, or only says what it would do. */
export type OrderActs = Pick<Partitions, "place" | "amend" | "cancel">;

/** What turns ask, which is the same for all of them; only what a command needs is asked. */
export interface TurnRules {
  readonly wallMs: () => UnixMs;
  /** Null: nobody holds the caller's orders against anything. */
  readonly guardOf: (caller: Caller) => OrderGuard | null;
  /** Null: the venue does to the caller what it should. */
  readonly faultsOf: (caller: Caller) => VenueFaults | null;
}

const NONE: readonly RefusedOrder[] = [];

export class CommandTurn implements Turn {
  readonly #partitions: Partitions;
  readonly #acts: OrderActs;
  readonly #caller: Caller;
  readonly #book: AccountBook;
  readonly #rules: TurnRules;
  readonly nowMs: UnixMs;
  /** Undefined until it is asked for. */
  #guard: OrderGuard | null | undefined = undefined;
  #isKept = false;
  #refusals: RefusedOrder[] | null = null;

  constructor(
    partitions: Partitions,
    caller: Caller,
    nowMs: UnixMs,
    rules: TurnRules,
    acts: OrderActs = partitions,
  ) {
    const book = partitions.deskOf(caller.account).desk.book(caller.account);
    assert(book !== null, "a key's account is open");
    this.#partitions = partitions;
    this.#acts = acts;
    this.#caller = caller;
    this.#book = book;
    this.nowMs = nowMs;
    this.#rules = rules;
  }

  /** Whether {@link keepAnswer} was called. */
  get isKept(): boolean {
    return this.#isKept;
  }

  get refusals(): readonly RefusedOrder[] {
    return this.#refusals ?? NONE;
  }

  wallMs(): UnixMs {
    return this.#rules.wallMs();
  }

  place(request: PlaceRequest): Order | Refusal {
    const caller = this.#caller;
    if (!sees(caller, request)) return refuse("PORTFOLIO_NOT_ALLOWED", "");
    const faults = this.#rules.faultsOf(caller);
    const sent = { ...request, enteredBy: caller.apiKey as KeyId };
    const guard = this.#guardOrders();
    const placed = this.#acts.place(caller.account, sent, this.nowMs, guard, faults);
    if (faults !== null && "orderId" in placed) faults.placed(placed);
    return placed;
  }

  cancel(order: Order): Order | Refusal {
    const faults = this.#rules.faultsOf(this.#caller);
    return this.#acts.cancel(order, this.nowMs, CancelReason.Requested, faults);
  }

  amend(order: Order, request: AmendRequest): Order | Refusal {
    const sent = { ...request, enteredBy: this.#caller.apiKey as KeyId };
    return this.#acts.amend(order, sent, this.nowMs, this.#guardOrders());
  }

  openTarget(target: CancelTarget): OpenTarget {
    return openTarget(this.#book, target, this.#caller.portfolioIds);
  }

  recentlyClosed(orderId: OrderId): Order | null {
    const { recent } = this.#partitions;
    return seen(this.#caller, recent.closed(this.#caller.account, orderId));
  }

  recentlyClosedByClOrdId(clOrdId: ClOrdId): Order | null {
    const { recent } = this.#partitions;
    const caller = this.#caller;
    const ofCaller =
      caller.portfolioIds === undefined ? null : (order: Order) => sees(caller, order);
    return recent.newestClosedByClOrdId(caller.account, clOrdId, ofCaller);
  }

  keepAnswer(): void {
    this.#isKept = true;
  }

  refused(command: RefusedCommand, order: Order, refused: string): void {
    this.#refusals ??= [];
    this.#refusals.push({ command, order, refused });
  }

  #guardOrders(): OrderGuard | null {
    if (this.#guard === undefined) this.#guard = this.#rules.guardOf(this.#caller);
    return this.#guard;
  }
}
