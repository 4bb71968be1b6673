// The console over the wire: signing in, what a session may do, and what a foreign page may not.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { WebSocket } from "ws";
import { CODES_PER_KEY_MAX } from "../../packages/gateway/src/console/limits.ts";
import { ConsoleBrowser, PREVIEW, SESSION } from "./console-browser.ts";
import { startInProcess } from "./gateway-in-process.ts";
import { envelope, KEY_1, KEY_2, type Key, SignedClient, sign } from "./signed-client.ts";

const TIME = { wallMs: 1_746_774_142_000, marketMs: 1_746_774_142_000 };

interface Setting {
  readonly url: string;
  readonly client: SignedClient;
  readonly browser: ConsoleBrowser;
}

const NOW = { timestamp: String(TIME.wallMs) };

async function setUp(t: TestContext): Promise<Setting> {
  const { url } = await startInProcess(t, TIME);
  const client = new SignedClient(url, KEY_1);
  t.after(() => client.close());
  return { url, client, browser: new ConsoleBrowser(url) };
}

let codeCount = 0;

async function newCode(client: SignedClient, key: Key): Promise<string> {
  codeCount += 1;
  const timestamp = String(TIME.wallMs + codeCount);
  const request = sign(key, "POST", "/console/v1/sign-in-codes", "", { timestamp });
  const answer = envelope(await client.send(request));
  assert.equal(answer.code, 0);
  return (answer.data as { sign_in_code: string }).sign_in_code;
}

test("console: a code signs in once; the cookie is out of reach of scripts and other sites", async (t) => {
  const { client, browser } = await setUp(t);
  const code = await newCode(client, KEY_1);
  const body = { sign_in_code: code };
  const first = await browser.ask("POST", SESSION, body);
  assert.equal(first.data.account_code, KEY_1.account);
  const cookie = first.headers.get("set-cookie") ?? "";
  assert.match(
    cookie,
    /^countermand_console_[0-9a-f]{8}=[\w-]{43}; Path=\/console; Max-Age=43200; /,
  );
  assert.match(cookie, /; HttpOnly; SameSite=Strict$/);
  const again = await browser.ask("POST", SESSION, body);
  assert.deepEqual([again.status, again.reason], [401, "sign_in_code_invalid"]);
  assert.equal(again.headers.get("set-cookie"), null);
});

test("console: whom a code signs in is told to the page, and the code stays good", async (t) => {
  const { client, browser } = await setUp(t);
  const body = { sign_in_code: await newCode(client, KEY_2) };
  const foreign = { Origin: "http://evil.example" };
  assert.equal((await browser.ask("POST", PREVIEW, body, foreign)).reason, "cross_site_refused");
  const asked = await browser.ask("POST", PREVIEW, body);
  const { account: account_code, apiKey: api_key } = KEY_2;
  assert.deepEqual(asked.data, { role: "trader", account_code, api_key });
  assert.equal(asked.headers.get("set-cookie"), null);
  assert.equal((await browser.ask("GET", SESSION)).data, null);
  assert.equal((await browser.signIn(body.sign_in_code)).data.api_key, api_key);
  const spent = await browser.ask("POST", PREVIEW, body);
  assert.deepEqual([spent.status, spent.reason], [401, "sign_in_code_invalid"]);
  assert.equal((await browser.ask("POST", PREVIEW, {})).reason, "sign_in_code_invalid");
});

test("console: signing in anew ends the browser's other session and its pages", async (t) => {
  const { client, browser } = await setUp(t);
  await browser.signIn(await newCode(client, KEY_1));
  const { cookie: before } = browser;
  const one = `api_key=${KEY_1.apiKey}`;
  assert.equal(await browser.stream(`${one}x`), 401);
  const socket = await browser.stream(`snapshot=1&${one}&commands=1`);
  assert.ok(socket instanceof WebSocket);
  const closed = once(socket, "close");
  await browser.signIn(await newCode(client, KEY_2));
  await closed;
  // The page comes back with the browser's new cookie.
  assert.equal(await browser.stream(`after_seq=0&${one}&commands=1`), 401);
  const old = await browser.ask("GET", SESSION, undefined, { Cookie: before });
  assert.equal(old.reason, "signed_out");
  const other = await browser.stream(`snapshot=1&api_key=${KEY_2.apiKey}`);
  assert.ok(other instanceof WebSocket);
  other.close();
});

