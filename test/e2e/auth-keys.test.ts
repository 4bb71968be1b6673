/** API keys end to end: made, used, rotated, expired, revoked, sealed; over a restart. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket } from "ws";
import { ConsoleBrowser, SESSION } from "./console-browser.ts";
import { KeyedGateway, MASTER_KEY, makeKey, signEd25519 } from "./key-fixture.ts";
import { envelope, KEY_1, SignedClient, sign } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

async function reasonOf(client: SignedClient, method: string, target: string, body = "") {
  return envelope(await client.call(method, target, body)).reason ?? "ok";
}

test("keys: one is made, works, is listed without its secret, and survives a restart", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const idempotent = { "Idempotency-Key": "make-1" };
  const terms = { reason: "desk 7", accounts: ["80114138"], permissions: ["trade"], label: "d7" };
  const made = await operator.post("keys", terms, idempotent);
  assert.equal(made.status, 200);
  const { api_key: apiKey, secret } = made.data;
  assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
  const again = await operator.post("keys", terms, idempotent);
  assert.equal(again.headers.get("x-idempotent-replay"), "true");
  assert.deepEqual(again.data, { ...made.data, secret: null });
  const key = { apiKey, secret, account: "80114138" };
  await place.client(key).place(BUY);
  const { data } = await operator.get("keys");
  const { secret: _, ...shown } = made.data;
  assert.deepEqual(data.keys, [shown]);
  await place.stop();
  assert.equal(filesWith(place.folder, secret), 0, "no file holds the secret");
  await place.start();
  assert.equal(await reasonOf(place.client(key), "GET", "/trade/v1/orders"), "ok");
});

test("keys: rotation leaves the old secret good for its time, and no longer", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, {});
  const { data } = await operator.post(`keys/${key.apiKey}/rotate`, {
    reason: "yearly",
    overlap_seconds: 60,
  });
  const rotated = { ...key, secret: data.secret };
  assert.notEqual(rotated.secret, key.secret);
  const read = (client: SignedClient) => reasonOf(client, "GET", "/trade/v1/orders");
  assert.equal(await read(place.client(key)), "ok");
  assert.equal(await read(place.client(rotated)), "ok");
  place.time.wallMs += 60_000;
  assert.equal(await read(place.client(key)), "signature_invalid");
  assert.equal(await read(place.client(rotated)), "ok");
  const now = { reason: "leaked", overlap_seconds: 0 };
  const last = await operator.post(`keys/${key.apiKey}/rotate`, now);
  assert.equal(last.data.previous_until, null);
  assert.equal(await read(place.client(rotated)), "signature_invalid");
});

test("keys: what a secret has opened ends with it, a stream and a session of the console", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, {});
  const rotate = async (overlap_seconds: number) => {
    const path = `keys/${key.apiKey}/rotate`;
    const { data } = await operator.post(path, { reason: "x", overlap_seconds });
    return { ...key, secret: data.secret as string };
  };
  const first = await StreamClient.open(place.url, key);
  const renewed = await rotate(60);
  const second = await StreamClient.open(place.url, renewed);
  const client = place.client(renewed);
  const order = await client.place(BUY);
  await first.seen("the order", ({ message }) => message.data?.order_no === order);
  place.time.wallMs += 60_000;
  // A change of the key is an occasion to look; else it is looked when the overlap ends.
  const later = { reason: "x", expires_at: place.time.wallMs + 3_600_000 };
  await operator.post(`keys/${key.apiKey}/expire`, later);
  assert.deepEqual(await first.closed, { code: 1008, reason: "key_no_longer_good" });

  const session = (headers: Record<string, string>, sign_in_code?: string) => {
    const write = { method: "POST", body: JSON.stringify({ sign_in_code }) };
    const request = sign_in_code === undefined ? {} : write;
    const all = { Origin: place.url, "Content-Type": "application/json", ...headers };
    return fetch(`${place.url}/console/v1/session`, { ...request, headers: all });
  };
  const newCode = async () => {
    const { data } = envelope(await client.call("POST", "/console/v1/sign-in-codes"));
    return (data as { sign_in_code: string }).sign_in_code;
  };
  const [used, unused] = [await newCode(), await newCode()];
  const signedIn = await session({}, used);
  const cookie = signedIn.headers.get("set-cookie")?.split(";", 1)[0] ?? "";
  assert.equal((await session({ Cookie: cookie })).status, 200);
  place.time.wallMs += 1;
  await rotate(0);
  assert.equal((await second.closed).code, 1008);
  const last = await rotate(60);
  assert.equal((await session({ Cookie: cookie })).status, 401);
  assert.equal((await session({}, unused)).status, 401);
  const third = await StreamClient.open(place.url, last);
  third.close();
});

test("keys: a second rotation ends the sessions of the oldest secret, also with an overlap", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, {});
  const browser = new ConsoleBrowser(place.url);
  await browser.signIn(await signInCode(place.client(key)));
  const path = `keys/${key.apiKey}/rotate`;
  const rotate = { reason: "x", overlap_seconds: 3_600 };
  place.time.wallMs += 1;
  await operator.post(path, rotate);
  assert.equal((await browser.ask("GET", SESSION)).status, 200, "its secret is still good");
  place.time.wallMs += 1;
  await operator.post(path, rotate);
  assert.equal((await browser.ask("GET", SESSION)).status, 401);
});

test("keys: a session that the old secret opens in an overlap ends with that secret", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const trader = await makeKey(operator, {});
  const operating = await makeKey(operator, { accounts: undefined, permissions: ["operate"] });
  place.time.wallMs += 1;
  const rotate = async ({ apiKey }: { readonly apiKey: string }) => {
    const request = { reason: "x", overlap_seconds: 60 };
    const { data } = await operator.post(`keys/${apiKey}/rotate`, request);
    return data.secret as string;
  };
  const renewed = { ...trader, secret: await rotate(trader) };
  await rotate(operating);
  place.time.wallMs += 1;
  const [old, current] = [new ConsoleBrowser(place.url), new ConsoleBrowser(place.url)];
  await old.signIn(await signInCode(place.client(trader)));
  await current.signIn(await signInCode(place.client(renewed)));
  const signer = new SignedClient(place.operatorUrl, operating);
  t.after(() => signer.close());
  const operators = new ConsoleBrowser(place.operatorUrl);
  await operators.signIn(await signInCode(signer, "/operator/v1/sign-in-codes", "{}"));
  const statuses = async (...browsers: readonly ConsoleBrowser[]) => {
    const asked = browsers.map((browser) => browser.ask("GET", SESSION));
    return (await Promise.all(asked)).map(({ status }) => status);
  };
  assert.deepEqual(await statuses(old, current, operators), [200, 200, 200]);
  place.time.wallMs += 60_000;
  assert.deepEqual(await statuses(operators), [401]);
  await place.start();
  for (const browser of [old, current]) Object.assign(browser, { url: place.url });
  assert.deepEqual(await statuses(old, current), [401, 200]);
});

test("keys: one that only reads has the console, and no command of it", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, { permissions: ["read"] });
  const browser = new ConsoleBrowser(place.url);
  await browser.signIn(await signInCode(place.client(key)));
  const socket = await browser.stream("snapshot=1&commands=1");
  assert.ok(socket instanceof WebSocket);
  const reasons = new Map<string, string>();
  socket.on("message", (data) => {
    const { type, id, reason } = JSON.parse(String(data));
    if (type === "reply") reasons.set(id, reason);
  });
  for (const op of ["place", "cancel_all"]) {
    socket.send(JSON.stringify({ op, id: op, data: op === "place" ? BUY : {} }));
  }
  while (reasons.size < 2) await once(socket, "message");
  assert.deepEqual([...reasons.values()], ["permission_missing", "permission_missing"]);
  socket.terminate();
});

async function signInCode(
  client: SignedClient,
  path = "/console/v1/sign-in-codes",
  body = "",
): Promise<string> {
  const { data } = envelope(await client.call("POST", path, body));
  return (data as { sign_in_code: string }).sign_in_code;
}

test("keys: a revoked one is as good as unknown, and its streams end at once", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, {});
  const other = await makeKey(operator, {});
  const [stream, stays] = await Promise.all([
    StreamClient.open(place.url, key),
    StreamClient.open(place.url, other),
  ]);
  const revoked = await operator.post(`keys/${key.apiKey}/revoke`, { reason: "left" });
  assert.equal(revoked.data.state, "revoked");
  assert.equal(revoked.data.revoked.reason, "left");
  assert.deepEqual(await stream.closed, { code: 1008, reason: "key_no_longer_good" });
  assert.equal(stream.received.at(-1)?.message.reason, "key_no_longer_good");
  assert.equal(await reasonOf(place.client(key), "GET", "/trade/v1/orders"), "signature_invalid");
  await assert.rejects(StreamClient.open(place.url, key));
  const order = await place.client(other).place(BUY);
  await stays.seen("the order", ({ message }) => message.data?.order_no === order);
  const repeated = await operator.post(`keys/${key.apiKey}/revoke`, { reason: "again" });
  assert.equal(repeated.data.revoked.reason, "left");
  const rotate = { reason: "no", overlap_seconds: 0 };
  assert.equal((await operator.post(`keys/${key.apiKey}/rotate`, rotate)).reason, "key_ended");
  assert.equal((await operator.post("keys/nobody/revoke", rotate)).reason, "unknown_field");
  const { reason } = await operator.post("keys/nobody/revoke", { reason: "x" });
  assert.equal(reason, "unknown_key");
  assert.equal((await operator.get("keys/nobody")).status, 404);
  assert.equal((await operator.get("keys?state=revoked")).data.keys.length, 1);
});

test("keys: one expires by itself and by command, with its streams", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const expires_at = place.time.wallMs + 50;
  const key = await makeKey(operator, { expires_at });
  const stream = await StreamClient.open(place.url, key);
  place.time.wallMs += 50;
  assert.equal((await stream.closed).code, 1008);
  assert.equal(await reasonOf(place.client(key), "GET", "/trade/v1/orders"), "signature_invalid");
  assert.equal((await operator.get(`keys/${key.apiKey}`)).data.state, "expired");
  const second = await makeKey(operator, {});
  const both = await StreamClient.open(place.url, second);
  const expired = await operator.post(`keys/${second.apiKey}/expire`, { reason: "over" });
  assert.equal(expired.data.state, "expired");
  assert.equal((await both.closed).code, 1008);
  const late = await operator.post(`keys/${second.apiKey}/expire`, { reason: "over" });
  assert.equal(late.reason, "key_ended");
  const past = { reason: "x", accounts: ["80114138"], permissions: ["read"], expires_at };
  assert.equal((await operator.post("keys", past)).reason, "invalid_field");
});

test("keys: Ed25519 signs what HMAC signs, in Base64 and in hex", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start({ COUNTERMAND_MASTER_KEY: "" });
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ format: "der", type: "spki" });
  const terms = { reason: "x", accounts: ["80114138"], permissions: ["trade"] };
  const refused = await operator.post("keys", terms);
  assert.deepEqual([refused.status, refused.reason], [409, "master_key_missing"]);
  assert.match(refused.details, /start with COUNTERMAND_MASTER_KEY_FILE/);
  const made = await operator.post("keys", {
    ...terms,
    algorithm: "ed25519",
    public_key: der.toString("base64"),
  });
  assert.equal(made.data.secret, undefined);
  assert.equal(made.data.public_key, der.subarray(12).toString("base64"));
  const apiKey = made.data.api_key;
  const client = place.client({ ...KEY_1, apiKey });
  const target = "/trade/v1/orders";
  const good = signEd25519(apiKey, privateKey, "POST", target, JSON.stringify(BUY));
  assert.equal(envelope(await client.send(good)).code, 0);
  const signature = good.headers["X-API-Signature"] ?? "";
  const hex = Buffer.from(signature, "base64").toString("hex");
  const replay = await client.send({
    ...good,
    headers: { ...good.headers, "X-API-Signature": hex },
  });
  assert.equal(replay.headers["x-idempotent-replay"], "true");
  const foreign = generateKeyPairSync("ed25519").privateKey;
  const wrong = await client.send(signEd25519(apiKey, foreign, "GET", target));
  const unknown = await client.send(signEd25519("nobody", foreign, "GET", target));
  assert.deepEqual([wrong.status, unknown.status], [401, 401]);
  const bad = await operator.post("keys", { ...terms, algorithm: "ed25519", public_key: "AAAA" });
  assert.equal(bad.reason, "invalid_field");
});

test("keys: Ed25519 signatures that keep failing are refused unchecked, HMAC goes on", async (t) => {
  const place = new KeyedGateway(t);
  place.time.monotonicMs = 0;
  const operator = await place.start();
  const key = await makeKey(operator, {});
  const { privateKey } = generateKeyPairSync("ed25519");
  const client = place.client(key);
  const statuses: number[] = [];
  for (let count = 0; count < 101; count += 1) {
    const answer = await client.send(signEd25519("nobody", privateKey, "GET", "/trade/v1/orders"));
    statuses.push(answer.status);
  }
  assert.deepEqual(statuses, [...Array<number>(100).fill(401), 429]);
  assert.equal(await reasonOf(client, "GET", "/trade/v1/orders"), "ok");
});

test("keys: a start with a wrong or missing master key is refused; a new one takes over", async (t) => {
  const place = new KeyedGateway(t);
  const key = await makeKey(await place.start(), {});
  const other = Buffer.alloc(32, 9).toString("base64");
  await assert.rejects(place.start({ COUNTERMAND_MASTER_KEY: "" }), /set COUNTERMAND_MASTER_KEY/);
  await assert.rejects(place.start({ COUNTERMAND_MASTER_KEY: other }), /not the one/);
  const changed = { COUNTERMAND_MASTER_KEY: other, COUNTERMAND_MASTER_KEY_PREVIOUS: MASTER_KEY };
  await place.start(changed);
  assert.equal(await reasonOf(place.client(key), "GET", "/trade/v1/orders"), "ok");
  await place.start({ COUNTERMAND_MASTER_KEY: other });
  assert.equal(await reasonOf(place.client(key), "GET", "/trade/v1/orders"), "ok");
});

test("keys: terms that make no sense are refused", async (t) => {
  const operator = await new KeyedGateway(t).start();
  const one = { reason: "x", accounts: ["80114138"], permissions: ["read"] };
  const both = ["80114138", "80114139"];
  const refused: readonly (readonly [object, string])[] = [
    [{ ...one, accounts: [] }, "invalid_field"],
    [{ ...one, accounts: ["80114138", "80114138"] }, "invalid_field"],
    [{ ...one, accounts: ["nobody"] }, "unknown_account"],
    [{ ...one, accounts: both, permissions: ["trade"] }, "invalid_field"],
    [{ ...one, accounts: both, portfolios: ["a"] }, "invalid_field"],
    [{ ...one, permissions: ["fly"] }, "invalid_field"],
    [{ ...one, permissions: ["operate"] }, "invalid_field"],
    [{ ...one, addresses: ["10.0.0.0/33"] }, "invalid_field"],
    [{ ...one, addresses: ["here"] }, "invalid_field"],
    [{ ...one, public_key: "AAAA" }, "invalid_field"],
    [{ ...one, algorithm: "rsa" }, "invalid_field"],
    [{ ...one, expires_at: 1 }, "invalid_field"],
    [{ ...one, secret: "mine" }, "unknown_field"],
  ];
  for (const [terms, reason] of refused) {
    const answer = await operator.post("keys", terms);
    assert.equal(answer.reason, reason, JSON.stringify(terms));
  }
  assert.deepEqual((await operator.get("keys?state=all")).data.keys, []);
  assert.equal((await operator.get("keys?state=lost")).reason, "invalid_query_parameter");
});

function filesWith(folder: string, text: string): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const files = names.map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
  assert.ok(files.length > 0);
  return files.filter((path) => readFileSync(path).includes(text)).length;
}

test("keys: one that operates signs what the token is sent for, and a repetition acts once", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const terms = { accounts: undefined, permissions: ["operate"] };
  const key = await makeKey(operator, terms);
  const client = new SignedClient(operator.url, key);
  t.after(() => client.close());
  const body = JSON.stringify({ reason: "drill", scope: { account: "80114138" } });
  const kill = sign(key, "POST", "/operator/v1/kill", body);
  const first = await client.send(kill);
  const again = await client.send(kill);
  assert.deepEqual([first.status, again.status], [200, 200]);
  assert.equal(again.headers["x-idempotent-replay"], "true");
  const { data } = await operator.get("blocks");
  assert.deepEqual(data.blocks.length, 1);
  assert.equal(data.blocks[0].blocked.operator, key.apiKey);
  assert.equal((await client.call("GET", "/operator/v1/blocks?state=all")).status, 200);
  const changed = { ...kill, body: Buffer.from(body.replace("drill", "other")) };
  assert.equal((await client.send(changed)).status, 401);
  assert.equal((await client.call("GET", "/operator/v1/nothing")).status, 404);
  const trader = new SignedClient(operator.url, await makeKey(operator, {}));
  t.after(() => trader.close());
  assert.equal((await trader.call("GET", "/operator/v1/blocks")).status, 403);
  assert.equal((await trader.call("GET", "/operator/v1/nothing")).status, 403);
});

test("keys: behind a proxy the last address that its header names counts", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start({
    COUNTERMAND_BEHIND_PROXY: "on",
    COUNTERMAND_CLIENT_ADDRESS_HEADER: "X-Forwarded-For",
  });
  const client = place.client(await makeKey(operator, { addresses: ["192.0.2.0/24"] }));
  const from = async (address: string) => {
    const headers = { "X-Forwarded-For": address };
    return (await client.call("GET", "/trade/v1/orders", "", { headers })).status;
  };
  assert.equal(await from("192.0.2.7"), 200);
  assert.equal(await from("203.0.113.1, 192.0.2.7"), 200);
  assert.equal(await from("192.0.2.7, 203.0.113.1"), 403);
  assert.equal((await client.call("GET", "/trade/v1/orders")).status, 403);
  await assert.rejects(
    place.start({ COUNTERMAND_CLIENT_ADDRESS_HEADER: "X-Forwarded-For" }),
    /anybody could send it/,
  );
});
