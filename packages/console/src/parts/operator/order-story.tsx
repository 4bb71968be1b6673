import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as operator from "../../operator/operator-desk.ts";
import type { Story, StoryEvent } from "../../operator/operator-wire.ts";
import { wordText } from "../../orders/order-words.ts";
import { timeText } from "../../system.ts";
import { grouped } from "../format.ts";

interface OrderStoryProps {
  readonly orderNo: string;
  readonly onBack: () => void;
}

/** What happened to an order, who asked for it and what was answered: the end of its story. */
export function OrderStory({ orderNo, onBack }: OrderStoryProps) {
  const story = useSignal<Story | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    operator.storyOf(orderNo).then(
      (found) => {
        story.value = found;
      },
      (error: unknown) => {
        problem.value = `It could not be read: ${(error as Error).message}`;
      },
    );
  }, [orderNo]);
  const { value: found } = story;
  return (
    <>
      <div class="tools">
        <button type="button" onClick={onBack}>
          ← Orders
        </button>
        <h3>Order {orderNo}</h3>
      </div>
      {problem.value !== "" && <p role="alert">{problem.value}</p>}
      {found !== null && (found.earlier !== null || !found.complete) && (
        <p class="dim">It begins earlier: countermand audit {orderNo}</p>
      )}
      <ol class="timeline">
        {found?.events.map((event) => (
          <li key={event.journal_seq} class={toneOf(event)}>
            <time>{timeText(Math.floor(Number(event.at_ms) / 1000))}</time>
            <strong>{wordText(event.event)}</strong>
            <span>{detailsOf(event)}</span>
            <span>{askedBy(event)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function toneOf({ event }: StoryEvent): "plain" | "good" | "bad" {
  if (event === "traded") return "good";
  return /refused|rejected/.test(event) ? "bad" : "plain";
}

function detailsOf(event: StoryEvent): string {
  const { cancel_reason, execute_qty, last_price, last_qty, qty, reason, reject_reason } = event;
  if (last_qty !== undefined) return `${grouped(last_qty)} at ${grouped(last_price ?? "")}`;
  const why = wordText(reason || cancel_reason || reject_reason || "");
  if (qty === undefined) return why;
  const traded = `${grouped(execute_qty ?? "")} of ${grouped(qty)} traded`;
  return why === "" ? traded : `${why}, ${traded}`;
}

function askedBy({ actor, channel, code, http_status }: StoryEvent): string {
  if (channel === "") return "";
  const answer = code === undefined ? "" : `, answered ${http_status} code ${code}`;
  return `by ${actor} over ${channel}${answer}`;
}
