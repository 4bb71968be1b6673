/**
 * What operators do to accounts: open, credit and debit, close. Each in one turn of the sequencer.
 */
import type {
  AccountRow,
  AdjustRequest,
  CloseAccountRequest,
  OpenAccountRequest,
  OperatorBalanceRow,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { OperatorAct, OperatorActed } from "@countermand/core/control";
import {
  type AccountBook,
  assetRefusal,
  decideAdjust,
  decideClose,
  decideOpen,
  unknownAccount,
} from "@countermand/core/desk";
import {
  type Account,
  type Asset,
  CancelReason,
  type Cause,
  type DeskEvent,
  type Order,
  type Refusal,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import { isSimulated } from "@countermand/core/participants";
import type { Partitions } from "../sequencer/partitions.ts";
import { LIQUIDITY_ACCOUNT } from "../venue/liquidity.ts";
import { CLOSE_ORDERS_MAX } from "./limits.ts";

/**
 * Whether it is an account of the sandbox itself: nobody is held to limits there or asks about it,
 * and the archive keeps nothing of the simulated traders'. So it is nobody's in production either.
 */
export function isSandboxOwn(account: Account): boolean {
  return isSimulated(account) || account === LIQUIDITY_ACCOUNT;
}

const ASSET_CLASSES = ["Cash", "Holding"] as const;

export class AccountActs {
  readonly #partitions: Partitions;
  /** All of them, by code: none ever goes. */
  #sorted: readonly AccountBook[] = [];

  constructor(partitions: Partitions) {
    this.#partitions = partitions;
  }

  /** By code. Sorted anew only where there are more: a list is asked for page by page. */
  list(): readonly AccountBook[] {
    const books = this.#partitions.desks.flatMap(({ desk }) => [...desk.books()]);
    if (books.length !== this.#sorted.length) {
      this.#sorted = books.sort((a, b) => (a.account < b.account ? -1 : 1));
    }
    return this.#sorted;
  }

  row(account: Account): AccountRow | Refusal {
    const { desk } = this.#partitions.deskOf(account);
    const book = desk.book(account);
    if (book === null) return unknownAccount(account);
    const money = desk.money(account);
    const rows = (assetClass: Asset["assetClass"]): OperatorBalanceRow[] => {
      return money.names(assetClass).map((name) => {
        const { settled, incoming, outgoing, reserved, total } = money.balance({
          assetClass,
          name,
        });
        return { name, settled, incoming, outgoing, reserved, total };
      });
    };
    const { isClosed, shortSellingAllowed, openCount } = book;
    const balances = { cash: rows("Cash"), holdings: rows("Holding") };
    return { account, isClosed, shortSellingAllowed, openCount, ...balances };
  }

  open(act: OperatorAct, request: OpenAccountRequest, nowMs: UnixMs): AccountRow | Refusal {
    const { account, shortSellingAllowed, adjustments } = request;
    if (isSandboxOwn(account)) {
      return refuse("ACCOUNT_EXISTS", `account ${account} is the sandbox's own`);
    }
    const { desk } = this.#partitions.deskOf(account);
    const opened = decideOpen(desk, account, shortSellingAllowed, nowMs);
    if ("refused" in opened) return opened;
    for (const [asset] of adjustments) {
      const refusal = assetRefusal(desk, asset);
      if (refusal !== null) return refusal;
    }
    this.#stage(act, "account_opened", account, [opened]);
    if (adjustments.length > 0) return this.adjust(act, account, request, nowMs);
    return this.row(account);
  }

  /** All of it or nothing. */
  adjust(
    act: OperatorAct,
    account: Account,
    { reason, adjustments }: AdjustRequest,
    nowMs: UnixMs,
  ): AccountRow | Refusal {
    const { desk } = this.#partitions.deskOf(account);
    const events: DeskEvent[] = [];
    for (const [asset, units] of adjustments) {
      // What is listed no more can still be taken.
      const unknown = units > 0n ? assetRefusal(desk, asset) : null;
      if (unknown !== null) return unknown;
      const adjusted = decideAdjust(desk, account, { asset, units, reason }, nowMs);
      if ("refused" in adjusted) return adjusted;
      events.push(adjusted);
    }
    this.#stage(act, "balance_adjusted", account, events);
    return this.row(account);
  }

  /** A second time changes nothing. */
  close(
    act: OperatorAct,
    account: Account,
    request: CloseAccountRequest,
    nowMs: UnixMs,
    cause: Cause,
  ): AccountRow | Refusal {
    const { desk } = this.#partitions.deskOf(account);
    const book = desk.book(account);
    if (book === null) return unknownAccount(account);
    if (book.isClosed) return this.row(account);
    const refusal =
      this.#ordersRefusal(book, request, nowMs) ?? this.#moneyRefusal(account, request);
    if (refusal !== null) return refusal;
    const cancel = (order: Order) => {
      return this.#partitions.cancel(order, nowMs, CancelReason.AccountClosed);
    };
    for (const order of [...book.openOldestFirst()]) {
      const canceled = this.#partitions.caused(cause, cancel, order);
      if ("refused" in canceled) return canceled;
    }
    if (book.openCount > 0) {
      return refuse("ACCOUNT_NOT_EMPTY", "the venue has not answered all cancels: repeat it then");
    }
    this.#withdraw(act, account, nowMs);
    const closed = decideClose(desk, account, nowMs);
    if (closed === null || "refused" in closed) return closed ?? this.row(account);
    this.#stage(act, "account_closed", account, [closed]);
    return this.row(account);
  }

  #ordersRefusal(
    book: AccountBook,
    { cancelsOrders }: CloseAccountRequest,
    nowMs: UnixMs,
  ): Refusal | null {
    const { openCount } = book;
    if (openCount === 0) return null;
    const has = `the account has ${openCount} open orders`;
    if (!cancelsOrders) return refuse("ACCOUNT_NOT_EMPTY", has);
    if (openCount > CLOSE_ORDERS_MAX) {
      return refuse(
        "ACCOUNT_NOT_EMPTY",
        `${has}: kill it first, at most ${CLOSE_ORDERS_MAX} are taken`,
      );
    }
    for (const order of book.openOldestFirst()) {
      const refusal = this.#partitions.cancelRefusal(order, nowMs);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  /** What cannot be withdrawn: what is due on a later day, and what the account owes. */
  #moneyRefusal(account: Account, { withdraws }: CloseAccountRequest): Refusal | null {
    const money = this.#partitions.deskOf(account).desk.money(account);
    for (const assetClass of ASSET_CLASSES) {
      for (const name of money.names(assetClass)) {
        const { settled, incoming, outgoing } = money.balance({ assetClass, name });
        if (incoming !== 0n || outgoing !== 0n) {
          return refuse("ACCOUNT_NOT_EMPTY", `${name} is not settled yet`);
        }
        if (settled < 0n) return refuse("ACCOUNT_NOT_EMPTY", `the account owes ${name}`);
        if (settled > 0n && !withdraws)
          return refuse("ACCOUNT_NOT_EMPTY", `the account has ${name}`);
      }
    }
    return null;
  }

  #withdraw(act: OperatorAct, account: Account, nowMs: UnixMs): void {
    const { desk } = this.#partitions.deskOf(account);
    const money = desk.money(account);
    const events: DeskEvent[] = [];
    for (const assetClass of ASSET_CLASSES) {
      for (const name of money.names(assetClass)) {
        const asset = { assetClass, name };
        const units = -money.balance(asset).total;
        const withdrawal = { asset, units, reason: act.reason };
        const adjusted = decideAdjust(desk, account, withdrawal, nowMs);
        assert(!("refused" in adjusted), "what is settled and free can be withdrawn");
        events.push(adjusted);
      }
    }
    if (events.length > 0) this.#stage(act, "balance_adjusted", account, events);
  }

  /** The account's events, and in the same commit who did it and why. */
  #stage(
    act: OperatorAct,
    deed: OperatorActed["deed"],
    account: Account,
    events: readonly DeskEvent[],
  ): void {
    this.#partitions.stageControlEvent({ type: "OperatorActed", act, deed, account });
    for (const event of events) this.#partitions.stageDeskEvent(account, event);
  }
}
