/** Arguments as the command line takes them: what is wrong is said before anything is sent. */
import { InvalidArgumentError } from "commander";
import { parsedTimeMs } from "./time.ts";

const DECIMAL = /^[0-9]{1,18}(\.[0-9]{1,8})?$/;
const ORDER_NO = /^[0-9]{11,32}$/;
const BATCH_MAX = 5;

export function decimal(text: string): string {
  if (DECIMAL.test(text)) return text;
  throw new InvalidArgumentError("Write a decimal such as 423.83, with at most 8 decimals.");
}

export function orderNo(text: string): string {
  if (ORDER_NO.test(text)) return text;
  throw new InvalidArgumentError("An order's number is 11 digits or more.");
}

export function orderNos(text: string, before: readonly string[] | undefined): readonly string[] {
  const all = [...(before ?? []), orderNo(text)];
  if (all.length > BATCH_MAX) {
    throw new InvalidArgumentError(`At most ${BATCH_MAX} orders fit into one batch.`);
  }
  return all;
}

/** From 1. */
export function count(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number from 1.");
}

/** From 0. */
export function wholeNumber(text: string): number {
  if (/^(0|[1-9][0-9]{0,14})$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number from 0.");
}

/** Where a stream has come to: a seq, and of which history it is where that is known. */
export function position(text: string): string {
  if (/^(0|[1-9][0-9]{0,14})(@[0-9A-Za-z_-]{1,64})?$/.test(text)) return text;
  throw new InvalidArgumentError("Write a whole number from 0, or a position such as 12@a1b2.");
}

/** A time as Unix seconds. */
export function unixSeconds(text: string): number {
  const atMs = parsedTimeMs(text);
  if (atMs !== null && atMs >= 0) return Math.floor(atMs / 1000);
  throw new InvalidArgumentError("Write a date, or a time such as 2025-05-09T07:00, in UTC.");
}

/** An option that may be given again: all that was given. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** The members that were given, for a request whose members are absent or something. */
export function given<T extends object>(
  members: T,
): { readonly [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const present = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}
