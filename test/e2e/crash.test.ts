/**
 * A few lives of `npm run crash -- kill`, whose short form has more and whose long form has 1,000.
 * TEST_SEED repeats the choices of a run, KILLS sets the number of kills under load.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { runKillLoop } from "./crash/kill-loop.ts";
import { Workplace } from "./gateway-process.ts";

const SEED = Number(process.env["TEST_SEED"] ?? randomInt(2 ** 31));
const KILLS = Number(process.env["KILLS"] ?? 2);

/** A hang is a failure too, but only long after the slowest machine would be done. */
const TIMEOUT_MS = 120_000 + KILLS * 15_000;

test(`crash: ${KILLS} kills under load`, { timeout: TIMEOUT_MS }, async (t) => {
  const place = Workplace.of(t);
  const { readyMs, ...counts } = await runKillLoop({ kills: KILLS, seed: SEED, place });
  t.diagnostic(`after ${KILLS} kills: ${JSON.stringify(counts)}`);
  assert.ok(counts.fills > KILLS && counts.cancels > KILLS, "the load did something");
  const [fastest, slowest] = [Math.min(...readyMs), Math.max(...readyMs)].map(Math.round);
  t.diagnostic(`ready ${fastest} to ${slowest} ms after the process was started`);
});
