/** Signatures made at once: the client library's cost a turn, which a load would measure, too. */
import { createHmac, type KeyObject, sign as signBytes } from "node:crypto";
import { type SignedHeaders, type SignedParts, stringToSign } from "@countermand/client";
import { isPrivateKey, privateKeyOf } from "../ed25519.ts";
import type { Profile } from "../profiles.ts";

export type Sign = (parts: SignedParts) => SignedHeaders;

/** @throws UsageError the private key is none */
export function signerOf({ apiKey, secret }: Profile): Sign {
  const privateKey = isPrivateKey(secret) ? privateKeyOf(secret) : null;
  return (parts) => ({
    "X-API-Key": apiKey,
    "X-API-Timestamp": String(parts.timestampMs),
    "X-API-Signature": signature(stringToSign(parts), secret, privateKey),
  });
}

function signature(text: string, secret: string, privateKey: KeyObject | null): string {
  if (privateKey !== null) return signBytes(null, Buffer.from(text), privateKey).toString("base64");
  return createHmac("sha256", secret).update(text).digest("base64");
}
