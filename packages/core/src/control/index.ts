export * from "./api-keys.ts";
export * from "./control-event.ts";
export * from "./control-scope.ts";
export * from "./control-state.ts";
export * from "./instrument-events.ts";
export * from "./key-event.ts";
export * from "./limit-overrides.ts";
export * from "./operator-answers.ts";
