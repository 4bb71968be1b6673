import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../assert.ts";
import type { CancelTarget } from "../model/command.ts";
import { ONE, type Price, type Qty } from "../model/decimal.ts";
import { CancelReason } from "../model/enums.ts";
import type { ClOrdId } from "../model/ids.ts";
import type { OrderEvent } from "../order/order.ts";
import { ACCEPTED } from "../order/order-fixture.ts";
import { bookWith, orderAfter, orderIdOf } from "./account-book-fixture.ts";
import { AMBIGUOUS_LISTED_MAX, closedRefusal, openTarget } from "./cancel.ts";

test("cancel target: an order number names its open order", () => {
  const order = orderAfter(1, "ref", ACCEPTED);
  const book = bookWith(order);
  assert.deepEqual(openTarget(book, byOrderId(1)), { found: "open", order });
  assert.deepEqual(openTarget(book, byOrderId(2)), { found: "none" });
});

test("cancel target: an order number is not taken for a client's name, nor the reverse", () => {
  const order = orderAfter(1, orderIdOf(2), ACCEPTED);
  const book = bookWith(order);
  assert.deepEqual(openTarget(book, byOrderId(2)), { found: "none" });
  assert.deepEqual(openTarget(book, byClOrdId(orderIdOf(1))), { found: "none" });
  assert.deepEqual(openTarget(book, byClOrdId(orderIdOf(2))), { found: "open", order });
});

test("cancel target: a client's name means the one live order that carries it", () => {
  const [first, second] = [orderAfter(1, "ref", ACCEPTED), orderAfter(2, "ref", ACCEPTED)];
  const book = bookWith(first, orderAfter(3, "other", ACCEPTED));
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "open", order: first });
  book.insert(second);
  book.remove(first.orderId);
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "open", order: second });
  book.remove(second.orderId);
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "none" });
  assert.deepEqual(openTarget(book, byClOrdId("REF")), { found: "none" });
});

test("cancel target: what is filled while its cancel is pending has no name beside a live one", () => {
  const asked: OrderEvent = { type: "CancelRequested" };
  const filled = (orderNo: number) => orderAfter(orderNo, "ref", ACCEPTED, asked, traded(10));
  const book = bookWith(filled(1));
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "open", order: filled(1) });
  book.insert(filled(2));
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "open", order: filled(2) });
  const live = orderAfter(3, "ref", ACCEPTED, asked);
  book.insert(live);
  book.insert(filled(4));
  assert.deepEqual(openTarget(book, byClOrdId("ref")), { found: "open", order: live });
  book.insert(orderAfter(5, "ref", ACCEPTED));
  const target = openTarget(book, byClOrdId("ref"));
  assert.ok(target.found === "ambiguous");
  assert.match(target.refusal.details, /: 22000000003, 22000000005$/);
});

test("cancel target: no name finds no order, even where orders have none", () => {
  const book = bookWith(orderAfter(1, "", ACCEPTED));
  assert.deepEqual(openTarget(book, byClOrdId("")), { found: "none" });
});

test("cancel target: a name of several live orders is refused with their numbers", () => {
  const book = bookWith(orderAfter(1, "ref", ACCEPTED), orderAfter(2, "ref", ACCEPTED));
  assert.deepEqual(openTarget(book, byClOrdId("ref")), {
    found: "ambiguous",
    refusal: {
      refused: "AMBIGUOUS_REFERENCE",
      details:
        "several live orders carry this reference_id, cancel by order_no: 22000000001, 22000000002",
    },
  });
});

test("cancel target: an ambiguity lists so many numbers and counts the others", () => {
  const details = (count: number) => {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const book = bookWith(...numbers.map((orderNo) => orderAfter(orderNo, "ref", ACCEPTED)));
    const target = openTarget(book, byClOrdId("ref"));
    assert.ok(target.found === "ambiguous");
    return target.refusal.details;
  };
  assert.match(details(AMBIGUOUS_LISTED_MAX), /22000000019, 22000000020$/);
  assert.match(details(AMBIGUOUS_LISTED_MAX + 1), /22000000019, 22000000020 and 1 more$/);
  assert.match(details(AMBIGUOUS_LISTED_MAX + 5), /22000000019, 22000000020 and 5 more$/);
});

