import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import {
  type Account,
  InstrumentTable,
  MARKET_GROUP_NAMES,
  MarketName,
  type Price,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "../model/index.ts";
import {
  type ControlEvent,
  decodeControlEvent,
  encodeControlEvent,
  MARKET_MODES,
  type OperatorAct,
} from "./control-event.ts";
import {
  type BlockScope,
  covers,
  type OrderOrigin,
  reaches,
  type ScopeCaller,
  WHOLE_GATEWAY,
} from "./control-scope.ts";
import {
  ACTIVE_BLOCKS_MAX,
  ControlState,
  INSTRUMENTS_MAX,
  RELEASED_BLOCKS_MAX,
  WIDE_BLOCKS_KEPT,
} from "./control-state.ts";
import type { LimitOverride } from "./limit-overrides.ts";
import { OPERATOR_ANSWERS_MAX, URGENT_ANSWERS_KEPT } from "./operator-answers.ts";

const ACT: OperatorAct = { atMs: 1_000 as UnixMs, operator: "kim", reason: "a test" };
const ORIGIN: OrderOrigin = {
  apiKey: "key-1",
  account: "A-1" as Account,
  portfolioId: "core",
  marketGroup: MarketName.Usex,
};

function refusalName(state: ControlState, origin = ORIGIN, symbol = "AAPL"): string | null {
  return state.orderRefusal(origin, symbol)?.refused ?? null;
}

function block(state: ControlState, scope: BlockScope, toCancel: number | null = null): number {
  const event = state.decideBlock(ACT, scope, toCancel);
  assert.ok(!("refused" in event));
  state.apply(event);
  return event.blockId;
}

function release(state: ControlState, blockId: number): void {
  const event = state.decideRelease(ACT, blockId);
  assert.ok(event !== null && !("refused" in event));
  state.apply(event);
}

test("control: a block covers what all its parts fit", () => {
  const parts: readonly (readonly [Partial<BlockScope>, boolean])[] = [
    [{}, true],
    [{ apiKey: "key-1" }, true],
    [{ apiKey: "key-2" }, false],
    [{ account: "A-1" as Account, marketGroup: MarketName.Usex }, true],
    [{ account: "A-1" as Account, marketGroup: MarketName.Hkex }, false],
    [{ account: "A-2" as Account }, false],
    [{ portfolioId: "core" }, true],
    [{ portfolioId: "Core" }, false],
  ];
  for (const [part, isCovered] of parts) {
    const scope = { ...WHOLE_GATEWAY, ...part };
    assert.equal(covers(scope, ORIGIN), isCovered, JSON.stringify(part));
    const state = new ControlState();
    const blockId = block(state, scope);
    assert.equal(refusalName(state), isCovered ? "BLOCKED" : null);
    release(state, blockId);
    assert.equal(refusalName(state), null);
  }
});

test("control: of a block's members the narrowest is told", () => {
  const rows: readonly (readonly [Partial<BlockScope>, string])[] = [
    [{}, "gateway"],
    [{ marketGroup: MarketName.Usex }, "market"],
    [{ marketGroup: MarketName.Usex, account: ORIGIN.account }, "account"],
    [{ account: ORIGIN.account, portfolioId: "core" }, "portfolio"],
    [{ account: ORIGIN.account, portfolioId: "core", apiKey: "key-1" }, "key"],
  ];
  for (const [part, told] of rows) {
    const state = new ControlState();
    block(state, { ...WHOLE_GATEWAY, ...part });
    assert.equal(state.orderRefusal(ORIGIN, "AAPL")?.holdScope, told);
  }
});

test("control: a block is told to whom it reaches, a portfolio's to nobody who may not know it", () => {
  const account = ORIGIN.account;
  const whole: ScopeCaller = { apiKey: "key-1", account };
  const part: ScopeCaller = { ...whole, portfolioIds: new Set(["core"]) };
  const rows: readonly (readonly [Partial<BlockScope>, whole: boolean, part: boolean])[] = [
    [{}, true, true],
    [{ apiKey: "key-1" }, true, true],
    [{ apiKey: "key-2" }, false, false],
    [{ account }, true, true],
    [{ account: "A-2" as Account }, false, false],
    [{ apiKey: "key-1", account: "A-2" as Account }, false, false],
    [{ portfolioId: "core" }, false, true],
    [{ portfolioId: "other" }, false, false],
    [{ account, portfolioId: "core" }, true, true],
    [{ account, portfolioId: "other" }, true, false],
    [{ apiKey: "key-1", portfolioId: "other" }, true, false],
  ];
  for (const [scope, toWhole, toPart] of rows) {
    const reached = [whole, part].map((caller) => reaches({ ...WHOLE_GATEWAY, ...scope }, caller));
    assert.deepEqual(reached, [toWhole, toPart], JSON.stringify(scope));
  }
});

test("control: of two blocks each holds until it is released itself", () => {
  const state = new ControlState();
  const [first, second] = [block(state, WHOLE_GATEWAY), block(state, WHOLE_GATEWAY)];
  release(state, first);
  assert.equal(refusalName(state), "BLOCKED");
  assert.equal(state.decideRelease(ACT, first), null, "it was released before");
  release(state, second);
  assert.equal(refusalName(state), null);
  const unknown = state.decideRelease(ACT, 3);
  assert.ok(unknown !== null && "refused" in unknown && unknown.refused === "UNKNOWN_BLOCK");
});

test("control: what a kill had left counts as failed when its block is released", () => {
  const state = new ControlState();
  const blockId = block(state, WHOLE_GATEWAY, 7);
  const counts = { done: 3, already: 1, tooLate: 1, failed: 0, left: 2 };
  state.apply({ type: "KillStepped", atMs: ACT.atMs, blockId, counts });
  release(state, blockId);
  assert.deepEqual(state.block(blockId)?.kill, { ...counts, failed: 2, left: 0 });
});

test("control: the stricter of a market's mode and the gateway's holds", () => {
  for (const own of MARKET_MODES) {
    for (const overall of MARKET_MODES) {
      const state = new ControlState();
      state.apply({ type: "ModeSet", act: ACT, marketGroup: MarketName.Usex, mode: own });
      state.apply({ type: "ModeSet", act: ACT, marketGroup: null, mode: overall });
      const strictness = Math.max(MARKET_MODES.indexOf(own), MARKET_MODES.indexOf(overall));
      assert.equal(state.mode(MarketName.Usex), MARKET_MODES[strictness]);
      assert.equal(state.mode(MarketName.Hkex), overall);
      const names = [null, "MARKET_CANCEL_ONLY", "MARKET_HALTED"];
      assert.equal(refusalName(state), names[strictness]);
      const isOwn = MARKET_MODES.indexOf(own) === strictness;
      const told = strictness === 0 ? undefined : isOwn ? "market" : "gateway";
      assert.equal(state.orderRefusal(ORIGIN, "AAPL")?.holdScope, told);
      assert.equal(state.isHalted(MarketName.Usex), strictness === 2);
    }
  }
});

test("control: a halted instrument takes no orders, and nothing else is touched", () => {
  const state = new ControlState();
  const change = { type: "InstrumentChanged", act: ACT, symbol: "AAPL" } as const;
  state.apply({ ...change, securityDesc: "APPLE INC", halted: true });
  assert.equal(refusalName(state), "INSTRUMENT_HALTED");
  assert.equal(refusalName(state, ORIGIN, "00700"), null);
  state.apply({ ...change, securityDesc: null, halted: false });
  assert.equal(refusalName(state), null);
  assert.equal(state.instrument("AAPL")?.securityDesc, "APPLE INC");
});

test("control: blocks, their list and remembered answers are bounded", () => {
  const state = new ControlState();
  for (let count = 0; count < ACTIVE_BLOCKS_MAX; count += 1) block(state, WHOLE_GATEWAY);
  const refused = state.decideBlock(ACT, WHOLE_GATEWAY, null);
  assert.ok("refused" in refused && refused.refused === "TOO_MANY_BLOCKS");
  for (let blockId = 1; blockId <= ACTIVE_BLOCKS_MAX; blockId += 1) release(state, blockId);
  release(state, block(state, WHOLE_GATEWAY));
  assert.equal([...state.releasedBlocks()].length, RELEASED_BLOCKS_MAX);
  assert.equal(state.block(1), null, "the oldest left the list");
  for (let count = 0; count < OPERATOR_ANSWERS_MAX; count += 1) {
    const isForAll = count < OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT;
    assert.equal(state.answers.hasRoom(5_000 as UnixMs, false), isForAll);
    assert.ok(state.answers.hasRoom(5_000 as UnixMs, true));
    state.apply(answered(`key-${count}`, 5_000));
  }
  assert.ok(!state.answers.hasRoom(5_000 as UnixMs, true));
  assert.ok(state.answers.hasRoom((5_000 + ANSWER_MS + 1) as UnixMs, false));
  state.apply(answered("next", 5_000 + ANSWER_MS + 1));
  assert.equal(state.answers.get("key-0", 0 as UnixMs), null, "expired ones were forgotten");
});

test("control: blocks of accounts, portfolios and keys leave room for those of all", () => {
  const state = new ControlState();
  const one = { ...WHOLE_GATEWAY, account: "A-1" as Account };
  const count = ACTIVE_BLOCKS_MAX - WIDE_BLOCKS_KEPT;
  for (let index = 0; index < count; index += 1) block(state, one);
  for (const scope of [one, { ...one, marketGroup: MarketName.Usex }]) {
    const refused = state.decideBlock(ACT, scope, null);
    assert.ok("refused" in refused && refused.refused === "TOO_MANY_BLOCKS");
  }
  block(state, { ...WHOLE_GATEWAY, marketGroup: MarketName.Usex });
  block(state, WHOLE_GATEWAY);
});

test("control: an answer outlives a clock that was set on by mistake and back", () => {
  const state = new ControlState();
  state.apply(answered("credit", 1_000));
  state.apply(answered("while it was wrong", 1_000 + 3 * ANSWER_MS));
  assert.equal(state.answers.get("credit", 2_000 as UnixMs)?.body, "{}");
});

test("control: of answers that expired no more are forgotten than room is needed for", () => {
  const state = new ControlState();
  const ordinaryMax = OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT;
  for (let index = ordinaryMax; index > 0; index -= 1) state.apply(answered(`key-${index}`, index));
  const aheadMs = 3 * ANSWER_MS;
  state.apply(answered("while it was ahead", aheadMs));
  state.apply(answered("key-7", aheadMs));
  const restored = ControlState.restore(state.snapshotLines());
  assert.deepEqual([...restored.snapshotLines()], [...state.snapshotLines()]);
  for (const { answers } of [state, restored]) {
    assert.equal(answers.get("key-1", 0 as UnixMs), null, "it had expired first");
    assert.notEqual(answers.get("key-2", 0 as UnixMs), null);
    const forgottenMs = 1 + ANSWER_MS;
    assert.equal(answers.mayHaveForgotten(forgottenMs as UnixMs), forgottenMs + 1);
    assert.equal(answers.mayHaveForgotten((forgottenMs + 1) as UnixMs), null);
  }
});

test("control: a snapshot without what was forgotten is read, and written alike", () => {
  const state = new ControlState();
  state.apply(answered("key", 1_000));
  const [head = ""] = state.snapshotLines();
  assert.equal(head, '["control",0,null]');
  const restored = ControlState.restore(state.snapshotLines());
  assert.equal(restored.answers.mayHaveForgotten(1 as UnixMs), null);
});

test("control: an answer counts until it expires", () => {
  const state = new ControlState();
  state.apply(answered("key", 1_000));
  assert.equal(state.answers.get("key", (1_000 + ANSWER_MS) as UnixMs)?.body, "{}");
  assert.equal(state.answers.get("key", (1_001 + ANSWER_MS) as UnixMs), null);
});

const ANSWER_MS = 60_000;

function answered(idempotencyKey: string, atMs: number): ControlEvent {
  return {
    type: "OperatorAnswered",
    atMs: atMs as UnixMs,
    idempotencyKey,
    contentDigest: "digest",
    expiresAtMs: (atMs + ANSWER_MS) as UnixMs,
    httpStatus: 200,
    body: "{}",
  };
}

const anyAct: fc.Arbitrary<OperatorAct> = fc.record(
  {
    atMs: fc.nat().map((ms) => ms as UnixMs),
    operator: fc.string(),
    reason: fc.string(),
    requestId: fc.string({ minLength: 1 }),
  },
  { noNullPrototype: true, requiredKeys: ["atMs", "operator", "reason"] },
);
const anyMarket = fc.constantFrom(...MARKET_GROUP_NAMES);
const anyScope: fc.Arbitrary<BlockScope> = fc.record(
  {
    apiKey: fc.option(fc.string()),
    account: fc.option(fc.string().map((text) => text as Account)),
    portfolioId: fc.option(fc.string()),
    marketGroup: fc.option(anyMarket),
  },
  { noNullPrototype: true },
);

const anyCount = fc.option(fc.nat());
const anyUnits = fc.option(fc.bigInt({ min: 1n, max: 10n ** 26n }));
const anyAmounts = fc.option(
  fc
    .uniqueArray(fc.constantFrom("HKD", "USD", "*"), { minLength: 1 })
    .map((currencies) => new Map(currencies.map((each, index) => [each, BigInt(index + 1)]))),
);
const anyLimits: fc.Arbitrary<LimitOverride> = fc.record(
  {
    orderQty: anyUnits,
    orderValue: anyAmounts,
    priceDistance: anyUnits,
    duplicateMs: anyCount,
    openOrders: anyCount,
    grossExposure: anyAmounts,
    orderRate: anyCount,
  },
  { noNullPrototype: true, requiredKeys: [] },
);

type Step = (state: ControlState) => ControlEvent | null;

/** What operators may do next, whatever was done before. */
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anyAct, anyScope, fc.option(fc.nat({ max: 9 }))).map(
    ([act, scope, toCancel]): Step =>
      (state) =>
        eventOf(state.decideBlock(act, scope, toCancel)),
  ),
  fc.tuple(anyAct, fc.nat({ max: 8 })).map(
    ([act, blockId]): Step =>
      (state) =>
        eventOf(state.decideRelease(act, blockId)),
  ),
  fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })).map(
    ([done, left]): Step =>
      (state) => {
        const killing = [...state.activeBlocks()].find(({ kill }) => kill !== null);
        if (killing === undefined) return null;
        const counts = { done, already: 1, tooLate: 0, failed: 0, left };
        return { type: "KillStepped", atMs: ACT.atMs, blockId: killing.blockId, counts };
      },
  ),
  fc.tuple(anyAct, fc.option(anyMarket), fc.constantFrom(...MARKET_MODES)).map(
    ([act, marketGroup, mode]): Step =>
      () => ({ type: "ModeSet", act, marketGroup, mode }),
  ),
  fc.tuple(anyAct, fc.constantFrom("AAPL", "00700"), fc.option(fc.string()), fc.boolean()).map(
    ([act, symbol, securityDesc, halted]): Step =>
      () => {
        return { type: "InstrumentChanged", act, symbol, securityDesc, halted };
      },
  ),
  fc.tuple(fc.string(), fc.nat({ max: 99 })).map(
    ([key, second]): Step =>
      () =>
        answered(key, second * 1_000),
  ),
  fc
    .tuple(anyAct, fc.constantFrom("account", "key"), fc.constantFrom("a", "b"), anyLimits)
    .map(([act, scope, name, limits]): Step => {
      return (state) => {
        const { limits: overrides } = state;
        return Object.keys(limits).length === 0
          ? overrides.decideRemove(act, scope, name)
          : eventOf(overrides.decideSet(act, scope, name, limits));
      };
    }),
  fc.tuple(anyAct, fc.constantFrom("N-1", "N-2", "00700"), fc.nat({ max: 3 })).map(
    ([act, symbol, steps]): Step =>
      (state) => {
        const priceTick = (at(REFERENCE_INSTRUMENTS, 0).priceTick * BigInt(steps)) as Price;
        const added = state.decideAdd(act, { ...at(REFERENCE_INSTRUMENTS, 0), symbol, priceTick });
        if (!("refused" in added)) return added;
        const listed = state.table.find(symbol);
        return listed === null
          ? null
          : eventOf(state.decideGrid(act, symbol, { ...listed, priceTick }));
      },
  ),
  fc.tuple(anyAct, fc.constantFrom("N-1", "N-2", "AAPL")).map(
    ([act, symbol]): Step =>
      (state) =>
        eventOf(state.decideRetire(act, symbol)),
  ),
  anyAct.map(
    (act): Step =>
      () => {
        return { type: "OperatorActed", act, deed: "balance_adjusted", account: "A-1" as Account };
      },
  ),
);

