/** Who operates the simulated gateway: blocks, kills, sets modes, and takes it back. */
import type { AccountLists } from "../oracle/account-lists.ts";
import type { Accounts, Closing } from "../oracle/accounts.ts";
import type { Adjustment, Adjustments } from "../oracle/adjustments.ts";
import type { Block, Blocks } from "../oracle/blocks.ts";
import {
  type BlockMeant,
  requireBlock,
  requireListed,
  requireModes,
} from "../oracle/control-shown.ts";
import type { ControlView, Deed, KeyTerms } from "../oracle/control-view.ts";
import type { Grid } from "../oracle/grids.ts";
import type { Inspections } from "../oracle/inspections.ts";
import type { InstrumentChange, Instruments } from "../oracle/instruments.ts";
import type { KeyEnds } from "../oracle/key-ends.ts";
import type { Limits } from "../oracle/limits.ts";
import { decimal, INSTRUMENTS, LISTED, ONE } from "../oracle/money.ts";
import type { Stories } from "../oracle/stories.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import type { Inspection } from "./inspector.ts";
import { KeyDesk } from "./key-desk.ts";
import { chooseRow, wordsOf } from "./limit-rows.ts";
import { OperatorLine } from "./operator-line.ts";
import { KEYS, type Key } from "./requests.ts";
import type { Heard } from "./trader.ts";

export interface OperatorOptions {
  readonly world: World;
  readonly random: Random;
  readonly blocks: Blocks;
  readonly keyEnds: KeyEnds;
  readonly control: ControlView;
  readonly accounts: Accounts;
  readonly adjustments: Adjustments;
  readonly limits: Limits;
  readonly inspections: Inspections;
  readonly instruments: Instruments;
  readonly stories: Stories;
  readonly lists: AccountLists;
  /** How far an account's stream has come, as far as it is known. */
  readonly lastSeqOf: (account: string) => number;
  /** Every order that anybody was told of. */
  readonly heard: () => readonly Heard[];
  /** Whether it opens accounts. */
  readonly opensAccounts: boolean;
  /** Somebody trades by it. */
  readonly onAccount: (key: Key) => void;
  /** Told of each code that lets its browser in; null: it asks for none. */
  readonly onCode: ((code: string, askedAtMs: number) => void) | null;
  /** Whether it changes instruments. */
  readonly changesInstruments: boolean;
  /** Whether it lists an instrument in which people trade then. */
  readonly listsLater: boolean;
  /** What is traded. */
  readonly symbols: readonly string[];
  /** Whether the market has sessions. */
  readonly isStrict: boolean;
  /** How often the auditor has looked. */
  readonly lookCount: () => number;
  readonly nextId: () => string;
  readonly onViolation: (what: string) => void;
}

const CENT = ONE / 100n;
/** Under some of them most orders fit, under others few. */
const GRIDS: Readonly<Record<string, readonly Grid[]>> = {
  LATER: [
    { tick: 5n * CENT, lot: 5n * ONE },
    { tick: 10n * CENT, lot: 5n * ONE },
    { tick: 5n * CENT, lot: 10n * ONE },
  ],
  AAPL: [
    { tick: CENT, lot: ONE },
    { tick: CENT, lot: ONE },
    { tick: CENT / 2n, lot: ONE },
    { tick: 2n * CENT, lot: ONE },
    { tick: 3n * CENT, lot: ONE },
    { tick: CENT, lot: 2n * ONE },
  ],
  "00700": [
    { tick: CENT, lot: 100n * ONE },
    { tick: 2n * CENT, lot: 100n * ONE },
    { tick: CENT, lot: 200n * ONE },
    { tick: CENT, lot: 50n * ONE },
  ],
  "DODO-USDT": [
    { tick: 100n, lot: CENT },
    { tick: CENT, lot: ONE },
    { tick: CENT, lot: CENT },
    { tick: 2n * CENT, lot: ONE / 2n },
    { tick: 100n, lot: 3n * ONE },
  ],
};

