// The console on the operators' listener, over the wire: who gets in, what a page may ask, and that
// its acts are the operator API's own. And what a trader is told of them.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ConsoleBrowser, PREVIEW, SESSION } from "./console-browser.ts";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import type { OperatorClient } from "./operator-client.ts";
import { OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_1, KEY_2, SignedClient, sign } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

const API = "/console/v1/api/operator/v1";

async function setUp(t: TestContext) {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  return { place, operator, page: new ConsoleBrowser(operator.url) };
}

async function newCode(operator: OperatorClient): Promise<string> {
  const { data, status } = await operator.post("sign-in-codes", {});
  assert.equal(status, 200);
  return data.sign_in_code;
}

test("operator console: a code signs its operator in once, on this listener alone", async (t) => {
  const { operator, page, place } = await setUp(t);
  const code = await newCode(operator);
  const foreign = new ConsoleBrowser(place.gateway.url);
  assert.equal((await foreign.signIn(code)).reason, "sign_in_code_invalid");
  const { data, headers } = await page.signIn(code);
  assert.deepEqual([data.role, data.operator], ["operator", "kim"]);
  const cookie = headers.get("set-cookie") ?? "";
  assert.match(cookie, /^countermand_operator_[0-9a-f]{8}=[\w-]{43}; Path=\/console; /);
  assert.match(cookie, /; HttpOnly; SameSite=Strict$/);
  assert.equal(
    (await new ConsoleBrowser(operator.url).signIn(code)).reason,
    "sign_in_code_invalid",
  );
  assert.equal((await page.ask("GET", SESSION)).data.operator, "kim");
  foreign.cookie = page.cookie;
  assert.equal((await foreign.ask("GET", SESSION)).data, null);
  assert.equal((await page.ask("DELETE", SESSION)).status, 200);
  assert.equal((await page.ask("GET", `${API}/modes`)).reason, "signed_out");
});

test("operator console: whom a code signs in is told first; the session before ends", async (t) => {
  const { operator, page } = await setUp(t);
  const first = await newCode(operator);
  const body = { sign_in_code: first };
  const foreign = { Origin: "http://evil.example" };
  assert.equal((await page.ask("POST", PREVIEW, body, foreign)).status, 403);
  const asked = await page.ask("POST", PREVIEW, body);
  assert.deepEqual(asked.data, { role: "operator", operator: "kim" });
  const none = await page.ask("GET", SESSION);
  assert.deepEqual([none.status, none.data], [200, null]);
  assert.equal((await page.signIn(first)).status, 200);
  assert.equal((await page.ask("POST", PREVIEW, body)).reason, "sign_in_code_invalid");
  const { cookie } = page;
  assert.equal((await page.signIn(await newCode(operator))).status, 200);
  const old = await page.ask("GET", SESSION, undefined, { Cookie: cookie });
  assert.equal(old.reason, "signed_out");
});

test("operator console: nobody without the token makes a code; an answer tells one once", async (t) => {
  const { operator, page } = await setUp(t);
  const none = await fetch(`${operator.url}/operator/v1/sign-in-codes`, { method: "POST" });
  assert.equal(none.status, 401);
  const named = { "Idempotency-Key": "once" };
  const first = await operator.post("sign-in-codes", {}, named);
  const again = await operator.post("sign-in-codes", {}, named);
  assert.deepEqual([first.data.expires_in, again.data.sign_in_code], [60, null]);
  assert.equal((await operator.post("sign-in-codes", { operator: "x" })).reason, "unknown_field");
  assert.equal((await page.signIn("nonsense")).reason, "sign_in_code_invalid");
  const text = { "Content-Type": "text/plain" };
  const asked = await page.ask("POST", SESSION, { sign_in_code: "x" }, text);
  assert.equal(asked.status, 415);
});

test("operator console: its acts are journaled under the name that was signed in", async (t) => {
  const { operator, page, place } = await setUp(t);
  await page.signIn(await newCode(operator));
  const client = place.client();
  await client.call("POST", "/trade/v1/orders", BUY);
  const kill = { reason: "runaway", scope: { account: KEY_1.account }, cancel_orders: true };
  const name = { "X-Operator": "mallory", "Idempotency-Key": "k-1" };
  const killed = await page.ask("POST", `${API}/kill`, kill, name);
  assert.equal(killed.status, 200);
  assert.equal((await page.ask("POST", `${API}/kill`, kill, name)).data.block_id, 1);
  assert.equal((await operator.killed(1)).kill?.done, 1);
  const { data } = await operator.get("blocks");
  assert.deepEqual(
    [data.blocks.length, data.blocks[0].blocked.operator, data.blocks[0].blocked.reason],
    [1, "kim", "runaway"],
  );
  assert.equal(await refusal(client, BUY), "blocked");
  const mode = { reason: "news", market: "hkex", mode: "halted" };
  assert.equal((await page.ask("POST", `${API}/modes`, mode)).data.markets[0].holds, "halted");
  assert.equal((await page.ask("GET", `${API}/modes`)).data.markets[0].set.operator, "kim");
  const release = await page.ask("POST", `${API}/blocks/1/release`, { reason: "mended" });
  assert.equal(release.data.released.operator, "kim");
  assert.equal((await page.ask("GET", `${API}/blocks/1`)).data.state, "released");
});

