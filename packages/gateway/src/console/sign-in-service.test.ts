// Goal: a code is of its request, while it waits for the disk as well.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account, UnixMs } from "@countermand/core/model";
import type { Claim } from "../sequencer/sequencer.ts";
import type { CallOptions } from "../trade/trade-service.ts";
import { CODES_PER_KEY_MAX } from "./limits.ts";
import { SignInCodes } from "./sign-in-codes.ts";
import { SignInService } from "./sign-in-service.ts";

const CALLER = { apiKey: "key-1", account: "80114138" as Account };
const OPTIONS: CallOptions = {
  identity: { fingerprint: "f", contentDigest: "", expiresAtMs: 0 as UnixMs },
  rememberAlways: false,
  representation: false,
  secretSinceMs: 7,
};

/** A disk that keeps everybody waiting until it is said whether they were the first. */
function bench() {
  const codes = new SignInCodes(() => 0);
  const waiting: ((claim: Claim) => void)[] = [];
  const claimOnce = () => new Promise<Claim>((resolve) => waiting.push(resolve));
  const service = new SignInService(codes, { claimOnce });
  const ask = async () => {
    const { httpStatus, body } = await service.createCode(CALLER, OPTIONS);
    const { data } = JSON.parse(body) as { readonly data?: { readonly sign_in_code: string } };
    return { httpStatus, code: data?.sign_in_code ?? "" };
  };
  const written = (claim: Claim = { result: "claimed" }): void => {
    for (const resolve of waiting.splice(0)) resolve(claim);
  };
  return { codes, ask, written };
}

test("sign-in: however many are asked for at once, a key gets what it may have", async () => {
  const { codes, ask, written } = bench();
  const asking = Array.from({ length: 2 * CODES_PER_KEY_MAX }, ask);
  written();
  const given = (await Promise.all(asking)).filter(({ httpStatus }) => httpStatus === 200);
  assert.equal(given.length, CODES_PER_KEY_MAX);
  assert.deepEqual(codes.redeem(given[0]?.code ?? "")?.secretSinceMs, 7);
});

test("sign-in: a key that is changed while a code waits for the disk lets nobody in by it", async () => {
  const { codes, ask, written } = bench();
  const asking = ask();
  codes.forget("key-1");
  written();
  assert.equal(codes.redeem((await asking).code), null);
});

test("sign-in: a request that may have made a code before makes none, and is told why", async () => {
  const { ask, written } = bench();
  const asking = ask();
  written({ result: "doubtful", waitMs: 1, isReusable: false });
  assert.deepEqual(await asking, { httpStatus: 401, code: "" });
});

test("sign-in: a repeated request takes no place from its key", async () => {
  const { codes, ask, written } = bench();
  const asking = Array.from({ length: CODES_PER_KEY_MAX }, ask);
  written({ result: "used" });
  const statuses = new Set((await Promise.all(asking)).map(({ httpStatus }) => httpStatus));
  assert.equal(statuses.has(200), false);
  assert.equal(codes.admits("key-1"), true);
});
