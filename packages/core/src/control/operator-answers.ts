/**
 * The answers to operators' requests, by what names the requests. Owned by the control state; a
 * pure fold of its events.
 */
import type { UnixMs } from "../model/ids.ts";
import type { OperatorAnswered } from "./control-event.ts";

/** Operator answers that are remembered at a time. */
export const OPERATOR_ANSWERS_MAX = 10_000;
/** Of them, so many are only for requests that stop somebody or something, or let it go on. */
export const URGENT_ANSWERS_KEPT = 1_000;
const ORDINARY_ANSWERS_MAX = OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT;

export class OperatorAnswers {
  /** Oldest first. */
  readonly #answers = new Map<string, OperatorAnswered>();
  #forgottenMs = 0 as UnixMs;

  /** When the last of those expired that were forgotten; 0: none was. */
  get forgottenMs(): UnixMs {
    return this.#forgottenMs;
  }

  /** The answer that a request with this key was given; null when it was not, or is forgotten. */
  get(idempotencyKey: string, nowMs: UnixMs): OperatorAnswered | null {
    const answer = this.#answers.get(idempotencyKey);
    return answer === undefined || answer.expiresAtMs < nowMs ? null : answer;
  }

  /**
   * Null where no answer was forgotten that expires at this time or later. Else an unknown request
   * whose answer may do so must not be taken for a new one: real time was later once, and ran back.
   * The first moment behind all that was forgotten.
   */
  mayHaveForgotten(fromMs: UnixMs): UnixMs | null {
    return fromMs <= this.#forgottenMs ? ((this.#forgottenMs + 1) as UnixMs) : null;
  }

  /** Whether another answer can be remembered; the next one makes room of what is expired. */
  hasRoom(nowMs: UnixMs, isUrgent: boolean): boolean {
    if (this.#answers.size < (isUrgent ? OPERATOR_ANSWERS_MAX : ORDINARY_ANSWERS_MAX)) return true;
    for (const { expiresAtMs } of this.#answers.values()) if (expiresAtMs < nowMs) return true;
    return false;
  }

  add(answer: OperatorAnswered): void {
    this.#answers.delete(answer.idempotencyKey);
    this.#makeRoom(answer.atMs);
    this.#answers.set(answer.idempotencyKey, answer);
  }

  /** As a snapshot has it. */
  restore(answer: OperatorAnswered): void {
    this.#answers.set(answer.idempotencyKey, answer);
  }

  restoreForgotten(forgottenMs: UnixMs): void {
    this.#forgottenMs = forgottenMs;
  }

  /** Oldest first. */
  all(): Iterable<OperatorAnswered> {
    return this.#answers.values();
  }

  /**
   * What has expired stays as long as there is room, and then goes one by one, what expired first
   * before the rest: real time may be set on by mistake and back.
   */
  #makeRoom(nowMs: UnixMs): void {
    const excessCount = this.#answers.size + 1 - ORDINARY_ANSWERS_MAX;
    if (excessCount <= 0) return;
    const expired = [...this.#answers.values()].filter(({ expiresAtMs }) => expiresAtMs < nowMs);
    expired.sort((one, other) => one.expiresAtMs - other.expiresAtMs);
    for (const { idempotencyKey, expiresAtMs } of expired.slice(0, excessCount)) {
      this.#answers.delete(idempotencyKey);
      if (expiresAtMs > this.#forgottenMs) this.#forgottenMs = expiresAtMs;
    }
  }
}
