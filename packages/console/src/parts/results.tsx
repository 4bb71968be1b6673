import { results, showOrder } from "../desk.ts";
import { timeText } from "../system.ts";

export function Results() {
  const { value: lines } = results;
  return (
    <section class="panel results" aria-label="Results">
      <h2>Results</h2>
      {lines.length === 0 && <p class="dim">What you do is answered here, order by order.</p>}
      <ol>
        {lines.map(({ id, at, text, tone, orderNo }) => (
          <li key={id} class={tone}>
            <time>{timeText(at)}</time>
            <span class="mark" aria-hidden="true">
              {tone === "good" ? "✓" : tone === "bad" ? "✕" : "·"}
            </span>
            {orderNo === "" ? (
              <span>{text}</span>
            ) : (
              <button type="button" class="text" onClick={() => showOrder(orderNo)}>
                {text}
              </button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
