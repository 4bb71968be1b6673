/** For tests of the edge alone: behind its unsigned routes there is nothing. */
import type { UnsignedRoutesOptions } from "./unsigned-routes.ts";

export const NOTHING_UNSIGNED: UnsignedRoutesOptions = {
  wallMs: () => 0,
  notReady: () => null,
  readyDetails: () => "{}",
  metrics: () => null,
  receiptKeys: () => null,
  market: () => null,
};
