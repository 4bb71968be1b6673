import type { Execution, OrderUpdate } from "@countermand/client";
import * as desk from "../desk.ts";
import type { StoryEvent } from "../orders/order-table.ts";
import { isOpen, statusText, typeText, wordText } from "../orders/order-words.ts";
import { timeText } from "../system.ts";
import { grouped } from "./format.ts";
import { Modal } from "./modal.tsx";
import { priceText } from "./price-text.ts";

export function OrderStory() {
  const { value: orderNo } = desk.shownOrder;
  return (
    <Modal
      isOpen={orderNo !== ""}
      onClose={() => desk.showOrder("")}
      title={`Order ${orderNo}`}
      class="drawer"
    >
      <Story orderNo={orderNo} />
    </Modal>
  );
}

function Story({ orderNo }: { readonly orderNo: string }) {
  void desk.tableTick.value;
  const row = desk.table.get(orderNo);
  if (row === undefined) return <p>The page does not have this order yet.</p>;
  const { order, story } = row;
  return (
    <>
      <Facts order={order} />
      <h3>Story</h3>
      <ol class="timeline">
        {entriesOf(story, desk.executions.value).map(({ key, at, title, more, tone }) => (
          <li key={key} class={tone}>
            <time>{timeText(at)}</time>
            <strong>{title}</strong>
            <span>{more}</span>
          </li>
        ))}
      </ol>
      {isOpen(order) && (
        <footer>
          <button type="button" class="danger" onClick={() => void desk.cancelOne(orderNo)}>
            Cancel order
          </button>
        </footer>
      )}
    </>
  );
}

function Facts({ order }: { readonly order: OrderUpdate }) {
  const cancelled = order.order_status === "can" ? ` (${wordText(order.cancel_reason)})` : "";
  const facts: readonly (readonly [string, string])[] = [
    ["Status", statusText(order) + cancelled],
    ["Instrument", `${order.symbol} ${order.name} (${order.market})`],
    ["Side", `${order.order_side}, ${typeText(order.order_type)}, ${order.time_in_force}`],
    [
      "Price",
      order.price === "0"
        ? "any"
        : `${priceText(order.symbol, order.price)} ${order.base_currency}`,
    ],
    ["Quantity", grouped(order.qty)],
    ["Filled", grouped(order.execute_qty)],
    ["Working", grouped(order.outstand_qty)],
    ["Filled for", `${grouped(order.execute_amount)} ${order.base_currency}`],
    ["Charges", `${grouped(order.charge)} ${order.charge_base_currency}`],
    ["Your reference", order.reference_id || "none"],
    ["Portfolio", order.portfolio_id || "none"],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface Entry {
  readonly key: string;
  readonly at: number;
  readonly title: string;
  readonly more: string;
  readonly tone: "plain" | "good" | "bad";
}

/**
 * What the stream told, and the fills of before that were asked for. A fill that both know is told
 * once. What happened to an order before the page knew it is not made up.
 */
function entriesOf(story: readonly StoryEvent[], fills: readonly Execution[]): readonly Entry[] {
  const told = new Set(story.map(({ order }) => order.exec_id).filter(Boolean));
  const before = fills.filter(({ exec_id }) => !told.has(exec_id)).map(fillEntry);
  const [first] = story;
  const placed: Entry[] =
    first === undefined || first.order.version === 1
      ? []
      : [{ key: "placed", at: first.order.create_time, title: "Placed", more: "", tone: "plain" }];
  return [...placed, ...[...before].reverse(), ...story.map(eventEntry)];
}

function fillEntry({ exec_id, symbol, last_qty, last_price, trade_time }: Execution): Entry {
  const more = `${grouped(last_qty)} at ${priceText(symbol, last_price)}`;
  return { key: exec_id, at: trade_time, title: "Traded", more, tone: "good" };
}

function eventEntry({ seq, order }: StoryEvent, index: number): Entry {
  const where = seq === 0 ? "as found" : `#${grouped(String(seq))}`;
  const base = { key: `${index}-${seq}`, at: order.update_time };
  if (order.exec_id !== undefined) {
    const fill = `${grouped(order.last_qty ?? "")} at ${priceText(order.symbol, order.last_price ?? "0")}`;
    return { ...base, title: "Traded", more: `${fill} ${where}`, tone: "good" };
  }
  const isBad = order.order_status === "rej";
  const reason = order.reject_reason || wordText(order.cancel_reason);
  const title = order.version === 1 ? "Accepted" : capital(statusText(order));
  return { ...base, title, more: `${reason} ${where}`.trim(), tone: isBad ? "bad" : "plain" };
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
