/** What an account is told of its money. */
import { BUSINESS_TYPE_WORDS, IO_TYPE_WORDS, MARKET_WORDS } from "../names.ts";
import { answer, decimal, type ObjectSchema, text, words } from "./json-schema.ts";

export const BALANCE: ObjectSchema = answer("Cash of one currency.", {
  base_currency: text("The currency."),
  market_value: decimal("Holdings priced in this currency, at the last trades."),
  cash: decimal("Settled cash: what is in the account today."),
  cash_on_hold: decimal("Held back for open buy orders."),
  cash_withdraw: decimal("Settled and free."),
  unsett_net_amt: decimal("Sales less purchases that are not settled yet."),
  unsett_buy_amt: decimal("To be paid for purchases, charges included."),
  unsett_sell_amt: decimal("To be received for sales, less charges."),
  interest_net: decimal("0: no interest is paid or charged."),
  interest_debit: decimal("0: no interest is paid or charged."),
  interest_credit: decimal("0: no interest is paid or charged."),
});

export const POSITION: ObjectSchema = answer("A holding of one product.", {
  market: words("Market that trades it.", MARKET_WORDS),
  product_code: text("The product: a share's symbol, a coin's name."),
  product_name: text("For display."),
  qty: decimal("All that is held, what is not settled yet included."),
  os_sell_qty: decimal("Held back for open sell orders."),
  avail_qty: decimal("Settled and free."),
  avail_sell_qty: decimal("What can be sold now; purchases that are not settled yet count."),
  uncleared_qty: decimal("Bought and not settled yet."),
  base_currency: text("Currency of the prices."),
  avg_cost: decimal("Average cost with charges, currency per unit."),
  avg_price: decimal("Average price without charges, currency per unit."),
  prev_price: decimal("Price at the last close, else 0."),
  prev_market_value: decimal("Value of the holding at that price."),
  pending_deposit_qty: decimal("0: deposits are booked at once."),
  pending_withdrawal_qty: decimal("0: withdrawals are booked at once."),
  approved_deposit_qty: decimal("0: deposits are booked at once."),
});

export const TRANSACTION: ObjectSchema = answer(
  "A line of an account's statement. Amounts and quantities are signed: above zero it got them.",
  {
    id: text("Unique within the account."),
    account_id: text("The account."),
    tran_type: text("What the balance is of.", { enum: ["cash", "holding"] }),
    date: text("Date of the transaction, YYYY-MM-DD."),
    sett_date: text("Date on which it settles, YYYY-MM-DD."),
    base_currency: text("Its currency; empty for a holding that nothing trades any more."),
    market: text("Its market; empty where none is concerned."),
    product_code: text("The product; empty for cash that no trade moved."),
    product_name: text("For display."),
    price: decimal("Price of a trade, else 0."),
    qty: decimal("Quantity that moved."),
    amt: decimal("Amount that moved."),
    balance: decimal("After this line, what is not settled yet included."),
    io_type: words("In or out.", IO_TYPE_WORDS),
    fx_currency: text("Empty: no line is in two currencies."),
    fx_amt: decimal("0: no line is in two currencies."),
    fx_rate: decimal("0: no line is in two currencies."),
    remarks: text("Why an operator booked it, else empty."),
    business_type: words("Why the line is there.", BUSINESS_TYPE_WORDS),
    business_sub_type: text("buy, sell or charge for a trade, else empty.", {
      enum: ["", "buy", "sell", "charge"],
    }),
    order_no: text("The order of a trade or a charge, else empty."),
  },
);

export const QUANTITY: ObjectSchema = answer("How much could be traded.", {
  qty: decimal("In whole lots."),
});