test("console: a browser that was never signed in has no session, and that is no error", async (t) => {
  const { browser, client, url } = await setUp(t);
  const first = await fetch(url + SESSION);
  assert.deepEqual([first.status, await first.text()], [200, '{"code":0,"data":null}']);
  await browser.signIn(await newCode(client, KEY_1));
  const [name] = browser.cookie.split("=");
  const table: readonly (readonly [Record<string, string>, number])[] = [
    [{ Cookie: "of_another_site=1" }, 200],
    [{ Cookie: `${name}=` }, 401],
    [{ Cookie: `${browser.cookie}x` }, 401],
    [{ Cookie: `${browser.cookie}; ${browser.cookie}` }, 401],
    [{ "Sec-Fetch-Site": "cross-site" }, 403],
    [{ Origin: "http://evil.example" }, 403],
  ];
  for (const [headers, status] of table) {
    const answer = await fetch(url + SESSION, { headers });
    assert.equal(answer.status, status, JSON.stringify(headers));
  }
  const end = await new ConsoleBrowser(url).ask("DELETE", SESSION);
  assert.deepEqual([end.status, end.reason], [401, "signed_out"]);
});

test("console: the page knows whether it was opened by hand; where the browser is silent, not", async (t) => {
  const { url } = await setUp(t);
  const marks = ["none", "same-origin", "same-site", "cross-site", null].map(async (site) => {
    const headers = { ...(site !== null && { "Sec-Fetch-Site": site }), "Accept-Encoding": "br" };
    const page = await fetch(`${url}/console`, { headers });
    assert.match(page.headers.get("vary") ?? "", /Sec-Fetch-Site/);
    return /name="opened" content="(\w+)"/.exec(await page.text())?.[1];
  });
  const [here, elsewhere] = ["here", "elsewhere"];
  assert.deepEqual(await Promise.all(marks), [here, here, elsewhere, elsewhere, elsewhere]);
});

test("console: recorded bytes make no second code, and nobody unsigned makes one", async (t) => {
  const { url, client } = await setUp(t);
  const request = sign(KEY_1, "POST", "/console/v1/sign-in-codes", "", NOW);
  assert.equal(envelope(await client.send(request)).code, 0);
  const again = await client.send(request);
  assert.deepEqual([again.status, envelope(again).reason], [409, "sign_in_repeated"]);
  const unsigned = await fetch(`${url}/console/v1/sign-in-codes`, { method: "POST" });
  assert.equal(unsigned.status, 401);
  const withBody = sign(KEY_1, "POST", "/console/v1/sign-in-codes", "{}", NOW);
  assert.equal(envelope(await client.send(withBody)).reason, "body_not_taken");
});

test("console: behind a proxy with TLS the cookie travels by TLS only", async (t) => {
  const { client, browser } = await setUp(t);
  const body = { sign_in_code: await newCode(client, KEY_1) };
  const headers = { "X-Forwarded-Proto": "https" };
  const answer = await browser.ask("POST", SESSION, body, headers);
  assert.match(answer.headers.get("set-cookie") ?? "", /; Secure$/);
});

