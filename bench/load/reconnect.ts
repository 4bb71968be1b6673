/** All streams are lost at once and come back at once, while orders flow. */
import { atMost, none, type Proof, reported } from "../../test/e2e/crash/proof.ts";
import { KEY_1, KEY_2 } from "../../test/e2e/signed-client.ts";
import { residentMb } from "../../test/hostile/http-proofs.ts";
import { type LightStream, openMany, untilTrue } from "./light-stream.ts";
import { OrderFlow } from "./orders.ts";

const STORM_SECONDS_MAX = 10;

export const RECONNECT: Proof = {
  name: "reconnect",
  about: "5,000 streams (short: 1,000) drop and resume at once while orders flow",
  run: async ({ isLong, place }) => {
    const gateway = await place.gateway(place.path("data"));
    const count = isLong ? 5_000 : 1_000;
    const keys = [KEY_1, KEY_2];
    const keyOf = (index: number) => keys[index % keys.length] ?? KEY_1;
    const flows = keys.map((key) => new OrderFlow(gateway.url, key, 1, 1_000));
    const before = await openMany(count, (index) => {
      return { port: gateway.port, key: keyOf(index), afterSeq: null };
    });
    await untilTrue("an event on every stream", () =>
      before.every(({ orderCount }) => orderCount > 0),
    );
    const idleMb = residentMb(gateway);
    const doneBefore = flows.reduce((sum, { doneCount }) => sum + doneCount, 0);
    for (const stream of before) stream.destroy();
    const droppedMs = performance.now();
    const after = await openMany(
      count,
      (index) => ({ port: gateway.port, key: keyOf(index), afterSeq: before[index]?.lastSeq ?? 0 }),
      1_000,
    );
    const connectedSeconds = (performance.now() - droppedMs) / 1_000;
    await Promise.all(flows.map((flow) => flow.stop()));
    // Each order of a flow is two events: that it is there, and that it is cancelled.
    const latest = flows.map(({ doneCount }) => 2 * doneCount);
    const isAtEnd = ({ lastSeq }: LightStream, index: number): boolean =>
      lastSeq === latest[index % keys.length];
    await untilTrue("every stream at the end", () => after.every(isAtEnd));
    const doneAfter = flows.reduce((sum, { doneCount }) => sum + doneCount, 0);
    const stormMb = residentMb(gateway) - idleMb;
    for (const stream of after) stream.destroy();
    const all = [...before, ...after];
    return [
      reported("streams", String(count)),
      reported("events of each account", latest.join(" and ")),
      reported("orders placed and cancelled meanwhile", String(doneAfter - doneBefore)),
      atMost("all connected again", connectedSeconds, STORM_SECONDS_MAX, "s"),
      reported("memory it cost", `${stormMb.toFixed(0)} MB`),
      none(
        "events left out or told twice",
        all.reduce((sum, { faultCount }) => sum + faultCount, 0),
      ),
      none(
        "streams that did not come to the end",
        after.filter((each, index) => !isAtEnd(each, index)).length,
      ),
    ];
  },
};
