/**
 * Budgets of keys (docs/concepts/limits-and-budgets.md): no more orders than the bucket can have
 * held, what is left never told as less than what is open, and what is open can be cancelled.
 */
import type { Answer, Key, Request } from "../clients/requests.ts";
import type { Envelope } from "./answers.ts";
import { matched } from "./cancel-alls.ts";
import type { Model } from "./model.ts";
import { seenOrders } from "./orders.ts";
import { promised } from "./violation.ts";
import type { Windows } from "./windows.ts";

const RATE_LIMITED = 11030055;

export class Budgets {
  readonly #model: Model;
  readonly #windows: Windows;
  readonly #nowMs: () => number;
  #rules: { readonly places: number; readonly fillS: number } | null = null;
  /** Orders and amends of each key that were taken in this life: when they were sent. */
  readonly #taken = new Map<string, number[]>();
  #startedAtMs = 0;

  constructor(model: Model, windows: Windows, nowMs: () => number) {
    this.#model = model;
    this.#windows = windows;
    this.#nowMs = nowMs;
  }

  set(places: number, fillS: number): void {
    this.#rules = { places, fillS };
  }

  /** Every bucket is full. */
  beginLife(): void {
    this.#startedAtMs = this.#nowMs();
    this.#taken.clear();
  }

  /** What the model is asked about a request as long as it is under way. */
  questions({ id, key, command }: Request): [string, () => Iterable<string>][] {
    if (this.#rules === null) return [];
    const open: [string, () => Iterable<string>] = [
      `${id} open`,
      () => [String(seenOrders(key, this.#model.openOrders(key.account)).length)],
    ];
    if (command.kind === "cancelAll" && command.isPreview !== true) {
      const isAny = () => matched(this.#model, key, command).length > 0;
      return [open, [`${id} covered`, () => [isAny() ? "covered" : "not covered"]]];
    }
    if (command.kind !== "cancel") return [open];
    const { names } = command;
    const isOpen = () => {
      const orders = seenOrders(key, this.#model.openOrders(key.account));
      const isTwice = new Set(names.map((name) => JSON.stringify(name))).size < names.length;
      const all = names.every((name) => {
        if (name.only_if !== undefined || name.version !== undefined) return false;
        if ("order_no" in name) return orders.some((told) => told.order_no === name.order_no);
        // An order that is named both ways counts once.
        return false;
      });
      return [all && !isTwice ? "covered" : "not covered"];
    };
    return [open, [`${id} covered`, isOpen]];
  }

  /** One order or amend was taken: there are no more of them than the bucket can have held. */
  taken({ apiKey }: Key, sentAtMs: number): void {
    if (this.#rules === null || sentAtMs < this.#startedAtMs) return;
    const { places, fillS } = this.#rules;
    const taken = [...(this.#taken.get(apiKey) ?? []), sentAtMs];
    this.#taken.set(apiKey, taken);
    const now = this.#nowMs();
    const most = places + (places * (now - this.#startedAtMs)) / (fillS * 1_000) + 1;
    promised(
      taken.length <= most,
      `${apiKey} placed ${taken.length} orders, its budget is ${most}`,
    );
  }

  check({ id, channel, command }: Request, { text, rateLimit }: Answer): void {
    const { code } = JSON.parse(text) as Envelope;
    if (this.#rules === null) {
      promised(code !== RATE_LIMITED && rateLimit === null, `${id} has no budget: ${text}`);
      return;
    }
    const isNeeded = command.kind === "cancel" || command.kind === "cancelAll";
    if (code === RATE_LIMITED && isNeeded && !("isPreview" in command && command.isPreview)) {
      const right = this.#windows.right(`${id} covered`);
      promised(right.has("not covered"), `${id} was covered by what is open: ${text}`);
    }
    if (code === RATE_LIMITED) promised(COSTLY.has(command.kind), `${id} costs nothing: ${text}`);
    if (channel !== "http" || code !== 0) return;
    const left = /"cancel";r=(\d+)/.exec(rateLimit ?? "")?.[1];
    promised(left !== undefined, `${id} is not told of its budget: ${rateLimit}`);
    const open = Math.min(...[...this.#windows.right(`${id} open`)].map(Number));
    promised(Number(left) >= open, `${id} is told of ${left} cancels, ${open} orders are open`);
  }
}

const COSTLY: ReadonlySet<string> = new Set(["place", "amend", "cancel", "cancelAll", "preview"]);
