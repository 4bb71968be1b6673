// The documents that the gateway serves: valid by validators that are not ours, and self-contained.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { exchange, rawRequest } from "./raw-socket.ts";
import { envelope, KEY_1, SignedClient, sign } from "./signed-client.ts";

const TIME = { wallMs: 1_746_774_142_000, marketMs: 1_746_774_142_000 };
const ASYNC_API = new URL(import.meta.resolve("@asyncapi/specs/schemas/3.0.0-without-$id.json"));

/** Of a validator for one value: to make a long one takes far longer than to run it. */
const USED_ONCE = { code: { optimize: false }, inlineRefs: false };

async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  return (await response.json()) as Record<string, unknown>;
}

test("docs: the OpenAPI document is valid OpenAPI 3.1", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const document = await getJson(`${url}/openapi.json`);
  const { valid, errors } = await new Validator({ ...USED_ONCE }).validate(document);
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(document["openapi"], "3.1.0");
  assert.deepEqual(document["servers"], [{ url }]);
});

test("docs: the AsyncAPI document is valid AsyncAPI 3", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const document = await getJson(`${url}/asyncapi.json`);
  const ajv = new Ajv({ ...USED_ONCE, strict: false, logger: false, validateFormats: false });
  const validate = ajv.compile(JSON.parse(readFileSync(ASYNC_API, "utf8")) as object);
  assert.ok(validate(document), ajv.errorsText(validate.errors));
});

interface Operation {
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly example?: unknown }>>;
  };
}

test("docs: every body has an example that the gateway takes", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const { paths } = (await getJson(`${url}/openapi.json`)) as {
    paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const client = new SignedClient(url, KEY_1);
  t.after(() => client.close());
  const refused = [];
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, { requestBody }] of Object.entries(operations)) {
      if (requestBody === undefined) continue;
      const { example } = requestBody.content["application/json"] ?? {};
      const body = JSON.stringify(example) ?? "";
      const request = sign(KEY_1, method.toUpperCase(), path, body);
      const { code, details, reason } = envelope(await client.send(request));
      // Nothing is open any more where another example has cancelled it.
      const isTaken = code === 0 || reason === "unknown_order" || reason === "too_late_cancelled";
      if (!isTaken) refused.push(`${method} ${path}: ${reason} ${details}`);
    }
  }
  assert.deepEqual(refused, []);
});

test("docs: whoever opens the bare address is told where to go", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const response = await fetch(url);
  assert.equal(response.status, 404);
  assert.match(
    await response.text(),
    /nothing is served at this path; \/docs and \/console are pages/,
  );
  const page = await fetch(url, { headers: { Accept: "text/html" } });
  assert.deepEqual([page.status, page.url], [200, `${url}/console`]);
  assert.match(await page.text(), /<title>Countermand/);
});

test("docs: the page takes nothing from elsewhere, and all it names is there", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const response = await fetch(`${url}/docs`);
  assert.match(response.headers.get("content-security-policy") ?? "", /^default-src 'none'; /);
  const page = await response.text();
  const places = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, place = ""]) => place);
  assert.ok(places.length >= 3);
  for (const place of places) {
    assert.ok(!place.includes("//"), `${place} is of this server`);
    const asset = await fetch(new URL(place, `${url}/docs`));
    assert.equal(asset.status, 200, place);
    assert.equal(asset.headers.get("x-content-type-options"), "nosniff");
  }
});

test("docs: what many ask for and nobody reads is in memory once", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const path = "/docs/swagger-ui-bundle.js";
  const whole = Buffer.from(await (await fetch(url + path)).bytes());
  assert.ok(whole.length > 1_000_000 && whole.includes("SwaggerUIBundle"));
  const head = await fetch(url + path, { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), String(whole.length));
  const before = process.memoryUsage().arrayBuffers;
  const asking = Array.from({ length: 20 }, async () => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    t.after(() => socket.destroy());
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(8));
    await once(socket, "readable");
  });
  await Promise.all(asking);
  const keptBytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(keptBytes < 4 * whole.length, `${keptBytes} bytes more`);
});

test("docs: a document names the host that was asked, whatever it is", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const port = Number(new URL(url).port);
  for (const host of ['a"b\\', "orders.example:8443"]) {
    const request = rawRequest("GET /openapi.json HTTP/1.1", [["Connection", "close"]]);
    const asked = Buffer.from(request.toString("latin1").replace("localhost", host), "latin1");
    const { answers } = await exchange(port, [asked], 1);
    const { servers } = JSON.parse(answers[0]?.body ?? "");
    assert.deepEqual(servers, [{ url: `http://${host}` }]);
  }
});
