import { useEffect } from "preact/hooks";
import * as operator from "../../operator/operator-desk.ts";
import { HelpDialog } from "../help-dialog.tsx";
import { type KeyRow, onKeys } from "../keys.ts";
import { useDialog } from "../modal.tsx";
import { Results } from "../results.tsx";
import { toggleTheme } from "../theme.ts";
import { AccountOrders } from "./account-orders.tsx";
import { Blocks } from "./blocks.tsx";
import { focusKill, KillForm } from "./kill-form.tsx";
import { focusModes, Modes } from "./modes.tsx";
import { OperatorBar } from "./operator-bar.tsx";

const OPERATOR_KEYS: readonly KeyRow[] = [
  { keys: "k", does: "go to the kill switch" },
  { keys: "m", does: "go to the modes" },
  { keys: "l", does: "go to the blocks" },
  { keys: "o", does: "the orders of an account" },
  { keys: "r", does: "show released blocks, or not" },
  { keys: "t", does: "light or dark" },
  { keys: "?", does: "this list" },
  { keys: "Esc", does: "close, or leave the field" },
];

const NOTE =
  "Nothing happens until you type the name of what you mean and give a reason. The journal keeps " +
  "both, with your name.";

/** The page of those who run the gateway. */
export function OperatorApp() {
  const { open: openHelp, ...help } = useDialog();
  const { open: openOrders, ...orders } = useDialog();
  useEffect(() => {
    return onKeys({
      k: focusKill,
      m: focusModes,
      l: () => document.getElementById("blocks")?.focus(),
      o: openOrders,
      r: () => void operator.showReleased(operator.released.value === null),
      t: toggleTheme,
      "?": openHelp,
    });
  }, []);
  return (
    <>
      <OperatorBar onOrders={openOrders} onHelp={openHelp} />
      <main class="operations" data-phase={operator.phase.value}>
        <Blocks />
        <Modes />
        <KillForm />
        <Results
          log={operator.log}
          hint="What comes of your actions is shown here, and kept in the journal."
        />
      </main>
      <p class="unseen" role="status" aria-live="polite">
        {operator.log.announcement.value}
      </p>
      <AccountOrders {...orders} />
      <HelpDialog keys={OPERATOR_KEYS} note={NOTE} {...help} />
    </>
  );
}