test("cancel target: an ambiguity neither lists nor counts what is filled", () => {
  const asked: OrderEvent = { type: "CancelRequested" };
  const numbers = Array.from({ length: AMBIGUOUS_LISTED_MAX + 2 }, (_, index) => index + 2);
  const book = bookWith(
    orderAfter(1, "ref", ACCEPTED, asked, traded(10)),
    ...numbers.map((orderNo) => orderAfter(orderNo, "ref", ACCEPTED)),
  );
  const target = openTarget(book, byClOrdId("ref"));
  assert.ok(target.found === "ambiguous");
  assert.match(target.refusal.details, /: 22000000002, .*, 22000000021 and 2 more$/);
});

test("cancel target: a name that many share means what is in the caller's portfolios", () => {
  const inPortfolio = (orderNo: number, portfolioId: string, ...events: OrderEvent[]) => {
    return { ...orderAfter(orderNo, "ref", ACCEPTED, ...events), portfolioId };
  };
  const asked: OrderEvent = { type: "CancelRequested" };
  const book = bookWith(...[1, 2, 3].map((orderNo) => inPortfolio(orderNo, "theirs")));
  const found = (...portfolioIds: string[]) => {
    return openTarget(book, byClOrdId("ref"), new Set(portfolioIds));
  };
  assert.deepEqual(found("mine"), { found: "none" });
  assert.deepEqual(found(), { found: "none" });
  const filled = inPortfolio(4, "mine", asked, traded(10));
  book.insert(filled);
  assert.deepEqual(found("mine"), { found: "open", order: filled });
  const mine = inPortfolio(5, "mine");
  book.insert(mine);
  assert.deepEqual(found("mine"), { found: "open", order: mine });
  assert.deepEqual(found("mine", "other"), { found: "open", order: mine });
  book.insert(inPortfolio(6, "other"));
  book.insert(inPortfolio(7, "mine"));
  const target = found("other", "mine");
  assert.ok(target.found === "ambiguous");
  assert.match(target.refusal.details, /: 22000000005, 22000000006, 22000000007$/);
  book.remove(orderIdOf(5));
  book.remove(orderIdOf(7));
  assert.deepEqual(found("mine"), { found: "open", order: filled });
});

test("cancel target: of many orders that share a name only those are looked at that may be meant", () => {
  const named = (orderNo: number, portfolioId: string) => {
    return { ...orderAfter(orderNo, "ref", ACCEPTED), portfolioId };
  };
  const count = 10 * AMBIGUOUS_LISTED_MAX;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const book = bookWith(...numbers.map((orderNo) => named(orderNo, "theirs")), named(999, "mine"));
  let lookCount = 0;
  const openOrder = book.openOrder.bind(book);
  book.openOrder = (orderId) => {
    lookCount += 1;
    return openOrder(orderId);
  };
  const found = openTarget(book, byClOrdId("ref"), new Set(["mine"]));
  assert.deepEqual([found.found, lookCount], ["open", 2]);
  const target = openTarget(book, byClOrdId("ref"), new Set(["mine", "theirs"]));
  assert.ok(target.found === "ambiguous");
  assert.match(target.refusal.details, /22000000020 and 181 more$/);
  assert.equal(lookCount, 2 + 1 + AMBIGUOUS_LISTED_MAX);
});

test("cancel of a closed order: cancelled is a success, filled and rejected are not", () => {
  const canceled: OrderEvent = { type: "Canceled", cancelReason: CancelReason.Requested };
  const rejected: OrderEvent = { type: "Rejected", rejectReason: "market closed" };
  assert.equal(closedRefusal(orderAfter(1, "", ACCEPTED, canceled)), null);
  assert.equal(closedRefusal(orderAfter(1, "", ACCEPTED, traded(4), canceled)), null);
  assert.deepEqual(closedRefusal(orderAfter(1, "", rejected)), {
    refused: "REJECTED_ORDER",
    details: "the order was rejected, nothing of it is in the market",
  });
  assert.deepEqual(closedRefusal(orderAfter(1, "", ACCEPTED, traded(10))), {
    refused: "TOO_LATE_FILLED",
    details: "the order is filled: 10 of 10",
  });
});

test("cancel of a closed order: an order that still works is no such thing", () => {
  assert.throws(() => closedRefusal(orderAfter(1, "")), InvariantError);
  assert.throws(() => closedRefusal(orderAfter(1, "", ACCEPTED)), InvariantError);
});

function traded(shares: number): OrderEvent {
  return { type: "Traded", lastQty: (BigInt(shares) * ONE) as Qty, lastPx: ONE as Price };
}

function byOrderId(orderNo: number): CancelTarget {
  return { by: "orderId", orderId: orderIdOf(orderNo) };
}

function byClOrdId(clOrdId: string): CancelTarget {
  return { by: "clOrdId", clOrdId: clOrdId as ClOrdId };
}
