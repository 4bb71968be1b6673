/** When everything has come to rest: what must be so then, and that it is so after a restart. */
import type { MarketClient } from "../clients/market-client.ts";
import { PORTFOLIOS, type Trader } from "../clients/trader.ts";
import { foldOfAll, foldOfJournal } from "../oracle/fold.ts";
import { INSTRUMENTS } from "../oracle/money.ts";
import type { OrderRow } from "../oracle/told.ts";
import { promised } from "../oracle/violation.ts";
import { endOfProcess } from "../world/gateway-life.ts";
import { EXPIRY_MS, type Stage } from "./stage.ts";

export class Rest {
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Everybody gets an answer, every reader has read everything. */
  async settle(): Promise<void> {
    if (!this.#stage.isUp) await this.#stage.comeBack("killed");
    this.#stage.stopTraders();
    await this.#stage.waitFor("every request is answered", () => {
      return (
        this.#stage.operator.isIdle && this.#stage.traders.every(({ rounds }) => rounds.isIdle)
      );
    });
    await this.#stage.leaveWindow();
    await this.#stage.waitFor("a switch has cancelled all that it was to", () => {
      const { switches } = this.#stage.auditor.history;
      return this.#stage.callers.every(({ key }) => switches.leftBehind(key.account) === null);
    });
    await this.#releaseSwitches();
    // What it was asked to do to orders later, it does meanwhile.
    const { isVenueFaulty } = this.#stage;
    // What a key placed that has ended is cancelled, as if its client were lost.
    const hasEnded = await this.#expired();
    // A reader that its secret was taken from may not come back in time either.
    const mayBeLost = hasEnded || (this.#stage.faults["rotate"] ?? 0) > 0;
    if (isVenueFaulty || mayBeLost) await this.#stage.runFor(VENUE_LATE_MS, 250);
    await this.#caughtUp();
  }

  /** Whoever ends soon has ended; whether any key has. */
  async #expired(): Promise<boolean> {
    const { auditor, ownKeys, world } = this.#stage;
    const { keyEnds } = auditor;
    const { wallMs } = world.scheduler;
    const soon = ownKeys.map(({ apiKey }) => (keyEnds.expiryOf(apiKey) ?? 0) - wallMs);
    const waitMs = Math.max(0, ...soon.filter((ms) => ms <= Math.max(...EXPIRY_MS.slice(0, -1))));
    if (waitMs > 0) await this.#stage.runFor(waitMs, 250);
    return ownKeys.some(({ apiKey, secretNo }) => {
      return keyEnds.mayBeOver({ apiKey, secretNo }, world.nowMs);
    });
  }

  async #releaseSwitches(): Promise<void> {
    for (const trader of this.#stage.callers) {
      const release = { kind: "deadMan", timeoutS: 0 } as const;
      await this.#stage.performed(trader, { ...release, scope: "key", value: "" });
      for (const { symbol } of INSTRUMENTS) {
        await this.#stage.performed(trader, { ...release, scope: "symbol", value: symbol });
      }
      for (const value of PORTFOLIOS) {
        await this.#stage.performed(trader, { ...release, scope: "portfolio", value });
      }
    }
  }

  async #caughtUp(): Promise<void> {
    await this.#stage.waitFor("the venue has answered", () => {
      this.#stage.look();
      return !this.#stage.auditor.model.isWaiting;
    });
    // A frame that a fault dropped last has nothing behind it to show that; a replay has it.
    for (const stream of [...this.#stage.streams, ...this.#stage.visitors]) {
      if (stream.isFaulty) stream.cut();
    }
    await this.#stage.waitFor("every stream is read to its end", () => {
      this.#stage.look();
      this.#stage.keepStreams();
      return [...this.#stage.streams, ...this.#stage.visitors].every((stream) => {
        const isRead = stream.accounts.every((account) => {
          return stream.seqOf(account) === this.#stage.auditor.lastSeqOf(account);
        });
        return stream.isEnded || (stream.isLive && isRead);
      });
    });
    await this.#stage.waitFor("the public market is read to its end", () => {
      this.#stage.look();
      this.#stage.keepStreams();
      return this.#stage.markets.every((client) => this.#isAtItsEnd(client));
    });
    this.#stage.look();
  }

  /** Its books are those of now. */
  #isAtItsEnd(client: MarketClient): boolean {
    const { market } = this.#stage.auditor.model;
    return INSTRUMENTS.every(({ symbol }) => {
      const expected = JSON.stringify(market.latest(symbol, client.levels));
      return client.isFollowing && JSON.stringify(client.book(symbol)) === expected;
    });
  }

  async standing(): Promise<void> {
    for (const trader of this.#stage.callers) {
      const { account } = trader.key;
      const rows: OrderRow[] = [];
      const count = this.#stage.auditor.model.orders(account).length;
      for (let page = 1; rows.length < count || page === 1; page += 1) {
        const { data } = await this.#stage.ask(trader, { kind: "orders", page });
        const { orders } = data as { orders: OrderRow[] };
        rows.push(...orders);
        if (orders.length === 0) break;
      }
      const balance = await this.#stage.ask(trader, { kind: "balance" });
      const positions = await this.#stage.ask(trader, { kind: "positions" });
      for (const page of [1, 2]) {
        const filter = { page, size: 100 };
        await this.#stage.ask(trader, { kind: "executions", filter });
        await this.#stage.ask(trader, { kind: "transactions", filter });
      }
      await this.#receipts(trader, account);
      this.#stage.look();
      this.#stage.auditor.checkStanding(account, rows, balance, positions);
    }
  }

  /** Whatever was cancelled has a receipt, also for who asks now. */
  async #receipts(trader: Trader, account: string): Promise<void> {
    const { auditor, isStrict } = this.#stage;
    if (!auditor.history.receipts.areOn || isStrict) return;
    const cancelled = auditor.model.orders(account).filter(({ order_status }) => {
      return order_status === "can";
    });
    const names = cancelled.slice(0, 5).map(({ order_no }) => ({ order_no }));
    if (names.length === 0) return;
    const again = { kind: "cancel", names, isBatch: true, receipt: true } as const;
    const { code, data } = await this.#stage.ask(trader, again);
    if (code === RATE_LIMITED) return;
    for (const { order_no, receipt } of data as { order_no: string; receipt: string }[]) {
      promised(receipt !== "", `${order_no} is cancelled and has no receipt`);
    }
  }

  async cancelEverything(): Promise<void> {
    for (const trader of this.#stage.callers) {
      const { account } = trader.key;
      const open = this.#stage.auditor.model
        .openOrders(account)
        .map(({ order_no }) => ({ order_no }));
      for (let at = 0; at < open.length; at += 5) {
        const names = open.slice(at, at + 5);
        await this.#stage.performed(trader, { kind: "cancel", names, isBatch: true });
      }
    }
    await this.#caughtUp();
  }

  /** The state in memory is the fold of the journal, before a stop and after it. */
  async stateStands(): Promise<string> {
    const live = await this.#stage.node?.stateHash();
    const folded = foldOfJournal(this.#stage.isStrict, this.#stage.isCut);
    promised(live === folded, `the state in memory is ${live}, the journal folds to ${folded}`);
    await this.#stage.node?.stop();
    endOfProcess(this.#stage.world, "powerCut");
    await this.#stage.startGateway();
    const again = await this.#stage.node?.stateHash();
    promised(
      again === foldOfJournal(this.#stage.isStrict, this.#stage.isCut),
      "the state after a start is the fold of the journal",
    );
    this.#stage.world.tell(`state ${again}`);
    await this.#stage.node?.stop();
    endOfProcess(this.#stage.world, "killed");
    const whole = this.#stage.isCut ? foldOfAll(this.#stage.world, this.#stage.isStrict) : again;
    promised(whole === again, "the state is not the fold of segments and journal");
    return again ?? "";
  }
}

/** Its budget is used up. */
const RATE_LIMITED = 11030055;
/** Milliseconds, and more, that a fault of the venue takes. */
const VENUE_LATE_MS = 2_000;
