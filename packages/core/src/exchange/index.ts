export * from "./exchange.ts";
export * from "./exchange-codec.ts";
export * from "./exchange-event.ts";
