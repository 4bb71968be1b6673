import type { MarketSymbol } from "@countermand/client";
import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import * as desk from "../desk.ts";
import { typeText } from "../orders/order-words.ts";
import { after } from "../system.ts";
import {
  amountText,
  isFaultless,
  stepped,
  type TicketDraft,
  type TicketFaults,
  takesPostOnly,
  takesPrice,
  takesTrigger,
  ticketFaults,
} from "../ticket/ticket-checks.ts";
import { focusOn } from "./focus.ts";
import { grouped } from "./format.ts";

const TYPES = [
  "limit_order",
  "enhanced_limit_order",
  "market_order",
  "stop_limit_order",
  "stop_market_order",
  "at_auction_order",
  "at_auction_limit_order",
] as const;

const ESTIMATE_AFTER_MS = 300;

const side = signal<"buy" | "sell">("buy");

export function focusTicket(next: "buy" | "sell"): void {
  side.value = next;
  focusOn("qty");
}

type Text = Omit<TicketDraft, "symbol" | "side">;
const EMPTY: Text = {
  orderType: "limit_order",
  qty: "",
  price: "",
  triggerPrice: "",
  referenceId: "",
  isPostOnly: false,
};

export function Ticket() {
  const instrument = desk.instrumentOf(desk.symbol.value);
  return (
    <section class="panel ticket" aria-label="Ticket">
      <h2>
        Order {desk.symbol.value} <span class="dim">{instrument?.name}</span>
      </h2>
      {instrument !== undefined && <Form key={instrument.symbol} instrument={instrument} />}
    </section>
  );
}

function Form({ instrument }: { readonly instrument: MarketSymbol }) {
  const text = useSignal<Text>(EMPTY);
  const isTouched = useSignal(false);
  const isSending = useSignal(false);
  const draft: TicketDraft = { ...text.value, symbol: instrument.symbol, side: side.value };
  const faults = ticketFaults(draft, instrument);
  const market = instrument.markets[0] ?? "";
  const set = (change: Partial<Text>): void => {
    text.value = { ...text.value, ...change };
  };
  useEffect(() => {
    if (desk.pickedPrice.value === "") return;
    set({ price: desk.pickedPrice.value });
    desk.pickedPrice.value = "";
  }, [desk.pickedPrice.value]);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    isTouched.value = true;
    if (!isFaultless(faults) || isSending.value) return;
    isSending.value = true;
    const isPlaced = await desk.place(draft, market).finally(() => {
      isSending.value = false;
    });
    if (!isPlaced) return;
    set({ referenceId: "" });
    isTouched.value = false;
  };
  return (
    <form
      onSubmit={(event) => void submit(event)}
      onKeyDown={once((event) => event.key === "Enter" && event.repeat)}
      noValidate
      autocomplete="off"
    >
      <Sides />
      <Fields {...{ draft, faults, instrument, set }} isTouched={isTouched.value} />
      <Estimate draft={draft} market={market} currency={instrument.base_currency} />
      <Previewed
        key={JSON.stringify(draft)}
        isReady={isFaultless(faults)}
        ask={() => desk.preview(draft, market)}
      />
      <button
        type="submit"
        class={`send ${draft.side}`}
        disabled={isSending.value}
        onClick={once((event) => event.detail > 1)}
      >
        {sendText(draft)}
      </button>
    </form>
  );
}

/** A key that is held, and the second click of a double one, are no second order. */
function once<E extends Event>(isAgain: (event: E) => boolean): (event: E) => void {
  return (event) => {
    if (isAgain(event)) event.preventDefault();
  };
}

interface FieldsProps {
  readonly draft: TicketDraft;
  readonly faults: TicketFaults;
  readonly instrument: MarketSymbol;
  /** Somebody has tried to send it. */
  readonly isTouched: boolean;
  readonly set: (change: Partial<Text>) => void;
}

function Fields({ draft, faults, instrument, isTouched, set }: FieldsProps) {
  /** An empty field is no mistake until somebody wants to send it. */
  const shown = (fault: string) => (fault === "needed" && !isTouched ? "" : fault);
  const { price_tick, lot_qty, base_currency } = instrument;
  const { orderType, qty, price, triggerPrice, referenceId, isPostOnly } = draft;
  return (
    <>
      <TypeField orderType={orderType} onType={(next) => set({ orderType: next })} />
      <Field
        id="qty"
        label="Quantity"
        hint={`lot ${grouped(lot_qty)}`}
        value={qty}
        fault={shown(faults.qty)}
        step={lot_qty}
        onValue={(next) => set({ qty: next })}
      />
      {takesTrigger(orderType) && (
        <Field
          id="trigger"
          label="Trigger"
          hint={`tick ${price_tick}`}
          value={triggerPrice}
          fault={shown(faults.triggerPrice)}
          step={price_tick}
          onValue={(next) => set({ triggerPrice: next })}
        />
      )}
      {takesPrice(orderType) && (
        <Field
          id="price"
          label="Price"
          hint={`tick ${price_tick} ${base_currency}`}
          value={price}
          fault={shown(faults.price)}
          step={price_tick}
          onValue={(next) => set({ price: next })}
        />
      )}
      <Field
        id="reference"
        label="Reference"
        hint="your own, optional"
        value={referenceId}
        fault={faults.referenceId}
        onValue={(next) => set({ referenceId: next })}
      />
      {takesPostOnly(orderType) && (
        <label class="check">
          <input
            id="post-only"
            type="checkbox"
            checked={isPostOnly}
            onChange={({ currentTarget }) => set({ isPostOnly: currentTarget.checked })}
          />
          post-only: refuse it if it would trade at once
        </label>
      )}
    </>
  );
}

