/** Reads what a server sends, byte by byte: answers of HTTP/1.1, and frames of a WebSocket. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

export class HttpReader {
  #bytes: Buffer = Buffer.alloc(0);

  /** Whole answers that these bytes bring; of an upgrade, what follows it stays in {@link rest}. */
  push(bytes: Buffer): HttpAnswer[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const answers: HttpAnswer[] = [];
    for (let next = this.#take(); next !== null; next = this.#take()) {
      answers.push(next);
      if (next.status === 101) break;
    }
    return answers;
  }

  /** What was read and belongs to no answer. */
  rest(): Buffer {
    return this.#bytes;
  }

  #take(): HttpAnswer | null {
    const end = this.#bytes.indexOf("\r\n\r\n");
    if (end === -1) return null;
    const [first = "", ...lines] = this.#bytes.subarray(0, end).toString("latin1").split("\r\n");
    const headers = new Map(
      lines.map((line): [string, string] => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = Number(headers.get("content-length") ?? 0);
    const from = end + 4;
    if (this.#bytes.length < from + length) return null;
    const text = this.#bytes.subarray(from, from + length).toString("utf8");
    this.#bytes = this.#bytes.subarray(from + length);
    return { status: Number(first.split(" ")[1]), headers, text };
  }
}

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const Opcode = { Text: 1, Close: 8, Ping: 9, Pong: 10 } as const;

export class FrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  push(bytes: Buffer): Frame[] {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const frames: Frame[] = [];
    for (let next = this.#take(); next !== null; next = this.#take()) frames.push(next);
    return frames;
  }

  #take(): Frame | null {
    if (this.#bytes.length < 2) return null;
    const short = this.#bytes.readUInt8(1) & 0x7f;
    const headBytes = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (this.#bytes.length < headBytes) return null;
    let length = short;
    if (short === 126) length = this.#bytes.readUInt16BE(2);
    if (short === 127) length = Number(this.#bytes.readBigUInt64BE(2));
    if (this.#bytes.length < headBytes + length) return null;
    const opcode = this.#bytes.readUInt8(0) & 0x0f;
    const payload = this.#bytes.subarray(headBytes, headBytes + length);
    this.#bytes = this.#bytes.subarray(headBytes + length);
    return { opcode, payload };
  }
}

/** A client's frame: masked, by the mask that changes nothing. */
export function frameBytes(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8);
  head.writeUInt8(0x80 | opcode, 0);
  if (payload.length < 126) {
    head.writeUInt8(0x80 | payload.length, 1);
  } else {
    head.writeUInt8(0x80 | 126, 1);
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}
