/** The state that the journal alone gives, without a snapshot. */

import { InstrumentNames } from "../../../packages/gateway/src/instrument-names.ts";
import { nodeRules } from "../../../packages/gateway/src/market-rules.ts";
import { recoverState } from "../../../packages/gateway/src/sequencer/recovery.ts";
import { stateHash } from "../../../packages/gateway/src/sequencer/state.ts";
import { DATA_DIR } from "../world/gateway-life.ts";

export function foldOfJournal(): string {
  const rules = nodeRules("reference", 0);
  const { instruments } = new InstrumentNames(rules.instruments);
  const layout = { deskCount: 1, ...rules, instruments };
  const { state } = recoverState({ dataDir: DATA_DIR, layout, acceptsSnapshot: () => false });
  return stateHash(state);
}
