/**
 * Requests whose answers are on their way, so that they can be told when nobody knows when those
 * come: one that waits for a silent disk would wait without end.
 */

/** How a request ends: exactly one of the first two is called. */
export interface AnswerEnds<T> {
  readonly give: (answer: T) => void;
  /** Its outcome is unknown. */
  readonly giveUp: (details: string) => void;
  /** There is no answer, by a bug; called behind `giveUp`. */
  readonly onBug: (error: Error) => void;
}

export class AwaitedAnswers {
  readonly #waiting = new Set<(details: string) => void>();

  /** Ends a request when its answer is there, or when it is given up. */
  await<T>(answer: Promise<T>, { give, giveUp, onBug }: AnswerEnds<T>): void {
    this.#waiting.add(giveUp);
    answer.then(
      (given) => {
        if (this.#waiting.delete(giveUp)) give(given);
      },
      (error: unknown) => {
        if (this.#waiting.delete(giveUp)) giveUp("");
        onBug(error as Error);
      },
    );
  }

  /** What still becomes of the requests is told to nobody; a repeated one finds out. */
  giveUpAll(details: string): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const giveUp of waiting) giveUp(details);
  }
}
