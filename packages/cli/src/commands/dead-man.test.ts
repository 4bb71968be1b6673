import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { ApiError, type DeadManSwitch, OutcomeUnknownError } from "@countermand/client";
import { keep } from "./dead-man.ts";

const CUT = new OutcomeUnknownError("POST /trade/v1/dead-man", 3, "cut");

/** A switch of 60 s that is kept on a clock of its own; each answer takes a second. */
function kept(answers: (boolean | ((stop: () => void) => void))[], failure: Error = CUT) {
  const stopping = new AbortController();
  const errors = new PassThrough();
  const asked: number[] = [];
  let nowMs = 0;
  const client = {
    deadMan: (): Promise<DeadManSwitch> => {
      asked.push(nowMs);
      nowMs += 1_000;
      const answer = answers.shift() ?? ((stop) => stop());
      if (typeof answer === "function") answer(() => stopping.abort());
      if (answer !== false) return Promise.resolve({} as DeadManSwitch);
      return Promise.reject(failure);
    },
  };
  const clock = {
    monotonicMs: () => nowMs,
    pause: (ms: number) => {
      nowMs += ms;
      return Promise.resolve();
    },
  };
  const terminal = { errors, stopped: stopping.signal };
  const ended = keep(client, { timeout: 60, scope: "key" }, terminal, clock);
  return { ended, asked, told: () => String(errors.read() ?? "") };
}

test("dead-man: a refresh that is not answered is tried again, and no reason to end", async () => {
  const { ended, asked, told } = kept([true, false, false, true]);
  await ended;
  assert.deepEqual(asked, [20_000, 41_000, 43_000, 45_000, 66_000]);
  assert.equal(told().match(/not refreshed, trying again: outcome unknown/g)?.length, 2);
});

test("dead-man: once the switch must have fired, keeping it ends", async () => {
  const { ended, asked } = kept(Array.from({ length: 100 }, () => false));
  await assert.rejects(ended, OutcomeUnknownError);
  assert.equal(asked.at(-1), 60_000);
  const refreshed = kept([true, ...Array.from({ length: 100 }, () => false)]);
  await assert.rejects(refreshed.ended, OutcomeUnknownError);
  assert.equal(refreshed.asked.at(-1), 79_000, "it fires 60 s after it was asked for at 20 s");
});

test("dead-man: whoever stops it while it asks has not met a failure", async () => {
  const { ended, asked, told } = kept([
    (stop) => {
      stop();
      throw new Error("aborted");
    },
  ]);
  await ended;
  assert.equal(asked.length, 1);
  assert.doesNotMatch(told(), /not refreshed/);
});

function refusal(httpStatus: number, reason: string, retryable: boolean): ApiError {
  return new ApiError(httpStatus, { code: 1, message: "no", details: "", reason, retryable });
}

test("dead-man: a gateway that starts, or is busy, is no reason to end", async () => {
  const { ended, asked, told } = kept([false, false, true], refusal(503, "starting", true));
  await ended;
  assert.deepEqual(asked, [20_000, 22_000, 24_000, 45_000]);
  assert.equal(told().match(/not refreshed, trying again: no/g)?.length, 2);
});

test("dead-man: a refusal that stays one ends it at once", async () => {
  const { ended, asked } = kept([false, true], refusal(401, "signature_invalid", false));
  await assert.rejects(ended, ApiError);
  assert.deepEqual(asked, [20_000]);
});
