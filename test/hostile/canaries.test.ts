/**
 * Secrets are where they belong and nowhere else. A gateway and the command line run through all
 * that they do, at the most talkative level of the log, and then every byte that they said or wrote
 * is searched for every secret, in every spelling.
 */
import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { Random } from "../e2e/crash/random.ts";
import { type GatewayProcess, ROOT, Workplace } from "../e2e/gateway-process.ts";
import { makeKey, signEd25519 } from "../e2e/key-fixture.ts";
import { OperatorClient } from "../e2e/operator-client.ts";
import {
  envelope,
  type Key,
  SignedClient,
  type SignedRequest,
  sign,
} from "../e2e/signed-client.ts";
import { StreamClient } from "../e2e/stream-client.ts";
import { mutatedHeaders } from "./mutations.ts";
import { OPERATOR_REQUESTS, SIGNED_REQUESTS, UNSIGNED_REQUESTS } from "./valid-requests.ts";

const MASTER_KEY = randomBytes(32);
const TOKEN = randomBytes(24).toString("hex");
const CLI = join(ROOT, "packages", "cli", "src", "main.ts");

/** The one place of the one secret that has to be in the data directory. */
const RECEIPT_KEY_FILE = "receipt-key.pem";

/** Everything that was said or written, by where. */
class Heard {
  readonly #texts = new Map<string, Buffer[]>();

  add(where: string, text: string | Buffer): void {
    const texts = this.#texts.get(where) ?? [];
    texts.push(Buffer.from(text as string));
    this.#texts.set(where, texts);
  }

