/**
 * Verifies a receipt without the gateway: the signature over its bytes, and, where there is a
 * journal, that the event it names stands there and says the same.
 */
import { createPublicKey, type JsonWebKey, type KeyObject, verify } from "node:crypto";
import { encodeReceiptStatement } from "@countermand/contract";
import { decodeDeskEvent, type UnixMs } from "@countermand/core/model";
import type { SealedRecord } from "../journal/event-block.ts";
import { JournalError } from "../journal/journal.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { SegmentChain } from "../journal/segment-chain.ts";
import { readUncut } from "../journal/uncut.ts";
import { RECEIPT_TYPE } from "./receipt-keys.ts";

/** What a receipt says, as its JSON text has it. */
export interface ReceiptStatement {
  readonly order_no: string;
  readonly account_code: string;
  readonly reference_id: string;
  readonly partition: string;
  readonly journal_seq: number;
  readonly event_hash: string;
  readonly key_id: string;
  readonly issued_at_ms: number;
  readonly cancelled_at_ms: number;
}

export type ReceiptVerdict =
  | { readonly isGood: true; readonly statement: ReceiptStatement; readonly json: string }
  | { readonly isGood: false; readonly problem: string };

const FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Whether one of the keys of a JSON Web Key Set signed the receipt. */
export function verifyReceipt(receipt: string, jwks: unknown): ReceiptVerdict {
  if (!FORM.test(receipt)) return bad("it is no JWS in compact form: three parts between dots");
  const [header = "", content = "", signature = ""] = receipt.split(".");
  const parts = [header, content, signature].map(decoded);
  // Base64 has spare bits at the end: two texts for the same bytes would be two receipts.
  if (parts.some((part) => part === null)) return bad("it is not Base64url as it should be");
  const named = headerOf(parts[0]);
  if (named === null) return bad(`its header is not that of a ${RECEIPT_TYPE} signed with EdDSA`);
  const key = keyNamed(jwks, named.kid);
  if (key === null) return bad(`none of the keys is ${named.kid}, which it was signed with`);
  const bytes = parts[2] as Buffer;
  if (!verify(null, Buffer.from(`${header}.${content}`), key, bytes)) {
    return bad("its signature does not hold: it was changed, or another key signed it");
  }
  const json = (parts[1] as Buffer).toString("utf8");
  const statement = statementOf(json);
  if (statement?.key_id !== named.kid) return bad("it names another key than it was signed with");
  return { isGood: true, statement, json };
}

/**
 * Why the journal does not bear the receipt out, with the segments that were cut from it where
 * their folder is given; null when it does.
 * @throws JournalError a segment is damaged or missing
 */
export function journalProblem(
  dataDir: string,
  verdict: Extract<ReceiptVerdict, { readonly isGood: true }>,
  segments: string | null = null,
): string | null {
  return readUncut(dataDir, () => problemOnce(dataDir, verdict, segments));
}

function problemOnce(
  dataDir: string,
  { statement, json }: Extract<ReceiptVerdict, { readonly isGood: true }>,
  segments: string | null,
): string | null {
  const reader = new JournalReader(dataDir);
  try {
    const { partition, journal_seq: seq, event_hash: hash } = statement;
    const where = `partition ${JSON.stringify(partition)}, seq ${seq}`;
    if (segments === null && seq >= 1 && seq <= (reader.anchor(partition)?.seq ?? 0)) {
      return `the event at ${where} was archived: give its folder with --segments`;
    }
    const found = sealedAt(reader, segments, partition, seq);
    if (found === null) return `the journal has no event at ${where}`;
    if (found.hash !== hash) return `the journal has another event at ${where}`;
    const recorded = decodeDeskEvent(found.payload);
    if (recorded.type !== "ExecutionReported") return `no report stands at ${where}`;
    const issuedAtMs = statement.issued_at_ms as UnixMs;
    const place = { partition, seq, hash };
    const expected = encodeReceiptStatement(recorded.order, place, statement.key_id, issuedAtMs);
    return expected === json ? null : `the journal says something else at ${where}`;
  } catch (error) {
    if (error instanceof JournalError && error.code === "JOURNAL_DAMAGED") return error.problem;
    throw error;
  } finally {
    reader.close();
  }
}

/** An event that follows from what is before it; null where there is none. */
function sealedAt(
  reader: JournalReader,
  segments: string | null,
  partition: string,
  seq: number,
): SealedRecord | null {
  const isArchived = seq <= (reader.anchor(partition)?.seq ?? 0);
  if (segments !== null && isArchived) return archivedAt(reader, segments, partition, seq);
  return reader.sealed(partition, seq);
}

/** All segments of the partition are followed: the event counts only with what leads to it. */
function archivedAt(reader: JournalReader, segments: string, partition: string, seq: number) {
  let found: SealedRecord | null = null;
  for (const event of new SegmentChain(segments).events(partition, reader.beginning(partition))) {
    if (event.seq === seq) found = event;
  }
  return found;
}

function bad(problem: string): ReceiptVerdict {
  return { isGood: false, problem };
}

function decoded(text: string): Buffer | null {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : null;
}

/** What a key of the gateway signed may be something else than a receipt. */
function statementOf(json: string): ReceiptStatement | null {
  try {
    return JSON.parse(json) as ReceiptStatement | null;
  } catch {
    return null;
  }
}

function headerOf(bytes: Buffer | null | undefined): { readonly kid: string } | null {
  try {
    const header = JSON.parse(String(bytes)) as Record<string, unknown>;
    const { alg, typ, kid, ...rest } = header;
    const isOurs = alg === "EdDSA" && typ === RECEIPT_TYPE && typeof kid === "string";
    return isOurs && Object.keys(rest).length === 0 ? { kid } : null;
  } catch {
    return null;
  }
}

function keyNamed(jwks: unknown, kid: string): KeyObject | null {
  const { keys } = (jwks ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) return null;
  const jwk = keys.find((key: { readonly kid?: unknown } | null) => key?.kid === kid);
  if (jwk?.kty !== "OKP" || jwk.crv !== "Ed25519") return null;
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: "jwk" });
  } catch {
    return null;
  }
}
