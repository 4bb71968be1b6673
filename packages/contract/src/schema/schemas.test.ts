import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Amount,
  type Execution,
  type Price,
  type Qty,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { ERRORS, isFault } from "../errors.ts";
import {
  ACCEPTED,
  decodeMarketMessage,
  encodeBatch,
  encodeCancelData,
  encodeCandlesSnapshot,
  encodeCandleUpdate,
  encodeDepthDelta,
  encodeDepthSnapshot,
  encodeError,
  encodeHeartbeat,
  encodeHistory,
  encodeLive,
  encodeMarketHeartbeat,
  encodeModeNotice,
  encodeNotice,
  encodeOrder,
  encodeOrderMessage,
  encodeOrdersPage,
  encodePlaced,
  encodePreviewedCancel,
  encodePreviewedOrder,
  encodeReply,
  encodeSkip,
  encodeSnapshot,
  encodeStreamError,
  encodeSubscribed,
  encodeSuccess,
  encodeTime,
  encodeTrades,
  encodeTradesSnapshot,
  encodeUnsubscribed,
} from "../index.ts";
import { json } from "../json-fixture.ts";
import { anOrder } from "../order-fixture.ts";
import { decodeCancel } from "../requests/cancel.ts";
import { decodePlace } from "../requests/place.ts";
import { ROUTES, type RouteName } from "../routes.ts";
import { asyncApiDocument, STREAM_CHANNELS, STREAM_SCHEMAS } from "./asyncapi.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { refName, type Schema } from "./json-schema.ts";
import { openApiDocument } from "./openapi.ts";
import { schemaNamed } from "./schemas.ts";

const DOCUMENT = { components: { schemas: STREAM_SCHEMAS } };
const AJV = new Ajv2020({
  strict: true,
  strictTypes: false,
  formats: { decimal: true },
  // Most validators look at one value.
  code: { optimize: false },
});
AJV.addKeyword("components");
AJV.addSchema({ ...DOCUMENT, $id: "wire" });
let compiledCount = 0;

/** Made once each, of those it refers to. */
function validatorNamed(name: string): ValidateFunction {
  const validate = AJV.getSchema(`wire#/components/schemas/${name}`);
  assert.ok(validate !== undefined, name);
  return validate as ValidateFunction; // None of ours is asynchronous.
}

function validatorOf(schema: Schema): ValidateFunction {
  compiledCount += 1;
  return AJV.compile({ ...DOCUMENT, $id: `wire-${compiledCount}`, ...schema });
}

/** Fails unless the text is of the schema; objects may have no members but the schema's own. */
function assertValid(schema: Schema | keyof typeof STREAM_SCHEMAS, text: string): void {
  const validate = typeof schema === "string" ? validatorNamed(schema) : validatorOf(schema);
  const value = JSON.parse(text) as unknown;
  assert.ok(validate(value), `${text}\n${AJV.errorsText(validate.errors)}`);
  if (typeof schema === "string") assertNoMore(STREAM_SCHEMAS[schema], value);
}

function assertNoMore(schema: Schema, value: unknown): void {
  const name = refName(schema);
  if (name !== null) {
    assertNoMore(schemaNamed(name), value);
    return;
  }
  if (schema.properties === undefined || typeof value !== "object" || value === null) return;
  for (const [member, inner] of Object.entries(value)) {
    const described = schema.properties[member];
    assert.ok(described !== undefined, `member ${member} is in no schema`);
    assertNoMore(described, inner);
  }
}

const NAMES = { securityDesc: "TENCENT", currency: "HKD" };

const EXECUTION: Pick<Execution, "execId" | "lastQty" | "lastPx"> = {
  execId: "1000000001" as Execution["execId"],
  lastQty: 100n as Qty,
  lastPx: 100n as Price,
};

test("schemas: every reference has its schema, every schema is sound", () => {
  const seen = new Set<string>();
  const visit = (schema: Schema): void => {
    const name = refName(schema);
    if (name !== null) {
      schemaNamed(name);
      seen.add(name);
    }
    const inner = [
      ...Object.values(schema.properties ?? {}),
      ...(schema.prefixItems ?? []),
      ...(schema.oneOf ?? []),
      ...(schema.anyOf ?? []),
      ...(schema.items === undefined ? [] : [schema.items]),
    ];
    for (const each of inner) visit(each);
  };
  for (const [name, schema] of Object.entries(STREAM_SCHEMAS)) {
    visit(schema);
    validatorNamed(name);
  }
  assert.ok(seen.size > 10);
});

