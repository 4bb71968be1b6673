/** How an answer with a part of a story says where the part before it is. */
import type { StoryCursor } from "../archive/archive-messages.ts";

/** What of a story is asked for: so many events, the newest of all or of those before a cursor. */
export interface StoryPage {
  readonly cursor: StoryCursor | null;
  readonly limit: number;
}

/** `POSITION:ORDER.STREAM_POSITION,…`; nobody but us needs to read it. */
export function cursorText({ beforeSeq, heads }: StoryCursor): string {
  return `${beforeSeq}:${heads.map((head) => `${head.orderNumber}.${head.streamSeq}`).join(",")}`;
}

/** Null where the text is no cursor. */
export function cursorOf(text: string): StoryCursor | null {
  if (!/^[1-9]\d{0,14}:[1-9]\d{0,14}\.\d{1,15}(?:,[1-9]\d{0,14}\.\d{1,15})*$/.test(text))
    return null;
  const [before = "", list = ""] = text.split(":");
  const heads = list.split(",").map((pair) => {
    const [orderNumber, streamSeq] = pair.split(".");
    return { orderNumber: Number(orderNumber), streamSeq: Number(streamSeq) };
  });
  return { beforeSeq: Number(before), heads };
}
