import type { UnixMs } from "../model/ids.ts";

/** Who decided something, when in real time, and why. */
export interface OperatorAct {
  readonly atMs: UnixMs;
  readonly operator: string;
  readonly reason: string;
  /** What the request called itself; absent where it had no name. */
  readonly requestId?: string;
}
