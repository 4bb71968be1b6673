// Goal: both kinds of signatures are those that are published, and a key that is none is refused
// before anything is sent.
import assert from "node:assert/strict";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { Signer, type SigningKey } from "./sign.ts";

const HANDSHAKE = {
  method: "CONNECT",
  path: "/ws/trade/v1",
  timestampMs: 1_699_999_999_999,
  payload: "",
};
/** The private key of RFC 8032's first test. */
const RFC_8032_SEED = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

function rfcPem(): string {
  const seed = Buffer.from(RFC_8032_SEED, "base64");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return key.export({ format: "pem", type: "pkcs8" }) as string;
}

test("signer: Ed25519 makes the published vectors", async () => {
  for (const privateKey of [rfcPem(), rfcPem().replaceAll("\n", "\r\n")]) {
    const signer = new Signer({ apiKey: "k", privateKey });
    assert.deepEqual(await signer.headers(HANDSHAKE), {
      "X-API-Key": "k",
      "X-API-Timestamp": "1699999999999",
      "X-API-Signature":
        "76Mw2ZSyjMigGkdxNFRcBg008r2MCGgdB68Lb+7pHaaPoLsoXmNGB6AOfhrTk+0MpsmnRf8K5+9/OmXRs5MWDg==",
    });
  }
});

test("signer: WebCrypto's own key signs without being given out", async () => {
  const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  const { privateKey, publicKey } = pair as unknown as Record<
    "privateKey" | "publicKey",
    SigningKey
  >;
  const signature = await new Signer({ apiKey: "k", privateKey }).signature(HANDSHAKE);
  const text = Buffer.from("CONNECT|/ws/trade/v1|1699999999999|");
  const bytes = Buffer.from(signature, "base64");
  assert.ok(await crypto.subtle.verify("Ed25519", publicKey, bytes, text));
  await assert.rejects(crypto.subtle.exportKey("pkcs8", privateKey));
});

test("signer: what is no Ed25519 private key is refused at once", async () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  const pair = generateKeyPairSync("ed25519");
  const pkcs8 = { format: "pem", type: "pkcs8" } as const;
  const encrypted = { ...pkcs8, cipher: "aes-256-cbc", passphrase: "x" } as const;
  const wrong: [key: string, said: RegExp][] = [
    ["", /not in PEM/],
    [RFC_8032_SEED, /not in PEM/],
    [pair.privateKey.export(encrypted) as string, /not in PEM/],
    [pair.publicKey.export({ format: "pem", type: "spki" }) as string, /not in PEM/],
    [rsa.privateKey.export(pkcs8) as string, /not an Ed25519 key/],
    ["-----BEGIN PRIVATE KEY-----\n=A=\n-----END PRIVATE KEY-----", /not an Ed25519 key/],
  ];
  const der = pair.privateKey.export({ format: "der", type: "pkcs8" });
  const longer = Buffer.concat([der, Buffer.alloc(1)]).toString("base64");
  const lines = `-----BEGIN PRIVATE KEY-----\n${longer}\n-----END PRIVATE KEY-----`;
  wrong.push([lines, /not an Ed25519 key/]);
  for (const [privateKey, message] of wrong) {
    assert.throws(() => new Signer({ apiKey: "k", privateKey }), { name: "TypeError", message });
  }
  const hmac = await crypto.subtle.importKey(
    "raw",
    Buffer.from("secret"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const spki = pair.publicKey.export({ format: "der", type: "spki" });
  const ed25519 = { name: "Ed25519" };
  const publicKey = await crypto.subtle.importKey("spki", spki, ed25519, false, ["verify"]);
  for (const privateKey of [hmac, publicKey]) {
    assert.throws(() => new Signer({ apiKey: "k", privateKey }), TypeError);
  }
});

test("signer: an empty secret is refused where somebody waits for the signature", async () => {
  for (const secret of ["", undefined as unknown as string]) {
    const signer = new Signer({ apiKey: "k", secret });
    await assert.rejects(signer.signature(HANDSHAKE), /the credentials have an empty secret/);
  }
  for (const apiKey of ["", undefined as unknown as string]) {
    assert.throws(() => new Signer({ apiKey, secret: "s" }), /the credentials have no apiKey/);
  }
});
