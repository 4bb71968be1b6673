export * from "./depth-change.ts";
export * from "./exchange.ts";
export * from "./exchange-codec.ts";
export * from "./exchange-command.ts";
export * from "./exchange-event.ts";
export { EXEC_ID_BASE } from "./reports.ts";
export * from "./sandbox-commands.ts";
export { type Crossable, phaseFault } from "./sandbox-decisions.ts";
export * from "./trade-record.ts";
