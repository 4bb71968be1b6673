/** Where a gateway has its data and runs out of room. */
export interface Volume {
  readonly folder: string;
  /** What a gateway is started with there. */
  readonly settings: Readonly<Record<string, string>>;
  /** Takes all the room there is, as another program would. */
  fill(): void;
  free(): void;
  /** Precondition: nobody uses it any more. */
  unmount(): void;
}
