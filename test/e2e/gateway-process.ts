/**
 * The gateway as a process of its own, for tests: started as `npm start` starts it, spoken to over
 * sockets, signals and its standard streams only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Changes } from "./changes.ts";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const { GATEWAY_UNDER_TEST: bundled } = process.env;

/** The bundle that `npm test` has made of the sources for this run, or else the sources. */
export const GATEWAY_ENTRY = bundled ?? join(ROOT, "packages", "gateway", "src", "main.ts");

/** The bundle's compiled code goes with it. */
export const GATEWAY_CODE_CACHE: Environment =
  bundled === undefined ? {} : { NODE_COMPILE_CACHE: join(dirname(bundled), "code") };

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StateReport {
  readonly hash: string;
  readonly positions: Readonly<Record<string, number>>;
}

type Environment = Readonly<Record<string, string>>;

/** What tests start and write: all of it is gone when the workplace is closed. */
export class Workplace {
  readonly folder = mkdtempSync(join(tmpdir(), "countermand-"));
  readonly #started: RunningProcess[] = [];

  /** A workplace that closes when the test ends, however it ends. */
  static of(t: TestContext): Workplace {
    const place = new Workplace();
    t.after(() => place.close());
    return place;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Starts a gateway on any free port; resolves when it serves. */
  async gateway(dataDir: string, environment: Environment = {}): Promise<GatewayProcess> {
    const started = this.launch(dataDir, environment);
    await started.ready();
    return started;
  }

  /** Starts a gateway and does not wait: it may refuse to start. */
  launch(dataDir: string, environment: Environment = {}): GatewayProcess {
    const settings = {
      COUNTERMAND_PORT: "0",
      COUNTERMAND_DATA_DIR: dataDir,
      COUNTERMAND_SANDBOX_MARKET: "off",
      COUNTERMAND_DISK_RESERVE_MB: "1",
      // Random quantities must not ask for a fault: a lost answer would be taken for a lost order.
      COUNTERMAND_SANDBOX_RECIPES: "off",
      ...environment,
    };
    const gateway = new GatewayProcess(settings);
    this.#started.push(gateway);
    return gateway;
  }

  /** Starts any program; what it starts in turn is ended with it. */
  run(file: string, args: readonly string[], environment: Environment = {}): RunningProcess {
    const started = new RunningProcess(file, args, {
      environment,
      folder: ROOT,
      group: true,
      channel: false,
    });
    this.#started.push(started);
    return started;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#started.map((each) => {
        each.kill("SIGKILL");
        return each.exited;
      }),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}

interface RunOptions {
  readonly environment: Environment;
  readonly folder: string;
  /** Leads a process group, and signals go to all of it. */
  readonly group: boolean;
  /** With a channel whose end tells the child that this process is gone. */
  readonly channel: boolean;
}

/** A child process whose output is kept. */
export class RunningProcess {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #options: RunOptions;
  #stdout = "";
  #stderr = "";
  #exit: Exit | null = null;
  readonly #changes = new Changes();

  constructor(file: string, args: readonly string[], options: RunOptions) {
    this.#options = options;
    this.#child = spawn(file, args, {
      cwd: options.folder,
      env: {
        ...inheritedEnvironment(),
        ...(args.includes(GATEWAY_ENTRY) && GATEWAY_CODE_CACHE),
        ...options.environment,
      },
      stdio: options.channel ? ["ignore", "pipe", "pipe", "ipc"] : ["ignore", "pipe", "pipe"],
      detached: options.group,
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
      this.#changes.tell();
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
      this.#changes.tell();
    });
    this.exited = this.#waitForExit();
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the program did not start");
    return pid;
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** A process that has ended already is left alone. */
  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      if (this.#options.group) process.kill(-this.#child.pid, signal);
      else this.#child.kill(signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Resolves when `find` finds something in the output; rejects when the process ends before. */
  async seen<T>(what: string, find: (output: RunningProcess) => T | null): Promise<T> {
    return await this.#changes.until(
      () => find(this),
      (why) => new Error(`${what}: the process ${why}\n${this.#stdout}\n${this.#stderr}`),
      () => this.#exit !== null,
    );
  }

  async #waitForExit(): Promise<Exit> {
    // "close" and not "exit": by then all of its output has been read.
    const [code, signal] = await once(this.#child, "close");
    this.#exit = { code, signal };
    this.#changes.tell();
    return this.#exit;
  }
}

export class GatewayProcess extends RunningProcess {
  readonly #startedMs = performance.now();
  #url = "";
  #readyMs = 0;

  constructor(environment: Environment) {
    const args = ["--disable-warning=ExperimentalWarning", GATEWAY_ENTRY];
    super(process.execPath, args, { environment, folder: ROOT, group: false, channel: true });
  }

  /** Resolves when the ready line was printed. */
  async ready(): Promise<void> {
    this.#url = await this.seen("the ready line", ({ stdout }) => {
      return /^countermand ready (http:\/\/\S+)\n/m.exec(stdout)?.[1] ?? null;
    });
    this.#readyMs = performance.now() - this.#startedMs;
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** Milliseconds from the start of the process to its ready line. */
  get readyMs(): number {
    return this.#readyMs;
  }

  /** Asks for the hash of the whole state and the positions it stands at. */
  state(): Promise<StateReport> {
    const from = this.stdout.length;
    this.kill("SIGUSR2");
    return this.seen("the state", ({ stdout }) => {
      const text = /^countermand state (\{.*\})\n/m.exec(stdout.slice(from))?.[1];
      return text === undefined ? null : (JSON.parse(text) as StateReport);
    });
  }

  /** Ends at once, as by a power cut, and is waited for. */
  async crash(): Promise<void> {
    this.kill("SIGKILL");
    await this.exited;
  }
}

/** Settings of the developer's own shell must not reach the gateway under test. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter((name) => {
    return !name.startsWith("COUNTERMAND_") && name !== "NODE_TEST_CONTEXT";
  });
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}
