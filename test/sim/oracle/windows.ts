/**
 * What may be answered to what is under way. A refusal or a look leaves no trace in the journal, so
 * nobody knows the moment at which it was decided: it must be right at one of the moments between
 * the sending and the answer. Each question is put to the model at every one of them.
 */

interface Question {
  /** All answers that are right now. */
  readonly ask: () => Iterable<string>;
  /** All that would have been right so far. */
  readonly right: Set<string>;
  sentAtMs: number;
  /** Nobody waits for it any more, and it was answered. */
  isOver: boolean;
}

export class Windows {
  readonly #nowMs: () => number;
  readonly #questions = new Map<string, Question>();
  /** Those that are put to the model now. */
  readonly #open = new Set<Question>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** It was sent, for the first time or again. */
  open(name: string, ask: Question["ask"]): void {
    const found = this.#questions.get(name);
    const question = found ?? { ask, right: new Set(), sentAtMs: 0, isOver: false };
    question.sentAtMs = this.#nowMs();
    question.isOver = false;
    this.#questions.set(name, question);
    this.#open.add(question);
    for (const answer of ask()) question.right.add(answer);
  }

  /** It was answered, and nothing more of it is under way. */
  over(name: string): void {
    const question = this.#questions.get(name);
    if (question !== undefined) question.isOver = true;
  }

  /** Its answer was held against what is right: nobody asks again. */
  forget(name: string): void {
    const question = this.#questions.get(name);
    if (question !== undefined) this.#open.delete(question);
    this.#questions.delete(name);
  }

  /** The model has changed. */
  ask(): void {
    for (const { ask, right } of this.#open) {
      for (const answer of ask()) right.add(answer);
    }
  }

  /** Everything that was told so far has been looked at. */
  looked(): void {
    for (const question of this.#open) {
      const { isOver, sentAtMs } = question;
      if (isOver || this.#nowMs() - sentAtMs > WAITED_MS_MAX) this.#open.delete(question);
    }
  }

  /** What was right at some moment. */
  right(name: string): ReadonlySet<string> {
    return this.#questions.get(name)?.right ?? new Set();
  }
}

/** Milliseconds: the patience of a client, and what is still under way when it has gone. */
const WAITED_MS_MAX = 9_500;
