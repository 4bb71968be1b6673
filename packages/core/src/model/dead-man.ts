/** Which orders of an account a dead-man's switch is about. */
export type DeadManKind = "Key" | "Portfolio" | "Symbol" | "ClOrdIdPrefix";

export interface DeadManScope {
  readonly kind: DeadManKind;
  /** The key that placed them, their portfolio, their symbol, or what their ClOrdID begins with. */
  readonly value: string;
}
