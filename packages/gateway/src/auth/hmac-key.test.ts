import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { HmacKey } from "./hmac-key.ts";

const SECRET = Buffer.from("a secret of this test");

function signatureOf(secret: Uint8Array, prefix: string, payload: Uint8Array): Buffer {
  return createHmac("sha256", secret).update(prefix, "latin1").update(payload).digest();
}

/** Around the block of 64 bytes, from which on a secret is hashed first. */
const secrets = fc.oneof(
  fc.uint8Array({ minLength: 0, maxLength: 200 }),
  fc.uint8Array({ minLength: 63, maxLength: 65 }),
);
/** What node:http makes of the bytes of a request line. */
const prefixes = fc.uint8Array({ maxLength: 300 }).map((bytes) => {
  return Buffer.from(bytes).toString("latin1");
});
/** Longer ones are put together elsewhere. */
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.integer({ min: 3_000, max: 20_000 })),
);

test("hmac key: takes what node:crypto signs, and nothing that differs in a bit", () => {
  fc.assert(
    fc.property(secrets, prefixes, payloads, fc.nat(255), (secret, prefix, drawn, wrongBit) => {
      const payload = Array.isArray(drawn) ? Buffer.alloc(drawn[1], drawn[0]) : drawn;
      const key = new HmacKey(secret);
      const signature = signatureOf(secret, prefix, payload);
      assert.equal(key.verifies(prefix, payload, signature), true);
      signature[wrongBit >> 3] = (signature[wrongBit >> 3] ?? 0) ^ (1 << (wrongBit & 7));
      assert.equal(key.verifies(prefix, payload, signature), false);
    }),
    { numRuns: 500 },
  );
});

test("hmac key: what one has signed does not show in what the next one signs", () => {
  const [first, second] = [new HmacKey(SECRET), new HmacKey(Buffer.from("another"))];
  const long = Buffer.alloc(5_000, "x");
  for (const payload of [long, Buffer.alloc(0), long.subarray(0, 100), Buffer.from("y")]) {
    const signature = signatureOf(SECRET, "GET|/|1|", payload);
    assert.equal(first.verifies("GET|/|1|", payload, signature), true);
    assert.equal(second.verifies("GET|/|1|", payload, signature), false);
  }
});

test("hmac key: the secret's own bytes may change afterwards", () => {
  const bytes = Buffer.from(SECRET);
  const key = new HmacKey(bytes);
  bytes.fill(0);
  assert.equal(key.verifies("", bytes, signatureOf(SECRET, "", bytes)), true);
});

test("hmac key: shows nothing of what it knows", () => {
  const key = new HmacKey(SECRET);
  assert.equal(inspect(key, { showHidden: true, depth: 9 }), "HmacKey {}");
  assert.equal(JSON.stringify(key), "{}");
});
