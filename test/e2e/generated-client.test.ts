// Clients that a public generator makes from the served OpenAPI documents, with nothing of ours but
// the signature or the token, cancel an order and block an account.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { generateApi } from "swagger-typescript-api";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { OPERATOR_TOKEN } from "./operator-client.ts";

type GeneratedCalls<Name extends string, Data> = Readonly<
  Record<Name, (...content: unknown[]) => Promise<{ readonly data: GeneratedAnswer<Data> }>>
>;

interface GeneratedAnswer<Data> {
  readonly code: number;
  readonly data?: Data;
}

/** What the tests use of the generated classes. */
interface ClientsApi {
  readonly trade: GeneratedCalls<
    "placeOrder" | "cancelOrder" | "listOrders",
    { readonly order_no?: string; readonly orders?: readonly { order_status: string }[] }
  >;
}

interface OperatorsApi {
  readonly operator: GeneratedCalls<
    "postKill" | "getBlocksByBlockId" | "postBlocksByBlockIdRelease",
    { readonly block_id: number; readonly state: string }
  >;
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

/** The class that is made of the document at this address. */
async function generated<Api>(
  t: TestContext,
  url: string,
  customFetch: typeof fetch,
): Promise<Api> {
  const folder = temporaryFolder(t);
  const spec = (await (await fetch(`${url}/openapi.json`)).json()) as never;
  await generateApi({ spec, output: folder, fileName: "api.js", toJS: true, silent: true });
  const { Api } = (await import(pathToFileURL(join(folder, "api.js")).href)) as {
    readonly Api: new (options: object) => Api;
  };
  return new Api({ baseUrl: url, customFetch });
}

test("generated client: places an order, cancels it, and sees it cancelled", async (t) => {
  const { url } = await startInProcess(t, { wallMs: NOW_MS, marketMs: NOW_MS });
  const { trade } = await generated<ClientsApi>(t, url, signedFetch);
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

const asOperator: typeof fetch = (input, init = {}) => {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${OPERATOR_TOKEN}`);
  headers.set("X-Operator", "kim");
  return fetch(input, { ...init, headers });
};

test("generated client: an operator blocks an account, looks, and releases it", async (t) => {
  const { operatorUrl } = await startInProcess(t, REAL_TIME, {
    COUNTERMAND_OPERATOR_PORT: "0",
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
  });
  assert.ok(operatorUrl !== null);
  const { operator } = await generated<OperatorsApi>(t, operatorUrl, asOperator);
  const scope = { account: "80114138" };
  const killed = await operator.postKill({ reason: "runaway algorithm", scope });
  const { block_id } = killed.data.data ?? {};
  assert.equal((await operator.getBlocksByBlockId(block_id)).data.data?.state, "active");
  const released = await operator.postBlocksByBlockIdRelease(block_id, { reason: "mended" });
  assert.equal(released.data.data?.state, "released");
});
