/** For tests of authentication: one request as the edge hands it over, signed in any way. */
import { createHmac, type KeyObject, sign } from "node:crypto";
import type { RawRequest } from "./authenticate.ts";

export const NOW_MS = 1_746_774_142_003;
const PATH = "/trade/v1/orders";
const TEXT = `GET|${PATH}|${NOW_MS}|`;

export function rawRequest(apiKey: string, signature: Uint8Array): RawRequest {
  return {
    method: "GET",
    path: PATH,
    rawQuery: "",
    headers: {
      "x-api-key": apiKey,
      "x-api-timestamp": String(NOW_MS),
      "x-api-signature": Buffer.from(signature).toString("base64"),
    },
    body: new Uint8Array(0),
    socket: { remoteAddress: "127.0.0.1" },
  };
}

export function hmacSignature(secret: string | Buffer, payload = Buffer.alloc(0)): Buffer {
  return createHmac("sha256", secret).update(TEXT).update(payload).digest();
}

export function ed25519Signature(key: KeyObject): Buffer {
  return sign(null, Buffer.from(TEXT), key);
}