export class Operator {
  readonly #options: OperatorOptions;
  readonly #line: OperatorLine;
  readonly #keys: KeyDesk;
  isIdle = true;
  #accountCount = 0;
  #hasListed = false;

  constructor(options: OperatorOptions) {
    this.#options = options;
    const { control, keyEnds, nextId, random, world } = options;
    const onDeed = (reason: string, deed: Deed) => control.asking(reason, deed);
    this.#line = new OperatorLine({ world, nextId, onDeed });
    this.#keys = new KeyDesk({ world, random, keyEnds, line: this.#line });
  }

  /** Holds something back for a while and lets it go, or moves money. */
  start(): void {
    const { isStrict } = this.#options;
    const act = this.#options.random.weighted({
      kill: 4,
      mode: 3,
      money: 5,
      limits: isStrict ? 0 : 10,
      halt: isStrict ? 4 : 0,
      story: 8,
      orders: 5,
      signIn: this.#options.onCode === null ? 0 : 20,
      account: this.#options.opensAccounts && this.#accountCount < ACCOUNTS_MAX ? 30 : 0,
      later: this.#options.listsLater && !this.#hasListed ? 30 : 0,
      instrument: this.#options.changesInstruments ? 9 : 0,
    });
    if (act === "kill") this.#begin(() => this.#kill());
    else if (act === "mode") this.#begin(() => this.#setMode());
    else if (act === "account") this.#begin(() => this.#runAccount());
    else if (act === "later") this.#begin(() => this.#listLater());
    else if (act === "instrument") this.changeInstrument();
    else if (act === "halt") this.#begin(() => this.#halt(this.#strictSymbol()));
    else if (act === "story") this.#begin(() => this.#stories());
    else if (act === "orders") this.#begin(() => this.#listOrders());
    else if (act === "signIn") this.#begin(() => this.#signIn());
    else if (act === "limits") this.#begin(() => this.#limit());
    else this.#begin(() => this.#moveMoney());
  }

  /** Takes from an account almost all it has, so that it comes to the end of it. */
  squeeze(): void {
    const { account } = this.#options.random.pick(KEYS);
    const left = (most: number) => BigInt(this.#options.random.between(0, most)) * ONE;
    const isFar = this.#options.symbols.includes("00700");
    const far = (name: string, most: number, has: bigint) => {
      return isFar ? [[name, left(most) - has * ONE] as const] : [];
    };
    const changes = [
      ...far("HKD", 200_000, 100_000_000n),
      ["USD", left(4_000) - 10_000_000n * ONE],
      ["USDT", left(40) - 10_000_000n * ONE],
      ...far("00700", 2_000, 1_000_000n),
      ["AAPL", left(40) - 100_000n * ONE],
      ["DODO", left(40) - 10_000_000n * ONE],
    ] as const;
    this.#begin(() => this.#adjust(account, changes));
  }

  #begin(act: () => Promise<void>): void {
    if (!this.isIdle) return;
    this.isIdle = false;
    void act().then(
      () => {
        this.isIdle = true;
      },
      (error: Error) => this.#options.onViolation(error.message),
    );
  }

  /** An account or a key gets limits of its own, and then none, by what was read before. */
  async #limit(): Promise<void> {
    const { limits, onViolation, random, world } = this.#options;
    const { account, apiKey } = random.pick(KEYS);
    const scope = random.pick(["account", "key"] as const);
    const name = scope === "account" ? account : apiKey;
    const path = `/operator/v1/limits/${scope}s/${name}`;
    const asked = { of: "limitsOf", scope, name } as const;
    const row = { openOrders: 10, ...chooseRow(random) };
    const settings = limits.settingsOf(scope);
    const seen = versionOf(await this.#shown(asked, () => this.#line.look(path)));
    const set = limits.asked(scope, name, row);
    const put = { type: "LimitsSet", scope, name, own: row } as const;
    const body = { limits: wordsOf(row), version: seen };
    const text = await this.#shown(asked, () => this.#line.act(put, path, body, { method: "PUT" }));
    if (isChanged(text)) {
      // Settings that are read again are others than were seen.
      if (settings === limits.settingsOf(scope)) onViolation(`nobody changed them: ${text}`);
      return;
    }
    set.answered();
    await world.sleep(random.between(5, 300));
    const remove = { ...put, own: null } as const;
    const how = { method: "DELETE" } as const;
    const stale = await this.#line.act(remove, path, { version: seen }, how);
    if (!isChanged(stale)) onViolation(`limits that were read before are taken away: ${stale}`);
    const removed = limits.asked(scope, name, null);
    await this.#shown(asked, () => this.#line.act(remove, path, {}, how));
    removed.answered();
  }

  async #inspect(inspection: Inspection, path: string): Promise<void> {
    await this.#shown(inspection, () => this.#line.look(path));
  }

  /** The answer shows one moment, if it came in time to know all of them. */
  async #shown(inspection: Inspection, ask: () => Promise<string>): Promise<string> {
    const { inspections, world } = this.#options;
    const sinceMs = world.nowMs;
    const told = inspections.asking(inspection);
    const text = await ask();
    told(world.nowMs - sinceMs < KNOWN_MS && !isChanged(text) ? text : null);
    return text;
  }

  /** Codes for its browser, which are told once. */
  async #signIn(): Promise<void> {
    const { onCode, random, world } = this.#options;
    for (let count = random.between(1, 3); count > 0; count -= 1) {
      const askedAtMs = world.nowMs;
      const text = await this.#line.ask("/operator/v1/sign-in-codes", {});
      const { data } = JSON.parse(text) as { data: { sign_in_code: string | null } };
      if (data.sign_in_code !== null) onCode?.(data.sign_in_code, askedAtMs);
      await world.sleep(random.between(0, 100));
    }
  }

  /** What has become of some orders, in one part or in several. */
  async #stories(): Promise<void> {
    const { heard, random, stories } = this.#options;
    for (let count = random.between(1, 4); count > 0; count -= 1) {
      const all = heard();
      if (all.length === 0) return;
      const order = random.pick(all);
      const asked = stories.ask(order.orderNo);
      const size = random.pick([1, 2, 500]);
      for (let before = ""; ; ) {
        const text = await this.#line.look(`${storyOf(order)}page_size=${size}${before}`);
        asked.parts.push(text);
        const { data } = JSON.parse(text) as { data?: { earlier: string | null } };
        if (data === undefined || data.earlier === null) break;
        before = `&before=${encodeURIComponent(data.earlier)}`;
      }
      stories.told(asked);
    }
  }

  /** Pages of an account's orders, while they come and go. */
  async #listOrders(): Promise<void> {
    const { lastSeqOf, lists, random } = this.#options;
    const { account } = random.pick(KEYS);
    for (let count = random.between(1, 3); count > 0; count -= 1) {
      const state = random.pick(["open", "closed", "all"] as const);
      const page = random.pick([1, 1, 2, 5]);
      const size = random.pick([1, 3, 7, 100]);
      const asked = { account, state, page, size, knownSeq: lastSeqOf(account) };
      const query = `state=${state}&page_index=${page}&page_size=${size}`;
      const path = `/operator/v1/accounts/${account}/orders?${query}`;
      lists.told(asked, await this.#line.look(path));
    }
  }

  /** One credit or debit after another; some take more than there is. */
  async #moveMoney(): Promise<void> {
    const { adjustments, random } = this.#options;
    const { account } = random.pick(KEYS);
    for (let count = random.between(1, 4); count > 0; count -= 1) {
      const assets = this.#assets().filter(() => random.chance(0.4));
      const changes = (assets.length > 0 ? assets : ["USD"]).map((asset) => {
        const units = BigInt(random.between(1, asset === "USD" ? 3_000 : 30)) * ONE;
        if (random.chance(0.05)) return [asset, -100_000_000n * ONE] as const;
        // What orders hold back is just behind it.
        if (random.chance(0.15)) return [asset, -adjustments.moreThanFree(account, asset)] as const;
        const sign = random.chance(0.6) ? -1n : 1n;
        return [asset, sign * units] as const;
      });
      await this.#adjust(account, changes);
      await this.#options.world.sleep(random.between(0, 40));
    }
  }

  #assets(): readonly string[] {
    const isFar = this.#options.symbols.includes("00700");
    const [cash, product] = isFar ? [["HKD"], ["00700"]] : [[], []];
    return [...cash, "USD", "USDT", ...product, "AAPL", "DODO"];
  }

  async #adjust(account: string, changes: Adjustment["changes"]): Promise<void> {
    const { adjustments, nextId } = this.#options;
    const adjustment = { id: nextId(), account, changes };
    adjustments.asked(adjustment);
    const body = { reason: adjustment.id, ...moneyRows(changes) };
    const path = `/operator/v1/accounts/${account}/adjust`;
    adjustments.answered(adjustment, await this.#line.ask(path, body, { id: adjustment.id }));
  }

  /** Somebody comes, trades for a while, and goes. */
  async #runAccount(): Promise<void> {
    const { onAccount, random } = this.#options;
    this.#accountCount += 1;
    const account = await this.#open();
    onAccount(await this.makeKey({ accounts: [account], permissions: ["trade"] }));
    await this.#options.world.sleep(random.between(10, 200));
    const ways = random.pick([0, 0, 1, 2]);
    for (let count = 0; count < ways; count += 1) {
      await this.#close(account, random.chance(0.6), random.chance(0.6));
      await this.#options.world.sleep(random.between(0, 100));
    }
    if (random.chance(0.7)) await this.#close(account, true, true);
  }

  async #open(): Promise<string> {
    const { accounts, adjustments, nextId, random } = this.#options;
    const id = nextId();
    const account = `N-${id}`;
    const units = (most: number) => BigInt(random.between(1, most)) * ONE;
    const cash = { USD: units(20_000), USDT: units(500) };
    const changes = [
      ...(random.chance(0.3) ? [["USD", cash.USD] as const] : []),
      ["USDT", cash.USDT] as const,
      ["DODO", units(300)] as const,
    ];
    accounts.opening(account);
    const adjustment = { id, account, changes };
    adjustments.asked(adjustment);
    const body = { reason: id, account, ...moneyRows(changes) };
    adjustments.answered(adjustment, await this.#line.ask("/operator/v1/accounts", body, { id }));
    return account;
  }

  async #close(account: string, cancels: boolean, withdraws: boolean): Promise<void> {
    const { accounts, nextId } = this.#options;
    const id = nextId();
    const closing: Closing = { id, account, cancels, withdraws };
    accounts.closing(closing);
    const body = { reason: id, cancel_orders: cancels, withdraw: withdraws };
    const path = `/operator/v1/accounts/${account}/close`;
    accounts.answered(closing, await this.#line.ask(path, body, { id }));
  }

  /** A key of its own for somebody. */
  makeKey(terms: KeyTerms, isEd25519 = false): Promise<Key> {
    return this.#keys.make(terms, isEd25519);
  }

  revoke(key: Key): void {
    this.#begin(() => this.#keys.revoke(key));
  }

  expire(key: Key, afterMs: number): void {
    this.#begin(async () => {
      await this.#keys.expire(key, afterMs);
      if (afterMs > LOOKED_AFTER_MS) return;
      await this.#options.world.sleep(afterMs + 10);
      await this.#inspect({ of: "keys", state: "active" }, `${KEYS_PATH}?state=active`);
    });
  }

  rotate(key: Key, overlapS: number): void {
    this.#begin(async () => {
      await this.#keys.rotate(key, overlapS);
      const { apiKey } = key;
      const overlapMs = overlapS * 1_000;
      if (overlapMs === 0 || overlapMs > LOOKED_AFTER_MS) return;
      await this.#options.world.sleep(overlapMs + 10);
      await this.#inspect({ of: "key", apiKey }, `${KEYS_PATH}/${apiKey}`);
    });
  }

  async #kill(): Promise<void> {
    const { blocks, random } = this.#options;
    const account = random.chance(0.7) ? random.pick(KEYS).account : null;
    const kills = random.chance(0.7);
    const [portfolio, apiKey] =
      account === null
        ? [null, null]
        : random.pick([
            [null, null],
            ["p1", null],
            [null, this.#options.random.pick(KEYS).apiKey],
          ] as const);
    const of = [account, portfolio, apiKey].filter((each) => each !== null).join(" ");
    const block = this.#blockOf({ what: `a block of ${of}`, account, portfolio, apiKey, kills });
    blocks.add(block);
    const named = {
      ...(account !== null && { account }),
      ...(portfolio !== null && { portfolio_id: portfolio }),
      ...(apiKey !== null && { api_key: apiKey }),
    };
    const scope = account === null ? { gateway: true } : named;
    const body = { reason: "simulated", scope, cancel_orders: kills };
    const text = await this.#line.ask("/operator/v1/kill", body);
    const { data } = JSON.parse(text) as { data: { block_id: number } };
    const path = `/operator/v1/blocks/${data.block_id}`;
    const end = () => this.#line.ask(`${path}/release`, { reason: "simulated" });
    const meant = { id: data.block_id, scope, kills };
    await this.#holdThenEnd(block, end, () => this.#lookAt({ ...meant, state: "active" }));
    await this.#lookAt({ ...meant, state: "released" });
  }

  /** Looks at a block by itself, and among the others. */
  async #lookAt(block: BlockMeant): Promise<void> {
    const blocks = "/operator/v1/blocks";
    requireBlock(await this.#line.look(`${blocks}/${block.id}`), block);
    for (const state of ["active", "released", "all"]) {
      requireListed(await this.#line.look(`${blocks}?state=${state}`), state, block);
    }
  }

  async #setMode(): Promise<void> {
    const { blocks, random } = this.#options;
    const market = random.pick(this.#options.isStrict ? STRICT_MARKETS : ["usex", "crypto"]);
    const mode = random.pick(["cancel_only", "halted"]);
    const halts = mode === "halted";
    const block = this.#blockOf({ what: `${market} ${mode}`, market, halts });
    blocks.add(block);
    const path = "/operator/v1/modes";
    await this.#line.ask(path, { reason: "simulated", market, mode });
    const end = () => this.#line.ask(path, { reason: "simulated", market, mode: "open" });
    await this.#holdThenEnd(block, end, async () => {
      requireModes(await this.#line.look(path), market, mode);
    });
    requireModes(await this.#line.look(path), market, "open");
  }

  /** Renames an instrument, or halts it and perhaps changes its tick and lot meanwhile. */
  changeInstrument(how?: "rename"): void {
    const { random } = this.#options;
    const symbol = random.pick(this.#options.symbols);
    const act = how ?? random.weighted({ rename: 5, halt: 5, list: 1 });
    if (act === "rename") this.#begin(() => this.#rename(symbol));
    else if (act === "halt") this.#begin(() => this.#halt(symbol));
    else this.#begin(() => this.#list());
  }

  /** Another instrument, which nobody trades, comes and perhaps goes for good. */
  async #list(): Promise<void> {
    const { nextId, onViolation, random, world } = this.#options;
    const symbol = `NEW-${nextId()}`;
    const terms = { name: symbol, markets: ["usex"], currency: "USD", tick: "0.01", lot: "1" };
    const texts = [await this.#add(symbol, { ...terms, price_max: "1000", qty_max: "1000" })];
    await world.sleep(random.between(0, 100));
    if (random.chance(0.5)) {
      const path = `${INSTRUMENTS_PATH}/${symbol}/retire`;
      texts.push(await this.#line.act({ type: "InstrumentRetired", symbol }, path, {}));
    }
    for (const [index, state] of ["trading", "retired"].slice(0, texts.length).entries()) {
      const isSo = texts[index]?.includes(`"state":"${state}"`) === true;
      if (!isSo) onViolation(`${symbol} is not ${state}: ${texts[index]}`);
    }
  }

  #add(symbol: string, terms: ListingTerms): Promise<string> {
    const { name, currency, markets, tick, lot, price_max, qty_max } = terms;
    const row = {
      ...{ symbol, name, currency, product: symbol, markets },
      ...{ tick: Number(tick), lot: Number(lot), odd_lot: null },
      ...{ price_max: Number(price_max), qty_max: Number(qty_max) },
      state: "trading",
    } as const;
    const deed = { type: "InstrumentAdded", symbol, row } as const;
    return this.#line.act(deed, INSTRUMENTS_PATH, { symbol, ...terms });
  }

  /** One in which people trade from then on, perhaps until it goes for good. */
  async #listLater(): Promise<void> {
    this.#hasListed = true;
    const { instruments, nextId, random } = this.#options;
    const { symbol } = LISTED;
    const terms = { name: symbol, markets: ["usex", "nasdaq"], currency: "USD", tick: "0.05" };
    const bounds = { lot: "5", price_max: "1000", qty_max: "1000" };
    const isListed = instruments.listing();
    await this.#add(symbol, { ...terms, ...bounds });
    isListed();
    for (const { account } of KEYS) {
      await this.#adjust(account, [[symbol, BigInt(random.between(50, 500)) * ONE]]);
    }
    await this.#options.world.sleep(random.between(50, 400));
    if (random.chance(0.5)) await this.#halt(symbol);
    if (random.chance(0.4)) return;
    const block = this.#blockOf({ what: `${symbol} halted`, symbol });
    this.#options.blocks.add(block);
    await this.#setHalted(symbol, true);
    block.answeredAtMs = this.#options.world.nowMs;
    await this.#looked();
    const id = nextId();
    const change = {
      id,
      symbol,
      name: null,
      grid: null,
      resting: "cancel",
      retires: true,
    } as const;
    instruments.asked(change);
    const isRetired = instruments.retiring();
    const path = `${INSTRUMENTS_PATH}/${symbol}/retire`;
    await this.#line.act(
      { type: "InstrumentRetired", symbol },
      path,
      { resting: "cancel" },
      { id },
    );
    isRetired();
  }

  async #rename(symbol: string): Promise<void> {
    const { nextId, random } = this.#options;
    for (let count = random.between(1, 3); count > 0; count -= 1) {
      const id = nextId();
      const name = `${id} ${"long ".repeat(random.pick([0, 1, 10]))}`.trim();
      await this.#change({ id, symbol, name, grid: null, resting: "keep" });
      await this.#options.world.sleep(random.between(0, 20));
    }
  }

  async #halt(symbol: string): Promise<void> {
    const block = this.#blockOf({ what: `${symbol} halted`, symbol });
    this.#options.blocks.add(block);
    await this.#setHalted(symbol, true);
    const end = () => this.#setHalted(symbol, false);
    await this.#holdThenEnd(block, end, async () => {
      await this.#inspect({ of: "instruments" }, INSTRUMENTS_PATH);
      await this.#regrid(symbol);
    });
  }

  #setHalted(symbol: string, halted: boolean): Promise<string> {
    const deed = { type: "InstrumentChanged", symbol, name: null, halted } as const;
    return this.#line.act(deed, `${INSTRUMENTS_PATH}/${symbol}`, { halted });
  }

  #strictSymbol(): string {
    return this.#options.random.pick(INSTRUMENTS).symbol;
  }

  /** The auditor has read all that came before it, and then all that it did. */
  async #regrid(symbol: string): Promise<void> {
    const { isStrict, nextId, random } = this.#options;
    // The rules set the ticks then.
    if (isStrict) return;
    for (let count = random.between(0, 2); count > 0; count -= 1) {
      await this.#looked();
      const grid = random.pick(GRIDS[symbol] ?? []);
      const resting = random.pick(["keep", "cancel", "cancel"] as const);
      await this.#change({ id: nextId(), symbol, name: null, grid, resting });
    }
    await this.#looked();
  }

  async #change(change: InstrumentChange): Promise<void> {
    const { instruments } = this.#options;
    const { id, symbol, name, grid, resting } = change;
    const [tick, lot] = [grid?.tick ?? 0n, grid?.lot ?? 0n].map(decimal);
    instruments.asked(change);
    const body = {
      ...(name !== null && { name }),
      ...(grid !== null && { tick, lot, resting }),
    };
    const deed =
      grid === null
        ? ({ type: "InstrumentChanged", symbol, name, halted: null } as const)
        : ({ type: "GridChanged", symbol, tick: Number(tick), lot: Number(lot) } as const);
    const text = await this.#line.act(deed, `${INSTRUMENTS_PATH}/${symbol}`, body, { id });
    instruments.answered(change, text);
  }

  async #looked(): Promise<void> {
    const { lookCount } = this.#options;
    const before = lookCount();
    while (lookCount() < before + 2) await this.#options.world.sleep(10);
  }

  #blockOf(scope: { readonly what: string } & Partial<Block>): Block {
    return {
      account: null,
      market: null,
      symbol: null,
      portfolio: null,
      apiKey: null,
      kills: false,
      halts: false,
      askedAtMs: this.#options.world.nowMs,
      answeredAtMs: null,
      endAskedAtMs: null,
      endedAtMs: null,
      ...scope,
    };
  }

  async #holdThenEnd(
    block: Block,
    end: () => Promise<string>,
    during = (): Promise<void> => Promise.resolve(),
  ): Promise<void> {
    const { isStrict, random, world } = this.#options;
    block.answeredAtMs = world.nowMs;
    // Some sessions begin and end meanwhile.
    await this.#options.world.sleep(isStrict ? random.between(50, 600) : random.between(5, 200));
    await during();
    block.endAskedAtMs = world.nowMs;
    await end();
    block.endedAtMs = world.nowMs;
  }
}

