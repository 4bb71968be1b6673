export * from "./exposure.ts";
export * from "./limit-refusal.ts";
export * from "./limit-set.ts";
