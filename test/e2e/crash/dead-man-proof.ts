/** A dead-man's switch in real time: it fires when it is due, also after a crash meanwhile. */
import { KEY_1, SignedClient } from "../signed-client.ts";
import { StreamClient } from "../stream-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { all, atMost, type Proof, reported } from "./proof.ts";

const SECONDS_SHORT = 8;
const SECONDS_LONG = 60;
const ORDERS = 20;
const LATE_SECONDS_MAX = 1;

export const DEAD_MAN: Proof = {
  name: "dead-man",
  about: "a dead-man's switch fires within 1 s after its time, through kill -9 and a restart",
  run: async ({ isLong, place }) => {
    const seconds = isLong ? SECONDS_LONG : SECONDS_SHORT;
    const first = await place.gateway(place.path("data"));
    const client = new SignedClient(first.url, KEY_1);
    for (let index = 0; index < ORDERS; index += 1) await client.place(restingOrder());
    const sentMs = Date.now();
    await client.call("POST", "/trade/v1/dead-man", { scope: "key", timeout: seconds });
    const armedMs = Date.now();
    client.close();
    await first.crash();
    const second = await place.gateway(place.path("data"));
    // On a slow machine the time may be over before the process is there again.
    const dueMs = Math.max(armedMs + seconds * 1_000, Date.now());
    const cancelledMs: number[] = [];
    const stream = await StreamClient.open(second.url, KEY_1, `after_seq=${ORDERS}`, {
      onReceived: ({ message }) => {
        if (message.data?.order_status === "can") cancelledMs.push(Date.now());
      },
    });
    await stream.seen("the last cancel", () => cancelledMs.length === ORDERS);
    stream.close();
    await second.crash();
    const [earliest, latest] = [Math.min(...cancelledMs), Math.max(...cancelledMs)];
    const early = cancelledMs.filter((atMs) => atMs < sentMs + seconds * 1_000).length;
    return [
      all("orders cancelled, none before the time", ORDERS - early, ORDERS),
      reported("first one after the time", `${earliest - dueMs} ms`),
      atMost("last one after the time", (latest - dueMs) / 1_000, LATE_SECONDS_MAX, "s"),
    ];
  },
};
