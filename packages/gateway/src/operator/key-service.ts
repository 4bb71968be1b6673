/**
 * What operators do with API keys. A secret is drawn here, shown in the one answer, and kept only
 * sealed: neither the journal nor a repeated answer has it in clear.
 */
import { randomBytes } from "node:crypto";
import {
  type CreateKeyRequest,
  type ExpireKeyRequest,
  encodeKey,
  encodeKeys,
  encodeKeyWithSecret,
  encodeSuccess,
  type Fault,
  fault,
  isFault,
  type KeyListState,
  type KeyRow,
  type ReasonRequest,
  type RotateKeyRequest,
} from "@countermand/contract";
import {
  type ApiKey,
  type ApiKeys,
  type KeyAlgorithm,
  type KeyCredential,
  type KeyEvent,
  keyState,
} from "@countermand/core/control";
import type { Refusal, UnixMs } from "@countermand/core/model";
import { dataAnswer, faultAnswer, refusalAnswer } from "../answers.ts";
import { parseAddressRange } from "../auth/address-list.ts";
import { normalPublicKey } from "../auth/key-store.ts";
import type { MasterKey } from "../auth/master-key.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { isSandboxOwn } from "./account-acts.ts";
import { KEYS_PER_STEP } from "./limits.ts";
import { actOf, type OperatorAnswer, type OperatorTurn } from "./operator-turn.ts";

export interface KeyServiceOptions {
  readonly sequencer: Sequencer;
  /** Null: secrets cannot be kept, so none are made. */
  readonly masterKey: MasterKey | null;
  /** Something about the key changed: its streams may have to end. */
  readonly onChanged: (apiKey: string) => void;
}

/** What signatures are checked with, and what its holder is told the once. */
interface Credential {
  readonly credential: KeyCredential;
  readonly secret: string | null;
}

const NO_MASTER_KEY =
  "the secret of an HMAC key cannot be kept: start with COUNTERMAND_MASTER_KEY_FILE, or send the " +
  "public_key of an Ed25519 key";
/** 32 bytes: nobody finds a secret by trying. */
const SECRET_BYTES = 32;
const API_KEY_BYTES = 12;

export class KeyService {
  readonly #options: KeyServiceOptions;

  constructor(options: KeyServiceOptions) {
    this.#options = options;
  }

  create(turn: OperatorTurn, request: CreateKeyRequest): OperatorAnswer {
    const { partitions } = this.#options.sequencer;
    const { accounts, permissions, portfolioIds, addresses, label, publicKey } = request;
    const problem = this.#createFault(turn, request);
    if (problem !== null) return faultAnswer(problem.error, problem.details);
    const apiKey = `cmk_${randomBytes(API_KEY_BYTES).toString("hex")}`;
    const algorithm = publicKey === null ? "hmac" : "ed25519";
    const made = this.#credential(apiKey, algorithm, publicKey);
    if (isFault(made)) return faultAnswer(made.error, made.details);
    const terms = {
      apiKey,
      algorithm,
      accounts,
      permissions,
      portfolioIds,
      addresses,
      label,
    } as const;
    const act = actOf(turn, request.reason);
    const expiresAtMs = request.expiresAtMs as UnixMs | null;
    const created = this.#keys.decideCreate(act, terms, expiresAtMs, made.credential);
    if ("refused" in created) return refusalAnswer(created);
    partitions.stageControlEvent(created);
    return this.#shown(apiKey, turn, made.secret);
  }

