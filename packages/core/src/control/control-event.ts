/**
 * What operators decided, and how far it has been carried out: past tense, immutable, numbered by
 * the journal. Payloads are JSON arrays, positional; the first cell names the kind. Positions are
 * only ever appended.
 *
 * | kind | event             |
 * |------|-------------------|
 * | `P`  | ProfileBegan      |
 * | `B`  | Blocked           |
 * | `K`  | KillStepped       |
 * | `U`  | BlockReleased     |
 * | `M`  | ModeSet           |
 * | `I`  | InstrumentChanged |
 * | `L`  | LimitsSet         |
 * | `O`  | OperatorActed     |
 * | `Q`  | OperatorAnswered  |
 *
 * Those of API keys are in key-event.ts, those of the list of instruments in instrument-events.ts.
 */
import { assert } from "../assert.ts";
import type { Account, UnixMs } from "../model/ids.ts";
import type { MarketGroup } from "../model/instrument.ts";
import type { BlockScope } from "./control-scope.ts";
import {
  type InstrumentCells,
  type InstrumentEvent,
  instrumentCells,
  instrumentEventOf,
  isInstrumentCells,
  isInstrumentEvent,
} from "./instrument-events.ts";
import {
  isKeyCells,
  isKeyEvent,
  type KeyCells,
  type KeyEvent,
  keyCells,
  keyEventOf,
} from "./key-event.ts";
import {
  type LimitsSet,
  type LimitsSetCells,
  limitsSetCells,
  limitsSetOf,
} from "./limit-overrides.ts";
import type { OperatorAct } from "./operator-act.ts";

export type { OperatorAct } from "./operator-act.ts";

/** What this journal is for; its first event, and its only one. The sandbox says nothing. */
export interface ProfileBegan {
  readonly type: "ProfileBegan";
  readonly atMs: UnixMs;
  readonly profile: "production";
}

/** New orders and amends in the scope are refused from here on. */
export interface Blocked {
  readonly type: "Blocked";
  readonly act: OperatorAct;
  /** From 1, without gaps. */
  readonly blockId: number;
  readonly scope: BlockScope;
  /** Open orders in the scope to be cancelled; null where the block cancels none. */
  readonly toCancel: number | null;
}

/** What became of the orders of a kill. */
export interface KillCounts {
  /** Cancelled by the kill. */
  readonly done: number;
  /** Cancelled by somebody else before the kill came to them. */
  readonly already: number;
  /** Filled, rejected or expired before the kill came to them. */
  readonly tooLate: number;
  /** Given up: the block was released first. */
  readonly failed: number;
  /** Still to be cancelled; those that their market holds back now among them. */
  readonly left: number;
}

/** A part of a kill's cancels was carried out, in the same commit. */
export interface KillStepped {
  readonly type: "KillStepped";
  readonly atMs: UnixMs;
  readonly blockId: number;
  readonly counts: KillCounts;
}

/** The block holds no more. What its kill has not cancelled stays. */
export interface BlockReleased {
  readonly type: "BlockReleased";
  readonly act: OperatorAct;
  readonly blockId: number;
}

/** What a market takes, from the most to the least. */
export const MARKET_MODES = ["open", "cancel_only", "halted"] as const;
export type MarketMode = (typeof MARKET_MODES)[number];

export interface ModeSet {
  readonly type: "ModeSet";
  readonly act: OperatorAct;
  /** Null sets the mode of the whole gateway, which holds beside each market's own. */
  readonly marketGroup: MarketGroup | null;
  readonly mode: MarketMode;
}

export interface InstrumentChanged {
  readonly type: "InstrumentChanged";
  readonly act: OperatorAct;
  readonly symbol: string;
  /** Null leaves the name as it was. */
  readonly securityDesc: string | null;
  /** New orders and amends in it are refused; null leaves it as it was. */
  readonly halted: boolean | null;
}

/** Something an operator did whose effect another partition holds, in the same commit. */
export interface OperatorActed {
  readonly type: "OperatorActed";
  readonly act: OperatorAct;
  readonly deed: "account_opened" | "account_closed" | "balance_adjusted";
  readonly account: Account;
}

/** An operator's request and its answer: the same request again gets the same answer. */
export interface OperatorAnswered {
  readonly type: "OperatorAnswered";
  readonly atMs: UnixMs;
  readonly idempotencyKey: string;
  readonly contentDigest: string;
  readonly expiresAtMs: UnixMs;
  readonly httpStatus: number;
  readonly body: string;
}

export type ControlEvent =
  | ProfileBegan
  | Blocked
  | KillStepped
  | BlockReleased
  | ModeSet
  | InstrumentChanged
  | LimitsSet
  | OperatorActed
  | OperatorAnswered
  | InstrumentEvent
  | KeyEvent;

type ActCells = readonly [atMs: UnixMs, operator: string, reason: string];
export type ScopeCells = readonly [
  apiKey: string | null,
  account: Account | null,
  portfolioId: string | null,
  marketGroup: MarketGroup | null,
];
export type CountCells = readonly [
  done: number,
  already: number,
  tooLate: number,
  failed: number,
  left: number,
];
type Cells =
  | readonly ["P", atMs: UnixMs, profile: "production"]
  | readonly ["B", ...ActCells, blockId: number, ...ScopeCells, toCancel: number | null]
  | readonly ["K", atMs: UnixMs, blockId: number, ...CountCells]
  | readonly ["U", ...ActCells, blockId: number]
  | readonly ["M", ...ActCells, marketGroup: MarketGroup | null, mode: MarketMode]
  | readonly ["I", ...ActCells, symbol: string, name: string | null, halted: boolean | null]
  | LimitsSetCells
  | readonly ["O", ...ActCells, deed: OperatorActed["deed"], account: Account]
  | readonly [
      "Q",
      atMs: UnixMs,
      idempotencyKey: string,
      contentDigest: string,
      expiresAtMs: UnixMs,
      httpStatus: number,
      body: string,
    ];

