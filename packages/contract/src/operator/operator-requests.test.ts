import assert from "node:assert/strict";
import { test } from "node:test";
import { isFault } from "../errors.ts";
import { JsonFault, type JsonValue, parseExact } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { decodeAdjust, decodeCloseAccount, decodeOpenAccount } from "./account-requests.ts";
import { decodeKill, decodeModeChange, decodeNothing, decodeReason } from "./control-requests.ts";
import {
  decodeAddInstrument,
  decodeInstrumentChange,
  decodeRetire,
} from "./instrument-requests.ts";
import { decodeCreateKey, decodeExpireKey, decodeRotateKey } from "./key-requests.ts";
import { decodeLimits, decodeLimitsRemoval } from "./limit-requests.ts";

/** Members of a body beside its reason, and what it is read as, or what is said of it. */
type Rows = readonly (readonly [members: object, read: object | RegExp])[];

const DECODERS = [
  ...[decodeAddInstrument, decodeAdjust, decodeCloseAccount, decodeCreateKey, decodeExpireKey],
  ...[decodeInstrumentChange, decodeKill, decodeLimits, decodeModeChange, decodeOpenAccount],
  ...[decodeLimitsRemoval, decodeReason, decodeRetire, decodeRotateKey],
];
const UNIT = 100_000_000n;
const long = (limit: { readonly value: number }) => "x".repeat(limit.value + 1);

function assertRead(decode: (value: JsonValue) => object, rows: Rows): void {
  for (const [members, expected] of rows) {
    const text = JSON.stringify({ reason: "why", ...members });
    const value = parseExact(text);
    assert.ok(!(value instanceof JsonFault), text);
    const read = decode(value);
    if (!(expected instanceof RegExp)) assert.deepEqual(read, { reason: "why", ...expected }, text);
    else assert.match(isFault(read) ? read.details : `taken: ${text}`, expected);
  }
}

test("operator requests: what every act says, and nothing that nobody knows", () => {
  assertRead(decodeReason, [
    [{}, {}],
    [{ reason: undefined }, /^reason is required$/],
    [{ reason: "" }, /^reason is required$/],
    [{ reason: 5 }, /^reason must be a JSON string: write "5" in quotes$/],
    [{ reason: "a\nb" }, /control character/],
    [{ reason: long(LIMITS.operatorReasonCharactersMax) }, /^reason has at most/],
  ]);
  for (const decode of DECODERS) assertRead(decode, [[{ nobody: 1 }, /^unknown field "nobody"; /]]);
  assert.ok(!isFault(decodeNothing(parseExact("{}") as JsonValue)));
  assert.ok(isFault(decodeNothing(parseExact('{"reason":"x"}') as JsonValue)));
  assert.ok(isFault(decodeReason(parseExact('["reason"]') as JsonValue)));
});

test("operator requests: a kill names what it is of, and everything by its name", () => {
  const whole = { apiKey: null, account: null, portfolioId: null, marketGroup: null };
  assertRead(decodeKill, [
    [{ scope: { gateway: true } }, { scope: whole, cancels: true }],
    [
      { scope: { gateway: true }, cancel_orders: false },
      { scope: whole, cancels: false },
    ],
    [
      { scope: { account: "a", market: "nasdaq", portfolio_id: "p", api_key: "k" } },
      {
        scope: { apiKey: "k", account: "a", portfolioId: "p", marketGroup: "usex" },
        cancels: true,
      },
    ],
    [
      { scope: { gateway: false, account: "a" } },
      { scope: { ...whole, account: "a" }, cancels: true },
    ],
    [{}, /^scope is required, with gateway, market, account, portfolio_id, api_key$/],
    [{ scope: {} }, /^scope names nothing; for everything send \{"gateway":true\}$/],
    [{ scope: { gateway: false, account: "" } }, /^scope names nothing/],
    [{ scope: { gateway: true, account: "a" } }, /^scope names the whole gateway and a part/],
    [{ scope: { gateway: "true" } }, /^gateway must be true or false, not a string$/],
    [{ scope: { symbol: "x" } }, /^unknown field "symbol"/],
    [{ scope: "gateway" }, /must be one JSON object/],
    [{ scope: { market: "lse" } }, /^market must be one of hkex, usex, nasdaq, crypto$/],
    [{ scope: { market: 5 } }, /^market must be a JSON string/],
    [{ scope: { account: long(LIMITS.accountCharactersMax) } }, /^account has at most/],
    [{ scope: { portfolio_id: long(LIMITS.portfolioIdCharactersMax) } }, /^portfolio_id has/],
    [{ scope: { api_key: long(LIMITS.operatorNameCharactersMax) } }, /^api_key has at most/],
    [{ scope: { gateway: true }, cancel_orders: 1 }, /^cancel_orders must be true or false/],
  ]);
});

