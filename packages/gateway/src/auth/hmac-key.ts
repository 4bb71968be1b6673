/**
 * A secret that signs by HMAC-SHA256 (RFC 2104). The object that Node makes for each HMAC costs
 * several times what the hashing does; two hashes of whole buffers give the same bytes. They begin
 * with the secret under two masks, which depends on the secret alone and is computed once.
 */
import { hash, timingSafeEqual } from "node:crypto";
import { SIGNATURE_BYTES } from "@countermand/contract";

/** What SHA-256 takes in at a time. */
const BLOCK_BYTES = 64;
const INNER_MASK = 0x36;
const OUTER_MASK = 0x5c;
/** A longer message is put together in a buffer of its own. */
const SHORT_BYTES = 4096;

/** Filled anew by each signature: nothing else is done while one is made. */
const innerBlocks = Buffer.alloc(BLOCK_BYTES + SHORT_BYTES);
const outerBlocks = Buffer.alloc(BLOCK_BYTES + SIGNATURE_BYTES);
const expected = Buffer.alloc(SIGNATURE_BYTES);

/** Views of the short blocks by their length: a view costs as much as a hash. */
const beginnings: Uint8Array[] = [];

/** Its first bytes. */
function beginning(inner: Uint8Array, length: number): Uint8Array {
  if (inner !== innerBlocks) return inner;
  beginnings[length] ??= inner.subarray(0, length);
  return beginnings[length];
}

/** What it knows stays inside: nothing of it is ever shown. */
export class HmacKey {
  readonly #innerPad: Uint8Array;
  readonly #outerPad: Uint8Array;

  constructor(secret: Uint8Array) {
    const block = Buffer.alloc(BLOCK_BYTES);
    block.set(secret.length > BLOCK_BYTES ? hash("sha256", secret, "buffer") : secret);
    this.#innerPad = block.map((byte) => byte ^ INNER_MASK);
    this.#outerPad = block.map((byte) => byte ^ OUTER_MASK);
  }

  /**
   * Whether it is the signature of the prefix, one byte for each character, and the payload. In
   * constant time. Precondition: 32 bytes.
   */
  verifies(prefix: string, payload: Uint8Array, signature: Uint8Array): boolean {
    const length = BLOCK_BYTES + prefix.length + payload.length;
    const inner = length <= innerBlocks.length ? innerBlocks : Buffer.alloc(length);
    inner.set(this.#innerPad);
    inner.write(prefix, BLOCK_BYTES, "latin1");
    inner.set(payload, BLOCK_BYTES + prefix.length);
    // As text: Node gives that at a fraction of what a buffer costs.
    const innerHash = hash("sha256", beginning(inner, length), "binary");
    outerBlocks.set(this.#outerPad);
    outerBlocks.write(innerHash, BLOCK_BYTES, "latin1");
    expected.write(hash("sha256", outerBlocks, "binary"), "latin1");
    return timingSafeEqual(expected, signature);
  }
}
