import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERRORS, isFault } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { decodeMarketMessage } from "./market-messages.ts";
import { MARKET_CHANNELS } from "./market-words.ts";

test("market messages: subscribe names channels, symbols and levels", () => {
  const text =
    '{"op":"subscribe","channels":["depth","candles:1h"],"symbols":["00700","AAPL"],"levels":20}';
  assert.deepEqual(decodeMarketMessage(text), {
    op: "subscribe",
    channels: [
      { kind: "depth", word: "depth" },
      { kind: "candles", word: "candles:1h", interval: 3600 },
    ],
    symbols: ["00700", "AAPL"],
    levels: 20,
  });
});

test("market messages: what is named twice counts once, levels are 10 by default", () => {
  const text = '{"op":"subscribe","channels":["trades","trades"],"symbols":["A","B","A"]}';
  assert.deepEqual(decodeMarketMessage(text), {
    op: "subscribe",
    channels: [{ kind: "trades", word: "trades" }],
    symbols: ["A", "B"],
    levels: 10,
  });
  assert.deepEqual(decodeMarketMessage(text.replace("subscribe", "unsubscribe")), {
    op: "unsubscribe",
    channels: [{ kind: "trades", word: "trades" }],
    symbols: ["A", "B"],
  });
});

test("market messages: what is refused, in the order of the checks", () => {
  const table: readonly (readonly [text: string, result: string])[] = [
    ["{", "malformed_json: line 1, column 2"],
    ["[]", "malformed_subscription: a message is an object, not an array"],
    ["{}", "unknown_op: op must be one of subscribe, unsubscribe, not nothing"],
    ['{"op":"x","y":1}', 'unknown_op: op must be one of subscribe, unsubscribe, not "x"'],
    [of('"depth"', '"A"', ',"id":"1"'), 'malformed_subscription: unknown field "id"'],
    ['{"op":"subscribe"}', "malformed_subscription: channels is an array, not nothing"],
    [of("", '"A"'), "malformed_subscription: channels names at least one"],
    [of('"depth"', ""), "malformed_subscription: symbols names at least one"],
    [of('"book"', ""), "unknown_channel: a channel is one of depth, trades, candles:1m, "],
    [of("1", '"A"'), "unknown_channel: a channel is one of depth, trades, candles:1m, "],
    [of('"depth"', "00700"), "malformed_json: "],
    [
      of('"depth"', "700"),
      'malformed_symbol: a symbol must be a JSON string: write "700" in quotes',
    ],
    [of('"depth"', '""'), "malformed_symbol: a symbol is not empty"],
    [of('"depth"', `"${"x".repeat(33)}"`), "malformed_symbol: a symbol has at most 32 characters"],
    [
      of('"depth"', '"A"', ',"levels":3'),
      "invalid_levels: levels is one of the numbers 1, 5, 10, 20, ",
    ],
    [of('"depth"', '"A"', ',"levels":"10"'), "invalid_levels: "],
    [
      of('"depth"', '"A"', ',"levels":10').replace("subscribe", "unsubscribe"),
      'malformed_subscription: unknown field "levels"',
    ],
    [
      of('"depth","trades"', Array.from({ length: 101 }, (_, index) => `"${index}"`).join(",")),
      "too_many_subscriptions: 202 subscriptions in one message, 200 are taken",
    ],
  ];
  for (const [text, expected] of table) {
    const result = decodeMarketMessage(text);
    assert.ok(isFault(result), text);
    const line = `${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), `${text}: ${line}`);
  }
});

test("market messages: any JSON gives a message within bounds or a catalogued fault", () => {
  const words = MARKET_CHANNELS.map(({ word }) => word);
  const message = fc.record(
    {
      op: fc.oneof(fc.constantFrom("subscribe", "unsubscribe"), fc.jsonValue()),
      channels: fc.oneof(fc.array(fc.constantFrom(...words)), fc.jsonValue()),
      symbols: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
      levels: fc.oneof(fc.constantFrom(1, 5, 10, 20, 50), fc.jsonValue()),
    },
    { requiredKeys: ["op"] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        message.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (text) => {
        const result = decodeMarketMessage(text);
        if (isFault(result)) {
          assert.ok(Object.hasOwn(ERRORS, result.error));
          return;
        }
        const count = result.channels.length * result.symbols.length;
        assert.ok(count > 0 && count <= LIMITS.marketSubscriptionsMax.value);
      },
    ),
    { numRuns: 400 },
  );
});

function of(channels: string, symbols: string, more = ""): string {
  return `{"op":"subscribe","channels":[${channels}],"symbols":[${symbols}]${more}}`;
}