test("schemas: what the encoders write is what the schemas say", () => {
  const order = encodeOrder(anOrder(), NAMES, { query: true });
  assertValid("Order", order);
  assertValid("Order", encodeOrder(anOrder({ cancelPending: true }), NAMES, { query: true }));
  const canceled = anOrder({ phase: "Canceled", cancelReason: "requested" });
  assertValid("CancelledOrder", encodeCancelData(canceled, NAMES, false));
  assertValid("PreviewedCancel", encodePreviewedCancel(canceled, NAMES, true));
  const hold = { name: "HKD", units: 42_444_080_000_000n };
  assertValid("PreviewedOrder", encodePreviewedOrder(anOrder(), NAMES, hold));
  const update = encodeOrder(anOrder(), NAMES, { query: false, execution: EXECUTION });
  assertValid("OrderUpdate", update);
  assertValid("OrderMessage", encodeOrderMessage(1, update));
  assertValid("SnapshotMessage", encodeSnapshot(1, [update]));
  assertValid("SnapshotMessage", encodeSnapshot(1, [update], "80114138"));
  assertValid("SkipMessage", encodeSkip(1, null));
  assertValid("HistoryMessage", encodeHistory("a1b2", null));
  assertValid("HistoryMessage", encodeHistory("a1b2", "80114138"));
  assertValid("LiveMessage", encodeLive(0, null));
  assertValid("LiveMessage", encodeLive(1, "80114138"));
  assertValid("SkipMessage", encodeSkip(1, "80114138"));
  assertValid("HeartbeatMessage", encodeHeartbeat(1_746_775_257_000, 1));
  assertValid("HeartbeatMessage", encodeHeartbeat(1_746_775_257_000, 1, [], "80114138"));
  assertValid("NoticeMessage", encodeNotice("SHUTTING_DOWN", ""));
  assertValid("NoticeMessage", encodeModeNotice("hkex", "halted"));
  const range = { earliestSeq: 1, latestSeq: 2 };
  assertValid("ErrorMessage", encodeStreamError("SEQ_OUT_OF_RANGE", "", range));
  assertValid("ReplyMessage", encodeReply("a", ACCEPTED));
  assertValid("ReplyMessage", encodeReply("a", encodeError("UNKNOWN_ORDER", "")));
  assertValid("Failure", encodeError("TOO_LATE_FILLED", "", { members: [["data", order]] }));
});

test("schemas: what the market stream writes is what its schemas say", () => {
  const [atMs, price, qty] = [1_746_774_142_003 as UnixMs, 100n as Price, 200n as Qty];
  const at = { channel: "depth", symbol: "00700", epoch: 3, seq: 812, atMs };
  const depth = { bids: [[price, qty, 1]], asks: [] } as const;
  const trade = { execId: "1000000017", price, qty, aggressorSide: Side.Buy, atMs } as const;
  const prices = { open: price, high: price, low: price, close: price };
  const amount = 300n as Amount;
  const candle = { startSeconds: 1_746_774_120, ...prices, volume: qty, amount, tradeCount: 1 };
  assertValid("MarketSnapshotMessage", encodeDepthSnapshot(at, 10, depth));
  assertValid("MarketSnapshotMessage", encodeTradesSnapshot(at, [trade]));
  assertValid("MarketSnapshotMessage", encodeCandlesSnapshot(at, [candle]));
  assertValid("MarketDeltaMessage", encodeDepthDelta(at, 811, depth));
  assertValid("MarketTradeMessage", encodeTrades(at, 811, [trade]));
  assertValid("MarketCandleMessage", encodeCandleUpdate(at, 811, candle));
  const position = { channel: "depth", symbol: "00700", seq: 812 };
  assertValid("MarketHeartbeatMessage", encodeMarketHeartbeat(1, 3, [position]));
  const asked = '{"op":"subscribe","channels":["depth"],"symbols":["00700"]';
  const begun = decodeMarketMessage(`${asked},"levels":5}`);
  assert.ok(!isFault(begun) && begun.op === "subscribe");
  assertValid("MarketCommandMessage", `${asked},"levels":5}`);
  assertValid("MarketSubscribedMessage", encodeSubscribed(begun, 1));
  assertValid("MarketUnsubscribedMessage", encodeUnsubscribed({ ...begun, op: "unsubscribe" }, 0));
});

test("schemas: the answers of routes are what their endpoints say", () => {
  const ok = (name: RouteName) => ENDPOINTS[name].ok;
  const order = encodeOrder(anOrder(), NAMES, { query: true });
  assertValid(ok("cancelOrder"), ACCEPTED);
  const canceled = anOrder({ phase: "Canceled", cancelReason: "requested" });
  assertValid(ok("cancelOrder"), encodeSuccess(encodeCancelData(canceled, NAMES, false)));
  assertValid(ok("placeOrder"), encodePlaced("22000000001"));
  assertValid(ok("placeOrder"), encodeSuccess(order));
  const page = { totalRecords: 1, page: 1, pageSize: 20, rows: [order] };
  assertValid(ok("listOrders"), encodeOrdersPage(page));
  assertValid(ok("serverTime"), encodeTime(1_746_775_257_000));
  const refused = encodeError("UNKNOWN_ORDER", "");
  const batch = encodeBatch([
    { orderNo: "22000000001", referenceId: null, resultJson: ACCEPTED, dataJson: null },
    { orderNo: "", referenceId: "a", resultJson: refused, dataJson: null },
  ]);
  assertValid(ok("cancelBatch"), batch);
});

/** Mostly the first, now and then one of the others. */
function mostly(usual: unknown, ...others: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));
}

