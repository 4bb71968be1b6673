// A signature that is refused costs the same work, whatever is wrong with it.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { isFault } from "@countermand/contract";
import { ControlState, type KeyEvent } from "@countermand/core/control";
import type { Account, UnixMs } from "@countermand/core/model";
import { Authenticator } from "./authenticate.ts";
import { ed25519Signature, hmacSignature, NOW_MS, rawRequest } from "./authenticate-fixture.ts";
import { KeyStore, normalPublicKey } from "./key-store.ts";
import { ED25519_FAILURES_MAX, ED25519_FAILURES_SECONDS } from "./limits.ts";
import { MasterKey } from "./master-key.ts";
import { SIGNATURE_CHECKS, type SignatureChecks } from "./signature-checks.ts";

const WINDOW_MS = 300_000;
const MASTER = new MasterKey(Buffer.alloc(32, 1));
/** Of the secrets before. */
const UNTIL_MS = (NOW_MS + 1) as UnixMs;
const PAIR = generateKeyPairSync("ed25519");
const FOREIGN = generateKeyPairSync("ed25519");
const act = { atMs: 1 as UnixMs, operator: "kim", reason: "why" };

/** Keys of both kinds, each plain and rotated, and one that is revoked. */
function keyStore(): KeyStore {
  const { keys } = new ControlState();
  const publicKey = PAIR.publicKey.export({ format: "der", type: "spki" }).subarray(12);
  const secrets = { hmac: (name: string) => MASTER.seal(name, "secret"), ed25519: () => "" };
  for (const algorithm of ["hmac", "ed25519"] as const) {
    for (const name of ["plain", "rotated", "revoked"]) {
      const apiKey = `${algorithm} ${name}`;
      const text = algorithm === "hmac" ? secrets.hmac(apiKey) : publicKey.toString("base64");
      const terms = {
        apiKey,
        algorithm,
        accounts: ["80114138" as Account],
        permissions: ["read"],
        portfolioIds: null,
        addresses: null,
        label: "",
      } as const;
      const credential = { text };
      keys.apply({ type: "KeyCreated", act, terms, expiresAtMs: null, credential });
      if (name === "plain") continue;
      const changed: KeyEvent =
        name === "revoked"
          ? { type: "KeyRevoked", act, apiKey }
          : {
              type: "KeyRotated",
              act,
              apiKey,
              credential: { text: algorithm === "hmac" ? MASTER.seal(apiKey, "new") : text },
              previousUntilMs: UNTIL_MS,
            };
      keys.apply(changed);
    }
  }
  return new KeyStore(keys, { current: MASTER, previous: null });
}

class Bench {
  readonly counts = { hmac: 0, ed25519: 0 };
  readonly authenticator: Authenticator;
  nowMs = NOW_MS;

  constructor() {
    const checks: SignatureChecks = {
      hmac: (...parts) => {
        this.counts.hmac += 1;
        return SIGNATURE_CHECKS.hmac(...parts);
      },
      ed25519: (...parts) => {
        this.counts.ed25519 += 1;
        return SIGNATURE_CHECKS.ed25519(...parts);
      },
    };
    this.authenticator = new Authenticator({
      keys: keyStore(),
      wallMs: () => this.nowMs,
      windowMs: () => WINDOW_MS,
      checks,
    });
  }

  /** The work done, and what came of it without the key's name. */
  ask(apiKey: string, signature: Uint8Array): readonly [string, object | string] {
    this.counts.hmac = 0;
    this.counts.ed25519 = 0;
    const found = this.authenticator.authenticate(rawRequest(apiKey, signature));
    const { hmac, ed25519 } = this.counts;
    return [`${hmac} HMAC, ${ed25519} Ed25519`, isFault(found) ? found : found.caller.apiKey];
  }
}

test("authentication: whatever is wrong, the work and the answer are the same", () => {
  const bench = new Bench();
  const names = ["nobody"];
  for (const kind of ["hmac", "ed25519"]) {
    for (const name of ["plain", "rotated", "revoked"]) names.push(`${kind} ${name}`);
  }
  const asked = (signature: Uint8Array) => names.map((name) => bench.ask(name, signature));
  for (const answers of [
    asked(hmacSignature("wrong")),
    asked(ed25519Signature(FOREIGN.privateKey)),
  ]) {
    const [first] = answers;
    assert.ok(first !== undefined);
    for (const each of answers) assert.deepEqual(each, first);
  }
  assert.equal(bench.ask("nobody", hmacSignature("wrong"))[0], "2 HMAC, 0 Ed25519");
  assert.equal(bench.ask("nobody", new Uint8Array(64))[0], "0 HMAC, 2 Ed25519");
});

test("authentication: a good signature costs one check, one of the secret before two", () => {
  const bench = new Bench();
  const cases: readonly (readonly [string, Buffer, string])[] = [
    ["hmac plain", hmacSignature("secret"), "1 HMAC, 0 Ed25519"],
    ["hmac rotated", hmacSignature("new"), "1 HMAC, 0 Ed25519"],
    ["hmac rotated", hmacSignature("secret"), "2 HMAC, 0 Ed25519"],
    ["ed25519 plain", ed25519Signature(PAIR.privateKey), "0 HMAC, 1 Ed25519"],
  ];
  for (const [name, signature, work] of cases) {
    assert.deepEqual(bench.ask(name, signature), [work, name]);
  }
});

