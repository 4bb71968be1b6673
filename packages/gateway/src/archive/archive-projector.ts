/**
 * Follows the journal into the archive and answers questions about it: everything the archive's
 * thread does, apart from being a thread. Lookups are answered when they arrive, lists walk in
 * steps between them, and nothing is projected while a list walks, so that a list is of one moment.
 */
import { assert, unreachable } from "@countermand/core/assert";
import Database from "better-sqlite3";
import { JournalError, type JournalRecord } from "../journal/journal.ts";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { diskErrorCode } from "../sys/disk.ts";
import { ArchiveAnswers, type ListSteps } from "./archive-answers.ts";
import type { ArchiveDatabase } from "./archive-database.ts";
import {
  ASIDE_EVENTS_MAX,
  PROJECT_STEP_EVENTS,
  PROJECTED_EVENTS_MAX,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
} from "./archive-limits.ts";
import {
  type ArchiveAnswer,
  type ArchiveQuestion,
  type FromArchive,
  isListing,
  type ListingQuestion,
  type ToArchive,
} from "./archive-messages.ts";
import { isDamage } from "./archive-schema.ts";
import { CheckedEvents, type EventSource } from "./checked-events.ts";
import { CatchingUpError, ProjectionProgress } from "./projection-progress.ts";

/** What the projector reads; JournalReader is one. */
export interface JournalSource extends EventSource {
  hashAt(partition: string, seq: number): string | null;
  close(): void;
}

export interface ProjectorOptions {
  readonly database: ArchiveDatabase;
  readonly journal: JournalSource;
  readonly partitions: readonly string[];
  readonly required: ReadonlyMap<string, number>;
  readonly clock: Clock;
  readonly post: (message: FromArchive) => void;
  /** Called before a step that projects while little is to do: others may want the core. */
  readonly stepAside: () => void;
  /** The archive contradicts itself: it must be put away, and this projector is closed. */
  readonly onDamage: (error: Error) => void;
}

/** A transaction under way. */
interface Projection {
  readonly name: "Projection";
  readonly partition: string;
  readonly seq: number;
  readonly steps: Generator<void, void>;
}

/** A list that walks. */
interface Walk {
  readonly name: "Walk";
  readonly id: number;
  readonly steps: ListSteps;
}

export class ArchiveProjector {
  readonly #options: ProjectorOptions;
  readonly #database: ArchiveDatabase;
  readonly #journal: JournalSource;
  readonly #progress: ProjectionProgress;
  readonly #answers: ArchiveAnswers;
  /** Lists that wait for their turn. */
  readonly #lists: { readonly id: number; readonly question: ListingQuestion }[] = [];
  /** Never both, so that a list is of one moment; null between two of them. */
  #underWay: Projection | Walk | null = null;
  #isTurnScheduled = false;
  /** Ends the pause after a failure, in which nothing is projected; null while there is none. */
  #pause: Cancelable | null = null;
  /** The last one, since something was projected. */
  #pauseMs = 0;
  #isHeld = false;
  #isClosed = false;

  constructor(options: ProjectorOptions) {
    const { database, journal, partitions, required } = options;
    this.#options = options;
    this.#database = database;
    this.#journal = journal;
    const projected = database.positions();
    const positions = partitions.map((name) => [name, projected.get(name)?.seq ?? 0] as const);
    this.#progress = new ProjectionProgress(new Map(positions), required);
    const events = new CheckedEvents(journal);
    this.#answers = new ArchiveAnswers({ database, events, progress: this.#progress });
  }

  /** How far each partition is projected. */
  get positions(): ReadonlyMap<string, number> {
    return this.#progress.positions;
  }

  receive(message: ToArchive): void {
    if (this.#isClosed) return; // Whoever asked has been told that this one ended.
    switch (message.type) {
      case "follow":
        for (const [partition, seq] of message.positions) this.#progress.follow(partition, seq);
        this.#scheduleTurn();
        return;
      case "hold":
        this.#isHeld = message.isHeld;
        if (message.isHeld) this.#abandonProjection();
        this.#scheduleTurn();
        return;
      case "require":
        this.#progress.require(message.partition, message.seq);
        return;
      case "question":
        this.#receiveQuestion(message.id, message.question);
        return;
      case "close":
        this.close();
        return;
      default:
        unreachable(message, "message to the archive");
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pause?.cancel();
    this.#database.close();
    this.#journal.close();
  }

  #receiveQuestion(id: number, question: ArchiveQuestion): void {
    if (isListing(question)) {
      this.#lists.push({ id, question });
      this.#scheduleTurn();
      return;
    }
    this.#guarded(id, () => this.#answer(id, this.#answers.lookUp(question)));
  }

  #scheduleTurn(): void {
    if (this.#isTurnScheduled) return;
    this.#isTurnScheduled = true;
    this.#options.clock.atTurnEnd(() => {
      this.#isTurnScheduled = false;
      if (!this.#isClosed) this.#turn();
    });
  }

