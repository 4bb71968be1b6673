import type { ResultLog, Tone } from "../result-log.ts";
import { timeText } from "../system.ts";

const MARKS: Readonly<Record<Tone, string>> = { good: "✓", bad: "✕", plain: "·" };

export interface ResultsProps {
  readonly log: ResultLog;
  /** In the place of the first line. */
  readonly hint: string;
  /** Of lines that are about one order. */
  readonly onShowOrder?: (orderNo: string) => void;
}

/** What was done from this page, and what came of it. */
export function Results({ log, hint, onShowOrder }: ResultsProps) {
  const { value: lines } = log.lines;
  return (
    <section class="panel results" aria-label="Results">
      <h2>Results</h2>
      {lines.length === 0 && <p class="dim">{hint}</p>}
      <ol>
        {lines.map(({ id, at, text, tone, orderNo }) => (
          <li key={id} class={tone}>
            <time>{timeText(at)}</time>
            <span class="mark" aria-hidden="true">
              {MARKS[tone]}
            </span>
            {orderNo === "" ? (
              <span>{text}</span>
            ) : (
              <button type="button" class="text" onClick={() => onShowOrder?.(orderNo)}>
                {text}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
