/** The two ways a signature is checked: a port, so that a test can count the work. */
import { type KeyObject, verify } from "node:crypto";
import type { HmacKey } from "./hmac-key.ts";

export interface SignatureChecks {
  /** Precondition: 32 bytes. In constant time. */
  hmac(secret: HmacKey, prefix: string, payload: Uint8Array, signature: Uint8Array): boolean;
  /** Precondition: 64 bytes. */
  ed25519(key: KeyObject, prefix: string, payload: Uint8Array, signature: Uint8Array): boolean;
}

export const SIGNATURE_CHECKS: SignatureChecks = {
  hmac: (secret, prefix, payload, signature) => secret.verifies(prefix, payload, signature),
  ed25519: (key, prefix, payload, signature) => {
    return verify(null, Buffer.concat([Buffer.from(prefix, "latin1"), payload]), key, signature);
  },
};
