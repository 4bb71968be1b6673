/** A text of the order stream on its way, to one reader or to many. */
export class StreamText {
  readonly text: string;
  /** Of the text in UTF-8. */
  readonly byteCount: number;
  /** Several sockets send it: what one of them makes of it is of use to the others. */
  readonly isShared: boolean;
  /** As a frame; made by the first socket that sends it alone, or of those that share it. */
  frame: Buffer | null = null;

  constructor(text: string, isShared = false) {
    this.text = text;
    this.byteCount = Buffer.byteLength(text);
    this.isShared = isShared;
  }
}
