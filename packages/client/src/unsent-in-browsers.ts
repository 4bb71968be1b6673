/** As `unsent.ts`, where fetch tells nobody why it failed: a bundle for browsers takes this one. */
import type { Unsent } from "./unsent.ts";

/** Any request may have been sent. */
export function unsent(_error: unknown): Unsent | null {
  return null;
}
