import { lines } from "../../operator/operator-desk.ts";
import { timeText } from "../../system.ts";

/** What was done from this page, and what came of it. */
export function Deeds() {
  const { value: done } = lines;
  return (
    <section class="panel results" aria-label="Results">
      <h2>Results</h2>
      {done.length === 0 && (
        <p class="dim">What you do is answered here, and kept in the journal.</p>
      )}
      <ol>
        {done.map(({ id, at, text, tone }) => (
          <li key={id} class={tone}>
            <time>{timeText(at)}</time>
            <span class="mark" aria-hidden="true">
              {tone === "good" ? "✓" : tone === "bad" ? "✕" : "·"}
            </span>
            <span>{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
