/** Ed25519 keys as files in PEM: what the command line makes, reads and tells of them. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { UsageError } from "./exit-codes.ts";

/** Whether a secret is a private key in PEM; no other secret begins like one. */
export function isPrivateKey(secret: string): boolean {
  return secret.startsWith("-----BEGIN ");
}

/** @throws UsageError it is encrypted, or no Ed25519 key */
export function privateKeyOf(pem: string): KeyObject {
  return ed25519(() => createPrivateKey(pem), "an Ed25519 private key in PEM without a password");
}

/** The same key as every reader of PEM takes it. @throws UsageError as {@link privateKeyOf} */
export function privateKeyText(pem: string): string {
  return privateKeyOf(pem).export({ format: "pem", type: "pkcs8" }).toString();
}

/**
 * What the gateway is given: the public half of a private or a public key in PEM, DER in Base64.
 * @throws UsageError
 */
export function publicKeyText(pem: string): string {
  const key = ed25519(() => createPublicKey(pem), "an Ed25519 key in PEM without a password");
  return key.export({ format: "der", type: "spki" }).toString("base64");
}

/** A fresh private key in PEM. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

function ed25519(read: () => KeyObject, wanted: string): KeyObject {
  const key = readOrNull(read);
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new UsageError(`this is not ${wanted}: make one with countermand keys generate FILE`);
}

function readOrNull(read: () => KeyObject): KeyObject | null {
  try {
    return read();
  } catch {
    return null;
  }
}
