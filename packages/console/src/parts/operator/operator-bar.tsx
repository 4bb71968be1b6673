import * as operator from "../../operator/operator-desk.ts";
import { timeText } from "../../system.ts";
import { Bar } from "../bar.tsx";

const PHASES: Readonly<Record<operator.OperatorPhase, string>> = {
  connecting: "Asking",
  live: "Live",
  late: "No answer",
  "signed-out": "Signed out",
};

/** The lamp has the trader's colours. */
const LAMPS: Readonly<Record<operator.OperatorPhase, string>> = {
  connecting: "connecting",
  live: "live",
  late: "lost",
  "signed-out": "signed-out",
};

export interface OperatorBarProps {
  readonly onOrders: () => void;
  readonly onHelp: () => void;
}

export function OperatorBar({ onOrders, onHelp }: OperatorBarProps) {
  const { value: phase } = operator.phase;
  const at = Math.floor(operator.answeredAtMs.value / 1000);
  return (
    <Bar onHelp={onHelp} onLeave={() => void operator.leave()}>
      <span class="who">Operator {operator.session.value?.operator}</span>
      <span class="link" data-phase={LAMPS[phase]}>
        <span class="lamp" aria-hidden="true" />
        <strong>{PHASES[phase]}</strong>
        <span class="why">{at === 0 ? "" : `as of ${timeText(at)}`}</span>
        {phase === "late" && (
          <button type="button" onClick={() => void operator.ask()}>
            Ask now
          </button>
        )}
      </span>
      <button type="button" onClick={onOrders}>
        Orders…
      </button>
    </Bar>
  );
}