test("authentication: a request is good to the ends of its window, on either side", () => {
  const bench = new Bench();
  for (const [sinceMs, isGood] of [
    [WINDOW_MS, true],
    [WINDOW_MS + 1, false],
    [-WINDOW_MS, true],
    [-WINDOW_MS - 1, false],
  ] as const) {
    bench.nowMs = NOW_MS + sinceMs;
    const [, found] = bench.ask("hmac plain", hmacSignature("secret"));
    assert.equal(found === "hmac plain", isGood, `${sinceMs} ms`);
  }
});

test("authentication: the secret before is good until its time, and the new one from the start", () => {
  const bench = new Bench();
  const isGood = (secret: string) => {
    return bench.ask("hmac rotated", hmacSignature(secret))[1] === "hmac rotated";
  };
  assert.deepEqual([isGood("secret"), isGood("new")], [true, true]);
  bench.nowMs = UNTIL_MS;
  assert.deepEqual([isGood("secret"), isGood("new")], [false, true]);
});

test("authentication: a header that is sent twice is named", () => {
  const { authenticator } = new Bench();
  const good = rawRequest("hmac plain", hmacSignature("secret"));
  for (const name of ["X-API-Key", "X-API-Timestamp", "X-API-Signature"]) {
    const value = String(good.headers[name.toLowerCase()]);
    const headers = { ...good.headers, [name.toLowerCase()]: `${value}, ${value}` };
    const refused = authenticator.authenticate({ ...good, headers });
    assert.ok(isFault(refused));
    assert.equal(refused.error, "AUTH_HEADER_MISSING");
    assert.ok(refused.details.startsWith(`sent twice: ${name}; expected a signature of GET|`));
  }
});

test("authentication: a key takes signatures of its own kind alone", () => {
  const bench = new Bench();
  const publicKey = PAIR.publicKey.export({ format: "der", type: "spki" }).subarray(12);
  const forged = hmacSignature(publicKey);
  assert.ok(typeof bench.ask("ed25519 plain", forged)[1] === "object");
  const signature = ed25519Signature(PAIR.privateKey);
  assert.ok(typeof bench.ask("hmac plain", signature)[1] === "object");
});

test("authentication: who fails too often by Ed25519 is refused unchecked, until time passes", () => {
  const bench = new Bench();
  const good = ed25519Signature(PAIR.privateKey);
  const wrong = ed25519Signature(FOREIGN.privateKey);
  for (let count = 0; count < ED25519_FAILURES_MAX; count += 1) {
    assert.equal(bench.ask("ed25519 plain", good)[1], "ed25519 plain", "only failures count");
    bench.ask("ed25519 plain", wrong);
  }
  const [work, refused] = bench.ask("ed25519 plain", good);
  assert.ok(typeof refused === "object" && "error" in refused);
  assert.deepEqual([work, refused.error], ["0 HMAC, 0 Ed25519", "UNVERIFIED_TOO_OFTEN"]);
  assert.equal(bench.ask("hmac plain", hmacSignature("secret"))[1], "hmac plain");
  bench.nowMs += ED25519_FAILURES_SECONDS * 1000;
  assert.equal(bench.ask("ed25519 plain", good)[1], "ed25519 plain");
});

test("authentication: of a query the bytes are signed, whatever text they are", () => {
  const { authenticator } = new Bench();
  const query = Buffer.from([0x61, 0x3d, 0xfc, 0xc3, 0xbc]);
  const request = rawRequest("hmac plain", hmacSignature("secret", query));
  const rawQuery = query.toString("latin1");
  assert.ok(!isFault(authenticator.authenticate({ ...request, rawQuery })));
  assert.ok(isFault(authenticator.authenticate(request)));
});

test("public keys: one under which anybody can sign is refused in every spelling", () => {
  const p = 2n ** 255n - 19n;
  // Ordinates of the points of order 1, 2, 4 and 8 (RFC 8032, 5.1).
  const eighth = BigInt("0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7");
  const ordinates = [0n, 1n, p - 1n, eighth, p - eighth];
  const spellings = ordinates.flatMap((y) => [y, y + p]).filter((y) => y < 2n ** 255n);
  assert.equal(spellings.length, 7);
  for (const y of spellings) {
    for (const sign of [0n, 1n]) {
      const hex = (y + (sign << 255n)).toString(16).padStart(64, "0");
      const base64 = Buffer.from(hex, "hex").reverse().toString("base64");
      assert.equal(normalPublicKey(base64), null, hex);
    }
  }
  const raw = PAIR.publicKey.export({ format: "der", type: "spki" }).subarray(12);
  assert.equal(normalPublicKey(raw.toString("base64")), raw.toString("base64"));
});
