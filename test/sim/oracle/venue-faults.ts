/**
 * Faults of the venue that clients ask for, key by key: what a list of them shows, how many were
 * taken back, and that nothing goes wrong for a key that has asked for nothing. When each was
 * armed or cleared is known to lie between asking and the answer only; a restart forgets all.
 */
import type { Answer, Command, Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";

type Arming = Extract<Command, { readonly kind: "fault" }>;

/** From when to when: asked and answered. */
interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
  /** When the process began that answered. */
  readonly lifeMs: number;
}

interface Asked {
  readonly request: Request;
  readonly command: Command;
}

interface FaultRow {
  readonly id: number;
  readonly fault: string;
  readonly delay_ms?: number;
  readonly count: number;
  readonly probability: number;
  readonly fired: number;
}

/** What is said of a fault at a time. */
interface Seen {
  readonly row: FaultRow;
  readonly span: Span;
}

/** As many as a key may have: then spent ones make room. */
const ARMED_MAX = 20;
const NEVER = Number.POSITIVE_INFINITY;

/** Faults that are seen on an order's first message, and on a cancel's. */
const STRIKES = { order: /^(delayed|stuck|rejected)_order$/, cancel: /_cancel$/ } as const;

export class VenueFaults {
  /** In the order in which they were sent. */
  readonly #asked = new Map<string, Asked>();
  readonly #livesMs: number[] = [0];
  readonly #seen = new Map<string, Seen>();

  beginLife(nowMs: number): void {
    this.#livesMs.push(nowMs);
  }

  sent(request: Request): void {
    const { command, id } = request;
    const isOfFaults = command.kind === "fault" || command.kind === "clearFaults";
    if (isOfFaults && !request.isForged) this.#asked.set(id, { request, command });
  }

  /** Whether something may go wrong with an order, or a cancel, that the request asks for. */
  mayStrike(what: keyof typeof STRIKES, { key, sentAtMs }: Request, nowMs: number): boolean {
    const span = { fromMs: sentAtMs, untilMs: nowMs, lifeMs: this.#lifeAt(sentAtMs) };
    const armed = this.#armed(key.apiKey, span).perhaps;
    return armed.some(({ fault }) => STRIKES[what].test(fault));
  }

  /** What is wrong with the answer, or null. */
  problem(request: Request, { atMs, text }: Answer): string | null {
    const { command, id, key, sentAtMs } = request;
    const envelope = JSON.parse(text) as Envelope & { readonly data: Record<string, unknown> };
    const span = { fromMs: sentAtMs, untilMs: atMs, lifeMs: this.#lifeAt(atMs) };
    const { perhaps, surely } = this.#armed(key.apiKey, span, id);
    if (envelope.code !== 0) {
      const mayBeFull = command.kind === "fault" && perhaps.length >= ARMED_MAX;
      return mayBeFull && envelope.reason === "faults_full" ? null : "it is not refused";
    }
    const { data } = envelope;
    if (command.kind === "fault") return rowProblem(data as unknown as FaultRow, command, 0);
    if (command.kind === "clearFaults") {
      const cleared = Number(data["cleared"]);
      // A restart in between has forgotten them before, or the answer is the one from before it.
      const isOfThisLife = span.lifeMs <= sentAtMs;
      const isFull = perhaps.length >= ARMED_MAX;
      const least = isOfThisLife && !isFull ? surely.length : 0;
      const most = isOfThisLife ? Math.min(perhaps.length, ARMED_MAX) : ARMED_MAX;
      return cleared >= least && cleared <= most ? null : `${least} to ${most} were armed`;
    }
    const rows = data["faults"] as readonly FaultRow[];
    return (
      this.#listProblem(rows, { perhaps, surely }) ?? this.#laterProblem(key.apiKey, rows, span)
    );
  }

  #listProblem(
    rows: readonly FaultRow[],
    { perhaps, surely }: { perhaps: readonly Arming[]; surely: readonly Arming[] },
  ): string | null {
    const isSorted = rows.every(({ id }, at) => at === 0 || id > (rows[at - 1]?.id ?? 0));
    if (!isSorted) return "they are listed as they were armed";
    const unknown = without(rows.map(nameOfRow), perhaps.map(nameOf));
    if (unknown.length > 0) return `nobody armed ${unknown.join(", ")}`;
    const missing = without(surely.map(nameOf), rows.map(nameOfRow));
    if (missing.length > 0 && perhaps.length < ARMED_MAX) return `not ${missing.join(", ")}`;
    const wrong = rows.find(({ count, fired, probability }) => fired > count || probability !== 1);
    return wrong === undefined ? null : `${wrong.fault} happens ${wrong.count} times`;
  }

  /** Each is the same one as before, and has happened no less often. */
  #laterProblem(apiKey: string, rows: readonly FaultRow[], span: Span): string | null {
    for (const row of rows) {
      const name = `${span.lifeMs} ${apiKey} ${row.id}`;
      const before = this.#seen.get(name);
      const isLater = before !== undefined && before.span.untilMs < span.fromMs;
      const isSame = before === undefined || nameOfRow(before.row) === nameOfRow(row);
      if (!isSame) return `fault ${row.id} was ${nameOfRow(before.row)}`;
      if (isLater && row.fired < before.row.fired)
        return `it had happened ${before.row.fired} times`;
      if (before === undefined || isLater) this.#seen.set(name, { row, span });
    }
    return null;
  }

