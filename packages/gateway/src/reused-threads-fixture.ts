/**
 * The threads of a gateway for tests that start many: a thread that was told to close and did is
 * used again, because to start one and to load its code takes ten times what it does in most tests.
 * Everything else is as with threads of their own: the same code, messages and ends. Whatever ends
 * otherwise ends its thread too, and with it all that it had open.
 */
import { EventEmitter } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { assert } from "@countermand/core/assert";
import type { ArchiveWorkerStart } from "./archive/archive-messages.ts";
import type { ArchiveThread } from "./archive/archive-thread.ts";
import type { JournalThread } from "./journal/journal-thread.ts";
import type { JournalWorkerStart } from "./journal/journal-worker.ts";
import type { NodeThreads } from "./node-threads.ts";
import type { HostData } from "./reused-thread-host-fixture.ts";
import type { WaitingThread } from "./sys/gated-thread.ts";

type Role = HostData["role"];

const HOST = new URL("./reused-thread-host-fixture.ts", import.meta.url);

/** Hosts that nobody uses now. They do not keep the process. */
const idle: Record<Role, Worker[]> = { journal: [], archive: [] };

export function reusedThreads(): NodeThreads {
  return { journal: reusedJournalThread(), archive: reusedArchiveThread() };
}

export function reusedJournalThread(): JournalThread {
  return new ReusedThread<JournalWorkerStart>("journal");
}

export function reusedArchiveThread(): ArchiveThread {
  return new ReusedThread<ArchiveWorkerStart>("archive");
}

class ReusedThread<Start extends object> implements WaitingThread<Start> {
  readonly worker: HostedWorker;
  readonly problem = null;

  constructor(role: Role) {
    this.worker = new HostedWorker(role);
  }

  begin(start: Start): void {
    this.worker.begin(start);
  }

  async abandon(): Promise<void> {
    await this.worker.terminate();
  }
}

/** One life in a host, which has it from when it begins. */
class HostedWorker extends EventEmitter {
  readonly #role: Role;
  readonly #channel = new MessageChannel();
  #host: Worker | null = null;
  /** It was told to close, and did not fail. */
  #isClean = false;
  #isPortClosed = false;
  #isOver = false;
  #exitCode: number | null = null;

  constructor(role: Role) {
    super();
    this.#role = role;
  }

  begin(start: object): void {
    assert(this.#host === null, "a thread begins once");
    const host = takeHost(this.#role);
    this.#host = host;
    host.once("message", this.#onOver).once("error", this.#onError).once("exit", this.#onExit);
    const { port1, port2 } = this.#channel;
    port1.on("message", (message: { readonly type: string }) => {
      if (message.type === "failed") this.#isClean = false;
      this.emit("message", message);
    });
    port1.once("close", () => {
      this.#isPortClosed = true;
      this.#endIfOver();
    });
    host.postMessage({ port: port2, start }, [port2]);
  }

  postMessage(message: object): void {
    const { type, call } = message as { type?: string; call?: { type: string } };
    this.#isClean = (call?.type ?? type) === "close";
    this.#channel.port1.postMessage(message);
  }

  async terminate(): Promise<number> {
    if (this.#exitCode !== null || this.#host === null) return this.#exitCode ?? 0;
    return await this.#host.terminate();
  }

  readonly #onOver = (): void => {
    this.#isOver = true;
    this.#endIfOver();
  };

  readonly #onError = (error: Error): void => {
    this.emit("error", error);
  };

  readonly #onExit = (exitCode: number): void => {
    this.#exitCode = exitCode;
    this.emit("exit", exitCode);
  };

  /** All that it said has arrived when the port is closed here too. */
  #endIfOver(): void {
    const host = this.#host;
    if (host === null || !this.#isOver || !this.#isPortClosed || this.#exitCode !== null) return;
    if (!this.#isClean) {
      host.postMessage(null);
      return;
    }
    host.off("error", this.#onError).off("exit", this.#onExit);
    idle[this.#role].push(host);
    this.#exitCode = 0;
    this.emit("exit", 0);
  }
}

function takeHost(role: Role): Worker {
  const waiting = idle[role].pop();
  if (waiting !== undefined) return waiting;
  const data: HostData = { role };
  const host = new Worker(HOST, { workerData: data, execArgv: [] });
  host.unref();
  return host;
}
