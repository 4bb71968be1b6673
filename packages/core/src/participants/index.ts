export * from "./participant.ts";
export { runSeed } from "./random.ts";
export * from "./roster.ts";
export * from "./simulated-market.ts";
export { SIMULATED_SYMBOLS, type SymbolSpec } from "./simulated-symbols.ts";