/** Behind the cells of what a person did, where the request had a name. */
interface RequestCell {
  readonly requestId: string;
}

export function encodeControlEvent(event: ControlEvent): string {
  const requestId = "act" in event ? event.act.requestId : undefined;
  const cells = anyCells(event);
  return JSON.stringify(requestId === undefined ? cells : [...cells, { requestId }]);
}

/**
 * Precondition: the payload was made by {@link encodeControlEvent}; the journal's hash chain
 * vouches for it.
 */
export function decodeControlEvent(payload: string): ControlEvent {
  const cells = JSON.parse(payload) as readonly unknown[];
  const last = cells.at(-1);
  if (!isRequestCell(last)) return eventOf(cells as AnyCells);
  const event = eventOf(cells.slice(0, -1) as unknown as AnyCells);
  assert("act" in event, "what a person did has the name of the request");
  const { requestId } = last;
  return { ...event, act: { ...event.act, requestId } } as ControlEvent;
}

/** No other cell is an object with that member. */
function isRequestCell(cell: unknown): cell is RequestCell {
  return typeof cell === "object" && cell !== null && "requestId" in cell;
}

type AnyCells = Cells | InstrumentCells | KeyCells;

function anyCells(event: ControlEvent): AnyCells {
  if (isKeyEvent(event)) return keyCells(event);
  return isInstrumentEvent(event) ? instrumentCells(event) : cellsOf(event);
}

function eventOf(cells: AnyCells): ControlEvent {
  if (isKeyCells(cells)) return keyEventOf(cells);
  if (isInstrumentCells(cells)) return instrumentEventOf(cells);
  switch (cells[0]) {
    case "P":
      return { type: "ProfileBegan", atMs: cells[1], profile: cells[2] };
    case "B": {
      const [, atMs, operator, reason, blockId, ...rest] = cells;
      const [apiKey, account, portfolioId, marketGroup, toCancel] = rest;
      const scope = scopeOf([apiKey, account, portfolioId, marketGroup]);
      return { type: "Blocked", act: { atMs, operator, reason }, blockId, scope, toCancel };
    }
    case "K": {
      const [, atMs, blockId, ...counts] = cells;
      return { type: "KillStepped", atMs, blockId, counts: countsOf(counts) };
    }
    case "U": {
      const [, atMs, operator, reason, blockId] = cells;
      return { type: "BlockReleased", act: { atMs, operator, reason }, blockId };
    }
    case "M": {
      const [, atMs, operator, reason, marketGroup, mode] = cells;
      return { type: "ModeSet", act: { atMs, operator, reason }, marketGroup, mode };
    }
    case "I": {
      const [, atMs, operator, reason, symbol, securityDesc, halted] = cells;
      const act = { atMs, operator, reason };
      return { type: "InstrumentChanged", act, symbol, securityDesc, halted };
    }
    case "L":
      return limitsSetOf(cells);
    case "O": {
      const [, atMs, operator, reason, deed, account] = cells;
      return { type: "OperatorActed", act: { atMs, operator, reason }, deed, account };
    }
    case "Q": {
      const [, atMs, idempotencyKey, contentDigest, expiresAtMs, httpStatus, body] = cells;
      const answer = { httpStatus, body };
      return {
        type: "OperatorAnswered",
        atMs,
        idempotencyKey,
        contentDigest,
        expiresAtMs,
        ...answer,
      };
    }
    default:
      assert(false, "a control event is of a known kind");
  }
}

export function scopeCells(scope: BlockScope): ScopeCells {
  return [scope.apiKey, scope.account, scope.portfolioId, scope.marketGroup];
}

export function scopeOf([apiKey, account, portfolioId, marketGroup]: ScopeCells): BlockScope {
  return { apiKey, account, portfolioId, marketGroup };
}

export function countCells({ done, already, tooLate, failed, left }: KillCounts): CountCells {
  return [done, already, tooLate, failed, left];
}

export function countsOf([done, already, tooLate, failed, left]: CountCells): KillCounts {
  return { done, already, tooLate, failed, left };
}

function actCells({ atMs, operator, reason }: OperatorAct): ActCells {
  return [atMs, operator, reason];
}

function cellsOf(event: Exclude<ControlEvent, InstrumentEvent | KeyEvent>): Cells {
  switch (event.type) {
    case "ProfileBegan":
      return ["P", event.atMs, event.profile];
    case "Blocked": {
      const { act, blockId, scope, toCancel } = event;
      return ["B", ...actCells(act), blockId, ...scopeCells(scope), toCancel];
    }
    case "KillStepped":
      return ["K", event.atMs, event.blockId, ...countCells(event.counts)];
    case "BlockReleased":
      return ["U", ...actCells(event.act), event.blockId];
    case "ModeSet":
      return ["M", ...actCells(event.act), event.marketGroup, event.mode];
    case "InstrumentChanged": {
      const { act, symbol, securityDesc, halted } = event;
      return ["I", ...actCells(act), symbol, securityDesc, halted];
    }
    case "LimitsSet":
      return limitsSetCells(event);
    case "OperatorActed":
      return ["O", ...actCells(event.act), event.deed, event.account];
    case "OperatorAnswered":
      return [
        "Q",
        event.atMs,
        event.idempotencyKey,
        event.contentDigest,
        event.expiresAtMs,
        event.httpStatus,
        event.body,
      ];
  }
}
