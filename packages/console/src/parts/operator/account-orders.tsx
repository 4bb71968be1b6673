import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as operator from "../../operator/operator-desk.ts";
import type { OperatorOrder, OrdersPage } from "../../operator/operator-wire.ts";
import { statusText } from "../../orders/order-words.ts";
import { timeText, wallMs } from "../../system.ts";
import { grouped } from "../format.ts";
import { Modal } from "../modal.tsx";
import { Head, Pager } from "../pages.tsx";
import { Segments } from "../segments.tsx";
import { OrderStory } from "./order-story.tsx";

const PAGE_SIZE = 20;
const STATES = ["open", "closed", "all"] as const;

/** What is asked for. */
interface Asked {
  /** "" before an account is named. */
  readonly account: string;
  readonly state: (typeof STATES)[number];
  /** From 1. */
  readonly at: number;
}

interface Found extends OrdersPage {
  readonly asked: Asked;
  /** Unix seconds of this machine. */
  readonly foundAt: number;
}

/** The orders of one account, for whoever has its owner on the phone; and the story of each. */
export function AccountOrders(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal {...props} title="Orders of an account" class="wide">
      <Content />
    </Modal>
  );
}

function Content() {
  const asked = useSignal<Asked>({ account: "", state: "open", at: 1 });
  const story = useSignal("");
  if (story.value !== "") {
    return (
      <OrderStory
        orderNo={story.value}
        onBack={() => {
          story.value = "";
        }}
      />
    );
  }
  return (
    <Orders
      asked={asked.value}
      ask={(next) => {
        // Another object each time: asking for the same again asks again.
        asked.value = { ...asked.value, at: 1, ...next };
      }}
      onStory={(orderNo) => {
        story.value = orderNo;
      }}
    />
  );
}

interface OrdersProps {
  readonly asked: Asked;
  readonly ask: (next: Partial<Asked>) => void;
  readonly onStory: (orderNo: string) => void;
}

function Orders({ asked, ask, onStory }: OrdersProps) {
  const typed = useSignal(asked.account);
  const { found, problem } = useFound(asked);
  return (
    <>
      <form
        class="tools"
        onSubmit={(event) => {
          event.preventDefault();
          ask({ account: typed.value.trim() });
        }}
      >
        <label>
          Account{" "}
          <input
            id="orders-account"
            autofocus
            list="orders-accounts"
            autoComplete="off"
            autoCapitalize="off"
            spellcheck={false}
            value={typed.value}
            onInput={({ currentTarget }) => {
              typed.value = currentTarget.value;
            }}
          />
        </label>
        <datalist id="orders-accounts">
          {operator.accountNames.value.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <button type="submit">Show</button>
        <Segments
          label="Which orders"
          choices={STATES}
          chosen={asked.state}
          onChoose={(state) => ask({ state })}
        />
        <span class="grow" />
        {found !== null && (
          <Pager
            at={found.asked.at}
            pageCount={Math.max(1, Math.ceil(found.total_records / PAGE_SIZE))}
            turn={(at) => ask({ at })}
          />
        )}
      </form>
      {problem !== "" && <p role="alert">{problem}</p>}
      {found !== null && <Table found={found} onStory={onStory} />}
    </>
  );
}

/** The page that was asked for last, while it is the one that is asked for. */
function useFound(asked: Asked): { readonly found: Found | null; readonly problem: string } {
  const found = useSignal<Found | null>(null);
  const problem = useSignal("");
  useEffect(() => {
    problem.value = "";
    if (asked.account === "") return;
    let isCurrent = true;
    operator.ordersPage(asked.account, asked.state, asked.at, PAGE_SIZE).then(
      (page) => {
        if (isCurrent) found.value = { ...page, asked, foundAt: Math.floor(wallMs() / 1000) };
      },
      (error: unknown) => {
        if (!isCurrent) return;
        found.value = null;
        problem.value = `It could not be read: ${(error as Error).message}`;
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [asked]);
  const isOfAsked = found.value?.asked.account === asked.account;
  return { found: isOfAsked ? found.value : null, problem: problem.value };
}

function Table({ found, onStory }: Pick<OrdersProps, "onStory"> & { readonly found: Found }) {
  const { asked, foundAt, orders, total_records } = found;
  const which = asked.state === "all" ? "" : ` ${asked.state}`;
  const what = `${grouped(String(total_records))}${which} order${total_records === 1 ? "" : "s"}`;
  return (
    <>
      <p class="dim" role="status">
        {what} of {asked.account}, as of {timeText(foundAt)}
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="scroll" tabIndex={0} aria-label="Orders">
        {orders.length > 0 && (
          <table class="statement">
            <Head
              titles={[
                ...["Order", "Placed", "Status", "Side", "Symbol", "Price", "Quantity", "Filled"],
                ...["Reference", "Key"],
              ]}
              figures={["Price", "Quantity", "Filled"]}
            />
            <tbody>
              {orders.map((order) => (
                <OrderLine key={order.order_no} order={order} onStory={onStory} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}

function OrderLine({
  order,
  onStory,
}: Pick<OrdersProps, "onStory"> & { readonly order: OperatorOrder }) {
  const { api_key, create_time, execute_qty, order_no, order_side, order_status } = order;
  const { price, qty, reference_id, symbol } = order;
  return (
    <tr data-order={order_no}>
      <th data-title="Order" scope="row">
        <button type="button" class="text" onClick={() => onStory(order_no)}>
          {order_no}
        </button>
      </th>
      <td data-title="Placed">{timeText(create_time)}</td>
      <td data-title="Status">
        <span class={`tag ${order_status}`}>{statusText(order)}</span>
      </td>
      <td data-title="Side" class={`order_side ${order_side}`}>
        {order_side}
      </td>
      <td data-title="Symbol">{symbol}</td>
      <td data-title="Price" class="num">
        {price === "0" ? "market" : grouped(price)}
      </td>
      <td data-title="Quantity" class="num">
        {grouped(qty)}
      </td>
      <td data-title="Filled" class="num">
        {grouped(execute_qty)}
      </td>
      <td data-title="Reference">{reference_id}</td>
      <td data-title="Key">{api_key}</td>
    </tr>
  );
}
