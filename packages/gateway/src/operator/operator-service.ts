/**
 * What an operator can do: each act is decided in one turn of the sequencer, journaled with who did
 * it and why, and answered when it is durable.
 */
import {
  type AccountRow,
  type AddInstrumentRequest,
  type AdjustRequest,
  type BlockState,
  type CloseAccountRequest,
  type CoreRefusal,
  encodeAccount,
  encodeAccounts,
  encodeBlock,
  encodeBlocks,
  encodeInstrument,
  encodeInstruments,
  encodeModes,
  encodeSignInCode,
  type InstrumentRequest,
  type InstrumentStateRow,
  type KillRequest,
  type ModeRequest,
  type OpenAccountRequest,
  type OperatorOrdersQuery,
  type ReasonRequest,
  type RetireRequest,
  SIGN_IN_CODE_TOLD,
} from "@countermand/contract";
import type { Block, MarketMode } from "@countermand/core/control";
import { unknownAccount } from "@countermand/core/desk";
import {
  type Account,
  type Cause,
  Channel,
  type KeyId,
  MARKET_GROUP_NAMES,
  type MarketGroup,
} from "@countermand/core/model";
import { dataAnswer, faultAnswer, refusalAnswer } from "../answers.ts";
import type { OrderAudit } from "../audit/order-audit.ts";
import { CODE_LIFE_MS } from "../console/limits.ts";
import { holderName } from "../console/operator-sessions.ts";
import type { SignInCodes } from "../console/sign-in-codes.ts";
import { TOO_MANY_CODES } from "../console/sign-in-service.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import type { OrderLists } from "../trade/order-lists.ts";
import { AccountActs } from "./account-acts.ts";
import { InstrumentActs, type InstrumentTurn } from "./instrument-acts.ts";
import type { KeyService } from "./key-service.ts";
import type { KillSwitch } from "./kill-switch.ts";
import type { LimitService } from "./limit-service.ts";
import { actOf, type OperatorAnswer, type OperatorTurn } from "./operator-turn.ts";

export interface OperatorServiceOptions {
  readonly sequencer: Sequencer;
  readonly killSwitch: KillSwitch;
  /** Tells everybody who listens what a market takes from now on. */
  readonly onModeSet: (market: MarketGroup, mode: MarketMode) => void;
  readonly keys: KeyService;
  readonly audit: OrderAudit;
  readonly orders: OrderLists;
  readonly limits: LimitService;
  readonly isKnownKey: (apiKey: string) => boolean;
  readonly signInCodes: SignInCodes;
}

/** From 1. */
export interface AccountsPage {
  readonly pageIndex: number;
  readonly pageSize: number;
}

export class OperatorService {
  readonly #sequencer: Sequencer;
  readonly #options: OperatorServiceOptions;
  readonly keys: KeyService;
  readonly audit: OrderAudit;
  readonly limits: LimitService;
  readonly #killSwitch: KillSwitch;
  readonly #accounts: AccountActs;
  readonly #instruments: InstrumentActs;

  constructor(options: OperatorServiceOptions) {
    const { sequencer, killSwitch, keys, audit, limits } = options;
    this.#options = options;
    this.#sequencer = sequencer;
    this.#killSwitch = killSwitch;
    this.#accounts = new AccountActs(sequencer.partitions);
    this.#instruments = new InstrumentActs(sequencer.partitions);
    this.keys = keys;
    this.audit = audit;
    this.limits = limits;
  }

