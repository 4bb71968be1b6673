import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account, UnixMs } from "../model/ids.ts";
import { keyState, REVOKED_KEYS_MAX } from "./api-keys.ts";
import { type ControlEvent, decodeControlEvent, encodeControlEvent } from "./control-event.ts";
import { ControlState } from "./control-state.ts";
import type { KeyCreated, KeyEvent, KeyTerms } from "./key-event.ts";

const TERMS: KeyTerms = {
  apiKey: "k1",
  algorithm: "hmac",
  accounts: ["80114138" as Account],
  permissions: ["trade", "read"],
  portfolioIds: ["p"],
  addresses: ["10.0.0.0/8"],
  label: "desk",
};

function at(atMs: number) {
  return { atMs: atMs as UnixMs, operator: "kim", reason: "why" };
}

function created(terms: Partial<KeyTerms> = {}, expiresAtMs: number | null = null): KeyCreated {
  return {
    type: "KeyCreated",
    act: at(1),
    terms: { ...TERMS, ...terms },
    expiresAtMs: expiresAtMs as UnixMs | null,
    credential: { text: "sealed 1" },
  };
}

const STORY: readonly KeyEvent[] = [
  created(),
  created({ apiKey: "k2", algorithm: "ed25519", portfolioIds: null, addresses: null }, 500),
  {
    type: "KeyRotated",
    act: at(2),
    apiKey: "k1",
    credential: { text: "sealed 2" },
    previousUntilMs: 900 as UnixMs,
  },
  { type: "KeyExpirySet", act: at(3), apiKey: "k1", expiresAtMs: 800 as UnixMs },
  {
    type: "KeyResealed",
    act: at(4),
    apiKey: "k1",
    credential: { text: "sealed 3" },
    previous: { text: "sealed 4" },
  },
  { type: "KeyRevoked", act: at(5), apiKey: "k2" },
];

function stateOf(events: readonly ControlEvent[]): ControlState {
  const state = new ControlState();
  for (const event of events) state.apply(event);
  return state;
}

test("api keys: events are read as they were written", () => {
  for (const event of STORY) {
    assert.deepEqual(decodeControlEvent(encodeControlEvent(event)), event);
  }
});

test("api keys: a snapshot in the middle of the story changes nothing", () => {
  const whole = [...stateOf(STORY).snapshotLines()];
  for (let count = 0; count <= STORY.length; count += 1) {
    const lines = [...stateOf(STORY.slice(0, count)).snapshotLines()];
    const state = ControlState.restore(lines);
    assert.deepEqual([...state.snapshotLines()], lines);
    for (const event of STORY.slice(count)) state.apply(event);
    assert.deepEqual([...state.snapshotLines()], whole);
  }
});

test("api keys: state by time, and what follows from it", () => {
  const { keys } = stateOf(STORY);
  const key = keys.find("k1");
  assert.ok(key !== null);
  const before = { credential: { text: "sealed 4" }, sinceMs: 1, untilMs: 900 };
  assert.deepEqual(key.previous, before);
  assert.deepEqual([keyState(key, 799), keyState(key, 800)], ["active", "expired"]);
  const revoked = keys.find("k2");
  assert.ok(revoked !== null);
  assert.equal(keyState(revoked, 0), "revoked");
  assert.equal(keys.decideRevoke(at(9), "k2"), null);
  assert.equal(refusalOf(keys.decideExpiry(at(9), "k2", 1000 as UnixMs)), "KEY_ENDED");
  assert.equal(refusalOf(keys.decideExpiry(at(800), "k1", 1000 as UnixMs)), "KEY_ENDED");
  const credential = { text: "x" };
  assert.equal(refusalOf(keys.decideRotate(at(9), "k3", credential, 1 as UnixMs)), "UNKNOWN_KEY");
});

test("api keys: an overlap that is over at once leaves nothing of the old secret", () => {
  const { keys } = stateOf(STORY.slice(0, 1));
  const act = at(10);
  keys.apply({
    type: "KeyRotated",
    act,
    apiKey: "k1",
    credential: { text: "new" },
    previousUntilMs: act.atMs,
  });
  assert.equal(keys.find("k1")?.previous, null);
});

test("api keys: the secret before is good since its own rotation, and gone with the key", () => {
  const { keys } = stateOf(STORY.slice(0, 1));
  for (const [atMs, text] of [
    [10, "second"],
    [20, "third"],
  ] as const) {
    const rotated = { type: "KeyRotated", act: at(atMs), apiKey: "k1" } as const;
    keys.apply({ ...rotated, credential: { text }, previousUntilMs: 99 as UnixMs });
  }
  const before = { credential: { text: "second" }, sinceMs: 10, untilMs: 99 };
  assert.deepEqual(keys.find("k1")?.previous, before);
  keys.apply({ type: "KeyRevoked", act: at(30), apiKey: "k1" });
  assert.equal(keys.find("k1")?.previous, null);
});

test("api keys: revoked ones leave the list, the oldest first", () => {
  const { keys } = new ControlState();
  for (let index = 0; index <= REVOKED_KEYS_MAX; index += 1) {
    const apiKey = `k${index}`;
    keys.apply(created({ apiKey }));
    keys.apply({ type: "KeyRevoked", act: at(2), apiKey });
  }
  assert.equal(keys.find("k0"), null);
  assert.equal([...keys.all()].length, REVOKED_KEYS_MAX);
});

function refusalOf(decided: KeyEvent | { readonly refused: string } | null): string | null {
  return decided !== null && "refused" in decided ? decided.refused : null;
}

test("keys: an act that names its request is journaled with it, whatever it did", () => {
  const act = { ...at(10), requestId: "r-1" };
  const event: ControlEvent = { type: "KeyRevoked", act, apiKey: "a" };
  const payload = encodeControlEvent(event);
  assert.equal(payload, '["X",10,"kim","why","a",{"requestId":"r-1"}]');
  assert.deepEqual(decodeControlEvent(payload), event);
});