  get places(): readonly (readonly [string, Buffer])[] {
    return [...this.#texts].map(([where, texts]) => [where, Buffer.concat(texts)] as const);
  }
}

type Secrets = ReadonlyMap<string, Buffer>;

/** By name, as bytes. */
const secrets = new Map<string, Buffer>();

test("canaries: no secret is in any output or file", async (t) => {
  const place = Workplace.of(t);
  const heard = new Heard();
  secrets.set("the master key", MASTER_KEY);
  secrets.set("the operators' token", Buffer.from(TOKEN));
  for (const isFirst of [true, false]) {
    const gateway = await place.gateway(place.path("data"), {
      COUNTERMAND_LOG_LEVEL: "trace",
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: TOKEN,
      COUNTERMAND_MASTER_KEY: MASTER_KEY.toString("base64"),
    });
    if (isFirst) await live(gateway, heard);
    await gateway.state();
    gateway.kill("SIGTERM");
    await gateway.exited;
    heard.add("standard output", gateway.stdout);
    heard.add("the log", gateway.stderr);
  }
  secrets.set("the receipts' private key", privatePart(place.path(`data/${RECEIPT_KEY_FILE}`)));
  await offline(place, heard);
  for (const file of readdirSync(place.path("data"), { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || file.name === RECEIPT_KEY_FILE) continue;
    heard.add(`the file ${file.name}`, readFileSync(join(file.parentPath, file.name)));
  }
  const places = heard.places;
  assert.ok(places.length > 10, "much was heard");
  assert.ok(secrets.size > 30, "there were many secrets");
  assert.deepEqual(found(secrets, places), []);
  // The same search finds the one secret that is on the disk, in the midst of other bytes.
  const kept = readFileSync(place.path(`data/${RECEIPT_KEY_FILE}`));
  const seen = found(secrets, [["its file", kept]]);
  assert.deepEqual(seen, ["the receipts' private key is in its file"]);
});

test("canaries: the search finds what it looks for, in every spelling, at both ends", () => {
  const planted = new Map([
    ["bytes", randomBytes(32)],
    ["text", Buffer.from("a/b+c ünd")],
  ]);
  for (const [name, secret] of planted) {
    for (const spelling of spellings(secret)) {
      const last = Buffer.concat([randomBytes(1_000), spelling]);
      const first = Buffer.concat([spelling, randomBytes(1_000)]);
      const places = [["last", last] as const, ["first", first] as const];
      const seen = found(new Map([[name, secret]]), places);
      assert.deepEqual(seen, [`${name} is in last`, `${name} is in first`]);
    }
  }
  assert.ok(
    spellings(Buffer.from("a/b+c ünd")).some((each) => each.toString() === "a%2Fb%2Bc%20%C3%BCnd"),
  );
});

test("canaries: the search finds a secret that was encoded together with other bytes", () => {
  const secret = randomBytes(32);
  for (const before of [0, 1, 2, 3, 16]) {
    const around = Buffer.concat([randomBytes(before), secret, randomBytes(5)]);
    for (const coding of ["base64", "base64url", "hex"] as const) {
      const text = Buffer.from(around.toString(coding));
      const seen = found(new Map([["it", secret]]), [["a text", text]]);
      assert.deepEqual(seen, ["it is in a text"], `${coding} behind ${before} bytes`);
    }
  }
});

/** Each secret in each place. All are sought in one look, by their first two bytes. */
function found(secrets: Secrets, places: readonly (readonly [string, Buffer])[]): string[] {
  const byStart = new Map<number, [name: string, spelling: Buffer][]>();
  for (const [name, secret] of secrets) {
    for (const spelling of spellings(secret)) {
      const start = spelling.readUInt16BE();
      const alike = byStart.get(start) ?? [];
      alike.push([name, spelling]);
      byStart.set(start, alike);
    }
  }
  const sought = Array.from({ length: 65_536 }, (_, start) => byStart.get(start));
  const seen = new Set<string>();
  for (const [where, bytes] of places) {
    for (let from = 0; from + 1 < bytes.length; from += 1) {
      const start = ((bytes[from] ?? 0) << 8) | (bytes[from + 1] ?? 0);
      for (const [name, spelling] of sought[start] ?? []) {
        const isThere = spelling.equals(bytes.subarray(from, from + spelling.length));
        if (isThere) seen.add(`${name} is in ${where}`);
      }
    }
  }
  return [...seen];
}

function spellings(secret: Buffer): Buffer[] {
  const text = secret.toString("utf8");
  const hex = secret.toString("hex");
  const texts = [hex, hex.toUpperCase()];
  for (const before of [0, 1, 2]) texts.push(...base64Behind(before, secret));
  if (Buffer.from(text).equals(secret))
    texts.push(encodeURIComponent(text), JSON.stringify(text).slice(1, -1));
  return [secret, ...texts.map((each) => Buffer.from(each))];
}

/** The characters of both kinds of Base64 that only the secret decides, behind so many bytes. */
function base64Behind(before: number, secret: Buffer): string[] {
  const bytes = Buffer.concat([Buffer.alloc(before), secret]);
  const from = Math.ceil((before * 4) / 3);
  const to = Math.floor((bytes.length * 4) / 3);
  return (["base64", "base64url"] as const).map((coding) => {
    return bytes.toString(coding).slice(from, to);
  });
}

/** What everybody does in a life of the gateway, and what some try. */
async function live(gateway: GatewayProcess, heard: Heard): Promise<void> {
  const operatorUrl = await gateway.seen("the operators' address", ({ stdout }) => {
    return /operator API (http:\/\/\S+)/.exec(stdout)?.[1] ?? null;
  });
  const operator = new OperatorClient(operatorUrl, { Authorization: `Bearer ${TOKEN}` });
  const key = await makeKey(operator, { permissions: ["read", "trade"] });
  secrets.set(`the secret of ${key.apiKey}`, Buffer.from(key.secret));
  const client = new SignedClient(gateway.url, key);
  const send = async (where: string, to: SignedClient, request: SignedRequest): Promise<void> => {
    keepSignature(request);
    const answer = await to.send(request);
    heard.add(`answers to ${where}`, `${JSON.stringify(answer.headers)}${answer.text}`);
  };
  await trade(key, client, send);
  await ed25519(operator, gateway, send);
  const asOperator = new SignedClient(operatorUrl, key);
  for (const { method, target, body } of OPERATOR_REQUESTS) {
    if (target.startsWith("/operator/v1/keys") && method === "POST") continue;
    const bytes = Buffer.from(body === undefined ? "" : JSON.stringify(body));
    for (const token of [TOKEN, `${TOKEN}x`]) {
      const headers = {
        Authorization: `Bearer ${token}`,
        "X-Operator": "kim",
        "Idempotency-Key": "k",
      };
      await send("operators", asOperator, { method, target, body: bytes, headers });
    }
  }
  const rotated = await operator.post(`keys/${key.apiKey}/rotate`, {
    reason: "x",
    overlap_seconds: 60,
  });
  if (rotated.status === 200)
    secrets.set(`the new secret of ${key.apiKey}`, Buffer.from(rotated.data.secret));
  await signIn(gateway, key, client, heard);
  client.close();
  asOperator.close();
}

type Send = (where: string, to: SignedClient, request: SignedRequest) => Promise<void>;

/** Every request, good and damaged, and a stream with commands. */
async function trade(key: Key, client: SignedClient, send: Send): Promise<void> {
  const random = new Random(1);
  for (const { method, target, body } of Object.values(SIGNED_REQUESTS).flat()) {
    if (target.startsWith("/console/v1/sign-in-codes") || target.startsWith("/sandbox/v1/clock"))
      continue;
    const text = body === undefined ? "" : JSON.stringify(body);
    const good = sign(key, method, target, text);
    await send("traders", client, good);
    await send("traders", client, good);
    const wrong = sign({ ...key, secret: `${key.secret}x` }, method, target, text);
    await send("traders", client, wrong);
    const damaged = sign(key, method, target, text, { form: "hex" });
    await send("traders", client, { ...damaged, headers: mutatedHeaders(random, damaged.headers) });
    await send("traders", client, { ...sign(key, method, target, text), body: Buffer.from("{") });
  }
  for (const { method, target } of UNSIGNED_REQUESTS) {
    if (method !== "GET") continue;
    await send("everybody", client, { method, target, body: Buffer.alloc(0), headers: {} });
  }
}

/** A key of which the gateway has the public part only. */
async function ed25519(
  operator: OperatorClient,
  gateway: GatewayProcess,
  send: Send,
): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" }).toString("base64");
  const terms = {
    reason: "x",
    accounts: ["80114138"],
    permissions: ["trade"],
    algorithm: "ed25519",
    public_key: der,
  };
  const made = await operator.post("keys", terms);
  assert.equal(made.status, 200, made.details);
  const apiKey: string = made.data.api_key;
  secrets.set(
    `the private key of ${apiKey}`,
    rawPrivate(privateKey.export({ type: "pkcs8", format: "der" })),
  );
  const client = new SignedClient(gateway.url, { apiKey, secret: "", account: "80114138" });
  for (const body of ['{"order_no":"99"}', "{"]) {
    await send(
      "traders",
      client,
      signEd25519(apiKey, privateKey, "DELETE", "/trade/v1/orders", body),
    );
  }
  client.close();
}

async function signIn(
  gateway: GatewayProcess,
  key: Key,
  client: SignedClient,
  heard: Heard,
): Promise<void> {
  const made = envelope(await client.call("POST", "/console/v1/sign-in-codes"));
  const { sign_in_code: code } = made.data as { sign_in_code: string };
  secrets.set(`the sign-in code ${code.slice(0, 2)}`, Buffer.from(code));
  const post = (body: object): Promise<Response> =>
    fetch(`${gateway.url}/console/v1/session`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Origin: gateway.url },
      body: JSON.stringify(body),
    });
  const signedIn = await post({ sign_in_code: code });
  const cookie = (signedIn.headers.get("set-cookie") ?? "").split(";", 1)[0] ?? "";
  secrets.set(`a session of ${key.apiKey}`, Buffer.from(cookie.split("=")[1] ?? ""));
  const session = (await signedIn.json()) as { data: { csrf_token: string } };
  secrets.set(`a CSRF token of ${key.apiKey}`, Buffer.from(session.data.csrf_token));
  heard.add("answers to the console", await (await post({ sign_in_code: code })).text());
  for (const path of ["/console/v1/api/account/v1/balance", "/console/v1/api/nothing"]) {
    const response = await fetch(gateway.url + path, { headers: { Cookie: cookie } });
    heard.add("answers to the console", await response.text());
  }
  const stream = await StreamClient.open(gateway.url, key, "commands=1");
  stream.send('{"op":"cancel","id":"1","data":{"order_no":"99"}}');
  stream.send("{");
  await stream.seen("the reply", ({ message }) => message.type === "reply");
  for (const { text } of stream.received) heard.add("the stream", text);
  stream.close();
}

