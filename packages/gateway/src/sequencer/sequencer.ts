/**
 * The one writer of this node's partitions. Commands are decided and applied in the order they
 * arrive; what they decided is appended to the journal in groups; answers, pushes and query
 * results that saw an event leave only after it is on stable storage ({@link GroupCommit}).
 */
import { assert } from "@countermand/core/assert";
import { type AnsweredRequest, type AnsweredRequests, openTarget } from "@countermand/core/desk";
import {
  type Account,
  type CancelTarget,
  type Cause,
  Channel,
  type DeskEvent,
  type OnlyIf,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { seen } from "../auth/portfolio-scope.ts";
import type { OrderLimits } from "../limits/order-guard.ts";
import type { Clock } from "../sys/clock.ts";
import { SharedTurns } from "../sys/shared-turns.ts";
import type { VenueFaults } from "../venue/fault-plan.ts";
import { type CancelRun, CancelRuns, type RunOutcome } from "./cancel-runs.ts";
import { CommandTurn, type RefusedOrder, type Turn, type TurnRules } from "./command-turn.ts";
import { GroupCommit, type GroupCommitOptions } from "./group-commit.ts";
import {
  PENDING_CANCELS_MAX,
  PENDING_PLACES_MAX,
  UNARCHIVED_REPORTS_MAX,
  WALKS_WAITING_MAX,
} from "./limits.ts";
import type { Partitions } from "./partitions.ts";
import { Previews } from "./previews.ts";
import { RefusalBudget } from "./refusal-budget.ts";

/** What names a write, so that the same one again changes nothing (CONTRACT section 2, Replays). */
export interface RequestIdentity {
  readonly fingerprint: string;
  /** Digest of the content where the fingerprint does not cover it, else "". */
  readonly contentDigest: string;
  /** When its answer counts no more. The fingerprint covers it, but where it is reusable. */
  readonly expiresAtMs: UnixMs;
  /** Whether its name may be used again later: an answer under it may expire at any time. */
  readonly isReusable?: boolean;
  /** Twice is the same as once: where nobody knows whether it was done, it is done. */
  readonly isIdempotent?: boolean;
}

/** The memory of answered requests cannot say whether a request is a new one: it is not done. */
export type Unvouched =
  /** Its time ran out on the way here, when its answer counts no more. */
  | { readonly result: "late" }
  /** The clock ran back, and its answer may be forgotten; one so much later cannot be. */
  | { readonly result: "doubtful"; readonly waitMs: number; readonly isReusable: boolean };

export type Claim = { readonly result: "claimed" } | { readonly result: "used" } | Unvouched;

/** On which way a command came, and what its sender calls it. */
export interface Origin {
  readonly channel: Channel;
  /** "" without one. */
  readonly requestId: string;
}

/** An answer's wire form. */
export interface Answer {
  readonly httpStatus: number;
  readonly body: string;
  /** Of a 429: seconds until it is worth another try. Not part of what is remembered. */
  readonly retryAfterSeconds?: number;
}

export type WriteResult =
  | { readonly result: "answered"; readonly answer: Answer }
  /** The same request was answered before, or is being answered: this is that answer. */
  | { readonly result: "repeated"; readonly answer: Answer }
  /** The identity was used with other content. */
  | { readonly result: "identityReused" }
  | Unvouched
  /** Too much is waiting; nothing was done. */
  | { readonly result: "overloaded" }
  /** What room the disk has is for cancels; nothing was done. */
  | { readonly result: "diskFull" }
  /** Nobody knows when the disk answers; nothing was done. */
  | { readonly result: "diskSilent" };

export interface SequencerOptions extends GroupCommitOptions {
  readonly partitions: Partitions;
  readonly clock: Clock;
  /** Time of orders: never backwards. */
  readonly marketNowMs: () => UnixMs;
  /** The exchange's clock goes on from this time, at this speed. */
  readonly onClockSet?: (atMs: UnixMs, speed: number) => void;
  /** What orders of clients are held against; none by default. */
  readonly limits?: OrderLimits;
  /** What a caller asked the venue to do worse; nothing by default. */
  readonly faultsOf?: (caller: Caller) => VenueFaults | null;
  /** Finds the answer that was given at a position of the account's partition. */
  readonly answerAt: (partition: string, seq: number) => Promise<Answer>;
}

/** What a write that cancels many orders came to: whom it cancels, or its answer at once. */
export type ManyCancels =
  | {
      readonly run: Pick<CancelRun, "scope" | "reason" | "onOutcome">;
      /** Called once, when all are decided. `isKept`: the same request must get it again. */
      readonly answer: () => KeptAnswer;
    }
  | KeptAnswer;

export interface KeptAnswer {
  readonly answer: Answer;
  readonly isKept: boolean;
}

/** A write whose answer is not decided yet. */
interface UnderWay {
  readonly contentDigest: string;
  readonly answered: Promise<Answer>;
}

type Urgency = "cancel" | "place";

export class Sequencer {
  readonly partitions: Partitions;
  /** Cancels of many orders, also those that nobody's request asked for. */
  readonly runs: CancelRuns;
  /** For queries that take more than one. */
  readonly turns: SharedTurns;
  /** Whether the disk has no room but its reserve, which is for cancels and the safety nets. */
  isDiskFull = false;
  readonly #options: SequencerOptions;
  /** By fingerprint: the same request again waits for the answer of the first. */
  readonly #underWay = new Map<string, UnderWay>();
  readonly #commits: GroupCommit;
  readonly #refusalBudget: RefusalBudget;
  readonly #turnRules: TurnRules;
  readonly #previewRules: TurnRules;
  readonly #previews: Previews;
  #lastCause: Cause | null = null;
  /** Whether a step of what expires is to come. */
  #isExpiring = false;
  #isEnding = false;

  constructor(options: SequencerOptions) {
    this.#options = options;
    this.partitions = options.partitions;
    this.turns = new SharedTurns(options.clock);
    this.#commits = new GroupCommit(options);
    this.#turnRules = {
      wallMs: () => this.#wallMs(),
      guardOf: (caller) => options.limits?.guardOf(caller) ?? null,
      faultsOf: (caller) => options.faultsOf?.(caller) ?? null,
    };
    this.#previewRules = {
      wallMs: () => this.#wallMs(),
      guardOf: (caller) => options.limits?.previewGuardOf(caller) ?? null,
      faultsOf: () => null,
    };
    this.#previews = new Previews(options.partitions);
    this.#refusalBudget = new RefusalBudget(() => options.clock.monotonicMs());
    this.runs = new CancelRuns(options.partitions, {
      perform: (work) => this.perform(work),
      atTurnEnd: (callback) => options.clock.atTurnEnd(callback),
    });
    this.partitions.gate.connect((delayMs, work) => {
      return options.clock.after(delayMs, () => void this.perform(work));
    });
  }

  /** Refusals that were answered and not journaled, because their account's budget was used up. */
  get unkeptRefusalCount(): number {
    return this.#refusalBudget.refusedCount;
  }

  /** Answers not yet released. */
  get pendingCount(): number {
    return this.#commits.pendingCount;
  }

  /** Whether nobody knows when the disk answers. */
  get isDiskSilent(): boolean {
    return this.#commits.isDiskSilent;
  }

  /** Milliseconds since the commit under way began; 0 without one. */
  get commitWaitingMs(): number {
    return this.#commits.waitingMs;
  }

  /**
   * Whether so many answers wait for the disk that another query would cost a cancel its place, or
   * it would wait without end.
   */
  get refusesQueries(): boolean {
    const { isDiskSilent, pendingCount } = this.#commits;
    return isDiskSilent || pendingCount >= PENDING_PLACES_MAX || this.#commits.isSlow();
  }

  /** Whether so many queries walk through open orders that another one must not begin to. */
  get refusesWalks(): boolean {
    return this.turns.waitingCount >= WALKS_WAITING_MAX;
  }

  /**
   * Decides a write in this very call; resolves when what it decided is durable. Without an
   * identity (cancels by order number are idempotent by nature) nothing is remembered.
   */
  write(
    caller: Caller,
    urgency: Urgency,
    identity: RequestIdentity | null,
    decide: (turn: Turn) => Answer,
    origin: Origin = NO_ORIGIN,
  ): Promise<WriteResult> {
    this.lookUp();
    if (this.#isCrowded) return Promise.resolve({ result: "overloaded" });
    const { account } = caller;
    if (identity !== null) {
      const repeated = this.#repeated(account, identity);
      if (repeated !== null) return repeated;
    }
    // Behind that: what was taken before is not said to be undone.
    const refusal = urgency === "place" ? this.#placeRefusal() : null;
    if (refusal !== null) return Promise.resolve({ result: refusal });
    const nowMs = this.catchUp();
    const stagedBefore = this.partitions.stagedCount;
    const sinceSeq = this.partitions.deskOf(account).lease.seq;
    const turn = this.#turn(caller, nowMs);
    const cause = this.#causeOf(caller, origin);
    const answer = this.partitions.caused(cause, decide, turn);
    const isKept = turn.isKept || this.partitions.stagedCount > stagedBefore;
    if (isKept && identity !== null) this.#remember(account, sinceSeq, identity, answer);
    // Behind that: a refusal changed nothing, and a retry of it is a fresh try.
    this.#noteRefused(account, turn.refusals, cause, nowMs);
    return this.#commits.released({ result: "answered", answer });
  }

  /**
   * Decides a write as it would be decided now, and does nothing; resolves when what it saw is
   * durable.
   */
  preview(caller: Caller, urgency: Urgency, decide: (turn: Turn) => Answer): Promise<WriteResult> {
    const refusal = urgency === "place" ? this.#placeRefusal() : null;
    if (refusal !== null) return Promise.resolve({ result: refusal });
    if (this.refusesQueries) return Promise.resolve({ result: "overloaded" });
    const nowMs = this.catchUp();
    const turn = new CommandTurn(
      this.partitions,
      caller,
      nowMs,
      this.#previewRules,
      this.#previews,
    );
    return this.#commits.released({ result: "answered", answer: decide(turn) });
  }

  /**
   * A write that cancels many orders, in as many steps as it takes: decided from this very call on,
   * answered when the last of it is durable. What is decided at once, and what the answer says, is
   * the caller's.
   */
  writeMany(
    caller: Caller,
    identity: RequestIdentity,
    decide: (turn: Turn) => ManyCancels,
    origin: Origin = NO_ORIGIN,
  ): Promise<WriteResult> {
    if (this.#isCrowded) return Promise.resolve({ result: "overloaded" });
    const { account } = caller;
    const repeated = this.#repeated(account, identity);
    if (repeated !== null) return repeated;
    const nowMs = this.catchUp();
    const turn = this.#turn(caller, nowMs);
    const many = decide(turn);
    const cause = this.#causeOf(caller, origin);
    const { lease } = this.partitions.deskOf(account);
    const keep = ({ answer, isKept }: KeptAnswer) => {
      // Behind its last step: reports of other writes may stand before it.
      if (isKept) this.#remember(account, lease.seq, identity, answer);
      return answer;
    };
    if (!("run" in many)) {
      const answer = keep(many);
      return this.#commits.released({ result: "answered", answer });
    }
    let answer: Answer | null = null;
    const running = this.runs.start(
      {
        ...many.run,
        ...(cause !== null && { cause }),
        faults: this.#turnRules.faultsOf(caller),
        onOutcome: (outcome) => {
          many.run.onOutcome(outcome);
          this.#noteRefused(account, refusedByRun(outcome), cause, nowMs);
        },
        onDecided: () => {
          answer = keep(many.answer());
          this.#underWay.delete(identity.fingerprint);
        },
      },
      nowMs,
    );
    const answered = running.then(() => {
      assert(answer !== null, "a run that is over was answered");
      return answer;
    });
    if (answer === null) {
      const { fingerprint, contentDigest } = identity;
      this.#underWay.set(fingerprint, { contentDigest, answered });
    }
    return answered.then((given) => ({ result: "answered", answer: given }));
  }

  /**
   * Whether memory alone can say what a cancel of this target answers. Of orders that share a
   * client's name the newest counts, and only the archive knows all closed ones: those are never
   * known here.
   */
  knows(caller: Caller, target: CancelTarget): boolean {
    const { account } = caller;
    const { desk } = this.partitions.deskOf(account);
    const book = desk.book(account);
    assert(book !== null, "a key's account is open");
    if (openTarget(book, target, caller.portfolioIds).found !== "none") return true;
    if (target.by !== "orderId") return false;
    return seen(caller, this.partitions.recent.closed(account, target.orderId)) !== null;
  }

  /** Whether the request was answered before, or is being answered. */
  remembers(account: Account, { fingerprint }: RequestIdentity): boolean {
    const { answered } = this.partitions.deskOf(account).desk;
    const isUnderWay = this.#underWay.has(fingerprint);
    return isUnderWay || answered.get(fingerprint, this.#wallMs()) !== null;
  }

  /** Whether this cancel would close an open order, whatever becomes of the order meanwhile. */
  cancels(caller: Caller, target: CancelTarget, condition: OnlyIf): boolean {
    if (condition.unfilled || condition.version !== null) return false;
    const book = this.partitions.deskOf(caller.account).desk.book(caller.account);
    assert(book !== null, "a key's account is open");
    return openTarget(book, target, caller.portfolioIds).found === "open";
  }

  /** Looks at the state now; resolves when everything that was seen is durable. */
  read<T>(view: () => T): Promise<T> {
    return this.#commits.released(view());
  }

  /** Uses up an identity that works only once; resolves when the use is durable. */
  claimOnce(account: Account, identity: RequestIdentity): Promise<Claim> {
    const { desk, lease } = this.partitions.deskOf(account);
    const nowMs = this.#wallMs();
    if (answeredBefore(desk.answered, identity, nowMs) !== null) {
      return this.#commits.released({ result: "used" });
    }
    const unvouched = unvouchedBy(desk.answered, identity, nowMs);
    if (unvouched !== null) return this.#commits.released(unvouched);
    this.#remember(account, lease.seq, identity, { httpStatus: 101, body: "" });
    return this.#commits.released({ result: "claimed" });
  }

  /**
   * Does what the exchange's time has brought: sessions, then settlement. Before every command and
   * before anything is shown, so that nobody sees a time whose events have not happened.
   */
  catchUp(): UnixMs {
    const nowMs = this.#options.marketNowMs();
    this.partitions.advance(nowMs);
    if (this.partitions.isExpiring) this.#expireOn();
    return nowMs;
  }

  /** Before the first command: {@link Partitions.beginSessions}. Resolves when it is durable. */
  begin(): Promise<void> {
    this.partitions.beginSessions(this.#options.marketNowMs());
    if (this.partitions.isExpiring) this.#expireOn();
    return this.#commits.released(undefined);
  }

  /** Sets the exchange's clock on, within a write: all that happens until then happens first. */
  setClock(atMs: UnixMs, speed: number): void {
    this.partitions.setClock(atMs, speed);
    this.#options.onClockSet?.(atMs, speed);
  }

  /** {@link catchUp} when nobody asks; resolves when it is durable. */
  tick(): Promise<void> {
    this.catchUp();
    return this.#commits.released(undefined);
  }

  /** Does what no client's command asks for now; resolves when it is durable. */
  perform(work: (nowMs: UnixMs) => void): Promise<void> {
    // Nothing more is decided when what was decided may be lost.
    if (!this.#commits.hasFailed) work(this.catchUp());
    return this.#commits.released(undefined);
  }

  /** Stages an event that no client's command caused, such as the opening of an account. */
  record(account: Account, event: DeskEvent): Promise<void> {
    this.partitions.stageDeskEvent(account, event);
    return this.#commits.released(undefined);
  }

  /**
   * What is not a client's command: an operator's, or a step of what the gateway does by itself.
   * Decided in this very call; resolves when it is durable. Never overloaded.
   */
  operate<T>(decide: (nowMs: UnixMs) => T): Promise<T> {
    // Nothing more is decided when what was decided may be lost: the process is about to stop.
    if (this.#commits.hasFailed) return new Promise(() => undefined);
    const nowMs = this.catchUp();
    return this.#commits.released(decide(nowMs));
  }

  /**
   * Resolves when everything decided so far is durable and answered. Day orders that are still to
   * expire do so from the next start on.
   */
  async drained(): Promise<void> {
    this.#isEnding = true;
    await this.runs.idle();
    await this.#commits.idle();
  }

  /** {@link GroupCommit.lookUp}. Called for every request. */
  lookUp(): void {
    this.#commits.lookUp();
  }

  /**
   * Null for a caller without a key, which is nobody outside. One object for requests that follow
   * each other, as those without a name of their own do: reports hold on to it.
   */
  #causeOf({ apiKey }: Caller, { channel, requestId }: Origin): Cause | null {
    if (apiKey === "") return null;
    const last = this.#lastCause;
    const isSame =
      last?.actor === apiKey && last.channel === channel && last.requestId === requestId;
    if (!isSame) this.#lastCause = { channel, actor: apiKey, requestId };
    return this.#lastCause;
  }

  /** Whether not even a cancel's answer has room. */
  get #isCrowded(): boolean {
    return this.#commits.pendingCount >= PENDING_CANCELS_MAX;
  }

  /** Why nothing but cancels is taken now, or null. */
  #placeRefusal(): "diskSilent" | "diskFull" | "overloaded" | null {
    if (this.isDiskSilent) return "diskSilent";
    if (this.refusesQueries) return "overloaded";
    if (this.partitions.recent.size >= UNARCHIVED_REPORTS_MAX) return "overloaded";
    return this.isDiskFull ? "diskFull" : null;
  }

  /** What is left of ended days, step by step, each when the one before is durable. */
  #expireOn(): void {
    if (this.#isExpiring) return;
    this.#isExpiring = true;
    const step = () => {
      if (this.#isEnding) return;
      void this.perform((nowMs) => this.partitions.expireMore(nowMs)).then(() => {
        this.#isExpiring = false;
        if (this.partitions.isExpiring) this.#expireOn();
      });
    };
    void this.#commits.released(undefined).then(() => this.#options.clock.atTurnEnd(step));
  }

  #turn(caller: Caller, nowMs: UnixMs): CommandTurn {
    return new CommandTurn(this.partitions, caller, nowMs, this.#turnRules);
  }

  #repeated(account: Account, identity: RequestIdentity): Promise<WriteResult> | null {
    const { name, desk } = this.partitions.deskOf(account);
    const nowMs = this.#wallMs();
    const underWay = this.#underWay.get(identity.fingerprint);
    if (underWay !== undefined) {
      if (underWay.contentDigest !== identity.contentDigest) {
        return this.#commits.released({ result: "identityReused" });
      }
      return underWay.answered.then((answer) => ({ result: "repeated", answer }));
    }
    const answered = answeredBefore(desk.answered, identity, nowMs);
    if (answered === null) {
      const unvouched = unvouchedBy(desk.answered, identity, nowMs);
      return unvouched && this.#commits.released(unvouched);
    }
    if (answered.contentDigest !== identity.contentDigest) {
      return this.#commits.released({ result: "identityReused" });
    }
    // The first one may still be on its way to the disk: its answer is found after it got there.
    return this.#commits
      .released(undefined)
      .then(() => this.#options.answerAt(name, answered.seq))
      .then((answer) => ({ result: "repeated", answer }));
  }

  /**
   * As far as the account's budget for it goes, and the disk has room: nobody fills it with
   * refusals.
   */
  #noteRefused(
    account: Account,
    refusals: readonly RefusedOrder[],
    cause: Cause | null,
    atMs: UnixMs,
  ): void {
    if (cause === null || this.isDiskFull) return;
    for (const { command, order, refused } of refusals) {
      if (!this.#refusalBudget.take(account)) continue;
      const { orderId } = order;
      const type = "CommandRefused";
      const event = { type, atMs, account, orderId, command, refused, cause } as const;
      this.partitions.stageDeskEvent(account, event);
    }
  }

  /** The answer to a write that was decided since the account's partition stood at `sinceSeq`. */
  #remember(account: Account, sinceSeq: number, identity: RequestIdentity, answer: Answer): void {
    this.partitions.stageAnswered(account, sinceSeq, {
      atMs: this.#wallMs(),
      fingerprint: identity.fingerprint,
      contentDigest: identity.contentDigest,
      expiresAtMs: identity.expiresAtMs,
      httpStatus: answer.httpStatus,
      body: answer.body,
    });
  }

  #wallMs(): UnixMs {
    return this.#options.clock.wallMs() as UnixMs;
  }
}

/**
 * The answer that the request was given before. A signed one was within its window when its
 * signature was checked: past it a moment later, what it did is known still, and must not be said
 * to be undone.
 */
function answeredBefore(
  answered: AnsweredRequests,
  { fingerprint, expiresAtMs, isReusable = false }: RequestIdentity,
  nowMs: UnixMs,
): AnsweredRequest | null {
  const countsMs = isReusable ? nowMs : Math.min(nowMs, expiresAtMs);
  return answered.get(fingerprint, countsMs as UnixMs);
}

/** Whether the memory of answered requests cannot vouch that this one, unknown to it, is new. */
function unvouchedBy(
  answered: AnsweredRequests,
  { expiresAtMs, isIdempotent = false, isReusable = false }: RequestIdentity,
  nowMs: UnixMs,
): Unvouched | null {
  // Within its window when its signature was checked, it may be past it a moment later.
  if (expiresAtMs < nowMs) return { result: "late" };
  const fromMs = isReusable ? nowMs : expiresAtMs;
  const openMs = answered.mayHaveForgotten(fromMs, isReusable ? ALWAYS : expiresAtMs);
  if (openMs === null || isIdempotent) return null;
  return { result: "doubtful", waitMs: openMs - fromMs, isReusable };
}

const ALWAYS = Number.POSITIVE_INFINITY as UnixMs;

/** A command that no client sent: the simulated traders'. */
const NO_ORIGIN: Origin = { channel: Channel.Gateway, requestId: "" };

function refusedByRun(outcome: RunOutcome): RefusedOrder[] {
  if (outcome.outcome !== "failed") return [];
  return [{ command: "cancel", order: outcome.order, refused: outcome.refusal.refused }];
}
