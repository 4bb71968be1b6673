/**
 * The state of all partitions of a node as text: the content of a snapshot, and what the state
 * hash is taken over. Two nodes that applied the same events give the same lines.
 */
import { createHash } from "node:crypto";
import { assert } from "@countermand/core/assert";
import { ControlState } from "@countermand/core/control";
import { Desk, type DeskOptions, type DeskRules } from "@countermand/core/desk";
import { Exchange } from "@countermand/core/exchange";
import { type Instrument, InstrumentTable } from "@countermand/core/model";
import { SessionState } from "@countermand/core/session";
import { CONTROL_PARTITION } from "./control-partition.ts";
import { EXCHANGE_PARTITION } from "./partitions.ts";
import { SESSION_PARTITION } from "./sessions.ts";

export interface NodeState {
  readonly desks: ReadonlyMap<string, Desk>;
  readonly exchange: Exchange;
  readonly session: SessionState;
  /** Its table of instruments is everybody's. */
  readonly control: ControlState;
}

/** How the partitions of a node are laid out; fixed when its journal begins. */
export interface NodeLayout {
  readonly deskCount: number;
  /** Those that the node began with; what operators changed is in the control partition. */
  readonly instruments: readonly Instrument[];
  readonly deskRules: DeskRules;
}

/** The first desk partition's order numbers begin with these digits, as the reference page's do. */
const ORDER_NO_PREFIX_FIRST = 22;

const DESK_NAME = "desk-";

/** Line that opens a partition's section; no line of a state machine begins like it. */
const SECTION = "#";

/** Whether a partition of that name is a desk's. */
export function isDeskName(name: string): boolean {
  return name.startsWith(DESK_NAME);
}

export function deskNames(deskCount: number): readonly string[] {
  return Array.from({ length: deskCount }, (_, index) => DESK_NAME + orderNoPrefix(index));
}

/** In the order in which they are replayed: all others look up instruments in the control's. */
export function partitionNames(layout: NodeLayout): readonly string[] {
  return [CONTROL_PARTITION, ...deskNames(layout.deskCount), EXCHANGE_PARTITION, SESSION_PARTITION];
}

export function emptyState(layout: NodeLayout): NodeState {
  const table = new InstrumentTable(layout.instruments);
  const desks = deskNames(layout.deskCount).map((name, index) => {
    return [name, new Desk(deskOptions(layout, table, index))] as const;
  });
  const exchange = new Exchange(layout.instruments);
  return {
    desks: new Map(desks),
    exchange,
    session: new SessionState(),
    control: new ControlState(table),
  };
}

export function* stateLines(state: NodeState): Iterable<string> {
  yield SECTION + CONTROL_PARTITION;
  yield* state.control.snapshotLines();
  for (const [name, desk] of state.desks) {
    yield SECTION + name;
    yield* desk.snapshotLines();
  }
  yield SECTION + EXCHANGE_PARTITION;
  yield* state.exchange.snapshotLines();
  yield SECTION + SESSION_PARTITION;
  yield* state.session.snapshotLines();
}

/** Characters that are hashed at a time: a call for each line costs more than the hashing. */
const HASHED_LENGTH = 65_536;

/** SHA-256 over the state's lines, in hex. */
export function stateHash(state: NodeState): string {
  const hash = createHash("sha256");
  let text = "";
  for (const line of stateLines(state)) {
    text += `${line}\n`;
    if (text.length < HASHED_LENGTH) continue;
    hash.update(text);
    text = "";
  }
  return hash.update(text).digest("hex");
}

export function restoreState(layout: NodeLayout, lines: Iterable<string>): NodeState {
  const sections = new Sections(lines);
  const table = new InstrumentTable(layout.instruments);
  const control = ControlState.restore(sections.next(CONTROL_PARTITION), table);
  const desks = new Map<string, Desk>();
  for (const [index, name] of deskNames(layout.deskCount).entries()) {
    desks.set(name, Desk.restore(deskOptions(layout, table, index), sections.next(name)));
  }
  const exchange = Exchange.restore(layout.instruments, sections.next(EXCHANGE_PARTITION));
  const session = SessionState.restore(sections.next(SESSION_PARTITION));
  return { desks, exchange, session, control };
}

/** Hands out a snapshot's lines section by section, without holding them all. */
class Sections {
  readonly #lines: Iterator<string>;
  #head: string | undefined;

  constructor(lines: Iterable<string>) {
    this.#lines = lines[Symbol.iterator]();
    this.#head = this.#take();
  }

  *next(name: string): Iterable<string> {
    assert(this.#head === SECTION + name, `the snapshot has a section ${name}`);
    this.#head = this.#take();
    while (this.#head !== undefined && !this.#head.startsWith(SECTION)) {
      yield this.#head;
      this.#head = this.#take();
    }
  }

  #take(): string | undefined {
    const { done, value } = this.#lines.next();
    return done === true ? undefined : value;
  }
}

function deskOptions(
  { deskRules }: NodeLayout,
  instruments: InstrumentTable,
  index: number,
): DeskOptions {
  return { orderNoPrefix: orderNoPrefix(index), instruments, rules: deskRules };
}

function orderNoPrefix(index: number): number {
  return ORDER_NO_PREFIX_FIRST + index;
}
