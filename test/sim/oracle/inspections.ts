/**
 * What an operator is shown who only looks: at what accounts have, at instruments, limits and keys.
 * Each answer shows one moment between the question and its answer; what depends on real time, as
 * real time was then.
 */
import { type Inspection, NOBODY } from "../clients/inspector.ts";
import { wordsOf } from "../clients/limit-rows.ts";
import { type Accounts, LIQUIDITY } from "./accounts.ts";
import type { Envelope } from "./answers.ts";
import type { ControlView, KeyMoment, OwnLimits } from "./control-view.ts";
import type { LimitScope, Limits } from "./limits.ts";
import type { Model } from "./model.ts";
import { ALL_INSTRUMENTS, decimal } from "./money.ts";
import { promised } from "./violation.ts";
import type { Windows } from "./windows.ts";

export interface InspectionsOptions {
  readonly model: Model;
  readonly windows: Windows;
  readonly accounts: Accounts;
  readonly limits: Limits;
  readonly control: ControlView;
  readonly wallMs: () => number;
}

interface Told {
  readonly name: string;
  readonly inspection: Inspection;
  readonly text: string;
  readonly askedWallMs: number;
  readonly toldWallMs: number;
}

type Row = Readonly<Record<string, unknown>>;

/** What stands for an account or a key that there is none of. */
const UNKNOWN = "unknown";

export class Inspections {
  readonly #options: InspectionsOptions;
  #askedCount = 0;
  readonly #told: Told[] = [];
  /** What each account has, as of the place in its stream and in its money where it was seen. */
  readonly #standings = new Map<string, { readonly place: string; readonly text: string }>();
  readonly #versions = new Map<string, string>();
  readonly #versioned = new Map<string, string>();

  constructor(options: InspectionsOptions) {
    this.#options = options;
  }

