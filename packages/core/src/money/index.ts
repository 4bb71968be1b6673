export * from "./account-views.ts";
export * from "./asset-balance.ts";
export * from "./bookings.ts";
export * from "./fee-table.ts";
export * from "./ledger.ts";
export * from "./order-money.ts";
export * from "./settlement.ts";
export * from "./transactions.ts";
