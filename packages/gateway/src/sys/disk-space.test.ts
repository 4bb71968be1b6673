import assert from "node:assert/strict";
import { test } from "node:test";
import { Gauge, Registry } from "prom-client";
import { DISK_SPACE_MS, DiskSpace } from "./disk-space.ts";
import { FakeClock } from "./fake-clock.ts";
import { temporaryFolder } from "./temporary-folder-fixture.ts";

test("disk space: a disk that does not answer is waited for once, and not for long", async () => {
  const clock = new FakeClock();
  const answers: ((bytes: number) => void)[] = [];
  const ask = () => new Promise<number>((resolve) => void answers.push(resolve));
  const space = new DiskSpace("/mnt", clock, ask);
  for (let scrape = 0; scrape < 10; scrape += 1) {
    const bytes = space.freeBytes();
    clock.advance(DISK_SPACE_MS);
    assert.equal(await bytes, Number.NaN);
  }
  assert.equal(answers.length, 1, "one question waits");
  const bytes = space.freeBytes();
  answers[0]?.(7);
  assert.equal(await bytes, 7, "the disk is back");
  const next = space.freeBytes();
  answers[1]?.(5);
  assert.equal(await next, 5, "it is asked anew");
  assert.equal(clock.timerCount, 0);
});

test("disk space: a disk that fails has no room that is known", async () => {
  const missing = new DiskSpace("/nowhere/at/all", new FakeClock());
  assert.equal(await missing.freeBytes(), Number.NaN);
});

test("disk space: what a scrape shows", async (t) => {
  const registers = [new Registry()];
  const gauge = (name: string, space: DiskSpace) => {
    return new Gauge({
      name,
      help: name,
      registers,
      async collect() {
        this.set(await space.freeBytes());
      },
    });
  };
  gauge("known", new DiskSpace(temporaryFolder(t), new FakeClock()));
  gauge("unknown", new DiskSpace("/nowhere/at/all", new FakeClock()));
  const text = await registers[0]?.metrics();
  assert.match(text ?? "", /^known [1-9]\d*$/m);
  assert.match(text ?? "", /^unknown Nan$/m);
});
