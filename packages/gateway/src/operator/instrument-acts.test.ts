import assert from "node:assert/strict";
import { test } from "node:test";
import { fixed, type Price } from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { FIRST, NodePlace } from "../running-node-fixture.ts";
import { systemClock } from "../sys/clock.ts";
import type { OperatorTurn } from "./operator-turn.ts";

const SAME = { securityDesc: null, halted: null, grid: {}, resting: null };

test("instrument acts: an empty book has a new tick without a look at the orders of others", async (t) => {
  const node = await new NodePlace(t).start();
  const { partitions, sequencer, operator } = node;
  const looked: string[] = [];
  for (const { desk } of partitions.desks) {
    const books = desk.books.bind(desk);
    desk.books = () => {
      looked.push("books");
      return books();
    };
  }
  const by = { operator: "kim", requestId: "", apiKey: null, wallMs: systemClock.wallMs() };
  const statuses = await sequencer.operate((nowMs) => {
    const turn = { ...by, nowMs } as OperatorTurn;
    const placed = partitions.place(FIRST.account, aPlaceRequest(), nowMs);
    assert.ok(!("refused" in placed));
    const grid = { priceTick: fixed("0.05") as Price };
    const wider = { ...SAME, reason: "wider", grid };
    const changed = operator.service.changeInstrument(turn, "AAPL", wider as never);
    const retired = operator.service.retireInstrument(turn, "AAPL", { reason: "x", resting: null });
    return [changed.httpStatus, retired.httpStatus];
  });
  assert.deepEqual([statuses, looked], [[200, 200], []]);
});
