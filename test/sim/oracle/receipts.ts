/**
 * Signed receipts of cancels: each order that is cancelled has one where it was asked for, the
 * gateway's key has signed it, and it says what the model and the journal say.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { ed25519Key } from "../clients/ed25519.ts";
import type { OrderName } from "../clients/forms.ts";
import type { Answer, Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import type { Model } from "./model.ts";
import { decimal, type Units } from "./money.ts";
import type { Told } from "./orders.ts";
import { promised } from "./violation.ts";

/** An event as the journal has it, and what comes before it. */
export interface Sealed {
  readonly epoch: number;
  readonly hash: string;
  readonly payload: string;
  readonly hashBefore: string;
}

/** The last report of an order, so far. */
interface Report {
  readonly seq: number;
  readonly atMs: number;
}

interface Row {
  readonly order_no?: string;
  readonly receipt?: unknown;
  readonly result?: Envelope;
}

const PARTITION = "desk-22";
/** Milliseconds after which the archive has come back. */
const ARCHIVE_AWAY_MS = 10_000;

export class Receipts {
  /** Null: they are off. */
  #key: { readonly publicKey: KeyObject; readonly keyId: string } | null = null;
  readonly reports = new Map<string, Report>();
  readonly #first = new Map<string, string>();
  #archiveFailedAtMs = Number.NEGATIVE_INFINITY;
  readonly #model: Model;
  /** An event of the desk by its position. */
  readonly #sealed: (seq: number) => Sealed;

  constructor(model: Model, sealed: (seq: number) => Sealed) {
    this.#model = model;
    this.#sealed = sealed;
  }

  /** The archive, which knows where orders closed, may be away for a while from now on. */
  archiveFailed(atMs: number): void {
    this.#archiveFailedAtMs = atMs;
  }

  /** The gateway signs with this key; its file. */
  signWith(seedBytes: Uint8Array): string {
    const privateKey = ed25519Key(seedBytes);
    const publicKey = createPublicKey(privateKey);
    const { x } = publicKey.export({ format: "jwk" });
    const thumbprint = `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`;
    const keyId = createHash("sha256").update(thumbprint).digest("base64url");
    this.#key = { publicKey, keyId };
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  }

