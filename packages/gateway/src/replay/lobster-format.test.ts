import assert from "node:assert/strict";
import { test } from "node:test";
import { Side } from "@countermand/core/model";
import {
  formatLobsterPrice,
  formatLobsterTime,
  parseLobsterMessage,
  parseLobsterRow,
} from "./lobster-format.ts";

test("message: a line of each type says what its columns say", () => {
  const order = { timeNs: 34_200_004_241_176, lobsterId: "16113575", size: 18, price: 5_853_300 };
  const line = (type: number, direction: number): string =>
    `34200.004241176,${type},16113575,18,5853300,${direction}`;
  for (const type of [1, 2, 3, 4]) {
    assert.deepEqual(parseLobsterMessage(line(type, 1)), { type, ...order, side: Side.Buy });
    assert.deepEqual(parseLobsterMessage(line(type, -1)), { type, ...order, side: Side.Sell });
  }
  const { timeNs } = order;
  assert.deepEqual(parseLobsterMessage("34200.004241176,5,0,1,5853250,1"), { type: 5, timeNs });
  assert.deepEqual(parseLobsterMessage("34200.004241176,6,-1,900,5853250,-1"), { type: 6, timeNs });
  assert.deepEqual(parseLobsterMessage("34200.004241176,7,0,0,-1,-1"), { type: 7, timeNs });
});

test("message: times are exact to the nanosecond", () => {
  const times: readonly [text: string, timeNs: number, shown: string][] = [
    ["0", 0, "00:00:00.000000000"],
    ["34200.1", 34_200_100_000_000, "09:30:00.100000000"],
    ["34200.000000001", 34_200_000_000_001, "09:30:00.000000001"],
    ["57599.999999999", 57_599_999_999_999, "15:59:59.999999999"],
    ["86399.987654321", 86_399_987_654_321, "23:59:59.987654321"],
  ];
  for (const [text, timeNs, shown] of times) {
    const message = parseLobsterMessage(`${text},3,1,1,1,1`);
    assert.equal(typeof message === "string" ? message : message.timeNs, timeNs);
    assert.equal(formatLobsterTime(timeNs), shown);
  }
});

test("message: what is wrong with a line is named", () => {
  const faults: readonly [line: string, fault: string][] = [
    ["", "has 1 columns instead of 6"],
    ["1,1,1,1,1", "has 5 columns instead of 6"],
    ["1,1,1,1,1,1,", "has 7 columns instead of 6"],
    ["Time,Type,Order ID,Size,Price,Direction", 'time "Time" is not'],
    ["1e3,1,1,1,1,1", 'time "1e3" is not'],
    ["-1,1,1,1,1,1", 'time "-1" is not'],
    ["1.,1,1,1,1,1", 'time "1." is not'],
    ["1.1234567890,1,1,1,1,1", 'time "1.1234567890" is not'],
    ["86401,1,1,1,1,1", 'time "86401" is not'],
    ["1,0,1,1,1,1", 'type "0" is not one of 1 to 7'],
    ["1,8,1,1,1,1", 'type "8" is not one of 1 to 7'],
    ["1,,1,1,1,1", 'type "" is not one of 1 to 7'],
    ["1,1,0,1,1,1", 'order id "0" is not'],
    ["1,1,-1,1,1,1", 'order id "-1" is not'],
    ["1,1,01,1,1,1", 'order id "01" is not'],
    ["1,1,1,0,1,1", 'size "0" is not'],
    ["1,1,1,1.5,1,1", 'size "1.5" is not'],
    ["1,1,1, 1,1,1", 'size " 1" is not'],
    ["1,1,1,10000000001,1,1", 'size "10000000001" is not'],
    ["1,1,1,1,0,1", 'price "0" is not'],
    ["1,1,1,1,-5,1", 'price "-5" is not'],
    ["1,1,1,1,9999999999,1", 'price "9999999999" is not'],
    ["1,1,1,1,1,0", 'direction "0" is neither 1 nor -1'],
    ["1,1,1,1,1,buy", 'direction "buy" is neither 1 nor -1'],
    ["1,7,0,0,none,-1", '"none" is not a whole number'],
  ];
  for (const [line, fault] of faults) {
    const message = parseLobsterMessage(line);
    assert.ok(typeof message === "string" && message.startsWith(fault), `${line}: ${message}`);
  }
});

test("row: levels of both sides, best first, empty ones left out", () => {
  assert.deepEqual(parseLobsterRow("101,5,99,7,102,6,98,8"), {
    asks: [
      { price: 101, size: 5 },
      { price: 102, size: 6 },
    ],
    bids: [
      { price: 99, size: 7 },
      { price: 98, size: 8 },
    ],
    levelCount: 2,
  });
  assert.deepEqual(parseLobsterRow("101,5,-9999999999,0,9999999999,0,-9999999999,0"), {
    asks: [{ price: 101, size: 5 }],
    bids: [],
    levelCount: 2,
  });
  const wide = Array.from({ length: 200 }, (_, n) => `${500 + n},1,${400 - n},1`).join(",");
  const row = parseLobsterRow(wide);
  assert.equal(typeof row === "string" ? row : row.asks.length, 200);
});

test("row: what is wrong with a line is named", () => {
  const faults: readonly [line: string, fault: string][] = [
    ["", '"" is not a whole number of at most 11 digits'],
    ["101,5,99", "has 3 columns, not 4 for each level"],
    ["101,5,99,7,102,6", "has 6 columns, not 4 for each level"],
    ["101,5,99,x", '"x" is not a whole number'],
    ["101,5,99,7.0", '"7.0" is not a whole number'],
    ["101,5,99,123456789012", '"123456789012" is not a whole number'],
    ["9999999999,1,99,7", "ask level 1 is empty but has size 1"],
    ["101,5,-9999999999,3", "bid level 1 is empty but has size 3"],
    ["-9999999999,0,99,7", "ask level 1 has price -9999999999"],
    ["101,5,9999999999,0", "bid level 1 has price 9999999999"],
    ["101,5,0,7", "bid level 1 has price 0"],
    ["101,0,99,7", "ask level 1 has size 0"],
    ["101,5,99,-7", "bid level 1 has size -7"],
    ["9999999999,0,99,7,102,6,98,8", "ask level 2 comes after an empty level"],
    ["101,5,99,7,101,6,98,8", "ask level 2 is not behind the level before it"],
    ["101,5,99,7,102,6,100,8", "bid level 2 is not behind the level before it"],
  ];
  for (const [line, fault] of faults) {
    const row = parseLobsterRow(line);
    assert.ok(typeof row === "string" && row.startsWith(fault), `${line}: ${JSON.stringify(row)}`);
  }
});

test("price: dollars with four decimals", () => {
  assert.equal(formatLobsterPrice(5_853_300), "585.3300");
  assert.equal(formatLobsterPrice(1), "0.0001");
  assert.equal(formatLobsterPrice(9_999_999_998), "999999.9998");
});
