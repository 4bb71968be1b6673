/**
 * Compares what clients were told with what the streams and the queries say, after many crashes.
 */
import assert from "node:assert/strict";
import type { OrderRow } from "../signed-client.ts";
import type { Account } from "./load.ts";
import type { Write } from "./writes.ts";

export interface AuditCounts {
  readonly orders: number;
  readonly fills: number;
  readonly cancels: number;
  readonly amends: number;
}

/** An order as the stream tells it: figures digit for digit. */
interface Push {
  readonly order_no: string;
  readonly reference_id: string;
  readonly account_code: string;
  readonly symbol: string;
  readonly order_side: string;
  readonly order_status: string;
  readonly qty: string;
  readonly outstand_qty: string;
  readonly execute_qty: string;
  readonly execute_amount: string;
  readonly version: string;
  readonly exec_id?: string;
  readonly last_qty?: string;
  readonly last_price?: string;
}

/** Every figure as a whole number of these: the product of a price and a quantity fits in. */
const DECIMALS = 16;

/** Throws at the first contradiction. Everything sent must have been answered. */
export function audit(accounts: readonly Account[]): AuditCounts {
  const fills = new Map<string, Push[]>();
  let orders = 0;
  let cancels = 0;
  let amends = 0;
  for (const account of accounts) {
    const story = new Story(account);
    for (const text of account.pushes) story.follow(text);
    for (const push of story.fills) {
      fills.set(push.exec_id ?? "", [...(fills.get(push.exec_id ?? "") ?? []), push]);
    }
    for (const write of account.writes) story.compare(write);
    story.assertNothingElse();
    orders += story.last.size;
    amends += story.amendCount;
    cancels += [...story.last.values()].filter((each) => each.order_status === "can").length;
  }
  for (const sides of fills.values()) assertSidesAgree(sides);
  return { orders, fills: fills.size, cancels, amends };
}

/** The query, page by page, against the last push of each order. */
export function assertQueryAgrees(account: Account, rows: readonly OrderRow[]): void {
  const last = new Map(
    account.pushes.map((text): [string, OrderRow] => {
      const { data } = JSON.parse(text) as { data: OrderRow };
      return [data.order_no, data];
    }),
  );
  assert.equal(rows.length, last.size, "the query lists every order once");
  for (const row of rows) {
    const pushed = last.get(row.order_no);
    assert.ok(pushed !== undefined, `order ${row.order_no} was pushed`);
    const { exec_id: _id, last_qty: _qty, last_price: _price, ...expected } = pushed;
    const {
      execute_price: _average,
      trigger_price: _trigger,
      ...listed
    } = row as OrderRow & {
      execute_price: number;
      trigger_price: number;
    };
    assert.deepEqual(listed, expected);
  }
}

