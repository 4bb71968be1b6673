/** A gateway with an operator and keys of every kind, for tests. */
import assert from "node:assert/strict";
import { type KeyObject, sign as signBytes } from "node:crypto";
import type { TestContext } from "node:test";
import type { OperatorClient } from "./operator-client.ts";
import { OperatorPlace } from "./operator-place.ts";
import { type Key, type SignedRequest, signedBy } from "./signed-client.ts";

export const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");

/** A gateway that keeps keys: it has a master key. */
export class KeyedGateway extends OperatorPlace {
  constructor(t: TestContext) {
    super(t, { COUNTERMAND_MASTER_KEY: MASTER_KEY });
  }
}

/** Makes an HMAC key that must be granted. */
export async function makeKey(operator: OperatorClient, terms: object): Promise<Key> {
  const { status, data, details } = await operator.post("keys", {
    reason: "test",
    accounts: ["80114138"],
    permissions: ["trade"],
    ...terms,
  });
  assert.equal(status, 200, details);
  return { apiKey: data.api_key, secret: data.secret, account: data.accounts[0] ?? "" };
}

/** A request that an Ed25519 key signed. */
export function signEd25519(
  apiKey: string,
  privateKey: KeyObject,
  method: string,
  target: string,
  body = "",
): SignedRequest {
  const signatureOf = (text: Buffer) => signBytes(null, text, privateKey).toString("base64");
  return signedBy({ apiKey, signatureOf }, { method, target, body: Buffer.from(body) });
}
