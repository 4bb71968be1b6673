import type { OrderUpdate } from "@countermand/client";
import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import * as desk from "../desk.ts";
import type { OrderRow, SortColumn } from "../orders/order-table.ts";
import { isOpen, statusText, typeText } from "../orders/order-words.ts";
import { timeText } from "../system.ts";
import { grouped } from "./format.ts";
import { isForBrowser } from "./keys.ts";
import { priceText } from "./price-text.ts";
import { Segments } from "./segments.tsx";

interface Column {
  readonly sort: SortColumn;
  readonly title: string;
  readonly isNumber?: boolean;
}

const COLUMNS: readonly Column[] = [
  { sort: "order_no", title: "Order" },
  { sort: "update_time", title: "Changed" },
  { sort: "symbol", title: "Symbol" },
  { sort: "order_side", title: "Side" },
  { sort: "price", title: "Price", isNumber: true },
  { sort: "qty", title: "Quantity", isNumber: true },
  { sort: "execute_qty", title: "Filled", isNumber: true },
  { sort: "outstand_qty", title: "Working", isNumber: true },
  { sort: "order_status", title: "Status" },
];

const SCOPES = ["open", "closed", "all"] as const;
/** Rows drawn above and below what is seen. */
const SPARE_ROWS = 6;
const ROW_PX = 30;
const ROW_PX_NARROW = 58;
const HEAD_PX = 26;
/** As narrow as this the style sheet draws an order on two lines. */
const narrow = matchMedia("(max-width: 919px)");

export interface BlotterProps {
  readonly onCancelAll: () => void;
  readonly onCancelSelected: () => void;
}

export function Blotter(props: BlotterProps) {
  return (
    <section class="panel blotter" aria-label="Orders">
      <Tools />
      <Actions {...props} />
      <Grid />
    </section>
  );
}

function Actions({ onCancelAll, onCancelSelected }: BlotterProps) {
  void desk.tableTick.value;
  const selectedCount = desk.selection.value.size;
  const isNoneOpen = desk.table.openCount === 0 || desk.query.value.scope === "closed";
  return (
    <div class="actions">
      <button type="button" disabled={selectedCount === 0} onClick={onCancelSelected}>
        Cancel {selectedCount === 0 ? "selected" : `${selectedCount} selected`}
      </button>
      <button type="button" class="danger" disabled={isNoneOpen} onClick={onCancelAll}>
        Cancel all shown…
      </button>
    </div>
  );
}

function Tools() {
  void desk.tableTick.value;
  const { scope, filter } = desk.query.value;
  return (
    <div class="tools">
      <h2>Orders</h2>
      <Segments
        label="Which orders"
        choices={SCOPES}
        chosen={scope}
        onChoose={(next) => desk.askTable({ scope: next })}
      />
      <input
        id="filter"
        type="search"
        value={filter}
        placeholder="Filter  /"
        aria-label="Filter the orders"
        spellcheck={false}
        onInput={({ currentTarget }) => desk.askTable({ filter: currentTarget.value })}
      />
      <span class="dim count">
        {grouped(String(desk.table.shown.length))} shown, {grouped(String(desk.table.openCount))}{" "}
        open
      </span>
    </div>
  );
}

function Grid() {
  void desk.tableTick.value;
  const ref = useRef<HTMLDivElement>(null);
  const scrollTop = useSignal(0);
  const height = useSignal(400);
  const rowPx = useSignal(narrow.matches ? ROW_PX_NARROW : ROW_PX);
  const active = useSignal("");
  /** Where the active row was last: from there the arrows go on when it has left the list. */
  const activeAt = useRef(0);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      height.value = element.clientHeight;
      rowPx.value = narrow.matches ? ROW_PX_NARROW : ROW_PX;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  const { shown } = desk.table;
  const first = Math.max(0, Math.floor(scrollTop.value / rowPx.value) - SPARE_ROWS);
  const last = Math.ceil((scrollTop.value + height.value) / rowPx.value) + SPARE_ROWS;
  const move = (to: number): void => {
    const at = Math.max(0, Math.min(shown.length - 1, to));
    active.value = shown[at]?.order.order_no ?? "";
    activeAt.current = at;
    const element = ref.current;
    if (element === null) return;
    const top = at * rowPx.value;
    const room = element.clientHeight - rowPx.value - (narrow.matches ? 0 : HEAD_PX);
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top > element.scrollTop + room) element.scrollTop = top - room;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (isForBrowser(event) || isInHead(event.target)) return;
    const at = shown.findIndex(({ order }) => order.order_no === active.value);
    const page = Math.max(1, Math.floor(height.value / rowPx.value) - 1);
    // An order that the list does not show any more is none that a key can mean.
    const isGone = at === -1;
    const orderNo = isGone ? "" : active.value;
    const place = isGone ? activeAt.current : at;
    const below = isGone ? place : place + 1;
    if (rowKey(event.key, orderNo, { above: place - 1, below, page, count: shown.length, move })) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <div class="grid">
      <div
        id="blotter"
        ref={ref}
        class="rows"
        role="grid"
        aria-rowcount={shown.length + 1}
        aria-multiselectable={true}
        tabIndex={0}
        aria-label="Orders, move with the arrow keys"
        aria-activedescendant={active.value === "" ? undefined : `row-${active.value}`}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget }) => {
          scrollTop.value = currentTarget.scrollTop;
        }}
      >
        <Head />
        <div class="extent" style={{ height: `${shown.length * rowPx.value}px` }}>
          {shown.slice(first, last).map((row, index) => (
            <Row
              key={row.order.order_no}
              row={row}
              index={first + index}
              top={(first + index) * rowPx.value}
              isActive={row.order.order_no === active.value}
              onActive={() => {
                active.value = row.order.order_no;
                activeAt.current = first + index;
              }}
            />
          ))}
        </div>
        {shown.length === 0 && <p class="empty dim">No orders. Press b to buy, s to sell.</p>}
      </div>
    </div>
  );
}

