import assert from "node:assert/strict";
import { test } from "node:test";
import type { OrderId, UnixMs } from "@countermand/core/model";
import { type Account, CancelReason, Channel, ExecType } from "@countermand/core/model";
import { anOrder } from "../order-fixture.ts";
import { encodeStoryEvent, type StoryEvent } from "./audit.ts";

const PLACE = { partition: "desk-22", seq: 7, hash: "00ff" };
const CAUSE = { channel: Channel.Socket, actor: "demo-key", requestId: "r-1" };

function told(event: StoryEvent) {
  return JSON.parse(encodeStoryEvent(event, PLACE));
}

test("audit: a refusal that only a later version knows is told by its name", () => {
  const refused = (name: string) => {
    const { http_status, code, reason } = told({
      type: "CommandRefused",
      atMs: 1_746_774_142_003 as UnixMs,
      account: "80114138" as Account,
      orderId: "22000000001" as OrderId,
      command: "cancel",
      refused: name,
      cause: CAUSE,
    });
    return [http_status, code, reason];
  };
  assert.deepEqual(refused("VERSION_CHANGED").slice(0, 1), [409]);
  for (const name of ["NOT_KNOWN_YET", "constructor", "toString"]) {
    assert.deepEqual(refused(name), [0, 0, name]);
  }
});

test("audit: a command's event says what it was answered, a trade that it brought does not", () => {
  const order = anOrder({ cancelReason: CancelReason.Requested, cancelPending: true });
  const event = (execType: ExecType, cause: typeof CAUSE | null) => {
    const facts = { type: "ExecutionReported", order, execution: null, execType };
    return told({ ...facts, origin: { cause } } as never);
  };
  const pending = event(ExecType.PendingCancel, CAUSE);
  assert.deepEqual([pending.http_status, pending.code, pending.actor], [200, 0, "demo-key"]);
  assert.equal(pending.cancel_reason, "", "it may come too late");
  for (const other of [event(ExecType.Trade, CAUSE), event(ExecType.Canceled, null)]) {
    assert.equal("http_status" in other, false);
  }
  assert.equal(event(ExecType.Canceled, null).actor, "");
});
