/**
 * Bugs that are put into the product to show that the simulator finds them: each a change of the
 * text of a source while it is loaded, so that nothing of them is in the product itself.
 */
import { DURABLE_BUGS } from "./planted/durable-bugs.ts";
import { INSPECTION_BUGS } from "./planted/inspection-bugs.ts";
import { KEY_BUGS } from "./planted/key-bugs.ts";
import { MARKET_BUGS } from "./planted/market-bugs.ts";
import { OPERATOR_BUGS } from "./planted/operator-bugs.ts";
import type { PlantedBug } from "./planted/planted-bug.ts";
import { SANDBOX_BUGS } from "./planted/sandbox-bugs.ts";
import { SIGN_IN_BUGS } from "./planted/sign-in-bugs.ts";
import { STREAM_BUGS } from "./planted/stream-bugs.ts";

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...DURABLE_BUGS,
  ...MARKET_BUGS,
  ...STREAM_BUGS,
  ...KEY_BUGS,
  ...OPERATOR_BUGS,
  ...INSPECTION_BUGS,
  ...SANDBOX_BUGS,
  ...SIGN_IN_BUGS,
];
