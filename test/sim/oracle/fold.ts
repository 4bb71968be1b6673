/** The state that the journal alone gives, without a snapshot. */

import { nodeRules } from "../../../packages/gateway/src/market-rules.ts";
import { recoverState } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { stateHash } from "../../../packages/gateway/src/sequencer/state.ts";
import { DATA_DIR } from "../world/gateway-life.ts";

export function foldOfJournal(): string {
  const layout = { deskCount: 1, ...nodeRules("reference", 0) };
  const { state } = recoverState({ dataDir: DATA_DIR, layout, acceptsSnapshot: () => false });
  return stateHash(state);
}