/** One account's orders, as its stream tells them from 1 on. */
class Story {
  readonly last = new Map<string, Push>();
  readonly fills: Push[] = [];
  readonly #account: Account;
  readonly #orderNoOf = new Map<string, string>();
  readonly #asked = new Set<string>();
  /** Amends by order number: those that the stream tells, less those that were answered. */
  readonly #amends = new Map<string, number>();
  amendCount = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  follow(text: string): void {
    const { data: push } = parseDigits(text) as { data: Push };
    assert.equal(push.account_code, this.#account.key.account, text);
    const before = this.last.get(push.order_no);
    if (before === undefined) this.#accepted(push, text);
    else assertFollows(before, push, text);
    if (before !== undefined && isAmend(push)) {
      this.amendCount += 1;
      this.#amended(push.order_no, 1);
    }
    assertSound(push, text);
    this.last.set(push.order_no, push);
    if (push.exec_id !== undefined) this.fills.push(push);
  }

  /** What the answer of a write promised, against what became of it. */
  compare(write: Write): void {
    const shown = `${JSON.stringify(write.parts)} -> ${write.answer?.text}`;
    assert.ok(write.answer !== null, `answered in the end: ${shown}`);
    const { code, data } = JSON.parse(write.answer.text) as { code: number; data?: unknown };
    const results = write.isBatch && code === 0 ? (data as BatchRow[]) : null;
    for (const [index, part] of write.parts.entries()) {
      const row = results?.[index];
      const resultCode = row?.result.code ?? code;
      if (part.does === "cancel") {
        this.#compareCancel(part.orderNo, resultCode, shown);
        continue;
      }
      if (part.does === "amend") {
        if (resultCode === 0) this.#amended(part.orderNo, -1);
        continue;
      }
      this.#asked.add(part.referenceId);
      const orderNo = row?.order_no ?? (data as { order_no?: string } | undefined)?.order_no;
      if (part.takable) assert.ok([0, ...TOO_POOR].includes(resultCode), shown);
      const expected = resultCode === 0 ? orderNo : undefined;
      assert.equal(this.#orderNoOf.get(part.referenceId), expected, shown);
    }
  }

  assertNothingElse(): void {
    for (const referenceId of this.#orderNoOf.keys()) {
      assert.ok(this.#asked.has(referenceId), `somebody asked for ${referenceId}`);
    }
    for (const [orderNo, count] of this.#amends) {
      assert.equal(count, 0, `${orderNo} was amended as often as that was answered`);
    }
  }

  #amended(orderNo: string, count: number): void {
    this.#amends.set(orderNo, (this.#amends.get(orderNo) ?? 0) + count);
  }

  #accepted(push: Push, text: string): void {
    assert.equal(push.order_status, "new", text);
    assert.equal(push.version, "1", text);
    assert.equal(push.execute_qty, "0", text);
    assert.ok(!this.#orderNoOf.has(push.reference_id), `placed twice: ${text}`);
    this.#orderNoOf.set(push.reference_id, push.order_no);
  }

  #compareCancel(orderNo: string, code: number, shown: string): void {
    const status = this.last.get(orderNo)?.order_status;
    if (code === 0) assert.equal(status, "can", shown);
    else assert.deepEqual([code, status], [ORDER_LIMIT, "fex"], shown);
  }
}

const ORDER_LIMIT = 11_030_204;
/** Cash or holdings run short when an account has bought, or sold, for long. */
const TOO_POOR: readonly number[] = [11_030_155, 11_030_156];

interface BatchRow {
  readonly order_no: string;
  readonly result: { readonly code: number };
}

function assertFollows(before: Push, push: Push, text: string): void {
  assert.ok(["new", "pex"].includes(before.order_status), `a closed order changed: ${text}`);
  assert.equal(Number(push.version), Number(before.version) + 1, text);
  const { last_qty = "0", last_price = "0" } = push;
  assert.equal(units(push.execute_qty), units(before.execute_qty) + units(last_qty), text);
  const amount = (units(last_qty) * units(last_price)) / 10n ** BigInt(DECIMALS);
  assert.equal(units(push.execute_amount), units(before.execute_amount) + amount, text);
  for (const name of ["symbol", "order_side", "reference_id"] as const) {
    assert.equal(push[name], before[name], text);
  }
  if (!isAmend(push)) assert.equal(push.qty, before.qty, text);
}

/** Whether the event gives a known order new terms, without a trade. */
function isAmend(push: Push): boolean {
  return push.exec_id === undefined && ["new", "pex"].includes(push.order_status);
}

function assertSound(push: Push, text: string): void {
  const [qty, executed, outstanding] = [push.qty, push.execute_qty, push.outstand_qty].map(units);
  assert.ok(qty !== undefined && executed !== undefined && outstanding !== undefined);
  const isTrade = push.exec_id !== undefined;
  switch (push.order_status) {
    case "new":
      assert.ok(executed === 0n && !isTrade, text);
      break;
    case "pex":
      assert.ok(executed > 0n && outstanding > 0n, text);
      break;
    case "fex":
      assert.ok(executed === qty && isTrade, text);
      break;
    case "can":
      assert.ok(outstanding === 0n && executed < qty && !isTrade, text);
      return;
    default:
      assert.fail(text);
  }
  assert.equal(qty, executed + outstanding, text);
}

function assertSidesAgree(sides: readonly Push[]): void {
  const shown = JSON.stringify(sides);
  assert.equal(sides.length, 2, `a fill has two sides: ${shown}`);
  const facts = sides.map(({ symbol, last_qty, last_price }) => [symbol, last_qty, last_price]);
  assert.deepEqual(facts[0], facts[1], shown);
  assert.deepEqual(sides.map((side) => side.order_side).toSorted(), ["buy", "sell"], shown);
  assert.equal(new Set(sides.map((side) => side.account_code)).size, 2, shown);
}

function units(text: string): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  assert.ok(fraction.length <= DECIMALS, text);
  return BigInt(whole + fraction.padEnd(DECIMALS, "0"));
}

type DigitReviver = (name: string, value: unknown, context: { source?: string }) => unknown;

/** JSON with every number as its digits. */
function parseDigits(text: string): unknown {
  const parse = JSON.parse as (text: string, reviver: DigitReviver) => unknown;
  return parse(text, (_name, value, { source }) => (typeof value === "number" ? source : value));
}