  rotate(turn: OperatorTurn, apiKey: string, request: RotateKeyRequest): OperatorAnswer {
    const { reason, overlapSeconds, publicKey } = request;
    const key = this.#keys.find(apiKey);
    if (key === null) return unknown();
    const { algorithm } = key.terms;
    if ((algorithm === "hmac") !== (publicKey === null)) {
      return faultAnswer(
        "OPERATOR_INVALID_FIELD",
        "public_key is required of ed25519 keys, and of no others",
      );
    }
    const made = this.#credential(apiKey, algorithm, publicKey);
    if (isFault(made)) return faultAnswer(made.error, made.details);
    const untilMs = (turn.wallMs + overlapSeconds * 1000) as UnixMs;
    const act = actOf(turn, reason);
    return this.#change(
      turn,
      apiKey,
      this.#keys.decideRotate(act, apiKey, made.credential, untilMs),
      made.secret,
    );
  }

  expire(turn: OperatorTurn, apiKey: string, request: ExpireKeyRequest): OperatorAnswer {
    const act = actOf(turn, request.reason);
    const atMs = (request.expiresAtMs ?? turn.wallMs) as UnixMs;
    return this.#change(turn, apiKey, this.#keys.decideExpiry(act, apiKey, atMs));
  }

  revoke(turn: OperatorTurn, apiKey: string, { reason }: ReasonRequest): OperatorAnswer {
    return this.#change(turn, apiKey, this.#keys.decideRevoke(actOf(turn, reason), apiKey));
  }

  show(turn: OperatorTurn, apiKey: string): OperatorAnswer {
    const key = this.#keys.find(apiKey);
    return key === null ? unknown() : dataAnswer(encodeKey(rowOf(key, turn.wallMs)));
  }

  /** Newest first, as they are at the call. There may be thousands: written out in steps. */
  async list(state: KeyListState, wallMs: UnixMs): Promise<Answer> {
    const { sequencer } = this.#options;
    const keys = await sequencer.operate(() => [...this.#keys.all()]);
    const listed = keys.filter((key) => state === "all" || keyState(key, wallMs) === state);
    listed.sort((one, other) => other.created.atMs - one.created.atMs);
    const texts: string[] = [];
    for (const key of listed) {
      texts.push(encodeKey(rowOf(key, wallMs)));
      if (texts.length % KEYS_PER_STEP === 0) await sequencer.turns.next();
    }
    return dataAnswer(encodeKeys(texts));
  }

  get #keys(): ApiKeys {
    return this.#options.sequencer.partitions.control.keys;
  }

  #createFault({ wallMs }: OperatorTurn, request: CreateKeyRequest): Fault | null {
    const { partitions } = this.#options.sequencer;
    const { accounts, addresses, expiresAtMs } = request;
    const wrong = addresses?.find((each) => parseAddressRange(each) === null);
    if (wrong !== undefined) {
      const details = "addresses holds IPv4 and IPv6 addresses, or ranges such as 10.0.0.0/8";
      return fault("OPERATOR_INVALID_FIELD", details);
    }
    if (expiresAtMs !== null && expiresAtMs <= wallMs) {
      return fault("OPERATOR_INVALID_FIELD", "expires_at is over");
    }
    const unknown = accounts.find((each) => {
      return isSandboxOwn(each) || partitions.deskOf(each).desk.book(each) === null;
    });
    return unknown === undefined
      ? null
      : fault("UNKNOWN_ACCOUNT", `there is no account ${unknown}`);
  }

  #credential(
    apiKey: string,
    algorithm: KeyAlgorithm,
    publicKey: string | null,
  ): Credential | Fault {
    if (algorithm === "ed25519") {
      const text = publicKey === null ? null : normalPublicKey(publicKey);
      const details = "public_key is no Ed25519 key: send its 32 bytes, or its DER form, in Base64";
      if (text === null) return fault("OPERATOR_INVALID_FIELD", details);
      return { credential: { text }, secret: null };
    }
    const { masterKey } = this.#options;
    if (masterKey === null) return fault("MASTER_KEY_MISSING", NO_MASTER_KEY);
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    return { credential: { text: masterKey.seal(apiKey, secret) }, secret };
  }

  #change(
    turn: OperatorTurn,
    apiKey: string,
    decided: KeyEvent | Refusal | null,
    secret: string | null = null,
  ): OperatorAnswer {
    if (decided !== null && "refused" in decided) return refusalAnswer(decided);
    if (decided !== null) {
      this.#options.sequencer.partitions.stageControlEvent(decided);
      this.#options.onChanged(apiKey);
    }
    return this.#shown(apiKey, turn, secret);
  }

  #shown(apiKey: string, turn: OperatorTurn, secret: string | null): OperatorAnswer {
    const key = this.#keys.find(apiKey);
    if (key === null) return unknown();
    const row = rowOf(key, turn.wallMs);
    if (secret === null) return dataAnswer(encodeKey(row));
    const keptBody = encodeSuccess(encodeKeyWithSecret(row, null));
    return { ...dataAnswer(encodeKeyWithSecret(row, secret)), keptBody };
  }
}

function rowOf(key: ApiKey, wallMs: UnixMs): KeyRow {
  const { terms, credential, created, revoked, expiresAtMs, rotatedAtMs, previous } = key;
  return {
    ...terms,
    state: keyState(key, wallMs),
    publicKey: terms.algorithm === "ed25519" ? credential.text : null,
    created,
    revoked,
    expiresAtMs,
    rotatedAtMs,
    previousUntilMs: previous !== null && previous.untilMs > wallMs ? previous.untilMs : null,
  };
}

function unknown(): Answer {
  return refusalAnswer({ refused: "UNKNOWN_KEY", details: "there is no such key" });
}
