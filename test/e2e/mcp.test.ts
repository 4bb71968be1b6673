// The MCP server over its standard streams, driven by a client that is not ours.
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { run } from "@countermand/cli";
import { CountermandClient } from "@countermand/client";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { startInProcess } from "./gateway-in-process.ts";
import { ROOT } from "./gateway-process.ts";

const KEY = "demo-key";
const SECRET = "demo-secret";
const READS = [
  "orders",
  "order",
  "balance",
  "positions",
  "executions",
  "symbols",
  "depth",
  "preview_order",
];
const ORDER = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  qty: "100",
  price: "423.83",
} as const;

interface Assistant {
  readonly client: Client;
  readonly gateway: CountermandClient;
  /** All that the server has written to standard error. */
  readonly errors: () => string;
}

/** What the person does when the server asks. */
type Answer = { action: "accept" | "decline"; content?: { confirm: boolean } };

async function assistant(
  t: TestContext,
  flags: readonly string[],
  answer?: (message: string) => Answer,
): Promise<Assistant> {
  const nowMs = Date.now();
  const { url } = await startInProcess(t, { wallMs: nowMs, marketMs: nowMs });
  const credentials = { apiKey: KEY, secret: SECRET };
  const gateway = new CountermandClient({ baseUrl: url, credentials });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: ["packages/cli/src/main.ts", "mcp", ...flags],
    cwd: ROOT,
    env: { COUNTERMAND_URL: url, COUNTERMAND_API_KEY: KEY, COUNTERMAND_API_SECRET: SECRET },
    stderr: "pipe",
  });
  let errors = "";
  transport.stderr?.on("data", (chunk) => {
    errors += String(chunk);
  });
  const capabilities = answer === undefined ? {} : { elicitation: {} };
  const client = new Client({ name: "test", version: "1" }, { capabilities });
  if (answer !== undefined) {
    client.setRequestHandler("elicitation/create", async ({ params }) => answer(params.message));
  }
  t.after(() => client.close());
  await client.connect(transport);
  return { client, gateway, errors: () => errors };
}

async function call(client: Client, name: string, given: object = {}): Promise<unknown> {
  const result = await client.callTool({ name, arguments: { ...given } });
  assert.notEqual(result.isError, true, JSON.stringify(result));
  const [content] = result.content as readonly { readonly text: string }[];
  assert.deepEqual(JSON.parse(content?.text ?? ""), result.structuredContent);
  return result.structuredContent;
}

async function names(client: Client): Promise<string[]> {
  return (await client.listTools()).tools.map(({ name }) => name);
}

test("mcp: reads by default, and nothing else", async (t) => {
  const { client, gateway, errors } = await assistant(t, []);
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    READS,
  );
  assert.ok(tools.every(({ annotations }) => annotations?.readOnlyHint === true));
  const { order_no } = await gateway.place({ ...ORDER, order_type: "limit_order" });
  const told = [
    await call(client, "orders", { order_status: "new" }),
    await call(client, "order", { order_no }),
    await call(client, "order", { order_no: "99999999999" }),
    await call(client, "balance"),
    await call(client, "positions"),
    await call(client, "executions"),
    await call(client, "symbols"),
    await call(client, "depth", { symbol: "00700", levels: 5 }),
    await call(client, "preview_order", ORDER),
  ];
  const [orders, order, none] = told as [
    { total_records: number },
    { meaning: string; order: { order_no: string } },
    { order: null },
  ];
  assert.equal(orders.total_records, 1);
  assert.equal(order.order.order_no, order_no);
  assert.match(order.meaning, /^The order is open: 0 of 100 filled, 100 open\. It rests/);
  assert.equal(none.order, null);
  await assert.rejects(
    client.callTool({ name: "cancel_order", arguments: { order_no } }),
    /no tool/,
  );
  await assert.rejects(client.callTool({ name: "place_order", arguments: ORDER }), /no tool/);
  assert.equal((await gateway.order({ order_no }))?.order_status, "new");
  const said = `${JSON.stringify([told, tools, client.getInstructions()])}${errors()}`;
  assert.ok(!said.includes(SECRET), "the secret stays where it is");
});

