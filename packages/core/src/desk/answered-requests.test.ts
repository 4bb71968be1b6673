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

test("answered requests: memory is freed some seconds after they expired", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_000));
  requests.add("b", answered(2, 5_999));
  requests.add("c", answered(3, 6_000));
  requests.forgetExpired(ms(15_999));
  assert.equal(requests.size, 3);
  requests.forgetExpired(ms(16_000));
  assert.deepEqual(fingerprintsOf(requests), ["c"]);
  requests.forgetExpired(ms(16_999));
  assert.deepEqual(fingerprintsOf(requests), ["c"]);
  requests.forgetExpired(ms(17_000));
  assert.equal(requests.size, 0);
});

test("answered requests: a name used again after it expired keeps its newer answer", () => {
  const requests = new AnsweredRequests();
  const newer = answered(2, 60_000);
  requests.add("a", answered(1, 5_000));
  requests.add("a", newer);
  requests.forgetExpired(ms(30_000));
  assert.deepEqual(requests.get("a", ms(30_000)), newer);
  requests.forgetExpired(ms(71_000));
  assert.equal(requests.size, 0);
});

test("answered requests: a clock that runs backwards brings nothing back and frees nothing", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_000));
  requests.add("b", answered(2, 25_000));
  requests.forgetExpired(ms(20_000));
  requests.forgetExpired(ms(1_000));
  assert.deepEqual(fingerprintsOf(requests), ["b"]);
  assert.equal(requests.mayHaveForgotten(ms(5_000), ms(5_000)), 6_000);
});

test("answered requests: what is added already expired is forgotten with the next answer", () => {
  const requests = new AnsweredRequests();
  requests.forgetExpired(ms(20_000));
  requests.add("late", answered(1, 3_000));
  assert.equal(requests.size, 1);
  assert.equal(requests.get("late", ms(20_999)), null);
  requests.forgetExpired(ms(20_000));
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
          assert.ok(expiresAtMs > nowMs - 11_000 - (nowMs % 1_000), "nothing old stays in memory");
        }
      }
      requests.forgetExpired(ms(nowMs + 16_000));
      assert.equal(requests.size, 0);
    }),
    { numRuns },
  );
});

const NAMES = ["a", "b", "c", "d", "e"];

