import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "../errors.ts";
import { json } from "../json-fixture.ts";
import { decodeClock } from "./clock.ts";

function decoded(text: string) {
  return decodeClock(json(text));
}

test("clock: a request sets, advances, steps or paces it", () => {
  const table: readonly (readonly [string, object])[] = [
    ['{"set":1754356620000}', { move: { to: "time", atMs: 1_754_356_620_000 }, speed: null }],
    ['{"set":"0"}', { move: { to: "time", atMs: 0 }, speed: null }],
    ['{"advance_ms":1,"speed":60}', { move: { to: "later", byMs: 1 }, speed: 60 }],
    ['{"step":true}', { move: { to: "boundary", group: null }, speed: null }],
    ['{"step":"nasdaq"}', { move: { to: "boundary", group: "usex" }, speed: null }],
    ['{"speed":0}', { move: null, speed: 0 }],
    ['{"set":"","step":"","speed":"86400"}', { move: null, speed: 86_400 }],
  ];
  for (const [text, expected] of table) assert.deepEqual(decoded(text), expected, text);
});

test("clock: each fault, and which comes first", () => {
  const table: readonly (readonly [string, string, RegExp])[] = [
    ["[]", "MALFORMED_BODY", /one JSON object/],
    ['{"at":1,"set":"x"}', "CLOCK_UNKNOWN_FIELD", /"at"; it takes set, advance_ms, step, speed/],
    ['{"set":1.5,"speed":-1}', "INVALID_CLOCK_TIME", /^set must be .+ not "1\.5"$/],
    ['{"set":-1}', "INVALID_CLOCK_TIME", /from 0 to 4102444800000/],
    ['{"set":1e12}', "INVALID_CLOCK_TIME", /not "1e12"/],
    ['{"set":4102444800001}', "INVALID_CLOCK_TIME", /not "4102444800001"/],
    ['{"set":"NaN"}', "INVALID_CLOCK_TIME", /not "?NaN/],
    ['{"set":999999999999999999999}', "INVALID_CLOCK_TIME", /set must be/],
    ['{"set":null}', "INVALID_CLOCK_TIME", /not null/],
    ['{"advance_ms":0}', "INVALID_CLOCK_TIME", /^advance_ms must be a whole number from 1/],
    ['{"step":false,"speed":"x"}', "INVALID_CLOCK_STEP", /true or one of hkex/],
    ['{"step":"lse"}', "INVALID_CLOCK_STEP", /lse/],
    ['{"speed":86401}', "INVALID_CLOCK_SPEED", /from 0 to 86400, not "86401"/],
    ['{"set":1,"step":true}', "CLOCK_TWO_MOVES", /one of set, advance_ms and step/],
    ["{}", "CLOCK_NOTHING", /set, advance_ms, step or speed/],
  ];
  for (const [text, error, details] of table) {
    const fault = decoded(text);
    assert.ok(isFault(fault), text);
    assert.equal(fault.error, error, text);
    assert.match(fault.details, details, text);
  }
});