  /** What is wrong with the keys that anybody may check receipts by, or null. */
  keysProblem(shown: object): string | null {
    const { x } = this.#key?.publicKey.export({ format: "jwk" }) ?? {};
    const named = { kid: this.#key?.keyId, use: "sig", alg: "EdDSA" };
    const keys = this.#key === null ? [] : [{ kty: "OKP", crv: "Ed25519", x, ...named }];
    const meant = JSON.stringify({ keys });
    return JSON.stringify(shown) === meant ? null : `the keys are ${meant}`;
  }

  get areOn(): boolean {
    return this.#key !== null;
  }

  reported(orderNo: string, report: Report): void {
    this.reports.set(orderNo, report);
  }

  /** The answer has the receipts that its request asked for, and no others: how many it has. */
  check({ command, ...request }: Request, answer: Answer, mayHaveJumped: boolean): number {
    let count = 0;
    const envelope = JSON.parse(answer.text) as Envelope & Row;
    const rows = command.kind === "cancel" && command.isBatch ? (envelope.data ?? []) : [envelope];
    const asks = command.kind === "cancel" && command.receipt === true;
    for (const [index, row] of (rows as Row[]).entries()) {
      const say = (what: string) => `${request.id} element ${index}: ${what}: ${answer.text}`;
      const { code } = row.result ?? envelope;
      if (!asks || code !== 0) {
        promised(row.receipt === undefined, say("a receipt that nobody asked for"));
        continue;
      }
      const name = command.names[index] as OrderName;
      const orderNo = row.order_no ?? ("order_no" in name ? name.order_no : null);
      const { receipt } = row;
      promised(typeof receipt === "string", say("it lacks its receipt"));
      if (receipt === "") {
        const isAway = answer.atMs - this.#archiveFailedAtMs < ARCHIVE_AWAY_MS;
        const mayLack = isAway || this.#mayLack(request.key.account, orderNo);
        promised(mayLack, say("its receipt is empty"));
        continue;
      }
      count += 1;
      const said = this.#opened(receipt, say);
      promised(orderNo === null || said["order_no"] === orderNo, say("it is of another order"));
      const isNamed = orderNo !== null || said["reference_id"] === (name as Named).reference_id;
      promised(isNamed, say("it is of an order of another name"));
      const problem = this.#problem(said, request.key.account);
      promised(problem === null, say(`${problem}`));
      if (mayHaveJumped) continue;
      const issuedMs = Number(said["issued_at_ms"]) - request.sentWallMs;
      const isThen = issuedMs >= 0 && issuedMs <= answer.atMs - request.sentAtMs + 1;
      promised(isThen, say("it was issued at another time"));
      const place = `${request.id} ${index}`;
      const first = this.#first.get(place) ?? receipt;
      this.#first.set(place, receipt);
      promised(receipt === first, say(`it was ${first} before`));
    }
    return count;
  }

  /** A fill may win while the cancel is on its way to the venue. */
  #mayLack(account: string, orderNo: string | null): boolean {
    if (orderNo === null || this.#model.sentCancels.has(orderNo)) return true;
    return this.#model.order(account, orderNo)?.order_status !== "can";
  }

  /** What it says, once its signature was verified. */
  #opened(receipt: string, say: (what: string) => string): Readonly<Record<string, unknown>> {
    const [header = "", content = "", signature = ""] = receipt.split(".");
    promised(this.#key !== null, say("there is no key"));
    const { keyId, publicKey } = this.#key;
    const meant = { alg: "EdDSA", kid: keyId, typ: "countermand-receipt" };
    const said = Buffer.from(header, "base64url").toString();
    promised(said === JSON.stringify(meant), say(`its header is ${said}`));
    const signed = Buffer.from(`${header}.${content}`);
    const isSigned = verify(null, signed, publicKey, Buffer.from(signature, "base64url"));
    promised(isSigned, say("the gateway has not signed it"));
    return JSON.parse(Buffer.from(content, "base64url").toString());
  }

  #problem(said: Readonly<Record<string, unknown>>, account: string): string | null {
    const orderNo = String(said["order_no"]);
    const stream = this.#model.stream(account);
    const streamSeq = stream.findLastIndex((told) => told.order_no === orderNo) + 1;
    const told = stream[streamSeq - 1];
    const report = this.reports.get(orderNo);
    if (told === undefined || report === undefined) return `there is no order ${orderNo}`;
    if (told.order_status !== "can") return `the order is ${told.order_status}`;
    const sealed = this.#sealed(report.seq);
    const lines = [sealed.hashBefore, PARTITION, report.seq, sealed.epoch, sealed.payload];
    const hash = createHash("sha256").update(lines.join("\n")).digest("hex");
    if (hash !== sealed.hash) return `event ${report.seq} does not follow from the one before`;
    const expected = JSON.stringify({
      ...factsOf(told),
      cancelled_at_ms: report.atMs,
      stream_seq: streamSeq,
      partition: PARTITION,
      journal_seq: report.seq,
      event_hash: hash,
      key_id: this.#key?.keyId,
      issued_at_ms: said["issued_at_ms"],
    });
    return JSON.stringify(said) === expected
      ? null
      : `it says ${JSON.stringify(said)}, expected ${expected}`;
  }
}

interface Named {
  readonly reference_id?: string;
}

function factsOf(told: Told) {
  const shown = (units: Units) => Number(decimal(units));
  return {
    order_no: told.order_no,
    account_code: told.account_code,
    reference_id: told.reference_id,
    market: told.market,
    symbol: told.symbol,
    order_side: told.order_side,
    qty: shown(told.qty),
    execute_qty: shown(told.execute_qty),
    cancelled_qty: shown(told.qty - told.execute_qty),
    cancel_reason: told.cancel_reason,
  };
}

/** An answer as it is remembered, before receipts are put in. */
export function receiptless(text: string): string {
  return text.replace(/"receipt":"[^"]*"/g, '"receipt":""');
}
