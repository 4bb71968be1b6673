/** What a page without a session says of how that came about; "" where there is nothing to say. */
import { signal } from "@preact/signals";

export const signInProblem = signal("");

/** Signing out was not answered. */
export const MAYBE_SIGNED_IN =
  "The gateway did not answer: this browser may still be signed in. Reload the page, and sign out again.";

/** An operator's session is in the gateway's memory only, so that a restart ends it. */
export const SESSION_ENDED =
  "The session has ended: the gateway was restarted, its key ended, or it was too old.";
