export * from "./session-driver.ts";
export * from "./session-event.ts";
export * from "./session-state.ts";