  /** It is about to be asked; called with its answer, checked at the next look. */
  asking(inspection: Inspection): (text: string | null) => void {
    this.#askedCount += 1;
    const { wallMs, windows } = this.#options;
    const name = `inspection ${this.#askedCount}`;
    const askedWallMs = wallMs();
    windows.open(name, () => [this.#moment(inspection)]);
    if (inspection.of === "instruments") windows.open(`${name} open`, () => [this.#openOrders()]);
    return (text) => {
      windows.over(name);
      windows.over(`${name} open`);
      if (text === null) this.#forget(name);
      else this.#told.push({ name, inspection, text, askedWallMs, toldWallMs: wallMs() });
    };
  }

  /** How many answers there were. */
  check(): number {
    const all = this.#told.splice(0);
    for (const told of all) {
      const problem = this.#problem(told);
      const { inspection, name, text } = told;
      promised(
        problem === null,
        `an operator looks at ${JSON.stringify(inspection)}: ${problem}: ${text}`,
      );
      this.#forget(name);
    }
    return all.length;
  }

  #forget(name: string): void {
    this.#options.windows.forget(name);
    this.#options.windows.forget(`${name} open`);
  }

  // --- what is right now ---

  #moment(inspection: Inspection): string {
    const { accounts, control } = this.#options;
    switch (inspection.of) {
      case "accounts": {
        const all = accounts.all;
        const shown = pageOf(all, inspection).map((account) => this.#standing(account));
        return `${all.length} [${shown.join(",")}]`;
      }
      case "account": {
        const { account } = inspection;
        return accounts.all.includes(account) ? this.#standing(account) : UNKNOWN;
      }
      case "instruments":
        return JSON.stringify([...control.instruments.values()]);
      case "limits": {
        const owners = [...control.limits.keys()].sort();
        const rows = owners.flatMap((owner) => control.limits.get(owner) ?? []);
        const shown = pageOf(rows, inspection).map((row) => this.#limitsShown(row.scope, row.name));
        return `${rows.length} [${shown.join(",")}]`;
      }
      case "limitsOf": {
        const { scope, name } = inspection;
        return name === NOBODY ? UNKNOWN : this.#limitsShown(scope, name);
      }
      case "keys":
        return JSON.stringify([...control.keys.values()]);
      case "key": {
        const key = control.keys.get(inspection.apiKey);
        return key === undefined ? UNKNOWN : JSON.stringify([key]);
      }
    }
  }

  /** Reading it anew is much where there are many orders. */
  #standing(account: string): string {
    if (account === LIQUIDITY) return LIQUIDITY;
    const { model } = this.#options;
    const place = `${model.stream(account).length} ${model.money.changeCount}`;
    const known = this.#standings.get(account);
    if (known?.place === place && !this.#options.accounts.isClosed(account)) return known.text;
    const text = standingText(model, account, this.#options.accounts.isClosed(account));
    this.#standings.set(account, { place, text });
    return text;
  }

  #limitsShown(scope: LimitScope, name: string): string {
    const { control, limits } = this.#options;
    const row = control.limits.get(`${scope} ${name}`);
    return limitsText(
      limits.settingsOf(scope),
      { scope, name, own: row?.own ?? {} },
      row?.act ?? null,
    );
  }

  /** Of everybody, by the symbol. */
  #openOrders(): string {
    const { model } = this.#options;
    return JSON.stringify(
      Object.fromEntries(ALL_INSTRUMENTS.map(({ symbol }) => [symbol, model.openCountIn(symbol)])),
    );
  }

  // --- what was told ---

  #problem(told: Told): string | null {
    const { name, inspection, text } = told;
    const envelope = JSON.parse(text) as Envelope;
    if (envelope.code !== 0 && envelope.retryable === true) return null;
    const right = [...this.#options.windows.right(name)];
    if (envelope.code !== 0) {
      const isUnknown = /^unknown_(account|key)$/.test(envelope.reason ?? "");
      return isUnknown && right.includes(UNKNOWN) ? null : `expected ${right.join(" or ")}`;
    }
    const data = envelope.data as Row;
    switch (inspection.of) {
      case "accounts": {
        const rows = data["accounts"] as readonly Row[];
        return amongThem(right, `${data["total_records"]} [${rows.map(accountShown).join(",")}]`);
      }
      case "account":
        return amongThem(right, accountShown(data));
      case "instruments":
        return this.#instrumentsProblem(name, right, data["instruments"] as readonly Row[]);
      case "limits": {
        const rows = data["limits"] as readonly Row[];
        const shown = rows.map((row) => limitsShown(row)).join(",");
        const problem = amongThem(right, `${data["total_records"]} [${shown}]`);
        return problem ?? rows.map((row) => this.#versionProblem(row)).find(Boolean) ?? null;
      }
      case "limitsOf":
        return amongThem(right, limitsShown(data)) ?? this.#versionProblem(data);
      case "keys":
        return keysProblem(right, data["keys"] as readonly Row[], told, inspection.state);
      case "key":
        return keysProblem(right, [data], told, "all");
    }
  }

  #instrumentsProblem(name: string, right: readonly string[], rows: readonly Row[]): string | null {
    const shown = rows.map(({ open_orders: _, ...row }) => row);
    const problem = amongThem(right, JSON.stringify(shown));
    if (problem !== null) return problem;
    const counts = [...this.#options.windows.right(`${name} open`)].map((each) => {
      return JSON.parse(each) as Record<string, number>;
    });
    const isSo = counts.some((count) => {
      return rows.every(({ symbol, open_orders: open }) => open === (count[String(symbol)] ?? 0));
    });
    return isSo
      ? null
      : `open orders are ${counts.map((each) => JSON.stringify(each)).join(" or ")}`;
  }

  /** Another one whenever anything is shown differently, and else the same. */
  #versionProblem({ version, ...rest }: Row): string | null {
    const shown = JSON.stringify(rest);
    const before = this.#versions.get(shown) ?? String(version);
    const other = this.#versioned.get(String(version)) ?? shown;
    this.#versions.set(shown, before);
    this.#versioned.set(before, other);
    if (before !== version) return `its version was ${before}`;
    return other === shown ? null : `its version was that of ${other}`;
  }
}

function pageOf<T>(rows: readonly T[], { page, size }: { page: number; size: number }): T[] {
  return rows.slice((page - 1) * size, page * size);
}

function amongThem(right: readonly string[], shown: string): string | null {
  return right.includes(shown) ? null : `${shown} is of no moment; expected ${right.join(" or ")}`;
}

// --- accounts ---

/** By asset: what is settled, due and held back, and what it comes to. */
function standingText(model: Model, account: string, isClosed: boolean): string {
  const { money } = model;
  const assets = ALL_INSTRUMENTS.flatMap(({ currency, product, symbol }) => [
    [currency, model.cashOnHold(account, currency)] as const,
    [product, model.sellsOnHold(account, symbol)] as const,
  ]);
  const btc = ["BTC", 0n] as const;
  const rows = new Map(
    [...assets, btc].map(([asset, held]) => {
      const [toGet, toPay] = [money.toGet(account, asset), money.toPay(account, asset)];
      const figures = [money.settled(account, asset), toGet, toPay, held];
      return [
        asset,
        [...figures, money.total(account, asset)].map((each) => Number(decimal(each))),
      ];
    }),
  );
  return accountText(account, isClosed ? "closed" : "open", model.openCountOf(account), rows);
}

function accountShown(row: Row): string {
  const { cash, holdings } = row as { cash: Record<string, Row>; holdings: Record<string, Row> };
  const rows = Object.entries({ ...cash, ...holdings }).map(([asset, each]) => {
    const figures = ["settled", "incoming", "outgoing", "reserved", "total"];
    return [asset, figures.map((name) => Number(each[name]))] as const;
  });
  const { account, open_orders: open, state } = row;
  if (account === LIQUIDITY) return LIQUIDITY;
  return accountText(String(account), String(state), Number(open), new Map(rows));
}

/** What it never had, or has no more, may be shown or not. */
function accountText(
  account: string,
  state: string,
  open: number,
  rows: ReadonlyMap<string, readonly number[]>,
): string {
  const has = [...rows].filter(([, figures]) => figures.some((each) => each !== 0));
  return JSON.stringify([
    account,
    state,
    open,
    ...has.sort(([one], [two]) => (one < two ? -1 : 1)),
  ]);
}

// --- limits ---

const LIMIT_WORDS = [
  "order_qty_max",
  "order_value_max",
  "price_distance_max",
  "duplicate_ms",
  "open_orders_max",
  "gross_exposure_max",
  "orders_per_second_max",
] as const;

type Owner = Pick<OwnLimits, "scope" | "name" | "own">;

function limitsText(
  settings: OwnLimits["own"],
  { scope, name, own }: Owner,
  act: OwnLimits["act"] | null,
): string {
  const [base, owns] = [wordsOf(settings), wordsOf(own)];
  const rows = LIMIT_WORDS.map((word) => {
    const value = owns[word] ?? base[word] ?? "off";
    return [word, plain(value), word in owns ? "operator" : "settings"];
  });
  return JSON.stringify([scope, name, rows, act]);
}

function limitsShown({ scope, name, limits, set }: Row): string {
  const all = limits as Readonly<Record<string, { value: unknown; from: string } | undefined>>;
  const rows = LIMIT_WORDS.map((word) => [word, plain(all[word]?.value), all[word]?.from]);
  const act = set as OwnLimits["act"] | null;
  const { at, operator, reason } = act ?? {};
  return JSON.stringify([scope, name, rows, act && { at, operator, reason }]);
}

/** Numbers, whether they are text or not; amounts by the currency. */
function plain(value: unknown): unknown {
  if (value === "off" || value === undefined) return value;
  if (typeof value !== "object" || value === null) return Number(value);
  const sorted = Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1));
  return sorted.map(([currency, most]) => [currency, Number(most)]);
}

