import { leave, link, retryNow, session } from "../desk.ts";
import type { LinkPhase } from "../link/order-link.ts";
import { Bar } from "./bar.tsx";
import { grouped } from "./format.ts";

const PHASES: Readonly<Record<LinkPhase, string>> = {
  connecting: "Connecting",
  "catching-up": "Catching up",
  live: "Live",
  silent: "Silent",
  lost: "Connection lost",
  "signed-out": "Signed out",
};

export function TopBar({ onHelp }: { readonly onHelp: () => void }) {
  const { phase, seq, note, lossCount } = link.value;
  const { account_code, api_key } = session.value ?? { account_code: "", api_key: "" };
  return (
    <Bar onHelp={onHelp} onLeave={() => void leave()}>
      <span class="who">
        Account {account_code}, key {api_key}
      </span>
      <span class="link" data-phase={phase} data-seq={seq} data-losses={lossCount}>
        <span class="lamp" aria-hidden="true" />
        <strong>{PHASES[phase]}</strong>
        <span class="seq" title="Position in the account's stream: numbers without gaps">
          #{grouped(String(seq))}
        </span>
        <span class="why">{note}</span>
        {phase === "lost" && (
          <button type="button" onClick={retryNow}>
            Try now
          </button>
        )}
      </span>
    </Bar>
  );
}
