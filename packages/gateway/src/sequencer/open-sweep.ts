/**
 * Finds open orders bit by bit, so that nobody has to look at all of them in one turn: of each
 * account from the oldest on, while others open, change and close.
 */
import type { AccountBook, OpenCursor } from "@countermand/core/desk";
import type { Account, Order } from "@countermand/core/model";
import type { Partitions } from "./partitions.ts";

/** Which orders are meant. */
export interface OrderScope {
  /** Null: of every account. */
  readonly account: Account | null;
  /** Asks for nothing that can change of an order. */
  readonly matches: (order: Order) => boolean;
}

/** How many orders may be looked at still before everybody else gets a turn. */
export interface Looks {
  left: number;
}

/**
 * The orders of one account are those that are open when the sweep begins. Of several accounts each
 * is looked through when the sweep comes to it: nothing may open there that matches. Whoever begins
 * a sweep must end it.
 */
export class OpenSweep {
  readonly #scope: OrderScope;
  readonly #books: Iterator<AccountBook>;
  /** Accounts whose orders all have had their turn. */
  readonly #passed = new Set<Account>();
  #account: Account | null = null;
  #cursor: OpenCursor | null = null;

  constructor(partitions: Partitions, scope: OrderScope) {
    this.#scope = scope;
    this.#books = booksOf(partitions, scope.account);
    this.#enter();
  }

  /** Whether every order has had its turn. */
  get isOver(): boolean {
    return this.#cursor === null;
  }

  /** The next order that matches; null if there is none, or the looks are used up. */
  next(looks: Looks): Order | null {
    while (this.#cursor !== null && looks.left > 0) {
      looks.left -= 1;
      const order = this.#cursor.next();
      if (this.#cursor.isOver) this.#enter();
      if (order !== null && this.#scope.matches(order)) return order;
    }
    return null;
  }

  /** Whether an order that closes had not had its turn: it never gets one. */
  isToCome(order: Order): boolean {
    const { account, matches } = this.#scope;
    if (this.#cursor === null || this.#passed.has(order.account) || !matches(order)) return false;
    if (order.account === this.#account) return this.#cursor.isToCome(order.orderId);
    return account === null;
  }

  end(): void {
    this.#cursor?.end();
    this.#cursor = null;
  }

  #enter(): void {
    this.end();
    if (this.#account !== null) this.#passed.add(this.#account);
    const { value: book } = this.#books.next();
    if (book === undefined) return;
    this.#account = book.account;
    this.#cursor = book.openCursor();
  }
}

function* booksOf(
  partitions: Partitions,
  account: Account | null,
): Generator<AccountBook, undefined> {
  if (account === null) for (const { desk } of partitions.desks) yield* desk.books();
  else {
    const book = partitions.deskOf(account).desk.book(account);
    if (book !== null) yield book;
  }
}
