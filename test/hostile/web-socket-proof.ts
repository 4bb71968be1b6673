/** WebSocket abuse in its long form: floods whose sender reads nothing, and what they cost. */
import { atMost, none, type Proof, reported } from "../e2e/crash/proof.ts";
import type { GatewayProcess } from "../e2e/gateway-process.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { residentMb } from "./http-proofs.ts";
import { frame, Opcode, RawWebSocket } from "./raw-web-socket.ts";
import { frameAbuses } from "./web-socket-abuse.ts";

/** The engine lets so many bytes of buffers pile up before it looks which are still needed. */
const FLOOD_MB_MAX = 64;
const CHUNK_FRAMES = 500;
const ROUNDS = 4;

export const WEB_SOCKETS: Proof = {
  name: "web-sockets",
  about: "frames that break the protocol, and floods whose sender reads nothing",
  run: async ({ isLong, place, progress }) => {
    const gateway = await place.gateway(place.path("data"));
    const open = (stream: string): Promise<RawWebSocket> =>
      RawWebSocket.open(gateway.url, stream, stream.includes("market") ? null : KEY_1);
    let wrong = 0;
    let count = 0;
    for (const stream of ["/ws/trade/v1?commands=1", "/ws/market/v1"]) {
      for (const { bytes, closeCode } of frameAbuses()) {
        const socket = await open(stream);
        socket.send(bytes);
        if ((await socket.closed) !== closeCode) wrong += 1;
        count += 1;
      }
    }
    // What is left of the first ones is the engine's to use again: only more each time is a leak.
    const most: number[] = [residentMb(gateway)];
    for (let round = 1; round <= ROUNDS; round += 1) {
      progress(`floods, round ${round}`);
      most.push(await roundOfFloods(gateway, open, isLong ? 20 : 4, isLong ? 200 : 40));
    }
    const [start = 0, ...rounds] = most;
    const [last = 0, before = 0] = rounds.toReversed();
    return [
      reported("frames that break the protocol", String(count)),
      none("closed with another code", wrong),
      reported("memory that floods cost at most", `${Math.round(Math.max(...rounds) - start)} MB`),
      atMost(
        `more of it in round ${ROUNDS} than in the one before`,
        last - before,
        FLOOD_MB_MAX,
        "MB",
      ),
      none("the process ended", gateway.exit === null ? 0 : 1),
    ];
  },
};

/** Resolves with the most memory that the process had meanwhile. */
async function roundOfFloods(
  gateway: GatewayProcess,
  open: (stream: string) => Promise<RawWebSocket>,
  sockets: number,
  chunks: number,
): Promise<number> {
  let most = residentMb(gateway);
  const look = setInterval(() => {
    most = Math.max(most, residentMb(gateway));
  }, 100);
  for (const [stream, flood] of floods()) {
    const opened = await Promise.all(Array.from({ length: sockets }, () => open(stream)));
    await Promise.all(opened.map((socket) => flooded(socket, flood, chunks)));
  }
  clearInterval(look);
  return most;
}

/** What to repeat, for each stream. */
function floods(): readonly (readonly [stream: string, flood: Buffer])[] {
  const ping = frame({ opcode: Opcode.Ping, payload: Buffer.alloc(125, 0x41) });
  const text = (payload: string): Buffer => frame({ opcode: Opcode.Text, payload });
  return [
    ["/ws/trade/v1", ping],
    ["/ws/market/v1", ping],
    ["/ws/trade/v1?commands=1", text('{"op":"cancel","id":"x","data":{"order_no":"99"}}')],
    ["/ws/trade/v1?commands=1&heartbeat=30", text("[".repeat(10_000))],
    ["/ws/market/v1", text('{"op":"subscribe","channels":["depth"],"symbols":["00700"]}')],
  ];
}

/** Sends so many chunks at most and reads nothing; ends when the server takes or keeps no more. */
async function flooded(socket: RawWebSocket, flood: Buffer, chunks: number): Promise<void> {
  const wire = socket.socket;
  wire.pause();
  const chunk = Buffer.concat(Array<Buffer>(CHUNK_FRAMES).fill(flood));
  for (let sent = 0; sent < chunks && !wire.destroyed; sent += 1) {
    if (wire.write(chunk)) continue;
    const isTaken = await Promise.race([
      new Promise<boolean>((resolve) => wire.once("drain", () => resolve(true))),
      socket.closed.then(() => false),
      new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_000)),
    ]);
    if (!isTaken) break;
  }
  socket.destroy();
}
