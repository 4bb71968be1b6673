/** Servers under test: started in processes of their own on a core of their own, asked, stopped. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

/** The server has this core to itself, the load the other one, where processes can be pinned. */
export const SERVER_CORE = "0";
const LOAD_CORE = "1";
const ALL_CORES = `0-${availableParallelism() - 1}`;

/** As `npm start` has it: sources are stripped of their types and compiled once. */
const GATEWAY_ENTRY = join(import.meta.dirname, "gateway-entry.ts");
const CODE_CACHE = join(import.meta.dirname, "..", "node_modules", ".cache", "code");

/** Clock ticks of /proc/PID/stat in a second, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const START_MS_MAX = 120_000;
const ARCHIVE_LOOK_MS = 20;
const IDLE_LOOK_MS = 250;
const IDLE_CPU_MS_MAX = 10;

export const canPin =
  availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

export interface StartOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly pinned: boolean;
}

/** Puts this process, which makes the load, on its core. */
export function pinLoad(): void {
  if (!canPin) return;
  moveTo(LOAD_CORE, process.pid);
}

/** A folder for a server's files, removed when this process ends. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "countermand-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class ServerProcess {
  readonly port: number;
  /** Milliseconds from the start of the process until it said that it is ready. */
  readonly readyMs: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, readyMs: number) {
    this.#child = child;
    this.port = port;
    this.readyMs = readyMs;
  }

  /** Resolves when the server prints its `ready` line. */
  static async start({ args, env, pinned }: StartOptions): Promise<ServerProcess> {
    const command = [process.execPath, ...args];
    // Also where it is not pinned: it would inherit the load's core.
    if (canPin) command.unshift("taskset", "-c", pinned ? SERVER_CORE : ALL_CORES);
    const [file = "", ...rest] = command;
    const startedMs = performance.now();
    const child = spawn(file, rest, {
      env: { ...process.env, NODE_OPTIONS: "", NODE_COMPILE_CACHE: CODE_CACHE, ...env },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const port = await readyPort(child);
    return new ServerProcess(child, port, performance.now() - startedMs);
  }

  static gateway(
    dataDir: string,
    { pinned = true, env = {}, args = [] as readonly string[], entry = GATEWAY_ENTRY } = {},
  ): Promise<ServerProcess> {
    return ServerProcess.start({
      args: [...args, entry],
      env: {
        COUNTERMAND_PORT: "0",
        COUNTERMAND_DATA_DIR: dataDir,
        COUNTERMAND_LOG_LEVEL: "error",
        COUNTERMAND_SANDBOX_MARKET: "off",
        ...env,
      },
      pinned,
    });
  }

  static floor(...args: readonly string[]): Promise<ServerProcess> {
    return ServerProcess.start({
      args: [join(import.meta.dirname, "floor-server.ts"), ...args],
      pinned: true,
    });
  }

  /** Lets all its threads run on every core, or on the server's core alone. */
  spread(onAllCores: boolean): void {
    const { pid } = this.#child;
    if (canPin && pid !== undefined) moveTo(onAllCores ? ALL_CORES : SERVER_CORE, pid);
  }

  /**
   * Processor time of all its threads so far, in milliseconds; null where the system does not
   * say.
   */
  cpuMs(): number | null {
    if (process.platform !== "linux") return null;
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8");
    // The name in parentheses may hold spaces; what follows it starts with field 3.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  }

  /** Memory after a forced collection. Precondition: a gateway started with --expose-gc. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    const answer = new Promise<NodeJS.MemoryUsage>((resolve) => {
      this.#child.once("message", (usage) => resolve(usage as NodeJS.MemoryUsage));
    });
    this.#child.send("memory");
    return await answer;
  }

  /** One figure of the gateway's metrics. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/metrics`);
    const value = new RegExp(`^${name} (\\S+)$`, "m").exec(await response.text())?.[1];
    if (value === undefined) throw new Error(`no metric ${name}`);
    return Number(value);
  }

  /** Resolves when the gateway has archived everything. */
  async archived(): Promise<void> {
    while ((await this.metric("countermand_unarchived_reports")) > 0) await delay(ARCHIVE_LOOK_MS);
  }

  /** Resolves when, besides, none of its threads does anything any more. */
  async settled(): Promise<void> {
    let busyMs = Number.POSITIVE_INFINITY;
    while (busyMs > IDLE_CPU_MS_MAX) {
      await this.archived();
      const beforeMs = this.cpuMs() ?? 0;
      await delay(IDLE_LOOK_MS);
      busyMs = (this.cpuMs() ?? 0) - beforeMs;
    }
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill(signal);
    await exited;
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function moveTo(cores: string, pid: number): void {
  const moved = spawnSync("taskset", ["-a", "-c", "-p", cores, String(pid)]);
  if (moved.status !== 0) throw new Error(`taskset: ${moved.stderr}`);
}

function readyPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`the server was not ready within ${START_MS_MAX} ms`));
    }, START_MS_MAX);
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      const port = /ready http:\/\/\S+:(\d+)\n/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(late);
      reject(new Error(`the server ended with ${code ?? signal}`));
    });
  });
}
