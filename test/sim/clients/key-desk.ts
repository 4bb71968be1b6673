/** Makes, rotates and ends keys of clients, for an operator. */
import type { KeyObject } from "node:crypto";
import type { KeyTerms } from "../oracle/control-view.ts";
import type { KeyEnds } from "../oracle/key-ends.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { ed25519Key, publicKeyOf } from "./ed25519.ts";
import type { OperatorLine } from "./operator-line.ts";
import type { Key, Secret } from "./requests.ts";

export interface KeyDeskOptions {
  readonly world: World;
  readonly random: Random;
  readonly keyEnds: KeyEnds;
  readonly line: OperatorLine;
}

const KEYS_PATH = "/operator/v1/keys";

export class KeyDesk {
  readonly #options: KeyDeskOptions;

  constructor(options: KeyDeskOptions) {
    this.#options = options;
  }

  /** A key of its own for somebody. */
  async make(terms: KeyTerms, isEd25519: boolean): Promise<Key> {
    const { keyEnds, line } = this.#options;
    const privateKey = isEd25519 ? this.#newPrivateKey() : null;
    const part = publicPart(privateKey);
    const publicKey = part?.public_key ?? null;
    const deed = { type: "KeyCreated", terms, publicKey } as const;
    const text = await line.act(deed, KEYS_PATH, { ...terms, ...part });
    const { data } = JSON.parse(text) as { data: { api_key: string; secret: string | null } };
    const [account = ""] = terms.accounts;
    const { expires_at: expiresAtMs, portfolios } = terms;
    const secret =
      data.secret ?? (privateKey === null ? await this.#otherSecret(data.api_key) : "");
    const own = { apiKey: data.api_key, secret, secretNo: 0, account };
    const key = { ...own, ...(privateKey && { privateKey }) };
    if (expiresAtMs !== undefined) keyEnds.expiring(key.apiKey, expiresAtMs)();
    return { ...key, ...(portfolios !== undefined && { portfolios }) };
  }

  /** The first answer was lost, and a repeated one shows no secret: so it is given another. */
  async #otherSecret(apiKey: string): Promise<string> {
    for (;;) {
      const text = await this.#rotate(apiKey, 0, null);
      const { data } = JSON.parse(text) as { data?: { secret: string | null } };
      // One that has ended meanwhile signs nothing any more.
      if (data === undefined) return "";
      if (data.secret !== null) return data.secret;
    }
  }

  #rotate(apiKey: string, overlapS: number, privateKey: KeyObject | null): Promise<string> {
    const publicKey = privateKey && publicKeyOf(privateKey);
    const body = { overlap_seconds: overlapS, ...(publicKey && { public_key: publicKey }) };
    const overlapMs = overlapS * 1_000;
    const deed = { type: "KeyRotated", apiKey, overlapMs, publicKey } as const;
    return this.#options.line.act(deed, `${KEYS_PATH}/${apiKey}/rotate`, body);
  }

  #newPrivateKey(): KeyObject {
    const seedBytes = new Uint8Array(32);
    this.#options.random.bytes(seedBytes);
    return ed25519Key(seedBytes);
  }

  /** For good. */
  async revoke({ apiKey }: Key): Promise<void> {
    const { keyEnds, line } = this.#options;
    const answered = keyEnds.revoking(apiKey);
    await line.act({ type: "KeyRevoked", apiKey }, `${KEYS_PATH}/${apiKey}/revoke`, {});
    answered();
  }

  /** At a moment of real time, at once, or much later, in place of what was said before. */
  async expire({ apiKey }: Key, afterMs: number): Promise<void> {
    const { keyEnds, line, world } = this.#options;
    const { wallMs } = world.scheduler;
    const answered = keyEnds.expiring(apiKey, wallMs + afterMs);
    const atMs = afterMs === 0 ? null : wallMs + afterMs;
    const body = atMs === null ? {} : { expires_at: atMs };
    const deed = { type: "KeyExpirySet", apiKey, atMs } as const;
    const text = await line.act(deed, `${KEYS_PATH}/${apiKey}/expire`, body);
    // What has ended meanwhile never comes back.
    if (text.startsWith('{"code":0,')) answered();
  }

  /** Whoever uses the key learns of its new secret when the operator does. */
  async rotate(key: Key, overlapS: number): Promise<void> {
    const { apiKey, secret, secretNo } = key;
    const isEd25519 = key.privateKey !== undefined;
    const former = { apiKey, secret, secretNo, ...(isEd25519 && { privateKey: key.privateKey }) };
    while (!(await this.#getSecret(key, overlapS))) {
      // A remembered answer has none: the first one was lost on its way, and with it the secret.
    }
    key.former = former as Secret;
  }

  /** Whether it has got one. */
  async #getSecret(key: Key, overlapS: number): Promise<boolean> {
    const { keyEnds } = this.#options;
    const answered = keyEnds.rotating(key.apiKey, overlapS * 1000);
    const secretNo = keyEnds.secretNo(key.apiKey);
    if (key.privateKey !== undefined) {
      const privateKey = this.#newPrivateKey();
      await this.#rotate(key.apiKey, overlapS, privateKey);
      Object.assign(key, { privateKey, secretNo });
    } else {
      const text = await this.#rotate(key.apiKey, overlapS, null);
      const { secret } = (JSON.parse(text) as { data: { secret: string | null } }).data;
      if (secret !== null) Object.assign(key, { secret, secretNo });
    }
    answered();
    return key.secretNo === secretNo;
  }
}

function publicPart(privateKey: KeyObject | null) {
  return privateKey && { algorithm: "ed25519", public_key: publicKeyOf(privateKey) };
}