function eventOf(decided: object | null): ControlEvent | null {
  return decided === null || "refused" in decided ? null : (decided as ControlEvent);
}

/** What is asked of a state: a snapshot may lack nothing that an answer comes from. */
function knownOf(state: ControlState, answerKeys: readonly string[]): object {
  return {
    blocks: Array.from({ length: 41 }, (_, index) => state.block(index)),
    active: [...state.activeBlocks()].map(({ blockId }) => blockId),
    modes: [null, ...MARKET_GROUP_NAMES].map((owner) => state.modeRow(owner)),
    instruments: ["AAPL", "00700"].map((symbol) => state.instrument(symbol)),
    retired: ["N-1", "N-2", "AAPL"].map((symbol) => state.table.isRetired(symbol)),
    answers: answerKeys.map((key) => state.answers.get(key, 0 as UnixMs)),
    limits: ["a", "b"].map((name) => {
      return [state.limits.find("account", name), state.limits.find("key", name)];
    }),
  };
}

test("control: events are read back as they were, and a snapshot is the fold of them", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const table = () => new InstrumentTable(REFERENCE_INSTRUMENTS);
      const state = new ControlState(table());
      let restored = new ControlState(table());
      const answerKeys: string[] = [];
      for (const step of steps) {
        const event = step(state);
        if (event === null) continue;
        assert.deepEqual(decodeControlEvent(encodeControlEvent(event)), event);
        state.apply(event);
        restored.apply(event);
        if (event.type === "OperatorAnswered") answerKeys.push(event.idempotencyKey);
        const lines = [...state.snapshotLines()];
        assert.deepEqual([...restored.snapshotLines()], lines);
        restored = ControlState.restore(lines, table());
        assert.deepEqual([...restored.snapshotLines()], lines);
        assert.deepEqual(restored.table.all, state.table.all);
        assert.deepEqual(knownOf(restored, answerKeys), knownOf(state, answerKeys));
      }
    }),
  );
  assert.throws(() => decodeControlEvent('["?",1]'), /known kind/);
});