test("operator requests: a mode is of a market or of all", () => {
  assertRead(decodeModeChange, [
    [
      { market: "all", mode: "halted" },
      { marketGroup: null, mode: "halted" },
    ],
    [
      { market: "nasdaq", mode: "open" },
      { marketGroup: "usex", mode: "open" },
    ],
    [
      { market: "hkex", mode: "cancel_only" },
      { marketGroup: "hkex", mode: "cancel_only" },
    ],
    [{ market: "lse", mode: "open" }, /^market must be one of .*, or all$/],
    [{ mode: "open" }, /^market is required$/],
    [{ market: "all" }, /^mode is required$/],
    [{ market: "all", mode: "shut" }, /^mode must be one of open, cancel_only, halted$/],
  ]);
});

test("operator requests: what an account begins with, gets and loses", () => {
  const cash = (name: string, units: bigint) => [{ assetClass: "Cash", name }, units];
  const holding = (name: string, units: bigint) => [{ assetClass: "Holding", name }, units];
  assertRead(decodeOpenAccount, [
    [{ account: "a-1._B" }, { account: "a-1._B", shortSellingAllowed: false, adjustments: [] }],
    [
      { account: "a", short_selling: true, cash: { HKD: 1.5 }, holdings: { "00700": "2" } },
      {
        account: "a",
        shortSellingAllowed: true,
        adjustments: [cash("HKD", (3n * UNIT) / 2n), holding("00700", 2n * UNIT)],
      },
    ],
    [{}, /^account is required$/],
    [{ account: "-a" }, /^account has letters, digits, dots, dashes and underscores, not "-a"$/],
    [{ account: "a b" }, /^account has letters/],
    [{ account: "a", short_selling: "no" }, /^short_selling must be true or false/],
    [{ account: "a", cash: { HKD: -1 } }, /^an account begins with nothing below zero$/],
    [{ account: "a", cash: { HKD: 0 } }, /^"HKD" of cash changes nothing$/],
    [{ account: "a", cash: [] }, /^cash must be an object/],
    [{ account: "a", holdings: { x: true } }, /^x must be a decimal/],
  ]);
  const assetsMax = LIMITS.operatorAssetsMax.value;
  const most = Object.fromEntries(Array.from({ length: assetsMax }, (_, at) => [`A${at}`, 1]));
  const symbolMax = "x".repeat(LIMITS.symbolCharactersMax.value);
  assertRead(decodeAdjust, [
    [{ cash: { HKD: -1 } }, { adjustments: [cash("HKD", -UNIT)] }],
    [{ holdings: { [symbolMax]: 1 } }, { adjustments: [holding(symbolMax, UNIT)] }],
    [{ holdings: { [`${symbolMax}x`]: 1 } }, /^holdings has no "x/],
    [{}, /^cash or holdings is required$/],
    [{ cash: {} }, /^cash or holdings is required$/],
    [{ cash: { HKD: "" } }, /^"HKD" of cash changes nothing$/],
    [{ cash: { ...most, B: 1 } }, /^cash has at most \d+ members$/],
    [{ cash: most }, { adjustments: Object.keys(most).map((name) => cash(name, UNIT)) }],
  ]);
  assertRead(decodeCloseAccount, [
    [{}, { cancelsOrders: false, withdraws: false }],
    [
      { cancel_orders: true, withdraw: false },
      { cancelsOrders: true, withdraws: false },
    ],
    [{ withdraw: true }, { cancelsOrders: false, withdraws: true }],
    [{ cancel_orders: "yes" }, /^cancel_orders must be/],
    [{ withdraw: null }, /^withdraw must be true or false, not null$/],
  ]);
});

test("operator requests: what of an instrument changes, and what it must have at first", () => {
  const kept = { priceTick: null, priceMax: null, lotQty: null, orderQtyMax: null };
  const nothing = { securityDesc: null, halted: null, grid: kept, resting: null };
  assertRead(decodeInstrumentChange, [
    [{ name: "New" }, { ...nothing, securityDesc: "New" }],
    [{ halted: false }, { ...nothing, halted: false }],
    [{ lot: 100 }, { ...nothing, grid: { ...kept, lotQty: 100n * UNIT } }],
    [
      { tick: 0.5, price_max: 2, qty_max: 3, resting: "keep" },
      {
        ...nothing,
        grid: { ...kept, priceTick: UNIT / 2n, priceMax: 2n * UNIT, orderQtyMax: 3n * UNIT },
        resting: "keep",
      },
    ],
    [{ resting: "cancel" }, /^one of name, halted, tick, lot, price_max, qty_max is required$/],
    [{ halted: 1 }, /^halted must be/],
    [{ tick: 0 }, /^tick must be above 0$/],
    [{ lot: -1 }, /^lot must be above 0$/],
    [{ price_max: "1e3" }, /^price_max must be written without an exponent/],
    [{ name: "x", resting: "leave" }, /^resting must be keep or cancel$/],
    [{ name: "x", resting: 5 }, /^resting must be a JSON string/],
    [{ name: long(LIMITS.instrumentNameCharactersMax) }, /^name has at most/],
  ]);
  assertRead(decodeRetire, [
    [{}, { resting: null }],
    [{ resting: "cancel" }, { resting: "cancel" }],
    [{ resting: "keep" }, /^nothing works in an instrument that is retired: cancel$/],
    [{ resting: "leave" }, /^resting must be/],
  ]);
  const added = { name: "N", currency: "USD", tick: 0.01, price_max: 9, lot: 1, qty_max: 8 };
  const terms = { securityDesc: "N", currency: "USD", priceTick: UNIT / 100n, priceMax: 9n * UNIT };
  const more = { lotQty: UNIT, orderQtyMax: 8n * UNIT, oddLotQty: null };
  const whole = { ...added, symbol: "AB", markets: ["usex", "nasdaq"] };
  const read = { marketGroup: "usex", markets: ["usex", "nasdaq"], ...terms, ...more };
  assertRead(decodeAddInstrument, [
    [whole, { instrument: { symbol: "AB", product: "AB", ...read } }],
    [
      { ...whole, product: "P", odd_lot: 0.5 },
      { instrument: { symbol: "AB", ...read, product: "P", oddLotQty: UNIT / 2n } },
    ],
    [
      { ...whole, markets: ["hkex"], tick: "0.00000001" },
      {
        instrument: {
          ...{ symbol: "AB", product: "AB", ...read, priceTick: 1n },
          ...{ marketGroup: "hkex", markets: ["hkex"] },
        },
      },
    ],
    [{ ...whole, symbol: "", product: "P" }, /^symbol is required$/],
    [{ ...whole, symbol: ".A" }, /^symbol has letters/],
    [{ ...whole, product: "A/B" }, /^product has letters/],
    [{ ...whole, name: "" }, /^name is required$/],
    [{ ...whole, currency: "" }, /^currency is required$/],
    [{ ...whole, currency: "us" }, /^currency has 3 to 8 capital letters$/],
    [{ ...whole, markets: "usex" }, /^markets must be a list/],
    [{ ...whole, markets: [] }, /^markets must be a list/],
    [{ ...whole, markets: ["usex", "usex"] }, /each once$/],
    [{ ...whole, markets: [5] }, /^markets are some of/],
    [{ ...whole, markets: ["usex", "nasdaq", "hkex"] }, /^markets must be names of one market$/],
    [{ ...whole, odd_lot: 0 }, /^odd_lot must be above 0$/],
    ...["tick", "price_max", "lot", "qty_max"].flatMap(
      (field): Rows => [
        [{ ...whole, [field]: undefined }, /^tick, lot, price_max, qty_max are required$/],
        [{ ...whole, [field]: -1 }, new RegExp(`^${field} must be above 0$`)],
      ],
    ),
  ]);
});

test("operator requests: what a key may do, for whom, from where and how long", () => {
  const trade = { accounts: ["a"], permissions: ["trade", "read"] };
  const none = { label: "", publicKey: null, expiresAtMs: null };
  const open = { portfolioIds: null, addresses: null };
  const two = { accounts: ["a", "b"], permissions: ["read"] };
  const many = (limit: { readonly value: number }) => {
    return Array.from({ length: limit.value + 1 }, (_, at) => `a${at}`);
  };
  assertRead(decodeCreateKey, [
    [trade, { ...trade, ...none, ...open }],
    [
      {
        ...trade,
        label: "desk",
        algorithm: "ed25519",
        public_key: "AA==",
        portfolios: ["p"],
        addresses: ["10.0.0.0/8"],
        expires_at: 1_746_774_142_000,
      },
      {
        ...trade,
        label: "desk",
        publicKey: "AA==",
        portfolioIds: ["p"],
        addresses: ["10.0.0.0/8"],
        expiresAtMs: 1_746_774_142_000,
      },
    ],
    [
      { ...trade, algorithm: "hmac" },
      { ...trade, ...none, ...open },
    ],
    [two, { ...two, ...none, ...open }],
    [{ permissions: ["operate"] }, { accounts: [], permissions: ["operate"], ...none, ...open }],
    [{ ...trade, label: long(LIMITS.keyLabelCharactersMax) }, /^label has at most/],
    [{ ...trade, algorithm: "rsa" }, /^algorithm must be hmac or ed25519$/],
    [{ ...trade, public_key: "AA==" }, /^public_key is of ed25519 keys$/],
    [{ ...trade, algorithm: "ed25519" }, /^public_key is required: 32 bytes in Base64$/],
    [{ ...trade, algorithm: 5 }, /^algorithm must be a JSON string/],
    [{ ...trade, public_key: "A".repeat(129) }, /^public_key has at most 128/],
    [{ ...trade, expires_at: 1_746_774_142 }, /^expires_at must be Unix milliseconds/],
    [{ ...trade, expires_at: "1746774142000" }, /^expires_at must be Unix milliseconds/],
    [{ permissions: ["read"] }, /^accounts is required$/],
    [{ accounts: ["a"] }, /^permissions is required, of read, trade, cancel, operate$/],
    [{ ...trade, permissions: ["write"] }, /^"write" is none of read, trade, cancel, operate$/],
    [{ ...trade, permissions: [] }, /^permissions is empty/],
    [{ ...trade, permissions: ["read", "read"] }, /^permissions names "read" twice$/],
    [{ ...trade, permissions: many({ value: 4 }) }, /^permissions has at most 4 elements$/],
    [{ ...trade, permissions: "read" }, /^permissions must be an array of strings, not a string$/],
    [{ permissions: ["operate", "read"] }, /^operate stands alone/],
    [{ accounts: ["a"], permissions: ["operate"] }, /^operate stands alone/],
    [{ permissions: ["operate"], portfolios: ["p"] }, /^operate stands alone/],
    [{ ...two, permissions: ["trade"] }, /^a key of several accounts is a drop copy/],
    [{ ...two, permissions: ["read", "cancel"] }, /^a key of several accounts is a drop copy/],
    [{ ...two, portfolios: ["p"] }, /^a drop copy is of whole accounts/],
    [{ ...trade, accounts: [""] }, /^accounts holds strings that are not empty, not a string$/],
    [{ ...trade, accounts: [5] }, /^accounts holds strings that are not empty, not a number$/],
    [{ ...trade, accounts: many(LIMITS.keyAccountsMax) }, /^accounts has at most/],
    [{ ...trade, accounts: [long(LIMITS.accountCharactersMax)] }, /^accounts has at most/],
    [{ ...trade, portfolios: many(LIMITS.keyPortfoliosMax) }, /^portfolios has at most/],
    [
      { ...trade, portfolios: many(LIMITS.keyPortfoliosMax).slice(1) },
      { ...trade, ...none, ...open, portfolioIds: many(LIMITS.keyPortfoliosMax).slice(1) },
    ],
    [{ ...trade, addresses: many(LIMITS.keyAddressesMax) }, /^addresses has at most/],
    [{ ...trade, addresses: ["x".repeat(65)] }, /^addresses has at most 64 characters$/],
  ]);
  const overlap = LIMITS.keyOverlapSecondsMax.value;
  assertRead(decodeRotateKey, [
    [{ overlap_seconds: 0 }, { overlapSeconds: 0, publicKey: null }],
    [
      { overlap_seconds: overlap, public_key: "A".repeat(128) },
      { overlapSeconds: overlap, publicKey: "A".repeat(128) },
    ],
    [{}, /^overlap_seconds is required/],
    [{ overlap_seconds: overlap + 1 }, /^overlap_seconds must be a whole number from 0 to/],
    [{ overlap_seconds: -1 }, /^overlap_seconds must be a whole number/],
    [{ overlap_seconds: 1.5 }, /^overlap_seconds must be a whole number/],
    [{ overlap_seconds: "5" }, /^overlap_seconds must be a whole number/],
    [{ overlap_seconds: 0, public_key: 5 }, /^public_key must be a JSON string/],
  ]);
  assertRead(decodeExpireKey, [
    [{}, { expiresAtMs: null }],
    [{ expires_at: 1_746_774_142_000 }, { expiresAtMs: 1_746_774_142_000 }],
    [{ expires_at: null }, /^expires_at must be Unix milliseconds/],
  ]);
});

test("operator requests: limits as their settings are written", () => {
  const limits = (...entries: [string, string][]) => ({
    limits: new Map(entries),
    version: null,
  });
  assertRead(decodeLimits, [
    [{ limits: { open_orders_max: 10 } }, limits(["openOrders", "10"])],
    [
      { limits: { order_qty_max: "off", order_value_max: { HKD: 1000.5, "*": "50" } } },
      limits(["orderQty", "off"], ["orderValue", "HKD:1000.5,*:50"]),
    ],
    [{}, /^limits must be an object with a limit at least/],
    [{ limits: {} }, /^limits must be an object with a limit at least/],
    [{ limits: [] }, /^limits must be an object with a limit at least/],
    [{ limits: { speed: 1 } }, /^there is no limit "speed"; there are order_qty_max, /],
    [{ limits: { duplicate_ms: true } }, /^duplicate_ms must be a number, .*, not a boolean$/],
    [{ limits: { order_value_max: {} } }, /^order_value_max must be a number, .* an object$/],
    [{ limits: { order_value_max: { hkd: 1 } } }, /^order_value_max takes amounts by currency/],
    [{ limits: { order_value_max: { HKD: true } } }, /^order_value_max takes amounts/],
    [{ limits: { order_value_max: { HKD: "1,USD:2" } } }, /^order_value_max takes amounts/],
  ]);
});

test("operator requests: limits are replaced as they were read, or whatever they are", () => {
  const limits = { open_orders_max: 10 };
  const read = new Map([["openOrders", "10"]]);
  assertRead(decodeLimits, [
    [
      { limits, version: "5d0c" },
      { limits: read, version: "5d0c" },
    ],
    [
      { limits, version: "" },
      { limits: read, version: null },
    ],
    [{ limits, version: 5 }, /^version must be a JSON string: write "5" in quotes$/],
  ]);
  assertRead(decodeLimitsRemoval, [
    [{}, { version: null }],
    [{ version: "5d0c" }, { version: "5d0c" }],
    [{ version: long(LIMITS.operatorNameCharactersMax) }, /^version has at most/],
  ]);
});
