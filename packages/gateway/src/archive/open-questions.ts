/** Questions that the archive's thread has not answered: a bounded number, each settled once. */
import { assert } from "@countermand/core/assert";
import type { ArchiveError } from "./archive-error.ts";
import { LISTS_WAITING_MAX, QUESTIONS_WAITING_MAX } from "./archive-limits.ts";
import {
  type ArchiveAnswer,
  type ArchiveQuestions,
  isListQuestion,
  type QuestionName,
} from "./archive-messages.ts";

interface OpenQuestion {
  readonly isList: boolean;
  readonly resolve: (answer: ArchiveAnswer) => void;
  readonly reject: (error: ArchiveError) => void;
}

export class OpenQuestions {
  readonly #open = new Map<number, OpenQuestion>();
  /** Of those that are open. */
  #listCount = 0;
  #nextId = 1;

  /** Lists never use up the places of lookups. */
  hasRoomFor(name: QuestionName): boolean {
    if (this.#open.size >= QUESTIONS_WAITING_MAX) return false;
    return !isListQuestion(name) || this.#listCount < LISTS_WAITING_MAX;
  }

  /** Precondition: there is room for it. */
  add<Name extends QuestionName>(
    name: Name,
  ): { readonly id: number; readonly answer: Promise<ArchiveQuestions[Name]["answer"]> } {
    assert(this.hasRoomFor(name), "a bounded number of questions is open");
    const id = this.#nextId;
    this.#nextId += 1;
    const { promise, resolve, reject } = Promise.withResolvers<ArchiveQuestions[Name]["answer"]>();
    const isList = isListQuestion(name);
    if (isList) this.#listCount += 1;
    // The thread answers a question by its id and in its own type.
    this.#open.set(id, { isList, resolve: resolve as OpenQuestion["resolve"], reject });
    return { id, answer: promise };
  }

  answer(id: number, answer: ArchiveAnswer): void {
    this.#take(id).resolve(answer);
  }

  refuse(id: number, error: ArchiveError): void {
    this.#take(id).reject(error);
  }

  refuseAll(error: ArchiveError): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
    this.#listCount = 0;
  }

  #take(id: number): OpenQuestion {
    const question = this.#open.get(id);
    assert(question !== undefined, "every answer has its question");
    this.#open.delete(id);
    if (question.isList) this.#listCount -= 1;
    return question;
  }
}
