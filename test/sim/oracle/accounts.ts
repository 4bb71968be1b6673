/**
 * Accounts that operators open and close: opened empty, closed only when nothing works and nothing
 * is held, all in one commit, and for good.
 */
import type {
  AccountClosed,
  AccountOpened,
  BalanceAdjusted,
} from "../../../packages/core/src/model/index.ts";
import { KEYS } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import type { Model } from "./model.ts";
import type { Told } from "./orders.ts";
import { promised } from "./violation.ts";
import type { Windows } from "./windows.ts";

export interface Closing {
  /** The reason, too. */
  readonly id: string;
  readonly account: string;
  /** Whether its orders are to be cancelled, and its money to be taken out. */
  readonly cancels: boolean;
  readonly withdraws: boolean;
}

/** Who trades out of turn where a fault wants it: nobody's, and what it has is not predicted. */
export const LIQUIDITY = "sandbox-liquidity";

const NOT_EMPTY = 11031264;
export const ACCOUNT_CLOSED = "11031263";
const ASSETS = ["HKD", "USD", "USDT", "00700", "AAPL", "BTC", "DODO", "LATER"] as const;

export class Accounts {
  readonly #model: Model;
  readonly #windows: Windows;
  readonly #opening = new Set<string>();
  readonly #opened = new Set<string>();
  readonly #closings = new Map<string, Closing>();
  /** One that has begun, in the commit that is read. */
  #begun: Closing | null = null;
  /** Which closing did it. */
  readonly #closedBy = new Map<string, string>();
  readonly #refused = new Set<string>();
  readonly #answers: [Closing, text: string][] = [];

  constructor(model: Model, windows: Windows) {
    this.#model = model;
    this.#windows = windows;
  }

  /** It is about to be asked for. */
  opening(account: string): void {
    this.#opening.add(account);
    this.#model.money.beginEmpty(account);
  }

  closing(closing: Closing): void {
    this.#closings.set(closing.id, closing);
    this.#windows.open(closing.id, () => [String(this.#refusal(closing))]);
  }

  answered(closing: Closing, text: string): void {
    this.#windows.over(closing.id);
    this.#answers.push([closing, text]);
    if (!text.startsWith('{"code":0,')) this.#refused.add(closing.id);
  }

  /** All that there are, also closed ones, by their names. */
  get all(): readonly string[] {
    return [...this.#opened].sort();
  }

  isClosed(account: string): boolean {
    return this.#closedBy.has(account);
  }

  isClosing(reason: string): boolean {
    return this.#closings.has(reason);
  }

  /** Whether it is one of the sandbox's clients. */
  opened({ account, cash, holdings }: AccountOpened): boolean {
    this.#opened.add(account);
    if (account === LIQUIDITY) return false;
    if (KEYS.some((key) => key.account === account)) return true;
    promised(this.#opening.delete(account), `nobody opened ${account}, or it is opened twice`);
    promised(cash.length + holdings.length === 0, `${account} begins with something`);
    return false;
  }

  /** The first of its orders that is cancelled: all are, oldest first. */
  cancelsOf(account: string): Told[] {
    const closing = this.#closingOf(account);
    promised(closing?.cancels === true, `nobody cancelled the orders of ${account}`);
    this.#begin(closing);
    const open = this.#model.openOrders(account).reverse();
    return open.flatMap(({ order_no }) => this.#model.cancel(account, order_no, "account_closed"));
  }

  withdrew({ reason, account, asset, units, balance }: BalanceAdjusted): void {
    const closing = this.#closings.get(reason);
    promised(closing?.account === account, `${reason} closes another account than ${account}`);
    promised(closing.withdraws, `${reason} was to withdraw nothing`);
    this.#begin(closing);
    const settled = this.#model.money.settled(account, asset.name);
    promised(units === -settled, `${reason} withdraws ${units} ${asset.name} of ${settled}`);
    this.#model.money.add(account, asset.name, units);
    promised(balance === 0n, `${reason} leaves ${balance} ${asset.name}`);
  }

  closed({ account }: AccountClosed): void {
    const closing = this.#closingOf(account);
    promised(closing !== undefined && !this.isClosed(account), `nobody closed ${account}`);
    this.#begin(closing);
    const open = this.#model.openOrders(account).length;
    const left = ASSETS.filter((asset) => this.#model.balance(account, asset) !== 0n);
    promised(open === 0, `${account} is closed with ${open} open orders`);
    promised(left.length === 0, `${account} is closed and has ${left.join(", ")}`);
    this.#begun = null;
    this.#closedBy.set(account, closing.id);
  }

  /** At the end of a commit nothing is half closed. */
  requireWhole(): void {
    promised(this.#begun === null, `${this.#begun?.account} is half closed`);
  }

  checkAnswers(): void {
    for (const [{ id, account }, text] of this.#answers.splice(0)) {
      const { code, data } = JSON.parse(text) as Envelope & { data: { state: string } };
      if (code === 0) {
        const isDone = this.isClosed(account) && data.state === "closed";
        promised(isDone, `${id} is answered, and ${account} is not closed: ${text}`);
      } else {
        const isDone = this.#closedBy.get(account) === id;
        promised(!isDone, `${id} closed ${account}, and is refused: ${text}`);
        promised(this.#windows.right(id).has(String(code)), `${id} is refused: ${text}`);
      }
    }
  }

  /** The first that was not refused, as far as anybody knows. */
  #closingOf(account: string): Closing | undefined {
    return [...this.#closings.values()].find((each) => {
      return each.account === account && !this.#refused.has(each.id);
    });
  }

  #begin(closing: Closing): void {
    if (this.#begun === closing) return;
    promised(this.#begun === null, `${closing.id} begins in the middle of another one`);
    const refusal = this.#refusal(closing);
    promised(refusal === null, `${closing.id} is done, and to be refused: ${refusal}`);
    this.#begun = closing;
  }

  #refusal({ account, cancels, withdraws }: Closing): number | null {
    if (this.isClosed(account)) return null;
    if (!cancels && this.#model.openOrders(account).length > 0) return NOT_EMPTY;
    const { money } = this.#model;
    const isLeft = ASSETS.some((asset) => {
      const isDue = money.toPay(account, asset) !== 0n || money.toGet(account, asset) !== 0n;
      const settled = money.settled(account, asset);
      return isDue || settled < 0n || (!withdraws && settled > 0n);
    });
    return isLeft ? NOT_EMPTY : null;
  }
}