  /** What is armed at every moment between, and what may be at some. */
  #armed(apiKey: string, span: Span, ownId = ""): { surely: Arming[]; perhaps: Arming[] } {
    const { fromMs, untilMs, lifeMs } = span;
    const ofKey = [...this.#asked.values()].filter(({ request }) => {
      return request.key.apiKey === apiKey && request.id !== ownId;
    });
    const clears = ofKey.filter(({ command }) => command.kind === "clearFaults");
    const surely: Arming[] = [];
    const perhaps: Arming[] = [];
    for (const { command, request } of ofKey) {
      if (command.kind !== "fault") continue;
      const { sentAtMs } = request;
      const doneMs = doneAtMs(request);
      const isCleared = clears.some(({ request: clear }) => {
        return clear.sentAtMs > doneMs && doneAtMs(clear) < fromMs;
      });
      if (sentAtMs < untilMs && doneMs >= lifeMs && !isCleared) perhaps.push(command);
      const mayBeCleared = clears.some(({ request: clear }) => {
        return clear.sentAtMs < untilMs && doneAtMs(clear) > sentAtMs;
      });
      if (doneMs <= fromMs && sentAtMs >= lifeMs && !mayBeCleared) surely.push(command);
    }
    return { surely: lifeMs > fromMs ? [] : surely, perhaps };
  }

  #lifeAt(atMs: number): number {
    return this.#livesMs.findLast((each) => each <= atMs) ?? 0;
  }
}

/** When it was first answered that it is done. */
function doneAtMs({ answers }: Request): number {
  return answers.find(({ text }) => text.startsWith('{"code":0,'))?.atMs ?? NEVER;
}

function rowProblem(row: FaultRow, command: Arming, fired: number): string | null {
  const isMeant = nameOfRow(row) === nameOf(command) && row.fired === fired && row.id > 0;
  return isMeant ? null : `armed is ${nameOf(command)}`;
}

function nameOf({ fault, delayMs, count }: Arming): string {
  return `${fault} ${delayMs ?? "-"} ${count}`;
}

function nameOfRow({ fault, delay_ms: delayMs, count }: FaultRow): string {
  return `${fault} ${delayMs ?? "-"} ${count}`;
}

/** Those that are not among the others, each of which counts once. */
function without(names: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return names.filter((name) => {
    const at = left.indexOf(name);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
}
