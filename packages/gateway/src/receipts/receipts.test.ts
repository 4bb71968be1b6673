import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inFolder } from "../journal/journal-fixture.ts";
import { receiptKeys } from "./receipt-keys.ts";
import { verifyReceipt } from "./receipt-verification.ts";

function pemOf(type: "ed25519" | "x25519"): string {
  const pair = type === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519");
  return pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

function contentFor(keyId: string): string {
  return JSON.stringify({ order_no: "22000000022", key_id: keyId });
}

test("receipt keys: the data directory's own is made once, for its owner only", async () => {
  await inFolder((folder) => {
    const keys = receiptKeys("auto", folder);
    const file = join(folder, "receipt-key.pem");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(keys !== null);
    assert.equal(existsSync(`${file}.tmp`), false);
    assert.equal(receiptKeys("auto", folder)?.jwksJson, keys.jwksJson);
    assert.equal(keys.signed("x"), receiptKeys("auto", folder)?.signed("x"), "deterministic");
    assert.equal(receiptKeys("off", folder), null);
    assert.equal((JSON.parse(keys.jwksJson) as { keys: unknown[] }).keys.length, 1);
  });
});

test("receipt keys: a signature is standard JWS, which any library verifies", async () => {
  await inFolder((folder) => {
    const keys = receiptKeys("auto", folder);
    assert.ok(keys !== null);
    const [header = "", content = "", signature = ""] = keys.signed('{"a":1}').split(".");
    assert.deepEqual(JSON.parse(Buffer.from(header, "base64url").toString()), {
      alg: "EdDSA",
      kid: keys.keyId,
      typ: "countermand-receipt",
    });
    assert.equal(Buffer.from(content, "base64url").toString(), '{"a":1}');
    const { keys: jwks } = JSON.parse(keys.jwksJson) as { keys: [{ kid: string }] };
    const key = createPublicKey({ key: jwks[0], format: "jwk" });
    const bytes = Buffer.from(signature, "base64url");
    assert.equal(verify(null, Buffer.from(`${header}.${content}`), key, bytes), true);
  });
});

test("receipt keys: older public keys behind the private one stay in the set", async () => {
  await inFolder((folder) => {
    const old = receiptKeys("auto", folder);
    assert.ok(old !== null);
    const oldPem = readFileSync(join(folder, "receipt-key.pem"), "utf8");
    const oldPublic = createPublicKey(oldPem).export({ type: "spki", format: "pem" }).toString();
    const file = join(folder, "new.pem");
    writeFileSync(file, pemOf("ed25519") + oldPublic);
    const renewed = receiptKeys(file, folder);
    assert.ok(renewed !== null && renewed.keyId !== old.keyId);
    const jwks: unknown = JSON.parse(renewed.jwksJson);
    for (const keys of [old, renewed]) {
      assert.equal(verifyReceipt(keys.signed(contentFor(keys.keyId)), jwks).isGood, true);
    }
  });
});

test("receipt keys: what cannot sign is refused, without quoting it", async () => {
  await inFolder((folder) => {
    const file = join(folder, "key.pem");
    const refused = (content: string | null, problem: RegExp): void => {
      if (content !== null) writeFileSync(file, content);
      assert.throws(
        () => receiptKeys(file, folder),
        (error: Error & { code?: string }) => {
          assert.match(error.message, problem);
          assert.equal(error.code, "RECEIPT_KEY_UNUSABLE");
          assert.doesNotMatch(error.message, /BEGIN|MC4C/);
          return true;
        },
      );
    };
    refused(null, /is missing/);
    refused("", /has 0 private keys/);
    refused(pemOf("ed25519") + pemOf("ed25519"), /has 2 private keys/);
    refused(pemOf("x25519"), /of type x25519/);
    refused("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", /cannot be read/);
    mkdirSync(join(folder, "folder"));
    assert.throws(() => receiptKeys(join(folder, "folder"), folder), /cannot be read \(EISDIR\)/);
    chmodSync(file, 0o600);
  });
});

test("receipt verification: with any one byte changed, none is good", async () => {
  await inFolder((folder) => {
    const keys = receiptKeys("auto", folder);
    assert.ok(keys !== null);
    const jwks: unknown = JSON.parse(keys.jwksJson);
    const receipt = keys.signed(contentFor(keys.keyId));
    assert.equal(verifyReceipt(receipt, jwks).isGood, true);
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+ ";
    for (let index = 0; index < receipt.length; index += 1) {
      // The neighbour in the alphabet changes the lowest bits, which Base64 may leave unused.
      const at = alphabet.indexOf(receipt[index] ?? "");
      for (const other of [alphabet[(at + 1) % 64], alphabet[at ^ 1], ".", "="]) {
        if (other === receipt[index]) continue;
        const changed = receipt.slice(0, index) + other + receipt.slice(index + 1);
        assert.equal(verifyReceipt(changed, jwks).isGood, false, `${index} ${other}`);
      }
      const cut = receipt.slice(0, index) + receipt.slice(index + 1);
      assert.equal(verifyReceipt(cut, jwks).isGood, false, `without ${index}`);
    }
    for (const added of [`${receipt}=`, `${receipt}A`, `A${receipt}`, `${receipt}.A`, ""]) {
      assert.equal(verifyReceipt(added, jwks).isGood, false);
    }
  });
});

test("receipt verification: only the keys given count, and only this kind of header", async () => {
  await inFolder((folder) => {
    const keys = receiptKeys("auto", folder);
    assert.ok(keys !== null);
    const receipt = keys.signed(contentFor(keys.keyId));
    const jwks = JSON.parse(keys.jwksJson) as { keys: object[] };
    const [, content = ""] = receipt.split(".");
    const privateKey = createPrivateKey(readFileSync(join(folder, "receipt-key.pem")));
    // Signed by the key itself: it is the header alone that such a receipt is refused for.
    const withHeader = (header: object): string => {
      const signed = `${Buffer.from(JSON.stringify(header)).toString("base64url")}.${content}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString("base64url")}`;
    };
    const kid = keys.keyId;
    const typ = "countermand-receipt";
    assert.equal(verifyReceipt(withHeader({ alg: "EdDSA", kid, typ }), jwks).isGood, true);
    const refused: [string, unknown][] = [
      [receipt, { keys: [] }],
      [receipt, null],
      [receipt, { keys: [null, { kid, kty: "OKP", crv: "Ed25519", x: "AA" }] }],
      [receipt, { keys: [{ kid, kty: "oct", k: "AA" }] }],
      [withHeader({ alg: "none", kid, typ }), jwks],
      [withHeader({ alg: "EdDSA", kid, typ: "JWT" }), jwks],
      [withHeader({ alg: "EdDSA", kid, typ, crit: ["x"] }), jwks],
      [withHeader({ alg: "EdDSA", kid: 7, typ }), { keys: [{ ...jwks.keys[0], kid: 7 }] }],
      [keys.signed(contentFor("another")), jwks],
      [keys.signed("no JSON"), jwks],
      [keys.signed("null"), jwks],
    ];
    for (const [text, set] of refused) assert.equal(verifyReceipt(text, set).isGood, false, text);
  });
});
