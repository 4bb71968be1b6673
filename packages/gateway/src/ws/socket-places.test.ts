import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "@countermand/contract";
import { InvariantError } from "@countermand/core/assert";
import type { Account } from "@countermand/core/model";
import fc from "fast-check";
import { type Place, SocketPlaces } from "./socket-places.ts";

const [ANNE, BERT, CARL] = ["A", "B", "C"] as Account[] as [Account, Account, Account];

test("socket places: an account has so many, and all together have so many", () => {
  const places = new SocketPlaces({ ofAll: 3, ofAccount: 2 });
  const first = places.take(ANNE);
  places.take(ANNE);
  const crowded = places.crowdFault(ANNE);
  assert.equal(crowded?.error, "RATE_LIMITED");
  assert.equal(crowded?.details, "2 connections of this account are open");
  assert.equal(places.crowdFault(BERT), null);
  places.take(BERT);
  const full = places.crowdFault(CARL);
  assert.equal(full?.error, "OVERLOADED");
  assert.equal(full?.details, "3 connections are open");
  assert.equal(places.crowdFault(ANNE)?.error, "OVERLOADED", "what is of all is said first");
  first.leave();
  assert.equal(places.crowdFault(ANNE), null);
});

test("socket places: one is left once, and taken by nobody who was not let in", () => {
  const places = new SocketPlaces({ ofAll: 2, ofAccount: 1 });
  const place = places.take(ANNE);
  assert.throws(() => places.take(ANNE), InvariantError);
  place.leave();
  assert.throws(() => place.leave(), InvariantError);
  places.take(ANNE);
});

/** Somebody of an account comes, or whoever has stayed as the so-manieth leaves. */
const EVENTS = fc.array(
  fc.oneof(
    fc.constantFrom(ANNE, BERT, CARL).map((comes) => ({ comes })),
    fc.nat(5).map((leaves) => ({ leaves })),
  ),
);

test("socket places: whatever the order, those that are taken are those not left", () => {
  const max = { ofAll: 4, ofAccount: 2 };
  fc.assert(
    fc.property(EVENTS, (events) => {
      const places = new SocketPlaces(max);
      let inside: { readonly account: Account; readonly place: Place }[] = [];
      const crowdOf = (account: Account) =>
        inside.filter((visitor) => visitor.account === account).length;
      for (const event of events) {
        if ("comes" in event) {
          const isFull = inside.length === max.ofAll || crowdOf(event.comes) === max.ofAccount;
          assert.equal(isFault(places.crowdFault(event.comes) ?? {}), isFull);
          if (!isFull) inside.push({ account: event.comes, place: places.take(event.comes) });
        } else {
          inside[event.leaves]?.place.leave();
          inside = inside.filter((_, index) => index !== event.leaves);
        }
      }
      for (const { place } of inside) place.leave();
      // All are there again, and no more than all.
      for (const account of [ANNE, ANNE, BERT, BERT]) places.take(account);
      for (const account of [ANNE, BERT, CARL]) assert.notEqual(places.crowdFault(account), null);
    }),
  );
});