test("console: a session reads its own account, by the signed routes' own answers", async (t) => {
  const { client, browser } = await setUp(t);
  await browser.signIn(await newCode(client, KEY_2));
  const orders = await browser.ask("GET", "/console/v1/api/trade/v1/orders?page_size=5");
  const signed = envelope(
    await client.send(sign(KEY_2, "GET", "/trade/v1/orders?page_size=5", "", NOW)),
  );
  assert.deepEqual(orders.data, signed.data);
  for (const path of ["trade/v1/executions", "account/v1/balance", "account/v1/positions"]) {
    assert.equal((await browser.ask("GET", `/console/v1/api/${path}`)).status, 200, path);
  }
  const refused = await browser.ask("GET", "/console/v1/api/trade/v1/orders?nonsense=1");
  assert.equal(refused.reason, "unknown_query_parameter");
  const quantity = { market: "hkex", symbol: "00700", order_side: "buy", price: 400, ratio: 1 };
  const path = "/console/v1/api/trade/v1/orders/quantity";
  assert.equal((await browser.ask("POST", path, quantity)).status, 200);
  const order = { ...quantity, order_type: "limit_order", qty: 100, ratio: undefined };
  const preview = await browser.ask("POST", "/console/v1/api/trade/v1/orders/preview", order);
  assert.deepEqual([preview.data.order_no, preview.data.outstand_qty], ["", 100]);
});

test("console: by HTTP a page can change nothing", async (t) => {
  const { client, browser } = await setUp(t);
  await browser.signIn(await newCode(client, KEY_1));
  const body = { market: "hkex" };
  for (const [method, path] of [
    ["POST", "/trade/v1/orders"],
    ["DELETE", "/trade/v1/orders"],
    ["POST", "/trade/v1/orders/cancel"],
    ["PUT", "/trade/v1/orders/preview"],
    ["GET", "/sandbox/v1/clock"],
    ["POST", "/console/v1/sign-in-codes"],
  ] as const) {
    const sent = method === "GET" ? undefined : body;
    const answer = await browser.ask(method, `/console/v1/api${path}`, sent);
    assert.equal(answer.reason, "unknown_path", path);
  }
});

test("console: without the token, from another site, or signed out, nothing is answered", async (t) => {
  const { client, browser, url } = await setUp(t);
  const path = "/console/v1/api/trade/v1/orders/quantity";
  const body = { market: "hkex", symbol: "00700", order_side: "buy", price: 400, ratio: 1 };
  assert.equal((await browser.ask("POST", path, body)).reason, "signed_out");
  await browser.signIn(await newCode(client, KEY_1));
  const table: readonly (readonly [Record<string, string>, number, string])[] = [
    [{ "X-CSRF-Token": "" }, 403, "csrf_token_invalid"],
    [{ "X-CSRF-Token": "x".repeat(43) }, 403, "csrf_token_invalid"],
    [{ Origin: "http://evil.example" }, 403, "cross_site_refused"],
    [{ Origin: "null" }, 403, "cross_site_refused"],
    [{ "Sec-Fetch-Site": "cross-site" }, 403, "cross_site_refused"],
    [{ "Sec-Fetch-Site": "same-site" }, 403, "cross_site_refused"],
    [{ Cookie: `${browser.cookie}x` }, 401, "signed_out"],
    [{ Cookie: `${browser.cookie}; ${browser.cookie}` }, 401, "signed_out"],
  ];
  for (const [headers, status, reason] of table) {
    const answer = await browser.ask("POST", path, body, headers);
    assert.deepEqual([answer.status, answer.reason], [status, reason], JSON.stringify(headers));
  }
  const cross = { Origin: "http://evil.example" };
  assert.equal((await browser.ask("GET", SESSION, undefined, cross)).status, 403);
  // A code that another site has come by is not used up by its attempt.
  const code = await newCode(client, KEY_1);
  const theft = await browser.ask("POST", SESSION, { sign_in_code: code }, cross);
  assert.equal(theft.reason, "cross_site_refused");
  assert.equal((await new ConsoleBrowser(url).signIn(code)).status, 200);
});

