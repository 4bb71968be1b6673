import { useSignal } from "@preact/signals";
import * as operator from "../../operator/operator-desk.ts";
import type { Act, Mode } from "../../operator/operator-wire.ts";
import { timeText } from "../../system.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

const MODES: readonly Mode[] = ["open", "cancel_only", "halted"];

const EFFECTS: Readonly<Record<Mode, string>> = {
  open: "New orders are accepted again, as the market's rules allow.",
  cancel_only: "New orders and amends are refused. Cancels, queries and streams work.",
  halted:
    "New orders and amends are refused and nothing trades. Cancels, queries and streams work.",
};

interface Asked {
  readonly market: string;
  readonly mode: Mode;
}

export function focusModes(): void {
  document.querySelector<HTMLElement>("#modes button")?.focus();
}

/** What each market takes, and the buttons that change it. */
export function Modes() {
  const asked = useSignal<Asked | null>(null);
  const { value: modes } = operator.modes;
  const rows =
    modes === null ? [] : [{ market: "all", holds: null, ...modes.all }, ...modes.markets];
  const { market, mode } = asked.value ?? { market: "", mode: "open" as const };
  return (
    <section class="panel modes" id="modes" aria-label="Modes">
      <h2>Modes</h2>
      {modes === null && <p class="dim">Not known yet.</p>}
      <ul>
        {rows.map((row) => (
          <li key={row.market} data-market={row.market} data-holds={row.holds ?? row.mode}>
            <h3>
              {row.market === "all" ? "all markets" : row.market}
              {row.holds !== null && (
                <span class={`tag ${row.holds === "open" ? "good" : "warn"}`}>
                  {operator.modeText(row.holds)}
                </span>
              )}
            </h3>
            <div class="segments">
              {MODES.map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={row.mode === each}
                  aria-label={`Set ${row.market} to ${operator.modeText(each)}`}
                  onClick={() => {
                    if (row.mode !== each) asked.value = { market: row.market, mode: each };
                  }}
                >
                  {operator.modeText(each)}
                </button>
              ))}
            </div>
            <ActLine act={row.set} />
          </li>
        ))}
      </ul>
      <ConfirmDialog
        key={`${market} ${mode}`}
        isOpen={asked.value !== null}
        onClose={() => {
          asked.value = null;
        }}
        title={`Set ${market === "all" ? "all markets" : market} to ${operator.modeText(mode)}`}
        phrase={market}
        reason={null}
        verb={`Set to ${operator.modeText(mode)}`}
        onConfirm={(reason) => void operator.setMode(market, mode, reason)}
      >
        <p>{EFFECTS[mode]}</p>
        {market !== "all" && mode === "open" && modes?.all.mode !== "open" && (
          <p>The mode of all markets is stricter and still holds.</p>
        )}
      </ConfirmDialog>
    </section>
  );
}

/** Who decided something, when and why. */
export function ActLine({ act }: { readonly act: Act | null }) {
  if (act === null) return <p class="act dim">never set</p>;
  return (
    <p class="act">
      <span class="dim">{timeText(Math.floor(act.at / 1000))}</span> {act.operator}:{" "}
      <em>{act.reason}</em>
    </p>
  );
}
