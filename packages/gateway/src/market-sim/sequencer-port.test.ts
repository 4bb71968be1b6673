import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account, Order, OrderId, PlaceRequest } from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import type { Turn } from "../sequencer/command-turn.ts";
import type { Sequencer, WriteResult } from "../sequencer/sequencer.ts";
import { SIMULATED_PENDING_MAX } from "./limits.ts";
import { SequencerPort } from "./sequencer-port.ts";

const ACCOUNT = "SIM00001" as Account;
const REQUEST = {} as PlaceRequest;

/** A sequencer that answers as a test says. */
class ScriptedSequencer {
  pendingCount = 0;
  result: WriteResult["result"] = "answered";
  readonly written: string[] = [];
  readonly turn: Turn;

  constructor(turn: Partial<Turn>) {
    this.turn = turn as Turn;
  }

  write({ account }: Caller, urgency: string, identity: null, decide: (turn: Turn) => unknown) {
    assert.equal(account, ACCOUNT);
    assert.equal(identity, null, "nothing is remembered of simulated commands");
    this.written.push(urgency);
    if (this.result === "answered") decide(this.turn);
    return Promise.resolve({ result: this.result });
  }
}

function portOn(sequencer: ScriptedSequencer): SequencerPort {
  return new SequencerPort(sequencer as unknown as Sequencer, () => {
    return { requestCount: 0, streamCount: 0 };
  });
}

test("sequencer port: placed and refused are told apart, and only what was done is counted", async () => {
  const placed = new ScriptedSequencer({ place: () => ({}) as ReturnType<Turn["place"]> });
  const port = portOn(placed);
  assert.equal(await port.place(ACCOUNT, REQUEST), "done");
  assert.deepEqual([placed.written, port.commandCount], [["place"], 1]);

  const refusal = { refused: "INSUFFICIENT_CASH" } as unknown as ReturnType<Turn["place"]>;
  const refusing = portOn(new ScriptedSequencer({ place: () => refusal }));
  assert.equal(await refusing.place(ACCOUNT, REQUEST), "refused");
  assert.equal(refusing.commandCount, 0);
});

test("sequencer port: a cancel of what is closed meanwhile is done", async () => {
  const sequencer = new ScriptedSequencer({ openTarget: () => ({ found: "none" }) });
  assert.equal(await portOn(sequencer).cancel(ACCOUNT, "1" as OrderId), "done");
  assert.deepEqual(sequencer.written, ["cancel"]);
});

test("sequencer port: a cancel that the market takes not now is refused", async () => {
  const order = {} as Order;
  const sequencer = new ScriptedSequencer({
    openTarget: () => ({ found: "open", order }),
    cancel: () => ({ refused: "MARKET_CLOSED" }) as unknown as ReturnType<Turn["cancel"]>,
  });
  const port = portOn(sequencer);
  assert.equal(await port.cancel(ACCOUNT, "1" as OrderId), "refused");
  assert.equal(port.commandCount, 0);
});

test("sequencer port: under load nothing is sent, long before real orders are refused", async () => {
  const sequencer = new ScriptedSequencer({ place: () => ({}) as ReturnType<Turn["place"]> });
  const port = portOn(sequencer);
  sequencer.pendingCount = SIMULATED_PENDING_MAX + 1;
  assert.equal(await port.place(ACCOUNT, REQUEST), "overloaded");
  assert.equal(await port.cancel(ACCOUNT, "1" as OrderId), "overloaded");
  assert.deepEqual(sequencer.written, []);
  sequencer.pendingCount = SIMULATED_PENDING_MAX;
  sequencer.result = "overloaded";
  assert.equal(await port.place(ACCOUNT, REQUEST), "overloaded");
  assert.equal(port.commandCount, 0);
});
