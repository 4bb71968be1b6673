// Goal: bit by bit a sweep finds each order that was open as it began, and knows at any moment
// which ones it has still to come to.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Account, type Amount, fixed, type Order, type UnixMs } from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { OpenSweep, type OrderScope } from "./open-sweep.ts";
import { partitionsInMemory } from "./partitions-fixture.ts";

const ANNE = "A-1001" as Account;
const BERT = "A-1002" as Account;
const NOW = 1_794_794_400_000 as UnixMs;
const EVERY: OrderScope = { account: null, matches: () => true };

/** Anne has two open orders and Bert has one more, the oldest first. */
function twoAccounts() {
  const partitions = partitionsInMemory();
  const place = (account: Account): Order => {
    const placed = partitions.place(account, aPlaceRequest(), NOW);
    assert.ok("orderId" in placed);
    return placed;
  };
  for (const account of [ANNE, BERT]) {
    const cash = [["HKD", fixed("10000000") as Amount]] as const;
    const opened = { type: "AccountOpened", atMs: NOW, account, cash, holdings: [] } as const;
    partitions.stageDeskEvent(account, { ...opened, shortSellingAllowed: false });
  }
  const orders = [place(ANNE), place(ANNE), place(BERT), place(BERT), place(BERT)];
  return { partitions, place, orders };
}

function lookOnce(sweep: OpenSweep): Order | null {
  return sweep.next({ left: 1 });
}

test("open sweep: after each step it knows which orders it has still to come to", () => {
  const { partitions, orders } = twoAccounts();
  const sweep = new OpenSweep(partitions, EVERY);
  for (const [passed, order] of orders.entries()) {
    const toCome = orders.map((each) => sweep.isToCome(each));
    assert.deepEqual(
      toCome,
      orders.map((_, index) => index >= passed),
    );
    assert.equal(sweep.isOver, false);
    assert.equal(lookOnce(sweep)?.orderId, order.orderId);
  }
  assert.ok(sweep.isOver);
  assert.ok(!orders.some((each) => sweep.isToCome(each)), "it is over");
  assert.equal(lookOnce(sweep), null);
});

test("open sweep: of one account the others are no matter, nor is what opens meanwhile", () => {
  const { partitions, place, orders } = twoAccounts();
  const sweep = new OpenSweep(partitions, { ...EVERY, account: BERT });
  const later = place(BERT);
  assert.deepEqual(
    [...orders, later].map((each) => sweep.isToCome(each)),
    [false, false, true, true, true, false],
  );
  const found = [1, 2, 3].map(() => lookOnce(sweep)?.orderId);
  assert.deepEqual(
    found,
    orders.slice(2).map(({ orderId }) => orderId),
  );
  assert.equal(lookOnce(sweep), null);
  const nobody = new OpenSweep(partitions, { ...EVERY, account: "A-1" as Account });
  assert.deepEqual([nobody.isOver, lookOnce(nobody)], [true, null]);
});

test("open sweep: a look that finds nothing that matches counts, and the next goes on there", () => {
  const { partitions, orders } = twoAccounts();
  const wanted = orders.at(-1)?.orderId;
  const matches = ({ orderId }: Order) => orderId === wanted;
  const sweep = new OpenSweep(partitions, { account: null, matches });
  const looks = { left: 4 };
  assert.equal(sweep.next(looks), null);
  assert.equal(looks.left, 0);
  assert.equal(sweep.next(looks), null);
  assert.deepEqual(
    orders.map((each) => sweep.isToCome(each)),
    [false, false, false, false, true],
  );
  const more = { left: 4 };
  assert.equal(sweep.next(more)?.orderId, wanted);
  assert.equal(more.left, 3);
});

test("open sweep: what closes before its turn is not found, and one that is ended finds nothing", () => {
  const { partitions, orders } = twoAccounts();
  const sweep = new OpenSweep(partitions, EVERY);
  const [first, second, third] = orders;
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  lookOnce(sweep);
  partitions.cancel(second, NOW);
  partitions.cancel(third, NOW);
  assert.equal(sweep.next({ left: 9 })?.orderId, orders[3]?.orderId);
  sweep.end();
  assert.ok(sweep.isOver);
  assert.deepEqual([lookOnce(sweep), sweep.isToCome(orders[4] ?? first)], [null, false]);
});
