/**
 * How a page gets its session: by the code of a link, or as the browser has one. A link that would
 * sign in somebody else than expected is asked about before its code is used up.
 */
import { signal } from "@preact/signals";
import * as api from "../link/console-api.ts";
import {
  holderIn,
  holderText,
  isSameHolder,
  keptText,
  questionOf,
  type SignInQuestion,
} from "./holder.ts";
import { signInProblem } from "./problem.ts";

/** A question that waits for its answer. */
export interface AskedSignIn extends SignInQuestion {
  readonly answer: (isYes: boolean) => void;
}

export const asked = signal<AskedSignIn | null>(null);

const KEPT = "countermand-signed-in-as";

/**
 * The session, by a code where there is one; null where nobody is signed in.
 * @throws where the gateway does not answer
 */
export async function enter(code: string | undefined): Promise<api.AnySession | null> {
  const current = await api.findSession();
  const found = code === undefined ? current : await enterBy(code, current);
  if (found !== null) keep(found);
  return found;
}

/**
 * Whether the browser is signed in as the page is: another page may have signed it in anew.
 * @throws where the gateway does not answer
 */
export async function isStill(session: api.AnySession | null): Promise<boolean> {
  const found = await api.findSession();
  if (found === null || session === null) return false;
  if (isSameHolder(found, session)) return true;
  const who = holderText(found);
  signInProblem.value = `Another page of this browser has signed in as ${who}. Reload to work as that.`;
  return false;
}

/** A reload with a used code is still signed in. */
async function enterBy(
  code: string,
  current: api.AnySession | null,
): Promise<api.AnySession | null> {
  try {
    const meant = await api.previewSignIn(code);
    const question = questionOf({ meant, current, last: lastHolder(), isHere: isOpenedHere() });
    if (question === null || (await isWanted(question))) return await api.signIn(code);
    signInProblem.value = "The link was not used.";
  } catch (error) {
    if (!(error instanceof api.RefusedError) || error.httpStatus >= 500) throw error;
    const isSpent = error.failure.reason === "sign_in_code_invalid";
    signInProblem.value = isSpent ? "This link was used before, or is too old." : error.message;
  }
  return current;
}

async function isWanted(question: SignInQuestion): Promise<boolean> {
  try {
    return await new Promise<boolean>((answer) => {
      asked.value = { ...question, answer };
    });
  } finally {
    asked.value = null;
  }
}

/** The gateway writes into the page what the browser told it when it opened the page. */
function isOpenedHere(): boolean {
  return document.querySelector('meta[name="opened"]')?.getAttribute("content") === "here";
}

/** A browser that keeps nothing remembers nobody. */
function lastHolder() {
  try {
    return holderIn(localStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function keep(session: api.AnySession): void {
  try {
    localStorage.setItem(KEPT, keptText(session));
  } catch {
    // The next link is judged by how it was opened alone.
  }
}
