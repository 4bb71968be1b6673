/** Whom a browser is signed in as or a link would sign in, and which links ask first. Pure. */

export type Holder =
  | { readonly account_code: string; readonly api_key: string }
  | { readonly operator: string };

/** What is asked before a link's code is used up. */
export interface SignInQuestion {
  readonly meant: Holder;
  /** Whom the browser is signed in as; null: nobody. */
  readonly current: Holder | null;
  /** Whom it was signed in as last; null: nobody, as far as it remembers. */
  readonly last: Holder | null;
}

export interface Opening extends SignInQuestion {
  /** The person opened the page, as far as the browser tells: no other site did. */
  readonly isHere: boolean;
}

/**
 * What to ask before the link signs in; null: nothing. Whoever makes somebody else's browser open
 * his own link has that person work in his account: so another one than the browser is known to
 * have is asked about, and where none is known, any that another site may have opened.
 */
export function questionOf({ meant, current, last, isHere }: Opening): SignInQuestion | null {
  const known = current ?? last;
  const isExpected = known === null ? isHere : isSameHolder(known, meant);
  return isExpected ? null : { meant, current, last };
}

export function isSameHolder(a: Holder, b: Holder): boolean {
  return keptText(a) === keptText(b);
}

export function holderText(holder: Holder): string {
  if ("operator" in holder) return `operator ${holder.operator}`;
  return `key ${holder.api_key} of account ${holder.account_code}`;
}

/** As the browser keeps it: nothing secret. */
export function keptText(holder: Holder): string {
  return JSON.stringify(
    "operator" in holder
      ? ["operator", holder.operator]
      : ["trader", holder.account_code, holder.api_key],
  );
}

/** Null for a text that is none of {@link keptText}. */
export function holderIn(text: string | null): Holder | null {
  try {
    const [role, ...names] = JSON.parse(text ?? "") as readonly unknown[];
    if (!names.every((name) => typeof name === "string")) return null;
    const [first, second] = names;
    if (role === "operator" && first !== undefined) return { operator: first };
    if (role !== "trader" || first === undefined || second === undefined) return null;
    return { account_code: first, api_key: second };
  } catch {
    return null;
  }
}
