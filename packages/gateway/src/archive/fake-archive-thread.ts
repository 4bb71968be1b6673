/** An archive's thread for tests: it hears what it is told, and says and does what the test says. */
import { EventEmitter } from "node:events";
import { assert } from "@countermand/core/assert";
import { DESK } from "./archive-fixture.ts";
import type { ArchiveWorkerStart, FromArchive, ToArchive } from "./archive-messages.ts";
import type { ArchiveThread } from "./archive-thread.ts";

export class FakeArchiveThread implements ArchiveThread {
  readonly worker = new FakeWorker();
  readonly problem: string | null;
  start: ArchiveWorkerStart | null = null;

  constructor(problem: string | null = null) {
    this.problem = problem;
  }

  begin(start: ArchiveWorkerStart): void {
    assert(this.start === null, "a thread begins once");
    this.start = structuredClone(start);
  }

  async abandon(): Promise<void> {
    await this.worker.terminate();
  }

  /** What it was told, by the types of the messages. */
  get told(): ToArchive["type"][] {
    return this.worker.heard.map(({ type }) => type);
  }

  say(message: FromArchive): void {
    this.worker.emit("message", message);
  }

  ready(seq = 0): void {
    this.say({ type: "ready", positions: new Map([[DESK, seq]]), rebuilt: null });
  }

  end(): void {
    this.worker.emit("exit", 0);
  }

  crash(problem: string): void {
    this.worker.emit("error", new Error(problem));
    this.worker.emit("exit", 1);
  }
}

/** Terminating it ends nothing by itself: a thread that waits for the system stays. */
class FakeWorker extends EventEmitter {
  readonly heard: ToArchive[] = [];
  isTerminated = false;

  postMessage(message: ToArchive): void {
    this.heard.push(structuredClone(message));
  }

  terminate(): Promise<number> {
    this.isTerminated = true;
    return Promise.resolve(1);
  }
}
