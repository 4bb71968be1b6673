/** What came of each request by the journal, and the answers that are remembered for it. */
import type { Request } from "../clients/requests.ts";
import { receiptless } from "./receipts.ts";
import { promised } from "./violation.ts";

/** What the journal says of a request. */
export interface Decided {
  /** Orders that it placed, by the place in its batch; null: that element placed none. */
  readonly orderNos: (string | null)[];
  /** Of a cancel-all, the orders that matched when it was sent. */
  readonly openWhenSent: Set<string>;
  /** Those that were open when it first cancelled one, and those that it cancelled. */
  readonly meant: Set<string>;
  readonly canceled: Set<string>;
  /** It was asked for in a process that is gone, and perhaps begun there. */
  isAgain: boolean;
  /** The answer that is remembered for it. */
  remembered: string | null;
  /** Real time until which that answer counts. */
  untilMs: number;
  /** Answers that real time, set far ahead, made forget. */
  readonly forgotten: string[];
}

export class DecidedRequests {
  readonly #decided = new Map<string, Decided>();
  /** When the process began that lives now. */
  startedAtMs = 0;

  has({ id }: Request): boolean {
    return this.#decided.has(id);
  }

  of({ id }: Request): Decided {
    const found = this.#decided.get(id);
    if (found !== undefined) return found;
    const decided: Decided = {
      orderNos: [],
      openWhenSent: new Set(),
      meant: new Set(),
      canceled: new Set(),
      isAgain: false,
      remembered: null,
      untilMs: 0,
      forgotten: [],
    };
    this.#decided.set(id, decided);
    return decided;
  }

  /** What changes something is carried out once, as long as it is remembered. */
  firstTime(request: Request, hasJumped: boolean): Decided {
    const decided = this.of(request);
    decided.isAgain = this.startedAtMs >= request.sentAtMs;
    const { remembered } = decided;
    if (remembered === null) return decided;
    // A command's id counts for ten minutes of real time, wherever the command is by then.
    const isTimed = request.channel === "http" && !isIdempotent(request);
    const mayBeForgotten = hasJumped && !isTimed;
    promised(mayBeForgotten, `${request.id} was carried out twice`);
    decided.forgotten.push(remembered);
    decided.orderNos.length = 0;
    decided.meant.clear();
    decided.canceled.clear();
    decided.remembered = null;
    return decided;
  }

  /** The answer that is remembered for the request; null: there is none. */
  remembered({ id }: Request): string | null {
    return this.#decided.get(id)?.remembered ?? null;
  }

  /** Whether this is an answer that was given to it when it was carried out. */
  wasAnswered({ id }: Request, text: string): boolean {
    const decided = this.#decided.get(id);
    const bare = receiptless(text);
    return decided?.remembered === bare || decided?.forgotten.includes(bare) === true;
  }
}

/** Cancels by number: where their answers may be forgotten they are carried out again. */
export function isIdempotent({ command }: Request): boolean {
  return command.kind === "cancel" && command.names.every((name) => "order_no" in name);
}
