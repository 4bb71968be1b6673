/** What was done from a page, and what came of it: newest first. */
import { signal } from "@preact/signals";
import { wallMs } from "./system.ts";

export type Tone = "good" | "bad" | "plain";

export interface ResultLine {
  readonly id: number;
  /** Unix seconds of this machine. */
  readonly at: number;
  readonly text: string;
  readonly tone: Tone;
  /** The order it is about; "" where it is about none, or about several. */
  readonly orderNo: string;
}

const LINES_MAX = 300;

export class ResultLog {
  readonly lines = signal<readonly ResultLine[]>([]);
  /** What a screen reader is told. */
  readonly announcement = signal("");
  #lineCount = 0;

  /** A line that is announced, too. */
  tell(text: string, tone: Tone, orderNo = ""): void {
    this.add(text, tone, orderNo);
    this.announcement.value = text;
  }

  /** One of many, of which another line says what they come to. */
  add(text: string, tone: Tone, orderNo = ""): void {
    this.#lineCount += 1;
    const line = { id: this.#lineCount, at: Math.floor(wallMs() / 1000), text, tone, orderNo };
    this.lines.value = [line, ...this.lines.value].slice(0, LINES_MAX);
  }
}
