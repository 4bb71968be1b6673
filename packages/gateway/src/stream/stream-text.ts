/** A text of the order stream on its way, to one reader or to many. */
export class StreamText {
  /** "" where it is in pieces. */
  readonly text: string;
  /** A long one that was made into bytes piece by piece: nothing else has to be as long. */
  readonly pieces: readonly Buffer[] | null;
  /** Of the text in UTF-8. */
  readonly byteCount: number;
  /** Several sockets send it: what one of them makes of it is of use to the others. */
  readonly isShared: boolean;
  /** As a frame; made by the first socket that sends it alone, or of those that share it. */
  frame: Buffer | null = null;

  constructor(content: string | readonly Buffer[], isShared = false) {
    const isWhole = typeof content === "string";
    this.text = isWhole ? content : "";
    this.pieces = isWhole ? null : content;
    this.byteCount = isWhole ? Buffer.byteLength(content) : bytesOf(content);
    this.isShared = isShared;
  }
}

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
