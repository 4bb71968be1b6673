import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Holder, holderText } from "../sign-in/holder.ts";
import type { AskedSignIn } from "../sign-in/sign-in.ts";
import { after } from "../system.ts";

/** A click that was meant for a page before this one must not answer. */
const UNREAD_MS = 1_000;

/** Whom a link signs in, before it does. */
export function SignInQuestion({ answer, current, last, meant }: AskedSignIn) {
  const isRead = useSignal(false);
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    no.current?.focus();
    const timer = after(UNREAD_MS, () => {
      isRead.value = true;
    });
    return () => timer.cancel();
  }, []);
  return (
    <main class="alone question">
      <h1>Sign in as {holderText(meant)}?</h1>
      <p>{knownText(current, last)}</p>
      <p>
        If you did not make this link yourself, somebody wants you to work as{" "}
        {"operator" in meant ? "another operator" : "if his account were yours"}.
      </p>
      <footer>
        <button type="button" ref={no} onClick={() => answer(false)}>
          {current === null ? "Do not sign in" : `Stay ${holderText(current)}`}
        </button>
        <button type="button" disabled={!isRead.value} onClick={() => answer(true)}>
          Sign in as {holderText(meant)}
        </button>
      </footer>
    </main>
  );
}

function knownText(current: Holder | null, last: Holder | null): string {
  if (current !== null) return `You are signed in as ${holderText(current)}.`;
  if (last !== null) return `In this browser you were last signed in as ${holderText(last)}.`;
  return "Another site opened this link, or your browser does not say who did.";
}
