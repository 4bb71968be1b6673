/** Stories of stops, times in force, replaces and auctions, told as exchange-story.ts says. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { told, trimmed } from "./exchange-story.ts";

test("exchange: a stop waits unseen until a trade prints at its trigger or beyond", () => {
  tells(`
    > ann sell 1 @ 100
      accepted 1 ann
    > ann sell 2 @ 103
      accepted 2 ann
    > bob buy 1 stop 101
      accepted 3 bob
    > bob buy 1 stop 102 @ 102.5
      accepted 4 bob
    = | 100x1(1) 103x2(1)
    > cat buy 1 @ 100
      accepted 5 cat
      traded 5 cat 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
    > cat buy 1 @ 103
      accepted 6 cat
      traded 6 cat 1 @ 103 exec 1000000002
      traded 2 ann 1 @ 103 exec 1000000002
      triggered 3 bob
      traded 3 bob 1 @ 103 exec 1000000003
      traded 2 ann 1 @ 103 exec 1000000003
      triggered 4 bob
    = 102.5x1(1) |
  `);
});

test("exchange: a stop whose trigger the last trade has passed comes in at once", () => {
  tells(`
    > ann sell 3 @ 100
      accepted 1 ann
    > bob buy 1 @ 100
      accepted 2 bob
      traded 2 bob 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
    > bob buy 1 stop 100
      accepted 3 bob
      triggered 3 bob
      traded 3 bob 1 @ 100 exec 1000000002
      traded 1 ann 1 @ 100 exec 1000000002
    > bob sell 1 stop 100 @ 101
      accepted 4 bob
      triggered 4 bob
    > bob sell 1 stop 99
      accepted 5 bob
    = | 100x1(1) 101x1(1)
  `);
});

test("exchange: stops come in nearest trigger first, then by arrival, in a cascade", () => {
  tells(`
    > ann buy 1 @ 100
      accepted 1 ann
    > ann buy 1 @ 98
      accepted 2 ann
    > ann buy 9 @ 95
      accepted 3 ann
    > bob sell 1 stop 97
      accepted 4 bob
    > cat sell 1 stop 100
      accepted 5 cat
    > bob sell 1 stop 100
      accepted 6 bob
    > cat sell 1 stop 95
      accepted 7 cat
    > dan sell 1 @ 100
      accepted 8 dan
      traded 8 dan 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
      triggered 5 cat
      traded 5 cat 1 @ 98 exec 1000000002
      traded 2 ann 1 @ 98 exec 1000000002
      triggered 6 bob
      traded 6 bob 1 @ 95 exec 1000000003
      traded 3 ann 1 @ 95 exec 1000000003
      triggered 4 bob
      traded 4 bob 1 @ 95 exec 1000000004
      traded 3 ann 1 @ 95 exec 1000000004
      triggered 7 cat
      traded 7 cat 1 @ 95 exec 1000000005
      traded 3 ann 1 @ 95 exec 1000000005
    = 95x6(1) |
  `);
});

test("exchange: immediate trades what it can, fill-or-kill all or nothing", () => {
  tells(`
    > ann sell 3 @ 100
      accepted 1 ann
    > bob sell 2 @ 101
      accepted 2 bob
    > cat buy 6 @ 101 fok
      accepted 3 cat
      canceled 3 cat fill_or_kill
    > bob buy 4 @ 101 fok
      accepted 4 bob
      canceled 4 bob fill_or_kill
    > cat buy 4 @ 101 fok
      accepted 5 cat
      traded 5 cat 3 @ 100 exec 1000000001
      traded 1 ann 3 @ 100 exec 1000000001
      traded 5 cat 1 @ 101 exec 1000000002
      traded 2 bob 1 @ 101 exec 1000000002
    > cat buy 4 @ 101 ioc
      accepted 6 cat
      traded 6 cat 1 @ 101 exec 1000000003
      traded 2 bob 1 @ 101 exec 1000000003
      canceled 6 cat immediate_or_cancel
    > cat buy 4 market ioc
      accepted 7 cat
      canceled 7 cat immediate_or_cancel
    = |
  `);
});

test("exchange: a protected market order trades up to its protection and never queues", () => {
  tells(`
    > ann sell 1 @ 100
      accepted 1 ann
    > bob sell 1 @ 105
      accepted 2 bob
    > bob sell 1 @ 106
      accepted 3 bob
    > cat buy 3 market to 105
      accepted 4 cat
      traded 4 cat 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
      traded 4 cat 1 @ 105 exec 1000000002
      traded 2 bob 1 @ 105 exec 1000000002
      canceled 4 cat no_liquidity
    > cat buy 1 market to 105
      accepted 5 cat
      canceled 5 cat no_liquidity
    > cat buy 1 stop 104 to 105
      accepted 6 cat
      triggered 6 cat
      canceled 6 cat no_liquidity
    > cat buy 1 stop 106 to 107
      accepted 7 cat
    > replace 7 1 stop 105 to 106
      replaced 7 cat 1 @ 0 stop 105
      triggered 7 cat
      traded 7 cat 1 @ 106 exec 1000000003
      traded 3 bob 1 @ 106 exec 1000000003
    = |
  `);
});

test("exchange: at the end of the day only orders that outlive it stay", () => {
  tells(`
    > ann buy 1 @ 100
      accepted 1 ann
    > ann buy 1 @ 100 gtc
      accepted 2 ann
    > bob sell 1 @ 101
      accepted 3 bob
    > bob sell 1 stop 90
      accepted 4 bob
    > bob sell 1 stop 91 gtc
      accepted 5 bob
    > expire
      canceled 1 ann expired
      canceled 3 bob expired
      canceled 4 bob expired
    = 100x1(1) |
    > cancel 5
      canceled 5 bob requested
  `);
});

test("exchange: only a smaller quantity at the same price keeps an order's place", () => {
  tells(`
    > ann buy 5 @ 100
      accepted 1 ann
    > bob buy 5 @ 100
      accepted 2 bob
    > replace 1 4 @ 100
      replaced 1 ann 4 @ 100
    = 100x9(2) |
    > cat sell 1 @ 100
      accepted 3 cat
      traded 3 cat 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
    > replace 1 6 @ 100
      replaced 1 ann 6 @ 100
    = 100x10(2) |
    > cat sell 6 @ 100
      accepted 4 cat
      traded 4 cat 5 @ 100 exec 1000000002
      traded 2 bob 5 @ 100 exec 1000000002
      traded 4 cat 1 @ 100 exec 1000000003
      traded 1 ann 1 @ 100 exec 1000000003
    = 100x4(1) |
    > replace 2 9 @ 100
  `);
});

test("exchange: a replaced order trades at once where its new price meets others", () => {
  tells(`
    > ann sell 2 @ 101
      accepted 1 ann
    > bob sell 2 @ 102
      accepted 2 bob
    > bob buy 3 @ 100
      accepted 3 bob
    > replace 3 4 @ 103
      replaced 3 bob 4 @ 103
      traded 3 bob 2 @ 101 exec 1000000001
      traded 1 ann 2 @ 101 exec 1000000001
      canceled 3 bob self_trade
    = | 102x2(1)
  `);
});

test("exchange: a replaced stop waits at its new trigger, unless that was passed", () => {
  tells(`
    > ann sell 1 @ 100
      accepted 1 ann
    > bob buy 1 @ 100
      accepted 2 bob
      traded 2 bob 1 @ 100 exec 1000000001
      traded 1 ann 1 @ 100 exec 1000000001
    > cat buy 2 stop 105 @ 106
      accepted 3 cat
    > replace 3 4 @ 99 stop 104
      replaced 3 cat 4 @ 99 stop 104
    = |
    > replace 3 3 @ 99 stop 100
      replaced 3 cat 3 @ 99 stop 100
      triggered 3 cat
    = 99x3(1) |
  `);
});

test("exchange: a stop that is replaced by no more of the same keeps its place", () => {
  tells(`
    > ann buy 3 stop 100 @ 100
      accepted 1 ann
    > bob buy 3 stop 100 @ 100
      accepted 2 bob
    > cat buy 3 stop 100 @ 100
      accepted 3 cat
    > replace 1 3 @ 100 stop 100
      replaced 1 ann 3 @ 100 stop 100
    > replace 2 4 @ 100 stop 100
      replaced 2 bob 4 @ 100 stop 100
    > dan sell 1 @ 100
      accepted 4 dan
    > eve buy 1 @ 100
      accepted 5 eve
      traded 5 eve 1 @ 100 exec 1000000001
      traded 4 dan 1 @ 100 exec 1000000001
      triggered 1 ann
      triggered 3 cat
      triggered 2 bob
    = 100x10(3) |
  `);
});

test("exchange: a stop that is replaced by another price goes behind those of its trigger", () => {
  tells(`
    > ann buy 3 stop 100 @ 100
      accepted 1 ann
    > bob buy 3 stop 100 @ 100
      accepted 2 bob
    > replace 1 3 @ 101 stop 100
      replaced 1 ann 3 @ 101 stop 100
    > dan sell 1 @ 100
      accepted 3 dan
    > eve buy 1 @ 100
      accepted 4 eve
      traded 4 eve 1 @ 100 exec 1000000001
      traded 3 dan 1 @ 100 exec 1000000001
      triggered 2 bob
      triggered 1 ann
    = 101x3(1) 100x3(1) |
  `);
});

test("exchange: a stop whose trigger alone is replaced waits at the new one alone", () => {
  tells(`
    > ann buy 3 stop 100 @ 105
      accepted 1 ann
    > replace 1 3 @ 105 stop 102
      replaced 1 ann 3 @ 105 stop 102
    > dan sell 1 @ 100
      accepted 2 dan
    > eve buy 1 @ 100
      accepted 3 eve
      traded 3 eve 1 @ 100 exec 1000000001
      traded 2 dan 1 @ 100 exec 1000000001
    > dan sell 1 @ 102
      accepted 4 dan
    > eve buy 1 @ 102
      accepted 5 eve
      traded 5 eve 1 @ 102 exec 1000000002
      traded 4 dan 1 @ 102 exec 1000000002
      triggered 1 ann
    = 105x3(1) |
  `);
});

test("exchange: fill-or-kill takes exactly what is there, its own order behind it or nothing", () => {
  tells(`
    > ann sell 3 @ 100
      accepted 1 ann
    > cat sell 1 @ 101
      accepted 2 cat
    > cat buy 3 @ 101 fok
      accepted 3 cat
      traded 3 cat 3 @ 100 exec 1000000001
      traded 1 ann 3 @ 100 exec 1000000001
    > bob buy 1 @ 101 fok
      accepted 4 bob
      traded 4 bob 1 @ 101 exec 1000000002
      traded 2 cat 1 @ 101 exec 1000000002
    = |
  `);
});

test("exchange: an auction matches at one price, at-auction orders first", () => {
  tells(`
    > ann buy 2 @ 99
      accepted 1 ann
    > phase auction
    > bob sell 4 @ 98 auction
      accepted 2 bob
    > cat buy 3 auction
      accepted 3 cat
    > dan buy 5 @ 100 auction
      accepted 4 dan
    > eve sell 2 @ 100
      accepted 5 eve
    > eve sell 9 auction
      accepted 6 eve
    = 100x5(1) 99x2(1) | 98x4(1) 100x2(1)
    > uncross 99
      traded 3 cat 3 @ 98 exec 1000000001
      traded 6 eve 3 @ 98 exec 1000000001
      traded 4 dan 5 @ 98 exec 1000000002
      traded 6 eve 5 @ 98 exec 1000000002
      traded 1 ann 1 @ 98 exec 1000000003
      traded 6 eve 1 @ 98 exec 1000000003
      traded 1 ann 1 @ 98 exec 1000000004
      traded 2 bob 1 @ 98 exec 1000000004
    = | 98x3(1) 100x2(1)
    > phase continuous
    > dan buy 1 @ 98
      accepted 7 dan
      traded 7 dan 1 @ 98 exec 1000000005
      traded 2 bob 1 @ 98 exec 1000000005
    = | 98x2(1) 100x2(1)
  `);
});

test("exchange: after an auction at-auction orders go, limit orders stay, stops come in", () => {
  tells(`
    > ann buy 1 stop 100 @ 101
      accepted 1 ann
    > phase auction
    > bob sell 4 @ 100
      accepted 2 bob
    > cat buy 1 @ 100 auction
      accepted 3 cat
    > dan buy 2 @ 99 auction
      accepted 4 dan
    > dan sell 7 @ 101 auction
      accepted 5 dan
    > eve buy 2 auction
      accepted 6 eve
    > eve sell 3 auction
      accepted 7 eve
    > cancel 5
      canceled 5 dan requested
    > replace 6 1
      replaced 6 eve 1 @ 0
    > uncross 0
      canceled 7 eve self_trade
      traded 6 eve 1 @ 100 exec 1000000001
      traded 2 bob 1 @ 100 exec 1000000001
      traded 3 cat 1 @ 100 exec 1000000002
      traded 2 bob 1 @ 100 exec 1000000002
    = 99x2(1) | 100x2(1)
    > phase continuous
      triggered 1 ann
      traded 1 ann 1 @ 100 exec 1000000003
      traded 2 bob 1 @ 100 exec 1000000003
    = 99x2(1) | 100x1(1)
  `);
});

test("exchange: an auction without a price of its own matches at the reference", () => {
  tells(`
    > phase auction
    > ann buy 2 auction
      accepted 1 ann
    > bob sell 3 auction
      accepted 2 bob
    > uncross 50
      traded 1 ann 2 @ 50 exec 1000000001
      traded 2 bob 2 @ 50 exec 1000000001
      canceled 2 bob auction_unmatched
    > ann buy 2 auction
      accepted 3 ann
    > bob sell 3 auction
      accepted 4 bob
    > uncross 0
      canceled 3 ann auction_unmatched
      canceled 4 bob auction_unmatched
    = |
  `);
});

test("exchange: orders of a closed book can be cancelled", () => {
  tells(`
    > ann buy 2 @ 100
      accepted 1 ann
    > phase closed
    > cancel 1
      canceled 1 ann requested
    = |
  `);
});

function tells(story: string): void {
  assert.equal(told(trimmed(story)), trimmed(story));
}
