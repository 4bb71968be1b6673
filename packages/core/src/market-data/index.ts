export * from "./candles.ts";
export * from "./depth-side.ts";
export * from "./depth-view.ts";
export * from "./market-batch.ts";
export * from "./market-data.ts";
export * from "./trade-tape.ts";