test("mcp: what is wrong is refused before it is sent, or told as the gateway says it", async (t) => {
  const { client } = await assistant(t, ["--allow-cancel"]);
  for (const [given, why] of [
    [{ order_stauts: "new" }, /no argument order_stauts/],
    [{ order_status: "open" }, /order_status must be new, pex/],
    [{ page_size: 1000 }, /page_size must be a whole number from 1 to 100/],
    [{ symbol: 700 }, /symbol must be text/],
    [{ symbol: "0".repeat(300) }, /symbol must be text of at most 256/],
  ] as const) {
    await assert.rejects(client.callTool({ name: "orders", arguments: given }), why);
  }
  await assert.rejects(client.callTool({ name: "depth", arguments: {} }), /symbol is missing/);
  const refused = await client.callTool({ name: "depth", arguments: { symbol: "NONE" } });
  assert.equal(refused.isError, true);
  assert.match(JSON.stringify(refused.content), /ApiError/);
  const nameless = await client.callTool({ name: "order", arguments: {} });
  assert.match(JSON.stringify(nameless.content), /named by order_no or by reference_id/);
});

test("mcp: cancels when allowed, one order", async (t) => {
  const { client, gateway } = await assistant(t, ["--allow-cancel"]);
  assert.deepEqual(await names(client), [...READS, "cancel_order"]);
  const { order_no } = await gateway.place({ ...ORDER, order_type: "limit_order" });
  const ended = (await call(client, "cancel_order", { order_no })) as { outcome: string };
  assert.equal(ended.outcome, "cancelled");
  assert.equal((await gateway.order({ order_no }))?.order_status, "can");
  const unknown = await call(client, "cancel_order", { order_no: "99999999999" });
  assert.equal((unknown as { reason: string }).reason, "unknown_order");
});

test("mcp: places only what the person has said yes to", async (t) => {
  const answers: Answer[] = [
    { action: "decline" },
    { action: "accept", content: { confirm: false } },
    { action: "accept", content: { confirm: true } },
  ];
  const asked: string[] = [];
  const { client, gateway } = await assistant(t, ["--allow-place"], (message) => {
    asked.push(message);
    return answers[asked.length - 1] ?? { action: "decline" };
  });
  assert.deepEqual(await names(client), [...READS, "place_order"]);
  for (const placed of [false, false, true]) {
    const result = await call(client, "place_order", { ...ORDER, reference_id: "m1" });
    assert.equal((result as { placed: boolean }).placed, placed);
    assert.equal((await gateway.orders()).total_records, placed ? 1 : 0);
  }
  const question = 'Place this order? buy 100 "00700" on hkex at 423.83 or better, reference "m1"';
  assert.deepEqual(asked, [question, question, question]);
});

test("mcp: without a way to ask, placing is not offered", async (t) => {
  const { client } = await assistant(t, ["--allow-place"]);
  assert.deepEqual(await names(client), READS);
});

/** The server in this process, line by line. */
function lines(t: TestContext) {
  const input = new PassThrough();
  const output = new PassThrough({ encoding: "utf8" });
  const errors = new PassThrough();
  const stopping = new AbortController();
  const environment = { COUNTERMAND_URL: "http://127.0.0.1:1" };
  const ended = run(["mcp"], { input, output, errors, environment, stopped: stopping.signal });
  t.after(() => stopping.abort());
  const answer = async (line: string): Promise<unknown> => {
    input.write(`${line}\n`);
    return JSON.parse(String((await once(output, "data"))[0]));
  };
  return { input, ended, stopping, answer };
}

test("mcp: what is no request is answered with its code", async (t) => {
  const { answer, input, ended } = lines(t);
  for (const [line, code] of [
    ["{", -32_700],
    ["[]", -32_600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32_600],
    ['{"jsonrpc":"2.0","id":1,"method":"fly"}', -32_601],
    ['{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fly"}}', -32_602],
  ] as const) {
    assert.equal(((await answer(line)) as { error: { code: number } }).error.code, code, line);
  }
  assert.deepEqual(await answer('\n{"jsonrpc":"2.0","id":"a","method":"ping"}'), {
    jsonrpc: "2.0",
    id: "a",
    result: {},
  });
  input.end();
  assert.equal(await ended, 0);
});

test("mcp: what was asked before the input ended is answered", async (t) => {
  const nowMs = Date.now();
  const { url } = await startInProcess(t, { wallMs: nowMs, marketMs: nowMs });
  const output = new PassThrough({ encoding: "utf8" });
  const call = { name: "orders", arguments: {} };
  const asked = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: call });
  const code = await run(["mcp"], {
    input: Readable.from([`${asked}\n`]),
    output,
    errors: new PassThrough(),
    environment: { COUNTERMAND_URL: url },
    stopped: new AbortController().signal,
  });
  assert.equal(code, 0);
  assert.match(String(output.read()), /"total_records\\":0/);
});

test("mcp: it ends when asked to, and on a message without an end", async (t) => {
  const one = lines(t);
  one.stopping.abort();
  assert.equal(await one.ended, 0);
  const other = lines(t);
  other.input.write("x".repeat(300_000));
  assert.equal(await other.ended, 1);
});
