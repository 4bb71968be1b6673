/** For tests: what stands in the place of threads. */
import { EventEmitter } from "node:events";
import { syncBuiltinESMExports } from "node:module";
import type { TestContext } from "node:test";
import workerThreads, { type WorkerOptions } from "node:worker_threads";

interface StandIns {
  /** How many were ended before their time. */
  readonly endedCount: number;
  /** Threads are threads again. */
  end(): void;
}

/** Calls `begin` for each thread, which then says what the test has it say; none runs anything. */
export function standInThreads(
  t: TestContext,
  begin: (worker: EventEmitter, data: unknown) => void,
): StandIns {
  let endedCount = 0;
  const made = t.mock.method(workerThreads, "Worker", function StandIn(
    _file: URL,
    { workerData }: WorkerOptions,
  ) {
    const terminate = (): Promise<number> => {
      endedCount += 1;
      return Promise.resolve(1);
    };
    const worker = Object.assign(new EventEmitter(), { unref: () => {}, terminate });
    begin(worker, workerData);
    return worker;
  } as never);
  const end = (): void => {
    made.mock.restore();
    syncBuiltinESMExports();
  };
  syncBuiltinESMExports();
  t.after(end);
  return {
    get endedCount() {
      return endedCount;
    },
    end,
  };
}

/** What Node throws where a limit of processes is reached. */
export function noThread(): never {
  throw Object.assign(new Error("EAGAIN"), { code: "ERR_WORKER_INIT_FAILED" });
}