interface TypeFieldProps {
  readonly orderType: string;
  readonly onType: (orderType: string) => void;
}

function TypeField({ orderType, onType }: TypeFieldProps) {
  return (
    <label class="field">
      <span>Type</span>
      <select value={orderType} onChange={({ currentTarget }) => onType(currentTarget.value)}>
        {TYPES.map((each) => (
          <option key={each} value={each}>
            {typeText(each)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Sides() {
  return (
    <div class="segments sides" role="radiogroup" aria-label="Side">
      {(["buy", "sell"] as const).map((each) => (
        <button
          key={each}
          type="button"
          role="radio"
          class={each}
          aria-checked={side.value === each}
          onClick={() => {
            side.value = each;
          }}
        >
          {each === "buy" ? "Buy" : "Sell"}
        </button>
      ))}
    </div>
  );
}

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly fault: string;
  /** Arrow keys go by it. */
  readonly step?: string;
  readonly onValue: (value: string) => void;
}

function Field({ id, label, hint, value, fault, step, onValue }: FieldProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    if (step === undefined || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    onValue(stepped(value, step, event.key === "ArrowUp" ? 1 : -1));
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        inputMode={step === undefined ? "text" : "decimal"}
        spellcheck={false}
        aria-invalid={fault !== ""}
        aria-describedby={`${id}-note`}
        onInput={({ currentTarget: { value: typed } }) => {
          // In a text a blank may be followed by another word.
          onValue(step === undefined ? typed : typed.trim());
        }}
        onKeyDown={onKeyDown}
      />
      <small id={`${id}-note`} class={fault === "" ? "dim" : "fault"}>
        {fault === "" ? hint : fault}
      </small>
    </div>
  );
}

interface EstimateProps {
  readonly draft: TicketDraft;
  readonly market: string;
  readonly currency: string;
}

function Estimate({ draft, market, currency }: EstimateProps) {
  const qty = useSignal<string | null>(null);
  useEffect(() => {
    qty.value = null;
    if (draft.side === "buy" && draft.price === "") return;
    let isCurrent = true;
    const timer = after(ESTIMATE_AFTER_MS, () => {
      void desk.tradableQty(market, draft).then((given) => {
        if (isCurrent) qty.value = given;
      });
    });
    return () => {
      isCurrent = false;
      timer.cancel();
    };
  }, [draft.side, draft.price, draft.symbol, desk.balances.value]);
  const amount = takesPrice(draft.orderType) ? amountText(draft.price, draft.qty) : null;
  return (
    <p class="estimate" aria-live="off">
      <span>{amount === null ? "" : `${grouped(amount)} ${currency} before charges`}</span>
      <span>{qty.value === null ? "" : `you can ${draft.side} ${grouped(qty.value)}`}</span>
    </p>
  );
}

interface PreviewedProps {
  readonly isReady: boolean;
  readonly ask: () => Promise<desk.Preview>;
}

/** Asked for only by hand: each preview costs the key what an order costs. */
function Previewed({ isReady, ask }: PreviewedProps) {
  const shown = useSignal<desk.Preview | null>(null);
  const isAsking = useSignal(false);
  const onClick = async (): Promise<void> => {
    isAsking.value = true;
    shown.value = await ask();
    isAsking.value = false;
  };
  return (
    <div class="preview">
      <button type="button" disabled={!isReady || isAsking.value} onClick={() => void onClick()}>
        Preview
      </button>
      <p role="status" class={shown.value?.isGood === false ? "fault" : "dim"}>
        {shown.value?.text}
      </p>
    </div>
  );
}

function sendText({ side: way, qty, price, symbol, orderType }: TicketDraft): string {
  const verb = way === "buy" ? "Buy" : "Sell";
  const at = takesPrice(orderType) && price !== "" ? ` @ ${grouped(price)}` : "";
  return `${verb} ${qty === "" ? "" : `${grouped(qty)} `}${symbol}${at}`;
}
