/**
 * Stories of orders as operators are told them: every event that the journal has of an order, in
 * its order, with the request that asked for it, and nothing of any other.
 */
import {
  type CommandRefused,
  ExecType,
  type ExecutionReported,
} from "../../../packages/core/src/model/index.ts";
import type { Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import { decimal, type Units } from "./money.ts";
import type { Told } from "./orders.ts";
import type { Sealed } from "./receipts.ts";
import { promised } from "./violation.ts";

/** Who asked for it: a request, nobody, or somebody else than clients; null: not known. */
export type Asker = Request | "nobody" | "others" | null;

interface StoryEvent {
  readonly seq: number;
  readonly row: Readonly<Record<string, string | number>>;
  readonly asker: Asker;
}

type Row = Readonly<Record<string, unknown>>;

/** What an operator has asked for, and been told so far: the newest part first. */
export interface StoryAsked {
  readonly orderNo: string;
  /** Events that were known to be durable when it was asked for. */
  readonly leastCount: number;
  readonly parts: string[];
}

export class Stories {
  readonly #events = new Map<string, StoryEvent[]>();
  readonly #asked: StoryAsked[] = [];
  readonly #sealed: (seq: number) => Sealed;
  #cutSeq = 0;

  constructor(sealed: (seq: number) => Sealed) {
    this.#sealed = sealed;
  }

  reported({ execType, order }: ExecutionReported, told: Told, seq: number, asker: Asker): void {
    const before = this.#of(order.orderId).length;
    const row = {
      at_ms: order.updatedAtMs,
      event: EVENTS[execType] ?? "",
      order_no: told.order_no,
      order_status: told.order_status,
      version: told.version,
      stream_seq: order.streamSeq,
      price: shown(told.price),
      qty: shown(told.qty),
      execute_qty: shown(told.execute_qty),
      cancel_reason: told.cancel_reason,
      ...(told.exec_id !== null && {
        exec_id: told.exec_id,
        last_qty: shown(told.last_qty ?? 0n),
        last_price: shown(told.last_price ?? 0n),
      }),
    };
    promised(before > 0 || told.version === 1, `the story of ${told.order_no} has no beginning`);
    this.#of(order.orderId).push({ seq, row, asker });
  }

  /** A refused command of a client's: it is the client's, and about this order. */
  refused(event: CommandRefused, seq: number, asker: Request | undefined): void {
    const { atMs, cause, command, orderId } = event;
    const what = `${cause.requestId} of ${cause.actor} was refused about ${orderId}`;
    promised(asker?.key.apiKey === cause.actor, `${what}: nobody asked`);
    const kind = command === "amend" ? /^amend$/ : /^cancel/;
    promised(kind.test(asker.command.kind), `${what}: it is ${asker.command.kind}`);
    promised(asker.key.account === event.account, `${what}: of another account`);
    const row = { at_ms: atMs, event: `${command}_refused`, order_no: orderId };
    this.#of(orderId).push({ seq, row, asker });
  }

  cut(seq: number): void {
    this.#cutSeq = seq;
  }

  ask(orderNo: string): StoryAsked {
    return { orderNo, leastCount: this.#of(orderNo).length, parts: [] };
  }

  /** Checked at the next look, when what it tells of has been read. */
  told(asked: StoryAsked): void {
    this.#asked.push(asked);
  }

  /** How many stories there were. */
  check(isForgotten: (orderNo: string) => boolean): number {
    const all = this.#asked.splice(0);
    for (const asked of all) this.#check(asked, isForgotten(asked.orderNo));
    return all.length;
  }

  #check({ orderNo, leastCount, parts }: StoryAsked, isForgotten: boolean): void {
    const answers = parts.map((text) => JSON.parse(text) as Envelope & { data?: Part });
    const say = (what: string) => `the story of ${orderNo}: ${what}: ${parts.join(" ")}`;
    if (answers[0]?.reason === "unknown_order") {
      promised(isForgotten || leastCount === 0, say("the order is known"));
      return;
    }
    const rows = answers.toReversed().flatMap(({ data }) => data?.events ?? []);
    const events = this.#of(orderNo);
    const kept = events.filter(({ seq }) => seq > this.#cutSeq);
    const isWhole = kept.length === events.length;
    promised(
      answers.at(-1)?.data?.complete === isWhole,
      say(`it is ${isWhole ? "" : "not "}whole`),
    );
    const cutCount = events.length - kept.length;
    promised(rows.length >= leastCount - cutCount, say(`${leastCount - cutCount} were known`));
    for (const [index, row] of rows.entries()) {
      const event = kept[index];
      promised(event !== undefined, say("it tells of more than there is"));
      const problem = this.#problem(row, event);
      promised(problem === null, say(`event ${index + 1}: ${problem}`));
    }
  }

  #problem(row: Row, { seq, row: meant, asker }: StoryEvent): string | null {
    const place = { partition: "desk-22", journal_seq: seq, event_hash: this.#sealed(seq).hash };
    for (const [name, value] of Object.entries({ ...meant, ...place })) {
      if (row[name] !== value) return `${name} is ${row[name]}, not ${value}`;
    }
    const { actor, channel, code, http_status: status, request_id: id } = row;
    const told = [channel, actor, id].join(" ");
    const isTrade = meant["event"] === "traded";
    if (asker === null) return null;
    if (asker === "nobody") return told === "  " ? null : `it was ${told}`;
    if (asker === "others") return /^(operator|gateway) /.test(told) ? null : `it was ${told}`;
    const request = [asker.channel, asker.key.apiKey, asker.id].join(" ");
    if (told !== request) return `it was ${told}, not ${request}`;
    if (String(meant["event"]).endsWith("_refused")) return refusalProblem(asker, row);
    if (isTrade) return code === undefined ? null : "a trade answers nobody";
    return code === 0 && status === 200 ? null : `it was answered ${status} ${code}`;
  }

  #of(orderNo: string): StoryEvent[] {
    const found = this.#events.get(orderNo) ?? [];
    this.#events.set(orderNo, found);
    return found;
  }
}

interface Part {
  readonly events: readonly Row[];
  readonly complete: boolean;
}

/** What was refused is what its client was told, if it was told. */
function refusalProblem({ answers }: Request, { code, reason }: Row): string | null {
  const told = answers.filter(({ text }) => !text.includes('"retryable":true'));
  const isTold = told.some(({ text }) => {
    return text.includes(`"code":${code},`) && text.includes(`"reason":"${reason}"`);
  });
  return isTold || told.length === 0 ? null : `its client was not told ${reason}`;
}

const EVENTS: Readonly<Record<string, string>> = {
  [ExecType.PendingNew]: "sent",
  [ExecType.New]: "accepted",
  [ExecType.Rejected]: "rejected",
  [ExecType.Trade]: "traded",
  [ExecType.Triggered]: "triggered",
  [ExecType.Replaced]: "amended",
  [ExecType.PendingCancel]: "cancel_sent",
  [ExecType.CancelRejected]: "cancel_refused_by_venue",
  [ExecType.Canceled]: "cancelled",
};

function shown(units: Units): number {
  return Number(decimal(units));
}
