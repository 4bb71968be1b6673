import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnixMs } from "../model/ids.ts";
import {
  type AnsweredRequest,
  AnsweredRequests,
  answeredLines,
  restoreAnswered,
} from "./answered-requests.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 500);

test("answered requests: an answer is found until it expires, and not a millisecond longer", () => {
  const requests = new AnsweredRequests();
  const answer = answered(1, 5_500);
  requests.add("a", answer);
  assert.deepEqual(requests.get("a", ms(0)), answer);
  assert.deepEqual(requests.get("a", ms(5_500)), answer);
  assert.equal(requests.get("a", ms(5_501)), null);
  assert.equal(requests.get("b", ms(0)), null);
});

test("answered requests: memory is freed in the second after the one they expired in", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_000));
  requests.add("b", answered(2, 5_999));
  requests.add("c", answered(3, 6_000));
  requests.forgetExpired(ms(5_999));
  assert.equal(requests.size, 3);
  requests.forgetExpired(ms(6_000));
  assert.deepEqual(fingerprintsOf(requests), ["c"]);
  requests.forgetExpired(ms(6_999));
  assert.deepEqual(fingerprintsOf(requests), ["c"]);
  requests.forgetExpired(ms(7_000));
  assert.equal(requests.size, 0);
});

test("answered requests: a name used again after it expired keeps its newer answer", () => {
  const requests = new AnsweredRequests();
  const newer = answered(2, 60_000);
  requests.add("a", answered(1, 5_000));
  requests.add("a", newer);
  requests.forgetExpired(ms(30_000));
  assert.deepEqual(requests.get("a", ms(30_000)), newer);
  requests.forgetExpired(ms(61_000));
  assert.equal(requests.size, 0);
});

test("answered requests: a clock that runs backwards brings nothing back and frees nothing", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_000));
  requests.add("b", answered(2, 15_000));
  requests.forgetExpired(ms(10_000));
  requests.forgetExpired(ms(1_000));
  assert.deepEqual(fingerprintsOf(requests), ["b"]);
  assert.equal(requests.forgottenThroughS, 9);
});

test("answered requests: what is added already expired is forgotten with the next second", () => {
  const requests = new AnsweredRequests();
  requests.forgetExpired(ms(10_000));
  requests.add("late", answered(1, 3_000));
  requests.forgetExpired(ms(10_999));
  assert.equal(requests.size, 1);
  assert.equal(requests.get("late", ms(10_999)), null);
  requests.forgetExpired(ms(11_000));
  assert.equal(requests.size, 0);
});

test("answered requests: finds exactly what a list of all answers ever given would find", () => {
  const step = fc.record(
    {
      fingerprint: fc.constantFrom("a", "b", "c", "d", "e"),
      passedMs: fc.oneof(fc.constant(0), fc.nat({ max: 1_500 })),
      keptMs: fc.nat({ max: 5_000 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
      const requests = new AnsweredRequests();
      const model = new Map<string, AnsweredRequest>();
      let nowMs = 1_718_000_000_000;
      for (const [index, { fingerprint, passedMs, keptMs }] of steps.entries()) {
        nowMs += passedMs;
        const answer = answered(index + 1, nowMs + keptMs);
        requests.forgetExpired(ms(nowMs));
        requests.add(fingerprint, answer);
        model.set(fingerprint, answer);
        for (const name of ["a", "b", "c", "d", "e"]) {
          const kept = model.get(name);
          const found = kept !== undefined && kept.expiresAtMs >= nowMs ? kept : null;
          assert.deepEqual(requests.get(name, ms(nowMs)), found);
        }
        for (const [, { expiresAtMs }] of requests.entries()) {
          assert.ok(expiresAtMs > nowMs - 1_000 - (nowMs % 1_000), "nothing old stays in memory");
        }
      }
      requests.forgetExpired(ms(nowMs + 6_000));
      assert.equal(requests.size, 0);
    }),
    { numRuns },
  );
});

function answered(seq: number, expiresAtMs: number): AnsweredRequest {
  return { seq, contentDigest: "", expiresAtMs: ms(expiresAtMs) };
}

function ms(value: number): UnixMs {
  return value as UnixMs;
}

function fingerprintsOf(requests: AnsweredRequests): string[] {
  return [...requests.entries()].map(([fingerprint]) => fingerprint);
}

test("answered requests: what was swept may be forgotten, what was not is known", () => {
  const answered = new AnsweredRequests();
  answered.add("a", { seq: 1, contentDigest: "", expiresAtMs: 5_500 as UnixMs });
  answered.forgetExpired(7_000 as UnixMs);
  assert.equal(answered.get("a", 1_000 as UnixMs), null);
  assert.equal(answered.mayBeForgotten(5_500 as UnixMs), true);
  assert.equal(answered.mayBeForgotten(6_999 as UnixMs), true);
  assert.equal(answered.mayBeForgotten(7_000 as UnixMs), false);
});

test("answered requests: thousands are found and forgotten, and listed by their positions", () => {
  const requests = new AnsweredRequests();
  const model = new Map<string, AnsweredRequest>();
  for (let seq = 1; seq <= 5_000; seq += 1) {
    const nowMs = 1_718_000_000_000 + seq * 20;
    const answer = {
      seq,
      contentDigest: `content ${seq}`,
      expiresAtMs: ms(nowMs + (seq % 30_000)),
    };
    requests.forgetExpired(ms(nowMs));
    for (const [name, { expiresAtMs }] of model) {
      if (Math.floor(expiresAtMs / 1000) < Math.floor(nowMs / 1000)) model.delete(name);
    }
    // Every seventh was used before.
    const fingerprint = `request ${seq % 7 === 0 ? seq - 7 : seq}`;
    requests.add(fingerprint, answer);
    model.set(fingerprint, answer);
    if (seq % 500 !== 0) continue;
    const bySeq = [...model].sort(([, a], [, b]) => a.seq - b.seq);
    assert.deepEqual([...requests.entries()], bySeq);
    assert.equal(requests.size, model.size);
    for (const [name, kept] of model) assert.deepEqual(requests.get(name, ms(0)), kept);
  }
  requests.forgetExpired(ms(1_718_000_200_000));
  assert.deepEqual([...requests.entries()], []);
});

test("answered requests: written down and read back they are the same, in bounded lines", () => {
  const requests = new AnsweredRequests();
  for (const count of [0, 1, 999, 1_000, 1_001, 2_400]) {
    while (requests.size < count) {
      requests.add(`request ${requests.size}`, answered(requests.size + 1, 60_000));
    }
    const lines = [...answeredLines(requests)];
    assert.equal(lines.length, Math.ceil(count / 1_000));
    const again = new AnsweredRequests();
    again.makeRoom(count);
    for (const line of lines) restoreAnswered(again, JSON.parse(line) as unknown[]);
    assert.deepEqual([...again.entries()], [...requests.entries()]);
  }
});

test("answered requests: a name is a digest, not any text", () => {
  const requests = new AnsweredRequests();
  const longest = "-_09AZaz-_09AZaz-_09AZaz";
  requests.add(longest, answered(1, 5_000));
  assert.deepEqual(fingerprintsOf(requests), [longest]);
  assert.equal(requests.get(longest.slice(1), ms(0)), null);
  assert.equal(requests.get(longest.slice(0, -1), ms(0)), null);
  for (const text of [`${longest}x`, "日", "a\0"]) {
    assert.throws(() => requests.add(text, answered(2, 5_000)), /must hold/);
  }
});