// --- keys ---

/** Newest first, each in its state at that time. */
function keysProblem(
  right: readonly string[],
  rows: readonly Row[],
  { askedWallMs, toldWallMs }: Told,
  state: string,
): string | null {
  const shown = rows.map((row) => keyText(row));
  const moments = right
    .filter((each) => each !== UNKNOWN)
    .map((each) => JSON.parse(each) as KeyMoment[]);
  const ends = moments.flat().flatMap(({ expires_at, previous_until }) => {
    return [expires_at ?? 0, previous_until ?? 0];
  });
  const times = [
    askedWallMs,
    toldWallMs,
    ...ends.filter((end) => end >= askedWallMs && end <= toldWallMs),
  ];
  const isSo = moments.some((keys) => {
    return times.some((atMs) => {
      const all = keys.map((key) => keyAt(key, atMs));
      const listed = all.filter((key) => state === "all" || key.state === state).map(keyText);
      return [...listed].sort().join() === [...shown].sort().join();
    });
  });
  if (!isSo) return `${shown.join()} is of no moment; expected ${right.join(" or ")}`;
  const madeMs = rows.map(({ created }) => (created as KeyMoment["created"]).at);
  const isSorted = madeMs.every((ms, at) => at === 0 || ms <= (madeMs[at - 1] ?? 0));
  return isSorted ? null : "keys are listed newest first";
}

function keyAt(key: KeyMoment, atMs: number) {
  const { expires_at, previous_until, revoked } = key;
  const isExpired = expires_at !== null && expires_at <= atMs;
  const isOverlapping = previous_until !== null && previous_until > atMs;
  return {
    ...key,
    state: revoked !== null ? "revoked" : isExpired ? "expired" : "active",
    previous_until: isOverlapping ? previous_until : null,
  };
}

const KEY_FIELDS = [
  "api_key",
  "state",
  "algorithm",
  "public_key",
  "accounts",
  "permissions",
  "portfolios",
  "expires_at",
  "rotated_at",
  "previous_until",
] as const;

function keyText(row: Row | ReturnType<typeof keyAt>): string {
  const fields = KEY_FIELDS.map((field) => (row as Row)[field]);
  const acts = ["created", "revoked"].map((field) => {
    const act = (row as Row)[field] as KeyMoment["revoked"];
    return act && [act.at, act.operator, act.reason];
  });
  return JSON.stringify([...fields, ...acts]);
}
