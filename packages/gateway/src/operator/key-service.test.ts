import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlState } from "@countermand/core/control";
import type { Account, UnixMs } from "@countermand/core/model";
import type { Sequencer } from "../sequencer/sequencer.ts";
import { KeyService } from "./key-service.ts";
import { KEYS_PER_STEP } from "./limits.ts";

const NOW_MS = 1_746_774_142_000 as UnixMs;

test("keys: thousands are listed in as many turns as they take", async () => {
  const control = new ControlState();
  const count = 3 * KEYS_PER_STEP + 1;
  for (let index = 0; index < count; index += 1) {
    const atMs = (NOW_MS + index) as UnixMs;
    const terms = {
      apiKey: `cmk_${index}`,
      algorithm: "hmac",
      accounts: ["80114138" as Account],
      permissions: ["read"],
      portfolioIds: null,
      addresses: null,
      label: "",
    } as const;
    const act = { atMs, operator: "kim", reason: "a test" };
    const created = control.keys.decideCreate(act, terms, null, { text: "sealed" });
    assert.ok(!("refused" in created));
    control.apply(created);
  }
  let turnCount = 0;
  const turns = {
    next: () => {
      turnCount += 1;
      // What comes now is not listed.
      const revoke = { atMs: NOW_MS, operator: "kim", reason: "a test" };
      const revoked = control.keys.decideRevoke(revoke, `cmk_${turnCount}`);
      assert.ok(revoked !== null && !("refused" in revoked));
      control.apply(revoked);
      return Promise.resolve();
    },
  };
  const operate = (decide: (nowMs: UnixMs) => unknown) => Promise.resolve(decide(NOW_MS));
  const sequencer = { partitions: { control }, operate, turns } as unknown as Sequencer;
  const service = new KeyService({ sequencer, masterKey: null, onChanged: () => {} });
  const { httpStatus, body } = await service.list("active", NOW_MS);
  assert.equal(httpStatus, 200);
  const { keys } = JSON.parse(body).data as { keys: { api_key: string; state: string }[] };
  assert.deepEqual(
    keys.map(({ api_key, state }) => [api_key, state]),
    Array.from({ length: count }, (_, index) => [`cmk_${count - 1 - index}`, "active"]),
  );
  assert.equal(turnCount, 3);
});

test("keys: one that is unknown is said to be so, also where no secret can be kept", () => {
  const sequencer = { partitions: { control: new ControlState() } } as unknown as Sequencer;
  const service = new KeyService({ sequencer, masterKey: null, onChanged: () => {} });
  const turn = { operator: "kim", requestId: "", apiKey: null, wallMs: NOW_MS, nowMs: NOW_MS };
  for (const publicKey of [null, "x"]) {
    const request = { reason: "a test", overlapSeconds: 0, publicKey };
    const { httpStatus, body } = service.rotate(turn, "cmk_1", request);
    assert.deepEqual([httpStatus, JSON.parse(body).reason], [404, "unknown_key"]);
  }
});
