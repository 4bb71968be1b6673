/**
 * The keys of signed receipts: one that signs, and the public ones that older receipts were signed
 * with. The private key stays inside and is never printed.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { createPrivateFile, filePath, readFileIfPresent } from "../sys/disk.ts";

/** A public key as a JSON Web Key (RFC 8037), its members in this order. */
export interface ReceiptJwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  /** Thumbprint (RFC 7638): the same key has the same name everywhere. */
  readonly kid: string;
  readonly use: "sig";
  readonly alg: "EdDSA";
}

/** What `typ` of a receipt's header says, so that nothing else passes for one. */
export const RECEIPT_TYPE = "countermand-receipt";

/** Settings that are no path: a key of the data directory's own, and none at all. */
export const OWN_RECEIPT_KEY = "auto";
export const NO_RECEIPT_KEY = "off";

const OWN_KEY_FILE = "receipt-key.pem";

/** The file is no key that could sign. The message is one line. */
class ReceiptKeyError extends Error {
  override readonly name = "ReceiptKeyError";
  readonly code = "RECEIPT_KEY_UNUSABLE";

  constructor(file: string, problem: string) {
    super(
      `${file}: ${problem}; set COUNTERMAND_RECEIPT_KEY_FILE to a PEM file with an Ed25519 key ` +
        "(openssl genpkey -algorithm ed25519), or to off (RECEIPT_KEY_UNUSABLE)",
    );
  }
}

export class ReceiptKeys {
  /** Names the key that signs. */
  readonly keyId: string;
  /** JSON Web Key Set (RFC 7517). */
  readonly jwksJson: string;
  readonly #privateKey: KeyObject;
  readonly #header: string;

  /** @throws ReceiptKeyError */
  constructor(pem: string, file: string) {
    const blocks = pem.match(PEM_BLOCK) ?? [];
    const privateKeys = blocks.filter((block) => block.includes("PRIVATE KEY-----"));
    const [privatePem] = privateKeys;
    if (privatePem === undefined || privateKeys.length > 1) {
      throw new ReceiptKeyError(file, `has ${privateKeys.length} private keys, not one`);
    }
    this.#privateKey = ed25519(() => createPrivateKey(privatePem), file);
    const older = blocks.filter((block) => block !== privatePem);
    const jwks = [
      jwkOf(createPublicKey(this.#privateKey)),
      ...older.map((block) => jwkOf(ed25519(() => createPublicKey(block), file))),
    ];
    this.keyId = jwks[0]?.kid ?? "";
    this.jwksJson = JSON.stringify({ keys: jwks });
    const header = { alg: "EdDSA", kid: this.keyId, typ: RECEIPT_TYPE };
    this.#header = Buffer.from(JSON.stringify(header)).toString("base64url");
  }

  /** The content as a JWS in compact form (RFC 7515). The same content gives the same text. */
  signed(content: string): string {
    const input = `${this.#header}.${Buffer.from(content).toString("base64url")}`;
    return `${input}.${sign(null, Buffer.from(input), this.#privateKey).toString("base64url")}`;
  }
}

/**
 * The keys that a setting names; the data directory's own is made when it is first asked for.
 * Null: receipts are off.
 * @throws ReceiptKeyError
 */
export function receiptKeys(setting: string, dataDir: string): ReceiptKeys | null {
  if (setting === NO_RECEIPT_KEY) return null;
  const file = setting === OWN_RECEIPT_KEY ? filePath(dataDir, OWN_KEY_FILE) : setting;
  const text = readKeyFile(file);
  if (text !== null) return new ReceiptKeys(text, file);
  if (setting !== OWN_RECEIPT_KEY) throw new ReceiptKeyError(file, "is missing");
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  createPrivateFile(file, pem);
  return new ReceiptKeys(pem, file);
}

const PEM_BLOCK = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g;

function readKeyFile(file: string): string | null {
  try {
    return readFileIfPresent(file)?.toString("latin1") ?? null;
  } catch (error) {
    throw new ReceiptKeyError(file, `cannot be read (${(error as { code?: string }).code})`);
  }
}

function ed25519(read: () => KeyObject, file: string): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch {
    // What the library says may quote the key.
    throw new ReceiptKeyError(file, "has a key that cannot be read");
  }
  if (key.asymmetricKeyType === "ed25519") return key;
  throw new ReceiptKeyError(file, `has a key of type ${key.asymmetricKeyType}, not ed25519`);
}

function jwkOf(publicKey: KeyObject): ReceiptJwk {
  const { x = "" } = publicKey.export({ format: "jwk" });
  const thumbprint = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`;
  const kid = createHash("sha256").update(thumbprint).digest("base64url");
  return { kty: "OKP", crv: "Ed25519", x, kid, use: "sig", alg: "EdDSA" };
}
