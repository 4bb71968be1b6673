import type { Execution, Transaction } from "@countermand/client";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as desk from "../desk.ts";
import { wordText } from "../orders/order-words.ts";
import { timeText } from "../system.ts";
import { grouped } from "./format.ts";
import { Modal } from "./modal.tsx";
import { Head, Pager } from "./pages.tsx";
import { priceText } from "./price-text.ts";
import { Segments } from "./segments.tsx";

const PAGE_SIZE = 50;
const KINDS = ["executions", "transactions"] as const;
type Kind = (typeof KINDS)[number];

interface Page {
  readonly kind: Kind;
  readonly total: number;
  readonly executions: readonly Execution[];
  readonly transactions: readonly Transaction[];
}

/** Single fills, and what moved cash and holdings: page by page, newest first. */
export function Statement(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal {...props} title="Executions and transactions" class="wide">
      <Pages onShowOrder={props.onClose} />
    </Modal>
  );
}

function Pages({ onShowOrder }: { readonly onShowOrder: () => void }) {
  const kind = useSignal<Kind>("executions");
  const number = useSignal(1);
  const page = useSignal<Page | null>(null);
  const problem = useSignal("");
  const [wanted, at] = [kind.value, number.value];
  useEffect(() => {
    let isCurrent = true;
    readPage(wanted, at).then(
      (found) => {
        if (!isCurrent) return;
        page.value = found;
        problem.value = "";
      },
      (error: unknown) => {
        if (isCurrent) problem.value = `It could not be read: ${(error as Error).message}`;
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [wanted, at]);
  const shown = page.value?.kind === wanted ? page.value : null;
  const turn = (to: number) => {
    number.value = to;
  };
  const pageCount = Math.max(1, Math.ceil((shown?.total ?? 0) / PAGE_SIZE));
  return (
    <>
      <div class="tools">
        <Segments
          label="What"
          choices={KINDS}
          chosen={wanted}
          onChoose={(next) => {
            kind.value = next;
            number.value = 1;
          }}
        />
        <span class="grow" />
        <Pager at={at} pageCount={pageCount} turn={turn} />
      </div>
      {problem.value !== "" && <p role="alert">{problem.value}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="scroll" tabIndex={0} aria-label={wanted}>
        {shown?.kind === "executions" && (
          <Executions rows={shown.executions} onShowOrder={onShowOrder} />
        )}
        {shown?.kind === "transactions" && <Transactions rows={shown.transactions} />}
        {shown?.total === 0 && <p class="dim">There are none yet.</p>}
      </section>
    </>
  );
}

async function readPage(kind: Kind, number: number): Promise<Page> {
  const nothing = { kind, executions: [], transactions: [] };
  if (kind === "executions") {
    const { executions, total_records } = await desk.executionsPage(number, PAGE_SIZE);
    return { ...nothing, total: total_records, executions };
  }
  const { total_records, transactions } = await desk.transactionsPage(number, PAGE_SIZE);
  return { ...nothing, total: total_records, transactions };
}

interface ExecutionsProps {
  readonly rows: readonly Execution[];
  readonly onShowOrder: () => void;
}

function Executions({ rows, onShowOrder }: ExecutionsProps) {
  return (
    <table class="statement">
      <Head
        titles={["Time", "Order", "Side", "Symbol", "Quantity", "Price", "Amount", "Charges"]}
        figures={["Quantity", "Price", "Amount", "Charges"]}
      />
      <tbody>
        {rows.map((row) => (
          <tr key={row.exec_id}>
            <th data-title="Time" scope="row">
              {timeText(row.trade_time)}
            </th>
            <td data-title="Order">
              <button
                type="button"
                class="text"
                onClick={() => {
                  onShowOrder();
                  desk.showOrder(row.order_no);
                }}
              >
                {row.order_no}
              </button>
            </td>
            <td data-title="Side" class={`order_side ${row.order_side}`}>
              {row.order_side}
            </td>
            <td data-title="Symbol">{row.symbol}</td>
            <td data-title="Quantity" class="num">
              {grouped(row.last_qty)}
            </td>
            <td data-title="Price" class="num">
              {priceText(row.symbol, row.last_price)}
            </td>
            <td
              data-title="Amount"
              class="num"
            >{`${grouped(row.last_amount)} ${row.base_currency}`}</td>
            <td data-title="Charges" class="num">
              {grouped(row.charge)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Transactions({ rows }: { readonly rows: readonly Transaction[] }) {
  return (
    <table class="statement">
      <Head
        titles={["Date", "Settles", "What", "Of", "In or out", "Moved", "Balance", "Remarks"]}
        figures={["Moved", "Balance"]}
      />
      <tbody>
        {rows.map((row) => {
          const isCash = row.tran_type === "cash";
          const what = row.business_sub_type || row.business_type;
          return (
            <tr key={row.id}>
              <th data-title="Date" scope="row">
                {row.date}
              </th>
              <td data-title="Settles">{row.sett_date}</td>
              <td data-title="What">{wordText(what)}</td>
              <td data-title="Of">{isCash ? row.base_currency : row.product_code}</td>
              <td data-title="In or out">{row.io_type}</td>
              <td data-title="Moved" class="num">
                {grouped(isCash ? row.amt : row.qty)}
              </td>
              <td data-title="Balance" class="num">
                {grouped(row.balance)}
              </td>
              <td data-title="Remarks">{row.remarks || row.order_no}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