/** What the command line says of the same, and without a gateway. */
async function offline(place: Workplace, heard: Heard): Promise<void> {
  const secret = randomBytes(24).toString("hex");
  secrets.set("a secret of the command line", Buffer.from(secret));
  const profiles = place.path("profiles.json");
  const profile = { url: "http://127.0.0.1:1", apiKey: "k", secret };
  writeFileSync(profiles, JSON.stringify({ p: profile }), { mode: 0o600 });
  const environment = { COUNTERMAND_PROFILES: profiles, COUNTERMAND_OPERATOR_TOKEN: TOKEN };
  const commands = [
    ["verify", place.path("data")],
    ["orders", "--profile", "p"],
    ["cancel", "1", "--profile", "q"],
  ];
  for (const command of commands) {
    const run = place.run(process.execPath, [CLI, ...command], environment);
    await run.exited;
    heard.add(`the command ${basename(command[0] ?? "")}`, run.stdout + run.stderr);
  }
}

/** A signature is worth its request for as long as the window is open. */
function keepSignature({ headers }: SignedRequest): void {
  const text = headers["X-API-Signature"] ?? "";
  const isHex = /^[0-9a-f]{64}$/.test(text);
  const bytes = Buffer.from(text, isHex ? "hex" : "base64");
  if (bytes.length >= 32) secrets.set(`the signature ${text}`, bytes);
}

function privatePart(file: string): Buffer {
  const [, base64 = ""] =
    /PRIVATE KEY-----\n([^-]+)-----END/.exec(readFileSync(file, "utf8")) ?? [];
  return rawPrivate(Buffer.from(base64, "base64"));
}

/** The 32 bytes that are the secret of an Ed25519 key. */
function rawPrivate(der: Buffer): Buffer {
  return der.subarray(-32);
}
