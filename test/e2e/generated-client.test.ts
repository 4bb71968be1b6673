// A client that a public generator makes from the served OpenAPI document, with nothing of ours but
// the signature, cancels an order.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { generateApi } from "swagger-typescript-api";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { startInProcess } from "./gateway-in-process.ts";

/** What this test uses of the generated class. */
interface GeneratedApi {
  readonly trade: Readonly<
    Record<
      "placeOrder" | "cancelOrder" | "listOrders",
      (content: object) => Promise<{ readonly data: GeneratedAnswer }>
    >
  >;
}

interface GeneratedAnswer {
  readonly code: number;
  readonly data?: {
    readonly order_no?: string;
    readonly orders?: readonly { order_status: string }[];
  };
}

interface GeneratedModule {
  readonly Api: new (options: {
    readonly baseUrl: string;
    readonly customFetch: typeof fetch;
  }) => GeneratedApi;
}

const NOW_MS = 1_746_774_142_000;

/** Signs what the generated code is about to send. */
const signedFetch: typeof fetch = (input, init = {}) => {
  const { pathname, search } = new URL(String(input));
  const { method = "GET", body } = init;
  const payload = typeof body === "string" ? body : search.slice(1);
  const text = `${method}|${pathname}|${NOW_MS}|${payload}`;
  const headers = new Headers(init.headers);
  headers.set("X-API-Key", "demo-key");
  headers.set("X-API-Timestamp", String(NOW_MS));
  headers.set("X-API-Signature", createHmac("sha256", "demo-secret").update(text).digest("base64"));
  return fetch(input, { ...init, headers });
};

test("generated client: places an order, cancels it, and sees it cancelled", async (t) => {
  const { url } = await startInProcess(t, { wallMs: NOW_MS, marketMs: NOW_MS });
  const folder = temporaryFolder(t);
  const spec = (await (await fetch(`${url}/openapi.json`)).json()) as Parameters<
    typeof generateApi
  >[0];
  await generateApi({
    spec: spec as never,
    output: folder,
    fileName: "api.js",
    toJS: true,
    silent: true,
  });
  const { Api } = (await import(pathToFileURL(join(folder, "api.js")).href)) as GeneratedModule;
  const { trade } = new Api({ baseUrl: url, customFetch: signedFetch });
  const placed = await trade.placeOrder({
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    price: 423.83,
    qty: 1000,
  });
  const order_no = placed.data.data?.order_no ?? "";
  assert.match(order_no, /^[0-9]{11}$/);
  const cancelled = await trade.cancelOrder({ order_no });
  assert.equal(cancelled.data.code, 0);
  const listed = await trade.listOrders({ order_no });
  assert.deepEqual(
    listed.data.data?.orders?.map(({ order_status }) => order_status),
    ["can"],
  );
});