const decimals = (usual: unknown) =>
  mostly(usual, 1, "1.12345678", "1.123456789", "1e5", -1, "x", true);

/** Bodies near what an order is. */
const PLACE_BODIES = fc.record(
  {
    market: mostly("hkex", "moon", 1),
    order_type: mostly("limit_order", "stop_market_order", "odd"),
    symbol: mostly("00700", 700, "x".repeat(65)),
    order_side: mostly("buy", "short"),
    price: decimals(1.5),
    trigger_price: mostly("0", 1),
    qty: decimals("100"),
    time_in_force: mostly("day", "gtc", "forever"),
    reference_id: mostly("a", "x".repeat(65), 1),
    portfolio_id: mostly("a", "x".repeat(51), 1),
    only_if: mostly("resting", "", "unfilled", 1),
    more: fc.constant(1),
  },
  { requiredKeys: ["market", "order_type", "symbol", "order_side", "price", "qty"] },
);

const CANCEL_BODIES = fc.record(
  {
    order_no: mostly("22000000001", "", 22, "9".repeat(33)),
    // Beside an order_no it is not looked at.
    reference_id: mostly("a", ""),
    only_if: mostly("unfilled", "", "filled"),
    version: mostly(1, 0, 1.5, "x"),
    more: fc.constant(1),
  },
  { requiredKeys: [] },
);

test("schemas: a body that a decoder takes is one that the schema takes", () => {
  const cases = [
    [PLACE_BODIES, "PlaceRequest", decodePlace],
    [CANCEL_BODIES, "CancelRequest", decodeCancel],
  ] as const;
  for (const [bodies, name, decode] of cases) {
    const validate = validatorNamed(name);
    let takenCount = 0;
    fc.assert(
      fc.property(bodies, (body) => {
        const decoded = decode(json(JSON.stringify(body)));
        if (isFault(decoded)) return;
        takenCount += 1;
        assert.ok(validate(body), `${JSON.stringify(body)}\n${AJV.errorsText(validate.errors)}`);
      }),
      { numRuns: 3_000 },
    );
    assert.ok(takenCount > 0, `some ${name} are taken`);
  }
});

test("openapi: every route is an operation, and every status of the catalogue an answer", () => {
  const document = openApiDocument({ version: "1.2.3", serverUrl: "http://127.0.0.1:8080" });
  const paths = document["paths"] as Record<string, Record<string, { operationId: string }>>;
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  assert.deepEqual(
    operations.map(({ operationId }) => operationId).sort(),
    ROUTES.map(({ name }) => name).sort(),
  );
  const { responses } = document["components"] as { readonly responses: object };
  const statuses = new Set(Object.values(ERRORS).map(({ httpStatus }) => `Failed${httpStatus}`));
  assert.deepEqual(Object.keys(responses).sort(), [...statuses].sort());
});

test("openapi: an answer names its headers, a refusal those of its status", () => {
  const { paths, components } = openApiDocument({ version: "1", serverUrl: "http://a" }) as {
    paths: Record<string, Record<string, { responses: Record<string, { headers: object }> }>>;
    components: { responses: Record<string, { headers: object }>; headers: object };
  };
  const named = (answer: { headers: object } | undefined) => Object.keys(answer?.headers ?? {});
  assert.deepEqual(named(paths["/trade/v1/orders"]?.["delete"]?.responses["200"]), [
    "X-Request-Id",
    "X-Idempotent-Replay",
    "RateLimit-Policy",
    "RateLimit",
    "Preference-Applied",
  ]);
  assert.deepEqual(named(paths["/time"]?.["get"]?.responses["200"]), ["X-Request-Id"]);
  const { Failed405, Failed409, Failed503 } = components.responses;
  assert.deepEqual(named(Failed405), ["X-Request-Id", "Allow"]);
  const always = ["X-Request-Id", "RateLimit-Policy", "RateLimit"];
  assert.deepEqual(named(Failed409), [...always, "Preference-Applied", "X-Idempotent-Replay"]);
  assert.deepEqual(named(Failed503), [...always, "Retry-After"]);
  const told = new Set([
    ...Object.values(components.responses).flatMap(named),
    ...Object.values(paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ responses }) => named(responses["200"])),
    ),
  ]);
  assert.deepEqual([...told].sort(), Object.keys(components.headers).sort());
});

test("asyncapi: every message has a channel it travels on", () => {
  const travelling = Object.values(STREAM_CHANNELS).flatMap(({ receives, sends }) => [
    ...receives[1],
    sends[1],
  ]);
  const messages = Object.keys(STREAM_SCHEMAS).filter((name) => name.endsWith("Message"));
  assert.deepEqual([...new Set(travelling)].sort(), messages.sort());
});

test("asyncapi: speaks of the gateway it comes from", () => {
  const { servers } = asyncApiDocument({ version: "1", serverUrl: "https://orders.example:8443" });
  const { host, protocol } = (servers as { gateway: { host: string; protocol: string } }).gateway;
  assert.deepEqual([host, protocol], ["orders.example:8443", "wss"]);
});
