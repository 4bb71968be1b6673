/** Keys of Ed25519 that a seed decides: made of 32 bytes, as RFC 8410 writes them. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** What PKCS 8 says before the 32 bytes. */
const PKCS8_HEAD = "302e020100300506032b657004220420";

export function ed25519Key(seedBytes: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(PKCS8_HEAD, "hex"), seedBytes]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** Its public key as operators send it. */
export function publicKeyOf(privateKey: KeyObject): string {
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("base64");
}
