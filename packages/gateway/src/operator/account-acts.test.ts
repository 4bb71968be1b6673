import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorAct } from "@countermand/core/control";
import {
  type Account,
  type Asset,
  Channel,
  type PlaceRequest,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { AccountActs } from "./account-acts.ts";
import { CLOSE_ORDERS_MAX } from "./limits.ts";

const NOW = 1_794_794_400_000 as UnixMs;
const ACT: OperatorAct = { atMs: NOW, operator: "kim", reason: "a test" };

test("account acts: a list is sorted once, and again when there is another account", () => {
  const acts = new AccountActs(partitionsInMemory());
  const open = (code: string) => {
    const account = code as Account;
    const terms = { reason: "a test", account, shortSellingAllowed: false, adjustments: [] };
    assert.ok(!("refused" in acts.open(ACT, terms, NOW)));
  };
  for (const code of ["B-2", "A-1"]) open(code);
  const before = acts.list();
  assert.deepEqual(
    before.map(({ account }) => account),
    ["A-1", "B-2"],
  );
  assert.equal(acts.list(), before);
  open("A-9");
  assert.deepEqual(
    acts.list().map(({ account }) => account),
    ["A-1", "A-9", "B-2"],
  );
});

const CASH: Asset = { assetClass: "Cash", name: "HKD" };
const WEEK_LATER = (NOW + 7 * 86_400_000) as UnixMs;
const MUCH = 100_000_000n * 10n ** 8n;

/** Accounts that trade with each other, and how one of them is closed. */
class Market {
  readonly partitions = partitionsInMemory();
  readonly acts = new AccountActs(this.partitions);

  open(code: string): Account {
    const account = code as Account;
    const adjustments = [[CASH, MUCH]] as const;
    const terms = { reason: "a test", account, shortSellingAllowed: true, adjustments };
    assert.ok(!("refused" in this.acts.open(ACT, terms, NOW)));
    return account;
  }

  place(account: Account, change: Partial<PlaceRequest> = {}): void {
    assert.ok(!("refused" in this.partitions.place(account, aPlaceRequest(change), NOW)));
  }

  openCount(account: Account): number {
    const row = this.acts.row(account);
    assert.ok(!("refused" in row));
    return row.openCount;
  }

  /** Everything that may stand in its way is to go. */
  close(account: Account): string {
    const terms = { reason: "a test", cancelsOrders: true, withdraws: true };
    const cause = { channel: Channel.Operator, actor: "kim", requestId: "" };
    const row = this.acts.close(ACT, account, terms, NOW, cause);
    return "refused" in row ? `${row.refused}: ${row.details}` : `closed: ${row.isClosed}`;
  }
}

test("account acts: no account is closed over what is due later or owed; nothing is cancelled", () => {
  const market = new Market();
  const [buyer, seller] = [market.open("A-1"), market.open("A-2")];
  market.place(seller, { side: Side.Sell });
  market.place(buyer);
  for (const account of [buyer, seller]) {
    market.place(account, { price: 100_000_000n });
    assert.match(market.close(account), /^ACCOUNT_NOT_EMPTY: (HKD|00700) is not settled yet$/);
    assert.equal(market.openCount(account), 1);
  }
  market.partitions.settleDue(WEEK_LATER);
  assert.equal(market.close(seller), "ACCOUNT_NOT_EMPTY: the account owes 00700");
  assert.equal(market.openCount(seller), 1);
  assert.equal(market.close(buyer), "closed: true");
});

test("account acts: a closing cancels as many orders as one turn takes, or none", () => {
  const market = new Market();
  const [full, over] = [market.open("A-1"), market.open("A-2")];
  for (let count = 0; count < CLOSE_ORDERS_MAX; count += 1) {
    for (const account of [full, over]) market.place(account, { price: 100_000_000n });
  }
  market.place(over, { price: 100_000_000n });
  assert.match(market.close(over), /1001 open orders: kill it first, at most 1000 are taken/);
  assert.equal(market.openCount(over), CLOSE_ORDERS_MAX + 1);
  assert.equal(market.close(full), "closed: true");
});
