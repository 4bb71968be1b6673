import assert from "node:assert/strict";
import { createHash, createHmac, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { isFault } from "./errors.ts";
import {
  decodeSignature,
  parseTimestamp,
  requestPayloadKind,
  signatureDetails,
  signedPrefix,
  stringToSign,
} from "./signature.ts";

interface Vectors {
  readonly secret: string;
  readonly vectors: readonly {
    readonly method: string;
    readonly path: string;
    readonly timestamp: string;
    readonly payload: string;
    readonly signature: string;
  }[];
}

const GOLDEN = JSON.parse(
  readFileSync(new URL("../../../test/golden/signature-vectors.json", import.meta.url), "utf8"),
) as Vectors;

test("signature: the published vectors hold, in Base64 and in hex", () => {
  assert.equal(GOLDEN.vectors.length, 5);
  for (const { method, path, timestamp, payload, signature } of GOLDEN.vectors) {
    const text = stringToSign(method, path, timestamp, payload);
    assert.equal(text, signedPrefix(method, path, timestamp) + payload);
    const bytes = createHmac("sha256", GOLDEN.secret).update(text, "utf8").digest();
    assert.equal(bytes.toString("base64"), signature);
    assert.deepEqual(decodeSignature(signature), new Uint8Array(bytes));
    assert.deepEqual(decodeSignature(bytes.toString("hex")), new Uint8Array(bytes));
    assert.deepEqual(decodeSignature(bytes.toString("hex").toUpperCase()), new Uint8Array(bytes));
  }
});

test("signature: the published vectors of Ed25519 hold", () => {
  const page = readFileSync(new URL("../../../docs/protocol/rest.md", import.meta.url), "utf8");
  const der = Buffer.from(`302e020100300506032b657004220420${RFC_8032_PRIVATE_KEY}`, "hex");
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const raw = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12);
  assert.ok(page.includes(`\`${raw.toString("base64")}\``));
  const rows = [...page.matchAll(/^\| `(.+)` \| `([A-Za-z0-9+/]{86}==)` \|$/gm)];
  assert.equal(rows.length, 2);
  for (const [, text = "", signature = ""] of rows) {
    const bytes = sign(null, Buffer.from(text.replaceAll("\\|", "|")), key);
    assert.equal(bytes.toString("base64"), signature);
    assert.deepEqual(decodeSignature(signature), new Uint8Array(bytes));
    assert.deepEqual(decodeSignature(bytes.toString("hex")), new Uint8Array(bytes));
  }
});

/** Test 1 of RFC 8032, 7.1. */
const RFC_8032_PRIVATE_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

test("signature: any 32 and any 64 bytes are read back from both spellings", () => {
  const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const bytes64 = fc.uint8Array({ minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(fc.oneof(bytes32, bytes64), (bytes) => {
      const buffer = Buffer.from(bytes);
      assert.deepEqual(decodeSignature(buffer.toString("base64")), new Uint8Array(bytes));
      assert.deepEqual(decodeSignature(buffer.toString("hex")), new Uint8Array(bytes));
    }),
  );
});

test("signature: one letter for another is another signature, or none", () => {
  const bytes = fc.constantFrom(32, 64).chain((length) => {
    return fc.uint8Array({ minLength: length, maxLength: length });
  });
  const letters = fc.constantFrom(..."ABZaz09+/=-_ .é\u0141\uff10");
  fc.assert(
    fc.property(bytes, fc.nat(87), letters, (signed, drawn, letter) => {
      const text = Buffer.from(signed).toString("base64");
      const index = drawn % text.length;
      const changed = text.slice(0, index) + letter + text.slice(index + 1);
      const read = decodeSignature(changed);
      if (read !== null) assert.equal(Buffer.from(read).toString("base64"), changed);
    }),
    { numRuns: 1_000 },
  );
});

test("signature: what is no signature of either algorithm is refused", () => {
  const base64 = "8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=";
  const others = [
    "",
    base64.slice(0, -1),
    ` ${base64}`,
    `${base64}\n`,
    base64.replace("+", "-"),
    // A byte after the 64 of Ed25519, and three.
    Buffer.alloc(65).toString("base64"),
    Buffer.alloc(67).toString("base64"),
    // Bits beyond the 32 bytes: a second spelling of the same signature.
    base64.replace("F0=", "F1="),
    base64.replace("0=", "=="),
    "g".repeat(64),
    "g".repeat(128),
    "a".repeat(88),
    `${"A".repeat(85)}B==`,
    "a".repeat(63),
    "\u0661".repeat(44),
  ];
  for (const text of others) assert.equal(decodeSignature(text), null, JSON.stringify(text));
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 130 }), (text) => {
      const bytes = decodeSignature(text);
      assert.ok(bytes === null || bytes.length === 32 || bytes.length === 64);
    }),
  );
});

