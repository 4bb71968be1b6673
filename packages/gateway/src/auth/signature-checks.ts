/** The two ways a signature is checked: a port, so that a test can count the work. */
import { createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";

export interface SignatureChecks {
  /** Precondition: 32 bytes. In constant time. */
  hmac(secret: KeyObject, prefix: string, payload: Uint8Array, signature: Uint8Array): boolean;
  /** Precondition: 64 bytes. */
  ed25519(key: KeyObject, prefix: string, payload: Uint8Array, signature: Uint8Array): boolean;
}

export const SIGNATURE_CHECKS: SignatureChecks = {
  hmac: (secret, prefix, payload, signature) => {
    const hmac = createHmac("sha256", secret).update(prefix, "latin1").update(payload);
    return timingSafeEqual(hmac.digest(), signature);
  },
  ed25519: (key, prefix, payload, signature) => {
    return verify(null, Buffer.concat([Buffer.from(prefix, "latin1"), payload]), key, signature);
  },
};
