/**
 * The system may take only a part of what is written. Every third write of the gateway is cut short
 * here, by a library that is preloaded; what was answered is there all the same.
 */
import { readFileSync } from "node:fs";
import { envelope, KEY_1, SignedClient } from "../signed-client.ts";
import { restingOrder } from "../wire-orders.ts";
import { preloaded } from "./preloaded.ts";
import { all, atLeast, type Proof } from "./proof.ts";
import { isSameState, recover } from "./recovered.ts";

const ORDERS_SHORT = 200;
const ORDERS_LONG = 5_000;

export const SHORT_WRITES: Proof = {
  name: "short-writes",
  about: "every third write takes only a part of its bytes: nothing is lost",
  run: async ({ isLong, place }) => {
    const count = isLong ? ORDERS_LONG : ORDERS_SHORT;
    const counted = place.path("count");
    const gateway = await place.gateway(place.path("data"), {
      LD_PRELOAD: preloaded(place, "short-writes"),
      SHORT_WRITES_COUNT: counted,
    });
    const client = new SignedClient(gateway.url, KEY_1);
    let answered = 0;
    for (let index = 0; index < count; index += 1) {
      const orderNo = await client.place(restingOrder());
      const canceled = await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
      if (envelope(canceled).code === 0) answered += 1;
    }
    client.close();
    const state = await gateway.state();
    gateway.kill("SIGTERM");
    const { code } = await gateway.exited;
    const found = recover(place.path("data"));
    return [
      all("orders placed and cancelled", answered, count),
      atLeast("writes that were cut short", Number(readFileSync(counted, "utf8")), count / 2),
      all("same state after a stop and a replay", sameAfter() ? 1 : 0, 1),
    ];

    function sameAfter(): boolean {
      return code === 0 && found.started && isSameState(found.state, state);
    }
  },
};