  /**
   * A step of the list under way, or one of the transaction, which the next list follows. So a list
   * waits for one transaction, and the next transaction for one list.
   */
  #turn(): void {
    const underWay = this.#underWay;
    if (underWay?.name === "Walk") {
      this.#stepWalk(underWay);
    } else {
      const projection = underWay ?? this.#nextProjection();
      if (projection !== null) this.#stepProjection(projection);
      if (this.#underWay === null && !this.#isClosed) this.#beginWalk();
    }
    if (!this.#isClosed && this.#hasMore()) this.#scheduleTurn();
  }

  #hasMore(): boolean {
    if (this.#underWay !== null || this.#lists.length > 0) return true;
    return this.#mayProject() && this.#progress.mostBehind() !== null;
  }

  #beginWalk(): void {
    const list = this.#lists.shift();
    if (list === undefined) return;
    const { id, question } = list;
    this.#guarded(id, () => {
      this.#walkOn({ name: "Walk", id, steps: this.#answers.steps(question) });
    });
  }

  #stepWalk(walk: Walk): void {
    this.#underWay = null;
    this.#guarded(walk.id, () => this.#walkOn(walk));
  }

  #walkOn(walk: Walk): void {
    const step = walk.steps.next();
    if (step.done === true) this.#answer(walk.id, step.value);
    else this.#underWay = walk;
  }

  #mayProject(): boolean {
    return this.#pause === null && !this.#isHeld;
  }

  #nextProjection(): Projection | null {
    const partition = this.#mayProject() ? this.#progress.mostBehind() : null;
    if (partition === null) return null;
    const after = this.#progress.position(partition);
    const seq = Math.min(this.#progress.durable(partition), after + PROJECTED_EVENTS_MAX);
    const steps = this.#projectionSteps(partition, after, seq);
    return { name: "Projection", partition, seq, steps };
  }

  #stepProjection(projection: Projection): void {
    const { partition, seq, steps } = projection;
    this.#underWay = null;
    if (this.#progress.behind(partition) <= ASIDE_EVENTS_MAX) this.#options.stepAside();
    try {
      if (steps.next().done === true) this.#projected(partition, seq);
      else this.#underWay = projection;
    } catch (error) {
      if (isDamage(error)) this.#end(error);
      else this.#pauseAfter(faultOf(error));
    }
  }

  *#projectionSteps(partition: string, after: number, seq: number): Generator<void, void> {
    const hash = this.#journal.hashAt(partition, seq);
    if (hash === null) throw endsBefore(partition, seq);
    const pages = this.#pages(partition, after, seq);
    yield* this.#database.projecting(partition, pages, { seq, hash });
  }

  *#pages(partition: string, after: number, seq: number): Generator<JournalRecord[]> {
    for (let last = after; last < seq; ) {
      const count = Math.min(seq - last, PROJECT_STEP_EVENTS);
      const records = this.#journal.read(partition, last, count);
      if (records.length !== count) throw endsBefore(partition, seq);
      yield records;
      last += count;
    }
  }

  #projected(partition: string, seq: number): void {
    this.#pauseMs = 0;
    this.#progress.projected(partition, seq);
    this.#options.post({ type: "projected", partition, seq });
  }

  /** Begun again where it began. */
  #abandonProjection(): void {
    if (this.#underWay?.name !== "Projection") return;
    this.#underWay = null;
    this.#database.rollBack();
  }

  #pauseAfter(error: Error): void {
    this.#pauseMs = Math.min(Math.max(2 * this.#pauseMs, RETRY_MS_MIN), RETRY_MS_MAX);
    const { clock, post } = this.#options;
    this.#pause = clock.after(this.#pauseMs, () => {
      this.#pause = null;
      this.#scheduleTurn();
    });
    post({ type: "failed", problem: error.message, retryInMs: this.#pauseMs });
  }

  /** Answers a question or says why not; damage ends the projector, a bug the thread. */
  #guarded(id: number, answer: () => void): void {
    try {
      answer();
    } catch (error) {
      const fault = isDamage(error) ? error : faultOf(error);
      this.#options.post({ type: "refused", id, problem: fault.message });
      if (isDamage(fault)) this.#end(fault);
    }
  }

  #end(error: Error): void {
    assert(!this.#isClosed, "damage is found in an open archive");
    this.close();
    this.#options.onDamage(error);
  }

  #answer(id: number, answer: ArchiveAnswer): void {
    this.#options.post({ type: "answer", id, answer });
  }
}

function endsBefore(partition: string, seq: number): JournalError {
  const problem = `partition ${JSON.stringify(partition)} ends before ${seq}, which is durable`;
  return new JournalError("JOURNAL_DAMAGED", "journal.db", problem);
}

/** The failure of a disk, a database or the journal. Anything else is a bug and is thrown again. */
function faultOf(error: unknown): Error {
  const isFault =
    error instanceof Database.SqliteError ||
    error instanceof JournalError ||
    error instanceof CatchingUpError;
  if (isFault) return error;
  if (error instanceof Error && diskErrorCode(error) !== null) return error;
  throw error;
}
