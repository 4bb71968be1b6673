/** How many listen: thousands of signed order streams at a time, and one event to all of them. */
import { atMost, none, type Proof, reported } from "../../test/e2e/crash/proof.ts";
import { KEY_1, SignedClient } from "../../test/e2e/signed-client.ts";
import { residentMb } from "../../test/hostile/http-proofs.ts";
import { openMany, untilTrue } from "./light-stream.ts";
import { ORDER } from "./orders.ts";

const CONNECT_SECONDS_MAX = 30;
const EVENT_SECONDS_MAX = 2;
const MEMORY_MB_MAX = 300;

/**
 * As `deploy/countermand.service` has it: what is sent to thousands at once is dropped at once, and
 * the engine is to look for it before it has taken a hundred megabytes for it.
 */
const MEMORY_OPTIONS = "--max-semi-space-size=8";

export const SOCKETS: Proof = {
  name: "sockets",
  about: "10,000 signed order streams at a time (short: 2,000), and one event to all",
  run: async ({ isLong, place }) => {
    const gateway = await place.gateway(place.path("data"), { NODE_OPTIONS: MEMORY_OPTIONS });
    const count = isLong ? 10_000 : 2_000;
    const idleMb = residentMb(gateway);
    let told = 0;
    const startedMs = performance.now();
    const streams = await openMany(count, () => ({
      port: gateway.port,
      key: KEY_1,
      afterSeq: null,
      onOrder: () => {
        told += 1;
      },
    }));
    const connectSeconds = (performance.now() - startedMs) / 1_000;
    const connectedMb = residentMb(gateway);
    const client = new SignedClient(gateway.url, KEY_1);
    const eventMs: number[] = [];
    for (let event = 1; event <= 3; event += 1) {
      const sentMs = performance.now();
      await client.place(ORDER);
      await untilTrue("the event on every stream", () => told === event * count);
      eventMs.push(performance.now() - sentMs);
    }
    const toldMb = residentMb(gateway);
    const faults = streams.reduce((sum, { faultCount }) => sum + faultCount, 0);
    for (const stream of streams) stream.destroy();
    client.close();
    const perSocket = ((connectedMb - idleMb) * 1_024) / count;
    return [
      reported("streams", String(count)),
      atMost("all connected", connectSeconds, CONNECT_SECONDS_MAX, "s"),
      atMost(
        "one event to all, slowest of 3",
        Math.max(...eventMs) / 1_000,
        EVENT_SECONDS_MAX,
        "s",
      ),
      reported("memory before", `${idleMb.toFixed(0)} MB`),
      reported("memory of each", `${perSocket.toFixed(1)} KB`),
      atMost("memory, all connected", connectedMb, MEMORY_MB_MAX, "MB"),
      atMost("memory after the events", toldMb, MEMORY_MB_MAX, "MB"),
      none("events left out or told twice", faults),
    ];
  },
};