test("control: instruments are bounded, and a symbol is never used twice", () => {
  const state = new ControlState(new InstrumentTable(REFERENCE_INSTRUMENTS));
  const add = (symbol: string) => {
    const event = state.decideAdd(ACT, { ...at(REFERENCE_INSTRUMENTS, 0), symbol });
    if ("refused" in event) return event.refused;
    state.apply(event);
    return null;
  };
  for (let index = REFERENCE_INSTRUMENTS.length; index < INSTRUMENTS_MAX; index += 1) {
    assert.equal(add(`N-${index}`), null);
  }
  assert.equal(add("N-9"), "INSTRUMENT_EXISTS");
  assert.equal(add("M-9"), "TOO_MANY_INSTRUMENTS");
  const retired = state.decideRetire(ACT, "N-9");
  assert.ok(retired !== null && !("refused" in retired));
  state.apply(retired);
  assert.equal(add("N-9"), "INSTRUMENT_EXISTS");
  assert.equal(state.decideRetire(ACT, "N-9"), null, "nothing to do");
});

test("control: an instrument has what was set last, and what was not sent stays", () => {
  const table = () => new InstrumentTable(REFERENCE_INSTRUMENTS);
  const state = new ControlState(table());
  const before = state.table.find("AAPL");
  assert.ok(before !== null);
  const priceTick = (2n * before.priceTick) as Price;
  const regrid = state.decideGrid(ACT, "AAPL", { ...before, priceTick });
  assert.ok(regrid !== null && !("refused" in regrid));
  state.apply(regrid);
  const change = (securityDesc: string | null, halted: boolean | null) => {
    state.apply({ type: "InstrumentChanged", act: ACT, symbol: "AAPL", securityDesc, halted });
  };
  change("Apple", null);
  change(null, true);
  change("Apple Inc", null);
  const expected = { ...before, priceTick, securityDesc: "Apple Inc" };
  for (const each of [state, ControlState.restore(state.snapshotLines(), table())]) {
    assert.deepEqual(each.table.find("AAPL"), expected);
    const row = { securityDesc: "Apple Inc", halted: true, act: ACT };
    assert.deepEqual(each.instrument("AAPL"), row);
  }
});

test("control: what its journal began as is known after a restore", () => {
  const state = new ControlState();
  state.apply({ type: "ProfileBegan", atMs: ACT.atMs, profile: "production" });
  const restored = ControlState.restore(state.snapshotLines());
  assert.deepEqual([state.profile, restored.profile], ["production", "production"]);
});
