/**
 * Commands whose outcome is not known yet. Their ids name them to the gateway, which carries each
 * out at most once: after a cut all of them are sent again, and none can act twice.
 */
import type { ReplyMessage } from "@countermand/client";

export interface Pending {
  readonly id: string;
  readonly text: string;
  readonly sentAtMs: number;
  /** Until when it is worth sending again; what is older is given up. */
  readonly resendMsMax: number;
  readonly resolve: (reply: ReplyMessage) => void;
}

/** The gateway remembers an id for ten minutes: what is older must not be sent again. */
export const RESEND_MS_MAX = 9 * 60_000;

export class PendingCommands {
  readonly #pending = new Map<string, Pending>();

  get size(): number {
    return this.#pending.size;
  }

  add(command: Pending): void {
    this.#pending.set(command.id, command);
  }

  /** Settles a command; gives it, or null for an id that nobody waits for. */
  settle(reply: ReplyMessage): Pending | null {
    const found = this.#pending.get(reply.id) ?? null;
    this.#pending.delete(reply.id);
    found?.resolve(reply);
    return found;
  }

  /** What is to be sent again over a new connection, in its order. */
  toResend(nowMs: number): readonly Pending[] {
    this.expire(nowMs);
    return [...this.#pending.values()];
  }

  /** Says of what is not worth sending again any more that its outcome is unknown. */
  expire(nowMs: number): void {
    for (const { id, resendMsMax, sentAtMs } of [...this.#pending.values()]) {
      if (nowMs - sentAtMs > resendMsMax) this.settle(unknownOutcome(id));
    }
  }

  /** Nobody will answer any more. */
  giveUp(): void {
    for (const { id } of [...this.#pending.values()]) this.settle(unknownOutcome(id));
  }
}

/** Reasons that the page gives, in place of an answer that is not there: none is a refusal. */
export const NO_ANSWER: ReadonlySet<string> = new Set(["not_sent", "outcome_unknown"]);

/** In place of an answer to what was never sent. */
export function notSent(id: string): ReplyMessage {
  return {
    type: "reply",
    id,
    code: -1,
    message: "Not sent",
    details: "there is no connection to the gateway now",
    reason: "not_sent",
    retryable: true,
  };
}

function unknownOutcome(id: string): ReplyMessage {
  return {
    type: "reply",
    id,
    code: -1,
    message: "Outcome unknown",
    details: "no answer came: look at the order",
    reason: "outcome_unknown",
    retryable: false,
  };
}
