export * from "./control-event.ts";
export * from "./control-scope.ts";
export * from "./control-state.ts";
