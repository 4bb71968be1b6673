/** When a certificate, or the chain that it stands in, has to be renewed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { certificateLife, endsSoon } from "./certificate-life.ts";

const DAY_MS = 86_400_000;

function certificateOf(days: number): string {
  const form = ["req", "-x509", "-nodes", "-newkey", "ed25519", "-subj", "/CN=localhost"];
  const files = ["-keyout", "/dev/null", "-out", "-", "-days", String(days)];
  const made = spawnSync("openssl", [...form, ...files]);
  assert.equal(made.status, 0, String(made.stderr));
  return made.stdout.toString("latin1");
}

test("certificate: a chain is good until the first of it ends", () => {
  const [long, short] = [certificateOf(365), certificateOf(30)];
  const lives = [long, short].map(certificateLife);
  for (const chain of [`${long}${short}`, `${short}\nsome words\n${long}`]) {
    const { fromMs, untilMs } = certificateLife(chain);
    assert.equal(untilMs, lives[1]?.untilMs);
    assert.equal(fromMs, Math.max(...lives.map((life) => life.fromMs)));
  }
});

test("certificate: its end is near in the last fortnight, or quarter of a short life", () => {
  for (const [days, soonDays] of [
    [365, 14],
    [90, 14],
    [56, 14],
    [8, 2],
    [1, 0.25],
  ] as const) {
    const life = { fromMs: 0, untilMs: days * DAY_MS };
    assert.equal(endsSoon(life, (days - soonDays) * DAY_MS), false, `${days} days`);
    assert.equal(endsSoon(life, (days - soonDays) * DAY_MS + 1), true, `${days} days`);
    assert.equal(endsSoon(life, (days + 1) * DAY_MS), true, `${days} days, ended`);
  }
});
