// Goal: a glance at a payload sees what decoding it does, whatever the payload holds.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import { Channel } from "./cause.ts";
import { MarketName, Side } from "./enums.ts";
import type { ExecutionReported } from "./event.ts";
import { decodeDeskEvent, encodeDeskEvent } from "./event-codec.ts";
import { deskEventType, glanceAtReport, type ReportGlance } from "./event-glance.ts";
import type { Account, ClOrdId, KeyId, OrderId, UnixMs } from "./ids.ts";
import type { Order, OrderPhase } from "./order.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 500);

const GOLDEN = new URL("../../../../test/golden/desk-events.jsonl", import.meta.url);
const payloads = readFileSync(GOLDEN, "utf8").trimEnd().split("\n");

const reports = payloads.map(decodeDeskEvent).filter((event) => event.type === "ExecutionReported");

const PHASES: readonly OrderPhase[] = ["PendingNew", "Open", "Filled", "Canceled", "Rejected"];
/** Mostly such as records have; some that JSON escapes, or that look like other cells. */
const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."abz09-_/ .") }),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", '"', "\\", '","', "true", "],[", "\n", "\ud800", "拒絕"),
);
const anyCount = fc.oneof(fc.nat({ max: 9 }), fc.maxSafeNat());

const anyFacts: fc.Arbitrary<Partial<Order>> = fc.record({
  orderId: anyText.map((text) => text as OrderId),
  account: anyText.map((text) => text as Account),
  clOrdId: anyText.map((text) => text as ClOrdId),
  portfolioId: anyText,
  market: fc.constantFrom(...Object.values(MarketName)),
  symbol: anyText,
  side: fc.constantFrom(...Object.values(Side)),
  triggered: fc.boolean(),
  phase: fc.constantFrom(...PHASES),
  cancelPending: fc.boolean(),
  rejectReason: anyText,
  createdAtMs: anyCount.map((ms) => ms as UnixMs),
  updatedAtMs: anyCount.map((ms) => ms as UnixMs),
  version: anyCount,
  streamSeq: anyCount,
  enteredBy: anyText.map((text) => text as KeyId),
});

const anyOrigin = fc.record({
  previousStreamSeq: anyCount,
  cause: fc.option(
    fc.record({ channel: fc.constant(Channel.Http), actor: anyText, requestId: anyText }),
  ),
});

const anyReport: fc.Arbitrary<ExecutionReported> = fc
  .tuple(fc.constantFrom(...reports), anyFacts, fc.option(anyOrigin))
  .map(([report, facts, origin]) => {
    const changed = { ...report, order: { ...report.order, ...facts } };
    return origin === null ? changed : { ...changed, origin };
  });

function assertSeen(payload: string): void {
  const event = decodeDeskEvent(payload);
  assert.equal(deskEventType(payload), event.type);
  if (event.type !== "ExecutionReported") return;
  const { isTrade, ...facts }: ReportGlance = glanceAtReport(payload);
  assert.equal(isTrade, event.execution !== null);
  assert.deepEqual(facts, Object.fromEntries(picked(event.order, Object.keys(facts))));
}

function picked(order: Order, names: readonly string[]): (readonly [string, unknown])[] {
  return names.map((name) => [name, order[name as keyof Order]]);
}

test("event glance: it sees what every record of the journal's format says", () => {
  for (const payload of payloads) assertSeen(payload);
  assert.ok(reports.some(({ execution }) => execution !== null));
  assert.ok(reports.some(({ origin }) => origin !== undefined));
});

test("event glance: it sees what decoding sees, whatever the texts are", () => {
  fc.assert(
    fc.property(anyReport, (report) => assertSeen(encodeDeskEvent(report))),
    { numRuns },
  );
});

test("event glance: what is no report, or less than one, is a bug", () => {
  assert.throws(() => deskEventType('["Z",1]'), InvariantError);
  const [report] = reports;
  assert.ok(report !== undefined);
  const payload = encodeDeskEvent(report);
  for (let length = 0; length < payload.length; length += 1) {
    assert.throws(() => glanceAtReport(payload.slice(0, length)));
  }
});
