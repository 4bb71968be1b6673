/**
 * Secrets at rest: AES-256-GCM under the master key, with the API key's name as associated data, so
 * that one key's secret cannot be put in another's place.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { SettingFault } from "../setting.ts";

const CIPHER = "aes-256-gcm";
const MASTER_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORM = "1";

/** The text of a setting: 32 bytes in Base64. Null without one. */
export function readMasterKey(text: string): MasterKey | null | SettingFault {
  if (text === "") return null;
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === MASTER_KEY_BYTES && bytes.toString("base64") === text) {
    return new MasterKey(bytes);
  }
  return new SettingFault(
    "must be 32 random bytes in Base64, such as `openssl rand -base64 32` prints",
  );
}

export class MasterKey {
  readonly #key: KeyObject;
  /** Tells which master key a secret was sealed with; says nothing about it. */
  readonly id: string;

  constructor(bytes: Uint8Array) {
    this.#key = createSecretKey(bytes);
    const digest = createHash("sha256").update("countermand master key\0").update(bytes);
    this.id = digest.digest("base64url").slice(0, 8);
  }

  /** `1.<master key's id>.<nonce, tag and secret in Base64>` */
  seal(apiKey: string, secret: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(apiKey, "utf8"));
    const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
    const whole = Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
    return `${FORM}.${this.id}.${whole.toString("base64url")}`;
  }

  /** Null when it was sealed with another master key, for another API key, or was changed. */
  unseal(apiKey: string, text: string): string | null {
    const [form, id, content = ""] = text.split(".");
    if (form !== FORM || id !== this.id) return null;
    const whole = Buffer.from(content, "base64url");
    const nonce = whole.subarray(0, NONCE_BYTES);
    const tag = whole.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    if (tag.length < TAG_BYTES) return null;
    const decipher = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(apiKey, "utf8"));
    decipher.setAuthTag(tag);
    try {
      const secret = decipher.update(whole.subarray(NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([secret, decipher.final()]).toString("utf8");
    } catch {
      return null;
    }
  }
}
