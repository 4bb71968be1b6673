export * from "./account-book.ts";
export * from "./answered-requests.ts";
export * from "./cancel.ts";
export * from "./desk.ts";
export * from "./place-checks.ts";