  kill(turn: OperatorTurn, { reason, scope, cancels }: KillRequest): Answer {
    const { account, apiKey } = scope;
    const { partitions } = this.#sequencer;
    // In an emergency a mistyped account or key must not look stopped.
    if (account !== null && partitions.deskOf(account).desk.book(account) === null) {
      return refusalAnswer(unknownAccount(account));
    }
    if (apiKey !== null && !this.#isKnownKey(apiKey)) {
      const details = "there is no such key, and none of its orders is open; nothing was blocked";
      return refusalAnswer({ refused: "UNKNOWN_KEY", details });
    }
    return blockAnswer(this.#killSwitch.block(actOf(turn, reason), scope, cancels));
  }

  release(turn: OperatorTurn, blockId: number, { reason }: ReasonRequest): Answer {
    return blockAnswer(this.#killSwitch.release(actOf(turn, reason), blockId));
  }

  block(blockId: number): Answer {
    const block = this.#control.block(blockId);
    const details = `there is no block ${blockId}`;
    return blockAnswer(block ?? { refused: "UNKNOWN_BLOCK", details });
  }

  /** Newest first. */
  blocks(state: BlockState): Answer {
    const released = state === "active" ? [] : [...this.#control.releasedBlocks()];
    const active = state === "released" ? [] : [...this.#control.activeBlocks()];
    const blocks = [...released, ...active].toSorted((a, b) => b.blockId - a.blockId);
    return dataAnswer(encodeBlocks(blocks));
  }

  setMode(turn: OperatorTurn, { reason, marketGroup, mode }: ModeRequest): Answer {
    const act = actOf(turn, reason);
    const before = MARKET_GROUP_NAMES.map((group) => this.#control.mode(group));
    this.#sequencer.partitions.setMode({ type: "ModeSet", act, marketGroup, mode }, turn.nowMs);
    for (const [index, group] of MARKET_GROUP_NAMES.entries()) {
      const holds = this.#control.mode(group);
      if (holds !== before[index]) this.#options.onModeSet(group, holds);
    }
    return this.modes();
  }

  modes(): Answer {
    const control = this.#control;
    const markets = MARKET_GROUP_NAMES.map((group) => {
      return [group, { ...control.modeRow(group), holds: control.mode(group) }] as const;
    });
    return dataAnswer(encodeModes(control.modeRow(null), new Map(markets)));
  }

  /** A code that signs a browser in under the operator's name; told once. */
  createSignInCode({ apiKey, operator, secretSinceMs = 0 }: OperatorTurn): OperatorAnswer {
    const { signInCodes } = this.#options;
    const holder = holderName(operator, apiKey);
    if (!signInCodes.admits(holder)) return faultAnswer("RATE_LIMITED", TOO_MANY_CODES);
    const code = signInCodes.issue({ apiKey: holder, secretSinceMs }, CODE_LIFE_MS);
    const body = encodeSignInCode(code, CODE_LIFE_MS / 1000);
    return { httpStatus: 200, body, keptBody: SIGN_IN_CODE_TOLD };
  }

  accounts({ pageIndex, pageSize }: AccountsPage): Answer {
    const books = this.#accounts.list();
    const from = (pageIndex - 1) * pageSize;
    const rows = books.slice(from, from + pageSize).flatMap(({ account }) => {
      const row = this.#accounts.row(account);
      return "refused" in row ? [] : [row];
    });
    const page = { total: books.length, page: pageIndex, pageSize };
    return dataAnswer(encodeAccounts(rows, page));
  }

  account(account: Account): Answer {
    return accountAnswer(this.#accounts.row(account));
  }

  /** Also of an account that is closed. */
  orders(account: Account, query: OperatorOrdersQuery): Promise<Answer> {
    const { desk } = this.#sequencer.partitions.deskOf(account);
    if (desk.book(account) === null) return Promise.resolve(refusalAnswer(unknownAccount(account)));
    return this.#options.orders.ofAccount(account, query);
  }

  openAccount(turn: OperatorTurn, request: OpenAccountRequest): Answer {
    return accountAnswer(this.#accounts.open(actOf(turn, request.reason), request, turn.nowMs));
  }

  adjust(turn: OperatorTurn, account: Account, request: AdjustRequest): Answer {
    const act = actOf(turn, request.reason);
    return accountAnswer(this.#accounts.adjust(act, account, request, turn.nowMs));
  }

  closeAccount(turn: OperatorTurn, account: Account, request: CloseAccountRequest): Answer {
    const act = actOf(turn, request.reason);
    return accountAnswer(this.#accounts.close(act, account, request, turn.nowMs, causeOf(turn)));
  }

  instruments(): Answer {
    return dataAnswer(encodeInstruments(this.#instruments.list()));
  }

  changeInstrument(turn: OperatorTurn, symbol: string, request: InstrumentRequest): Answer {
    const by = instrumentTurn(turn, request.reason);
    return instrumentAnswer(this.#instruments.change(by, symbol, request));
  }

  addInstrument(turn: OperatorTurn, { reason, instrument }: AddInstrumentRequest): Answer {
    return instrumentAnswer(this.#instruments.add(instrumentTurn(turn, reason), instrument));
  }

  retireInstrument(turn: OperatorTurn, symbol: string, request: RetireRequest): Answer {
    const by = instrumentTurn(turn, request.reason);
    return instrumentAnswer(this.#instruments.retire(by, symbol, request.resting));
  }

  /** One that was revoked long ago is forgotten before its last order is. */
  #isKnownKey(apiKey: string): boolean {
    if (this.#options.isKnownKey(apiKey)) return true;
    for (const { desk } of this.#sequencer.partitions.desks) {
      for (const book of desk.books()) {
        if (book.openCountOf(apiKey as KeyId) > 0) return true;
      }
    }
    return false;
  }

  get #control() {
    return this.#sequencer.partitions.control;
  }
}

function accountAnswer(row: AccountRow | CoreRefusal): Answer {
  return "refused" in row ? refusalAnswer(row) : dataAnswer(encodeAccount(row));
}

function causeOf({ operator, requestId }: OperatorTurn): Cause {
  return { channel: Channel.Operator, actor: operator, requestId };
}

function instrumentTurn(turn: OperatorTurn, reason: string): InstrumentTurn {
  return { act: actOf(turn, reason), cause: causeOf(turn), nowMs: turn.nowMs };
}

function instrumentAnswer(row: InstrumentStateRow | CoreRefusal): Answer {
  return "refused" in row ? refusalAnswer(row) : dataAnswer(encodeInstrument(row));
}

function blockAnswer(block: Block | CoreRefusal): Answer {
  return "refused" in block ? refusalAnswer(block) : dataAnswer(encodeBlock(block));
}
