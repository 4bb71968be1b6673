/** Frames that break RFC 6455, or the stream's own rules, and what a server owes each of them. */
import { closing, frame, Opcode } from "./raw-web-socket.ts";

export interface FrameAbuse {
  readonly name: string;
  readonly bytes: Buffer;
  /** The code of the server's close; null when it cuts without one. */
  readonly closeCode: number;
}

const LIMIT_BYTES = 16_384;
const PROTOCOL = 1002;
const NOT_TEXT = 1003;
const BAD_DATA = 1007;
const TOO_MANY = 1008;
const TOO_BIG = 1009;

const text = Buffer.from('{"op":"cancel","id":"1","data":{"order_no":"99"}}');

/** Each ends its connection. */
export function frameAbuses(): FrameAbuse[] {
  return [...malformed(), ...tooBig(), ...tooManyParts(), ...badText(), ...badCloses()];
}

function malformed(): FrameAbuse[] {
  const rows: FrameAbuse[] = [];
  const add = (name: string, ...frames: readonly Buffer[]): void => {
    rows.push({ name, bytes: Buffer.concat(frames), closeCode: PROTOCOL });
  };
  const part = { opcode: Opcode.Text, fin: false, payload: "{" };
  add("a frame without a mask", frame({ opcode: Opcode.Text, payload: text, isMasked: false }));
  add("a ping without a mask", frame({ opcode: Opcode.Ping, isMasked: false }));
  for (const reserved of [0x40, 0x20, 0x10, 0x70]) {
    add(`reserved bits ${reserved}`, frame({ opcode: Opcode.Text, payload: text, reserved }));
    add(`reserved bits ${reserved} of a ping`, frame({ opcode: Opcode.Ping, reserved }));
  }
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    add(`opcode ${opcode}`, frame({ opcode, payload: "x" }));
  }
  for (const opcode of [Opcode.Ping, Opcode.Pong, Opcode.Close]) {
    const payload = Buffer.alloc(126, 3);
    add(`control frame ${opcode} of 126 bytes`, frame({ opcode, payload }));
    add(`control frame ${opcode} of 2^40 bytes`, frame({ opcode, length: 2n ** 40n }));
    add(`control frame ${opcode} in parts`, frame({ opcode, fin: false }));
  }
  add("a part without a beginning", frame({ opcode: Opcode.Continuation, payload: "x" }));
  add("a message inside another", frame(part), frame({ opcode: Opcode.Text, payload: text }));
  add(
    "a last part twice",
    frame(part),
    frame({ opcode: Opcode.Continuation, payload: "}" }),
    frame({ opcode: Opcode.Continuation, payload: "x" }),
  );
  return rows;
}

function tooBig(): FrameAbuse[] {
  const head = (length: bigint): Buffer => frame({ opcode: Opcode.Text, length });
  const part = (opcode: number): Buffer =>
    frame({ opcode, fin: false, payload: Buffer.alloc(3_000, 0x20) });
  const parts = [part(Opcode.Text), ...Array.from({ length: 5 }, () => part(Opcode.Continuation))];
  return [
    {
      name: "a message of 16 KiB and one",
      bytes: frame({ opcode: Opcode.Text, payload: Buffer.alloc(LIMIT_BYTES + 1, 0x20) }),
      closeCode: TOO_BIG,
    },
    {
      name: "a message that says 16 KiB and one",
      bytes: head(BigInt(LIMIT_BYTES + 1)),
      closeCode: TOO_BIG,
    },
    { name: "a message that says 2^32 bytes", bytes: head(2n ** 32n), closeCode: TOO_BIG },
    { name: "a message that says 2^53 bytes", bytes: head(2n ** 53n), closeCode: TOO_BIG },
    { name: "a message that says 2^64 - 1 bytes", bytes: head(2n ** 64n - 1n), closeCode: TOO_BIG },
    { name: "parts of more than 16 KiB", bytes: Buffer.concat(parts), closeCode: TOO_BIG },
  ];
}

/** Each part of a message holds on to what came with it. */
function tooManyParts(): FrameAbuse[] {
  const first = frame({ opcode: Opcode.Text, fin: false, payload: "{" });
  const part = frame({ opcode: Opcode.Continuation, fin: false, payload: " " });
  const empty = frame({ opcode: Opcode.Continuation, fin: false });
  return [part, empty].map((each) => ({
    name: `a message of nine parts of ${each.length} bytes`,
    bytes: Buffer.concat([first, ...Array<Buffer>(8).fill(each)]),
    closeCode: TOO_MANY,
  }));
}

function badText(): FrameAbuse[] {
  const bytes = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]];
  const rows = bytes.map((each): FrameAbuse => {
    const payload = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(each), Buffer.from('"}')]);
    const name = `text with the bytes ${Buffer.from(each).toString("hex")}`;
    return { name, bytes: frame({ opcode: Opcode.Text, payload }), closeCode: BAD_DATA };
  });
  const euro = Buffer.from("€");
  const cut = [
    frame({ opcode: Opcode.Text, fin: false, payload: euro.subarray(0, 1) }),
    frame({ opcode: Opcode.Continuation, payload: "x" }),
  ];
  return [
    ...rows,
    {
      name: "a character cut by the end of its parts",
      bytes: Buffer.concat(cut),
      closeCode: BAD_DATA,
    },
    {
      name: "a binary message",
      bytes: frame({ opcode: Opcode.Binary, payload: text }),
      closeCode: NOT_TEXT,
    },
  ];
}

function badCloses(): FrameAbuse[] {
  const close = (payload: Buffer): Buffer => frame({ opcode: Opcode.Close, payload });
  const codes = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535];
  const good = [1000, 1001, 1011, 3000, 4999];
  return [
    ...codes.map((code) => ({
      name: `close code ${code}`,
      bytes: close(closing(code)),
      closeCode: PROTOCOL,
    })),
    ...good.map((code) => ({
      name: `close code ${code} is good`,
      bytes: close(closing(code)),
      closeCode: code,
    })),
    { name: "a close of one byte", bytes: close(Buffer.from([3])), closeCode: PROTOCOL },
    { name: "a close without a code is good", bytes: close(Buffer.alloc(0)), closeCode: 1005 },
    {
      name: "a close with a bad reason",
      bytes: close(closing(1000, Buffer.from([0xff]))),
      closeCode: BAD_DATA,
    },
    {
      name: "a close and a message behind it is good",
      bytes: Buffer.concat([close(closing(1000)), frame({ opcode: Opcode.Text, payload: text })]),
      closeCode: 1000,
    },
  ];
}
