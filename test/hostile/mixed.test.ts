// Many requests on one connection, good and bad, by a seed: `npm run hostile -- mixed` has more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { plainDial } from "./http-conversation.ts";
import { playMixed } from "./mixed-run.ts";

const SEEDS = 60;

test(`mixed requests: each is answered in its turn or not at all, ${SEEDS} seeds`, async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const dial = plainDial(Number(new URL(url).port));
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    assert.equal(await playMixed(dial, url, seed), null, `seed ${seed}`);
  }
});