test("operator console: a key with operate signs in as itself, and its end is the session's", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, { accounts: undefined, permissions: ["operate"] });
  const signer = new SignedClient(operator.url, { ...key, account: "" });
  t.after(() => signer.close());
  const request = sign(key, "POST", "/operator/v1/sign-in-codes", "{}");
  const first = envelope(await signer.send(request)).data as { sign_in_code: string };
  const again = envelope(await signer.send(request)).data as { sign_in_code: null };
  assert.equal(again.sign_in_code, null, "recorded bytes sign nobody in");
  const page = new ConsoleBrowser(operator.url);
  assert.equal((await page.signIn(first.sign_in_code)).data.operator, key.apiKey);
  const mode = { reason: "x", market: "crypto", mode: "halted" };
  assert.equal((await page.ask("POST", `${API}/modes`, mode)).status, 200);
  const { data } = await operator.get("modes");
  assert.equal(
    data.markets.find((row: { market: string }) => row.market === "crypto").set.operator,
    key.apiKey,
  );
  await operator.post(`keys/${key.apiKey}/revoke`, { reason: "left" });
  assert.equal((await page.ask("GET", `${API}/modes`)).reason, "signed_out");
});

test("operator console: a page of elsewhere, and one without its token, changes nothing", async (t) => {
  const { operator, page, place } = await setUp(t);
  await page.signIn(await newCode(operator));
  const kill = { reason: "x", scope: { gateway: true } };
  const without = { "X-CSRF-Token": "" };
  assert.equal((await page.ask("POST", `${API}/kill`, kill, without)).reason, "csrf_token_invalid");
  const foreign = { Origin: place.gateway.url };
  const refused = await page.ask("POST", `${API}/kill`, kill, foreign);
  assert.deepEqual([refused.status, refused.reason], [403, "cross_site_refused"]);
  const site = { "Sec-Fetch-Site": "same-site" };
  assert.equal((await page.ask("GET", `${API}/blocks`, undefined, site)).status, 403);
  // The cookie is the pages' own; the API takes the token, and pages make no secrets.
  const bare = await page.ask("POST", "/operator/v1/kill", kill);
  assert.equal(bare.status, 401);
  const keys = { reason: "x", accounts: ["80114138"], permissions: ["read"] };
  assert.equal((await page.ask("POST", `${API}/keys`, keys)).status, 404);
  assert.equal((await page.ask("POST", `${API}/sign-in-codes`, {})).status, 404);
  assert.deepEqual((await operator.get("blocks?state=all")).data.blocks, []);
});

test("operator console: the page is served with its policy; a restart signs out", async (t) => {
  const { operator, page, place } = await setUp(t);
  const response = await fetch(`${operator.url}/console`);
  assert.match(response.headers.get("content-security-policy") ?? "", /^default-src 'none'/);
  const html = await response.text();
  const [, script = ""] = /src="([^"]+\.js)"/.exec(html) ?? [];
  assert.equal((await fetch(operator.url + script)).status, 200);
  assert.equal((await fetch(`${operator.url}/console/none`)).status, 404);
  await page.signIn(await newCode(operator));
  const again = await place.start();
  const after = new ConsoleBrowser(again.url);
  after.cookie = page.cookie;
  assert.equal((await after.ask("GET", SESSION)).data, null);
});

test("restrictions: each is told what holds it back, and nothing of others", async (t) => {
  const { operator, place } = await setUp(t);
  const [one, two] = [place.client(KEY_1), place.client(KEY_2)];
  const told = async (client: typeof one) => {
    const answer = await client.call("GET", "/trade/v1/restrictions");
    return envelope(answer).data as {
      markets: { market: string; mode: string }[];
      blocks: { block_id: number; market: string; portfolio_id: string }[];
      halted_symbols: string[];
    };
  };
  const nothing = await told(one);
  assert.deepEqual([nothing.blocks, nothing.halted_symbols], [[], []]);
  assert.deepEqual(new Set(nothing.markets.map(({ mode }) => mode)), new Set(["open"]));
  const block = (scope: object) => operator.post("kill", { reason: "secret", scope });
  await block({ account: KEY_1.account, market: "hkex" });
  await block({ api_key: KEY_2.apiKey, portfolio_id: "p2" });
  await block({ portfolio_id: "somebody's" });
  await block({ market: "nasdaq" });
  await operator.post("modes", { reason: "secret", market: "crypto", mode: "cancel_only" });
  await operator.post("instruments/AAPL", { reason: "secret", halted: true });
  const ofOne = await told(one);
  assert.deepEqual(
    ofOne.blocks.map(({ block_id, market, portfolio_id }) => [block_id, market, portfolio_id]),
    [
      [1, "hkex", ""],
      [4, "usex", ""],
    ],
  );
  assert.deepEqual(ofOne.markets.find(({ market }) => market === "crypto")?.mode, "cancel_only");
  assert.deepEqual(ofOne.halted_symbols, ["AAPL"]);
  const ofTwo = await told(two);
  assert.deepEqual(
    ofTwo.blocks.map(({ block_id, portfolio_id }) => [block_id, portfolio_id]),
    [
      [2, "p2"],
      [4, ""],
    ],
  );
  assert.ok(!JSON.stringify(ofTwo).includes("secret"));
  const withQuery = await one.call("GET", "/trade/v1/restrictions?market=hkex");
  assert.equal(envelope(withQuery).reason, "unknown_query_parameter");
});