test("console: the stream takes commands of its own page, and of nobody else", async (t) => {
  const { client, browser } = await setUp(t);
  assert.equal(await browser.stream("commands=1"), 401);
  await browser.signIn(await newCode(client, KEY_1));
  assert.equal(await browser.stream("commands=1", { Origin: "http://evil.example" }), 403);
  assert.equal(await browser.stream("commands=1", { "Sec-Fetch-Site": "cross-site" }), 403);
  assert.equal(await browser.stream("nonsense=1"), 400);
  assert.equal(await browser.stream("cancel_on_disconnect=1"), 400);
  const socket = await browser.stream("snapshot=1&commands=1");
  assert.ok(socket instanceof WebSocket);
  const seen: { type: string; id?: string; code?: number }[] = [];
  socket.on("message", (text) => seen.push(JSON.parse(String(text)) as (typeof seen)[number]));
  const order = { market: "hkex", symbol: "00700", order_side: "buy", order_type: "limit_order" };
  const data = { ...order, qty: 100, price: 400 };
  socket.send(JSON.stringify({ op: "place", id: "c-1", data }));
  // The same command over another connection of the session is the same command.
  while (!seen.some(({ type }) => type === "reply")) await once(socket, "message");
  const second = await browser.stream("commands=1");
  assert.ok(second instanceof WebSocket);
  second.send(JSON.stringify({ op: "place", id: "c-1", data }));
  const [reply] = (await once(second, "message")) as [Buffer];
  const first = seen.find(({ type }) => type === "reply");
  assert.deepEqual(JSON.parse(String(reply)), first);
  const orders = await browser.ask("GET", "/console/v1/api/trade/v1/orders");
  assert.equal(orders.data.total_records, 1);
  second.close();
});

test("console: signing out cuts the page's stream and ends the cookie", async (t) => {
  const { client, browser } = await setUp(t);
  await browser.signIn(await newCode(client, KEY_1));
  const socket = await browser.stream("commands=1");
  assert.ok(socket instanceof WebSocket);
  const closed = once(socket, "close");
  assert.equal((await browser.ask("DELETE", SESSION)).status, 200);
  await closed;
  assert.equal(await browser.stream("commands=1"), 401);
  assert.equal((await browser.ask("GET", SESSION)).reason, "signed_out");
});

test("console: the page takes nothing from elsewhere, and all it names is there for ever", async (t) => {
  const { url } = await setUp(t);
  const response = await fetch(`${url}/console`);
  const policy = response.headers.get("content-security-policy") ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(response.headers.get("cache-control"), "no-cache");
  const page = await response.text();
  const places = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, place = ""]) => place);
  assert.ok(places.length >= 3);
  for (const place of places) {
    const asset = await fetch(url + place, { headers: { "Accept-Encoding": "br, gzip" } });
    assert.equal(asset.status, 200, place);
    assert.equal(asset.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assert.equal(asset.headers.get("content-encoding"), "br");
  }
  for (const [method, path, status] of [
    ["POST", "/console", 405],
    ["GET", "/console/assets/../index.html", 404],
    ["GET", "/console/v1/stream", 426],
    ["PUT", SESSION, 405],
    ["GET", "/console/v1/sign-in-codes", 405],
    ["GET", "/consoles", 404],
  ] as const) {
    assert.equal((await fetch(url + path, { method })).status, status, `${method} ${path}`);
  }
});

test("console: the page is found with a slash behind it, also under a proxy's path", async (t) => {
  const { url } = await setUp(t);
  for (const path of ["/console/", "/docs/"]) {
    const typed = await fetch(url + path, { redirect: "manual" });
    const place = typed.headers.get("location") ?? "";
    assert.equal(typed.status, 308);
    assert.equal(new URL(place, `${url}/below${path}`).pathname, `/below${path.slice(0, -1)}`);
    assert.equal((await fetch(url + path)).status, 200);
  }
});

test("console: a key that asks for codes without end is told to wait, and keeps nobody out", async (t) => {
  const { client, browser } = await setUp(t);
  const others = await newCode(client, KEY_2);
  for (let count = 0; count < CODES_PER_KEY_MAX; count += 1) await newCode(client, KEY_1);
  codeCount += 1;
  const timestamp = String(TIME.wallMs + codeCount);
  const refused = await client.send(
    sign(KEY_1, "POST", "/console/v1/sign-in-codes", "", { timestamp }),
  );
  assert.deepEqual([refused.status, envelope(refused).reason], [429, "rate_limited"]);
  assert.equal((await browser.signIn(others)).status, 200);
});
