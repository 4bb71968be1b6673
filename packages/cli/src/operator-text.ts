/** What the operator API answers, as people read it: a table of many things, facts of one. Pure. */
import { type Column, factLines, tableLines } from "./table.ts";
import { millisecondsText } from "./time.ts";

type Members = Readonly<Record<string, unknown>>;

/** Lines of an answer; its one list is a table. */
export function operatorLines(data: unknown): string[] {
  if (!isMembers(data)) return [String(data)];
  const list = listIn(data);
  if (list === null) return thingLines(data);
  if (list.length === 0) return ["none"];
  // What accounts have is left out before all else: one account shows it.
  for (const rows of [list, list.map(withoutTotals)]) {
    const table = tableOf(rows);
    if (table.every((line) => line.length <= COLUMNS_MAX)) return table;
  }
  return list.flatMap((each, index) =>
    index === 0 ? thingLines(each) : ["", ...thingLines(each)],
  );
}

/** A wider table is broken by terminals, and then nobody can read it. */
const COLUMNS_MAX = 180;

function thingLines(data: Members): string[] {
  const facts = Object.entries(data)
    .filter(([, value]) => !isTable(value))
    .map(([name, value]) => [words(name), textOf(name, value)] as const)
    .filter(([, text]) => text !== "");
  const tables = Object.entries(data).flatMap(([name, value]) => {
    if (!isTable(value)) return [];
    const rows = Object.entries(value).map(([of, row]) => ({ of, ...row }));
    return ["", words(name).toUpperCase(), ...tableOf(rows)];
  });
  return [...(facts.length === 0 ? [] : factLines(facts)), ...tables];
}

/** The rows of an answer that is one list; the modes have one for all markets beside it. */
function listIn(data: Members): readonly Members[] | null {
  const lists = Object.entries(data).filter(([, value]) => isList(value));
  const [only] = lists;
  if (lists.length !== 1 || only === undefined) return null;
  const [name, rows] = only as [string, readonly Members[]];
  const { all } = data;
  if (name === "markets" && isMembers(all)) return [{ market: "all", ...all }, ...rows];
  const rest = Object.entries(data).filter(([other]) => other !== name);
  return rest.every(([, value]) => typeof value === "number") ? rows : null;
}

/** Columns are the members of all rows; those that say nothing anywhere are left out. */
function tableOf(rows: readonly Members[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = names
    .filter((name) => rows.some((row) => textOf(name, row[name]) !== ""))
    .map((name): Column<Members> => {
      const isNumber = rows.every((row) => /^-?[0-9.]*$/.test(textOf(name, row[name])));
      return { title: words(name).toUpperCase(), of: (row) => textOf(name, row[name]), isNumber };
    });
  return tableLines(columns, rows);
}

/** One value in a line. */
function textOf(name: string, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number" && TIMES.test(name)) return millisecondsText(value);
  if (Array.isArray(value)) return value.map((each) => textOf("", each)).join(", ");
  if (!isMembers(value)) return String(value);
  if ("at" in value && "operator" in value) return actText(value);
  if (hasTotals(value)) return totalsText(value);
  return Object.entries(value)
    .map(([member, part]) => [member, textOf(member, part)] as const)
    .filter(([, text]) => text !== "")
    .map(([member, text]) => (text === "yes" ? words(member) : `${words(member)} ${text}`))
    .join(", ");
}

const TIMES = /^at$|_at$|_until$/;

/** Who did it, when and why, and what the request called itself. */
function actText({ at, operator, reason, request_id }: Members): string {
  const request = request_id === undefined ? "" : ` (request ${JSON.stringify(request_id)})`;
  return `${textOf("at", at)} by ${String(operator)}: ${String(reason)}${request}`;
}

/** Cash or holdings in one line: what there is of each, all together. */
function totalsText(balances: Readonly<Record<string, Members>>): string {
  return Object.entries(balances)
    .map(([name, { total }]) => `${name} ${String(total)}`)
    .join(", ");
}

function withoutTotals(row: Members): Members {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => !hasTotals(value)));
}

function hasTotals(value: unknown): value is Readonly<Record<string, Members>> {
  return isTable(value) && Object.values(value).every((row) => "total" in row);
}

/** Things by their names: cash by currency, limits by what they limit. */
function isTable(value: unknown): value is Readonly<Record<string, Members>> {
  if (!isMembers(value)) return false;
  const rows = Object.values(value);
  return rows.length > 0 && rows.every(isMembers);
}

function isList(value: unknown): value is readonly Members[] {
  return Array.isArray(value) && value.every(isMembers);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}