function moneyRows(changes: Adjustment["changes"]): object {
  const rows = (isIn: (asset: string) => boolean) => {
    const mine = changes.filter(([asset]) => isIn(asset));
    return Object.fromEntries(mine.map(([asset, units]) => [asset, decimal(units)]));
  };
  const isCash = (asset: string) => /^(HKD|USD)/.test(asset);
  const cash = rows(isCash);
  const holdings = rows((asset) => !isCash(asset));
  return {
    ...(Object.keys(cash).length > 0 && { cash }),
    ...(Object.keys(holdings).length > 0 && { holdings }),
  };
}

/** By the name that its client gave it, if any, or by its number. */
function storyOf({ account, orderNo, reference }: Heard): string {
  const base = "/operator/v1";
  const isNamed = reference !== "" && Number(orderNo) % 2 === 0;
  if (!isNamed) return `${base}/orders/${orderNo}/audit?`;
  return `${base}/audit?account=${account}&reference_id=${encodeURIComponent(reference)}&`;
}

function versionOf(text: string): string {
  return (JSON.parse(text) as { data: { version: string } }).data.version;
}

function isChanged(text: string): boolean {
  return text.includes('"reason":"limits_changed"');
}

/** Milliseconds for which each moment is known. */
const KNOWN_MS = 8_000;

/** Milliseconds for which it waits to see what has become of a key. */
const LOOKED_AFTER_MS = 1_500;
const KEYS_PATH = "/operator/v1/keys";
const INSTRUMENTS_PATH = "/operator/v1/instruments";

/** In the wire's words. */
interface ListingTerms {
  readonly name: string;
  readonly markets: readonly string[];
  readonly currency: string;
  readonly tick: string;
  readonly lot: string;
  readonly price_max: string;
  readonly qty_max: string;
}

const STRICT_MARKETS = ["hkex", "usex", "crypto"];

/** Accounts that one operator opens. */
const ACCOUNTS_MAX = 2;