/** The clock goes both ways: in steps, and hours ahead or back. */
const anyJourney = fc.array(
  fc.record(
    {
      name: fc.constantFrom(...NAMES),
      /** Else it has its own time in it, and no other. */
      isReusable: fc.boolean(),
      passedMs: fc.oneof(
        { arbitrary: fc.integer({ min: 0, max: 200_000 }), weight: 4 },
        { arbitrary: fc.integer({ min: -400_000, max: 400_000 }), weight: 2 },
        { arbitrary: fc.integer({ min: -7_200_000, max: 7_200_000 }), weight: 1 },
      ),
      keptMs: fc.nat({ max: 600_000 }),
      isRestored: fc.nat({ max: 4 }).map((dice) => dice === 0),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 60, size: "max" },
);

test("answered requests: of all answers ever each that counts is known, or doubted", () => {
  fc.assert(
    fc.property(anyJourney, (steps) => {
      const requests = new AnsweredRequests();
      const ever: [name: string, answer: AnsweredRequest, isReusable: boolean][] = [];
      let nowMs = 1_718_000_000_000;
      let latestMs = nowMs;
      let isRising = true;
      for (const [index, { passedMs, keptMs, isReusable, ...step }] of steps.entries()) {
        nowMs += passedMs;
        const name = isReusable ? step.name : `${step.name}${nowMs + keptMs}`;
        latestMs = Math.max(latestMs, nowMs);
        isRising &&= nowMs === latestMs;
        if (requests.get(name, ms(nowMs)) === null) {
          requests.forgetExpired(ms(nowMs));
          requests.add(name, answered(index + 1, nowMs + keptMs));
          ever.push([name, answered(index + 1, nowMs + keptMs), isReusable]);
        }
        const isDoubted = (fromMs: number, throughMs: number) => {
          return requests.mayHaveForgotten(ms(fromMs), ms(throughMs)) !== null;
        };
        for (const [each, { expiresAtMs }, isAnyTime] of ever) {
          const newest = ever.findLast(([other]) => other === each)?.[1];
          const found = requests.get(each, ms(nowMs));
          if (found !== null) assert.deepEqual(found, newest);
          else if (expiresAtMs >= nowMs) {
            assert.ok(
              isDoubted(isAnyTime ? nowMs : expiresAtMs, isAnyTime ? Infinity : expiresAtMs),
            );
          }
        }
        assert.ok(!isDoubted(latestMs, Infinity), "what no clock has passed is known");
        assert.ok(!isRising || !isDoubted(nowMs, Infinity), "a clock that rises leaves no doubt");
      }
    }),
    { numRuns },
  );
});

test("answered requests: written down at any time they are what the whole history makes", () => {
  fc.assert(
    fc.property(anyJourney, (steps) => {
      const whole = new AnsweredRequests();
      let other = new AnsweredRequests();
      let nowMs = 1_718_000_000_000;
      for (const [index, { name, passedMs, keptMs, isRestored }] of steps.entries()) {
        nowMs += passedMs;
        for (const requests of [whole, other]) {
          requests.forgetExpired(ms(nowMs));
          requests.add(name, answered(index + 1, nowMs + keptMs));
        }
        assert.deepEqual(writtenDown(other), writtenDown(whole));
        if (isRestored) other = readBack(writtenDown(other));
      }
    }),
    { numRuns },
  );
});

function writtenDown(requests: AnsweredRequests): string[] {
  return [JSON.stringify(requests.forgottenCells), ...answeredLines(requests)];
}

function readBack([forgotten = "", ...lines]: readonly string[]): AnsweredRequests {
  const requests = new AnsweredRequests();
  requests.restoreForgotten(JSON.parse(forgotten));
  for (const line of lines) restoreAnswered(requests, JSON.parse(line));
  return requests;
}

function answered(seq: number, expiresAtMs: number): AnsweredRequest {
  return { seq, contentDigest: "", expiresAtMs: ms(expiresAtMs) };
}

function ms(value: number): UnixMs {
  return value as UnixMs;
}

function fingerprintsOf(requests: AnsweredRequests): string[] {
  return [...requests.entries()].map(([fingerprint]) => fingerprint);
}

test("answered requests: only what was forgotten may be forgotten", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_500));
  requests.forgetExpired(ms(60_000));
  assert.equal(requests.get("a", ms(1_000)), null);
  const doubtAt = (fromMs: number, throughMs = fromMs) => {
    return requests.mayHaveForgotten(ms(fromMs), ms(throughMs));
  };
  assert.deepEqual([doubtAt(4_999), doubtAt(5_000), doubtAt(5_999)], [null, 6_000, 6_000]);
  assert.deepEqual([doubtAt(6_000), doubtAt(5_999, Infinity)], [null, 6_000]);
  assert.equal(doubtAt(6_000, Infinity), null);
});

test("answered requests: an answer that a newer one replaces is forgotten where it counts longer", () => {
  const requests = new AnsweredRequests();
  requests.add("a", answered(1, 5_000));
  requests.add("a", answered(2, 900_000));
  assert.equal(requests.mayHaveForgotten(ms(0), ms(Infinity)), null);
  requests.add("a", answered(3, 800_000));
  assert.equal(requests.mayHaveForgotten(ms(0), ms(Infinity)), 901_000);
});

test("answered requests: what a clock that is ahead for a moment would forget is known still", () => {
  const requests = new AnsweredRequests();
  requests.forgetExpired(ms(2_000));
  requests.add("before", answered(1, 302_000));
  requests.forgetExpired(ms(3_602_000));
  requests.add("ahead", answered(2, 3_902_000));
  requests.forgetExpired(ms(3_000));
  assert.deepEqual(requests.get("before", ms(3_000)), answered(1, 302_000));
  assert.equal(requests.mayHaveForgotten(ms(0), ms(Infinity)), null);
});

test("answered requests: a clock that was ahead for long leaves no doubt about new ones", () => {
  const requests = new AnsweredRequests();
  requests.forgetExpired(ms(2_000));
  requests.add("before", answered(1, 302_000));
  for (let nowMs = 3_602_000; nowMs < 4_302_000; nowMs += 1_000) {
    requests.forgetExpired(ms(nowMs));
    requests.add(`ahead ${nowMs}`, answered(nowMs, nowMs + 300_000));
  }
  // Set back: it was ahead for 700 seconds.
  requests.forgetExpired(ms(702_000));
  assert.equal(requests.mayHaveForgotten(ms(302_000), ms(302_000)), 303_000);
  assert.equal(requests.mayHaveForgotten(ms(1_002_000), ms(1_002_000)), null);
  requests.add("after", answered(4_302_001, 1_002_000));
  assert.notEqual(requests.get("after", ms(703_000)), null);
  assert.notEqual(requests.mayHaveForgotten(ms(703_000), ms(Infinity)), null);
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
      if (Math.floor(expiresAtMs / 1000) < Math.floor(nowMs / 1000) - 10) model.delete(name);
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