test("signature: what is signed depends on the method and on the body", () => {
  assert.equal(requestPayloadKind("GET", false), "query");
  assert.equal(requestPayloadKind("GET", true), "query");
  assert.equal(requestPayloadKind("CONNECT", false), "query");
  assert.equal(requestPayloadKind("DELETE", true), "body");
  assert.equal(requestPayloadKind("DELETE", false), "query");
  assert.equal(requestPayloadKind("POST", true), "body");
  assert.equal(requestPayloadKind("PUT", true), "body");
});

test("timestamp: milliseconds are read, other units are named, the rest is refused", () => {
  assert.equal(parseTimestamp("1746774142003"), 1746774142003);
  const table: readonly (readonly [string, string])[] = [
    ["1746774142", "X-API-Timestamp looks like seconds, milliseconds are expected"],
    ["1746774142003000", "X-API-Timestamp looks like microseconds, milliseconds are expected"],
    ["", 'X-API-Timestamp must be Unix milliseconds, 13 digits, not ""'],
    ["174677414200x", 'X-API-Timestamp must be Unix milliseconds, 13 digits, not "174677414200x"'],
    [
      "1746774142.003",
      'X-API-Timestamp must be Unix milliseconds, 13 digits, not "1746774142.003"',
    ],
  ];
  for (const [text, details] of table) {
    assert.deepEqual(parseTimestamp(text), { error: "TIMESTAMP_MALFORMED", details });
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const result = parseTimestamp(text);
      assert.ok(typeof result === "number" ? /^[0-9]{13}$/.test(text) : isFault(result));
    }),
  );
});

test("signature: the details of a 401 say what the server saw", () => {
  const body = '{"order_no":"22000000022","reference_id":""}';
  const seen = {
    method: "DELETE",
    path: "/trade/v1/orders",
    timestamp: "1746774142003",
    payloadKind: "body",
    payloadBytes: Buffer.byteLength(body),
    payloadSha256: createHash("sha256").update(body).digest("hex"),
    serverTimeMs: 1746774143003,
    windowMs: 300_000,
  } as const;
  assert.equal(
    signatureDetails(seen),
    "expected a signature of DELETE|/trade/v1/orders|1746774142003|<raw body: 44 bytes, SHA-256 " +
      `${seen.payloadSha256}>; server time 1746774143003, client time 1746774142003, ` +
      "skew -1000 ms, window +-300000 ms",
  );
  assert.match(
    signatureDetails({ ...seen, serverTimeMs: 1746774443004 }),
    /skew -301001 ms \(outside the window\), window .* ms; set the client's clock, or .* GET \/time/,
  );
  assert.match(
    signatureDetails({ ...seen, timestamp: "1746774142", payloadKind: "query" }),
    /\|1746774142\|<raw query string: .*; server time 1746774143003, .* looks like seconds, /,
  );
});

test("signature: the details of a 401 say so when the body of a write did not arrive", () => {
  const seen = {
    method: "DELETE",
    path: "/trade/v1/orders",
    timestamp: "1746774142003",
    payloadKind: "query",
    payloadBytes: 0,
    payloadSha256: createHash("sha256").digest("hex"),
    serverTimeMs: 1746774143003,
    windowMs: 300_000,
  } as const;
  const dropped = /; no body and no query arrived: if a body was sent, a proxy dropped it$/;
  assert.match(signatureDetails(seen), dropped);
  assert.match(signatureDetails({ ...seen, method: "POST" }), dropped);
  for (const method of ["GET", "CONNECT"]) {
    assert.doesNotMatch(signatureDetails({ ...seen, method }), dropped);
  }
  assert.doesNotMatch(signatureDetails({ ...seen, payloadBytes: 9 }), dropped);
  assert.doesNotMatch(signatureDetails({ ...seen, payloadKind: "body" }), dropped);
});