/** There Enter and Space press the buttons that sort. */
function isInHead(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".head") !== null;
}

interface Movement {
  /** Places of the rows before and after the active one. */
  readonly above: number;
  readonly below: number;
  readonly page: number;
  readonly count: number;
  readonly move: (to: number) => void;
}

/** Whether the key was one of the grid's. */
function rowKey(key: string, orderNo: string, movement: Movement): boolean {
  const { above, below, page, count, move } = movement;
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: below,
    ArrowUp: above,
    PageDown: below + page - 1,
    PageUp: above - page + 1,
    Home: 0,
    End: count - 1,
  };
  const to = moves[key];
  if (to !== undefined) {
    move(to);
    return true;
  }
  if (key === "a") {
    const all = desk.table.shown.map(({ order }) => order.order_no);
    desk.select(desk.selection.value.size === 0 ? all : []);
    return true;
  }
  if (orderNo === "") return false;
  if (key === " ") desk.toggleSelected(orderNo);
  else if (key === "Enter") desk.showOrder(orderNo);
  else if (key === "c") void desk.cancelOne(orderNo);
  else return false;
  return true;
}

function Head() {
  const { sort, isDescending } = desk.query.value;
  return (
    <div class="row head" role="row">
      <span role="columnheader" class="pick">
        <span class="unseen">Selected</span>
      </span>
      {COLUMNS.map(({ sort: column, title, isNumber }) => (
        <span
          key={column}
          role="columnheader"
          class={`${column} ${isNumber === true ? "num" : ""}`}
          aria-sort={sort === column ? (isDescending ? "descending" : "ascending") : "none"}
        >
          <button
            type="button"
            class="text"
            onClick={() => {
              desk.askTable({ sort: column, isDescending: sort === column && !isDescending });
            }}
          >
            {title}
            {sort === column && <span aria-hidden="true">{isDescending ? " ↓" : " ↑"}</span>}
          </button>
        </span>
      ))}
      <span role="columnheader" class="do">
        <span class="unseen">Action</span>
      </span>
    </div>
  );
}

interface RowProps {
  readonly row: OrderRow;
  readonly index: number;
  readonly top: number;
  readonly isActive: boolean;
  readonly onActive: () => void;
}

function Row({ row, index, top, isActive, onActive }: RowProps) {
  const { order_no, order_status } = row.order;
  const isSelected = desk.selection.value.has(order_no);
  return (
    <div
      id={`row-${order_no}`}
      class="row"
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      data-active={isActive}
      data-status={order_status}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onActive}
      onDblClick={() => desk.showOrder(order_no)}
      onKeyDown={undefined}
    >
      {cellsOf(row, isSelected)}
    </div>
  );
}

interface DrawnCells {
  readonly order: OrderUpdate;
  readonly isSelected: boolean;
  readonly cells: VNode;
}

/** What is the same as before is not compared again: most rows are, most of the time. */
const drawn = new WeakMap<OrderRow, DrawnCells>();

function cellsOf(row: OrderRow, isSelected: boolean): VNode {
  const { order } = row;
  const known = drawn.get(row);
  if (known?.order === order && known.isSelected === isSelected) return known.cells;
  const cells = <Cells order={order} isSelected={isSelected} />;
  drawn.set(row, { order, isSelected, cells });
  return cells;
}

interface CellsProps {
  readonly order: OrderUpdate;
  readonly isSelected: boolean;
}

/** A number that is a button says what it opens, and the order's own name. */
function storyTitle({ reference_id }: OrderUpdate): string {
  return reference_id === "" ? "The order's story" : `The order's story. Reference ${reference_id}`;
}

function Cells({ order, isSelected }: CellsProps) {
  const { order_no, order_side, order_status } = order;
  return (
    <>
      <span role="gridcell" class="pick">
        <input
          type="checkbox"
          tabIndex={-1}
          checked={isSelected}
          aria-label={`Select ${order_no}`}
          onChange={() => desk.toggleSelected(order_no)}
        />
      </span>
      <span role="gridcell" class="order_no">
        <button
          type="button"
          class="text"
          tabIndex={-1}
          title={storyTitle(order)}
          onClick={() => desk.showOrder(order_no)}
        >
          {order_no}
        </button>
      </span>
      <span role="gridcell" class="update_time">
        {timeText(order.update_time)}
      </span>
      <span role="gridcell" class="symbol" title={order.name}>
        {order.symbol}
      </span>
      <span role="gridcell" class={`order_side ${order_side}`}>
        {order_side}
      </span>
      <span role="gridcell" class="price num" title={typeText(order.order_type)}>
        {order.price === "0" ? "market" : priceText(order.symbol, order.price)}
      </span>
      <span role="gridcell" class="qty num">
        {grouped(order.qty)}
      </span>
      <span role="gridcell" class="execute_qty num">
        {grouped(order.execute_qty)}
      </span>
      <span role="gridcell" class="outstand_qty num">
        {grouped(order.outstand_qty)}
      </span>
      <span role="gridcell" class="order_status">
        <span class={`tag ${order_status}`}>{statusText(order)}</span>
      </span>
      <span role="gridcell" class="do">
        {isOpen(order) && (
          <button
            type="button"
            tabIndex={-1}
            aria-label={`Cancel ${order_no}`}
            onClick={() => void desk.cancelOne(order_no)}
          >
            Cancel
          </button>
        )}
      </span>
    </>
  );
}
