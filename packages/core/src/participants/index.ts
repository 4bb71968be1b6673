export * from "./participant.ts";
export { Random, runSeed } from "./random.ts";
export * from "./roster.ts";
export * from "./simulated-market.ts";
export { SIMULATED_SYMBOLS, type SymbolSpec } from "./simulated-symbols.ts";
