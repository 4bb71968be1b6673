/**
 * One node with its edge: starts the parts in the order of what depends on what, and stops them
 * in the other order. No rule of the business lives here.
 */
import { CONSOLE_PATH, fault, MARKET_STREAM_PATH } from "@countermand/contract";
import type { Config } from "./config.ts";
import { ConsoleEdge } from "./console/console-edge.ts";
import { WELCOME_CODE_LIFE_MS } from "./console/limits.ts";
import { HttpServer } from "./http/http-server.ts";
import { renewTls } from "./http/node-server.ts";
import { headFault } from "./http/request-form.ts";
import { pathOf } from "./http/request-target.ts";
import { SignedEndpoint } from "./http/signed-endpoint.ts";
import { type DataDirLock, lockDataDir } from "./journal/data-dir-lock.ts";
import { letGo, type NodeOptions } from "./node-foundation.ts";
import { OperatorServer } from "./operator/operator-server.ts";
import { applyReload, type LiveConfig, type Reloaded } from "./reload.ts";
import { RunningNode } from "./running-node.ts";
import { type SandboxKeys, sandboxKeys } from "./sandbox-keys.ts";
import type { Clock } from "./sys/clock.ts";
import { bindMainThread } from "./sys/thread-core.ts";
import { refuseUpgrade } from "./ws/refuse-upgrade.ts";

/** Milliseconds that answers under way get when the gateway stops. */
const DRAIN_MS = 5_000;

/** What the HTTP server may see while the node comes and goes. */
interface Front {
  /** Null while the gateway is starting. */
  node: RunningNode | null;
  draining: boolean;
}

export class Gateway {
  /** Where clients connect. */
  readonly url: string;
  /** Where operators connect; null without an operator API. */
  readonly operatorUrl: string | null;
  /** Who may sign in the sandbox. */
  readonly sandboxKeys: SandboxKeys;
  readonly #config: LiveConfig;
  readonly #node: RunningNode;
  readonly #http: HttpServer;
  readonly #lock: DataDirLock;
  readonly #front: Front;
  readonly #operator: OperatorServer | null;
  readonly #clock: Clock;

  private constructor(url: string, node: RunningNode, http: HttpServer, rest: Rest) {
    this.url = url;
    this.sandboxKeys = rest.keys;
    this.#config = rest.config;
    this.operatorUrl = rest.operator?.url ?? null;
    this.#operator = rest.operator;
    this.#node = node;
    this.#http = http;
    this.#lock = rest.lock;
    this.#front = rest.front;
    this.#clock = rest.clock;
  }

  /**
   * Takes the data directory, then the port, and touches the journal last: whatever is refused
   * leaves it as it was. Throws JournalError, or the listener's error.
   */
  static async start(given: NodeOptions): Promise<Gateway> {
    const config: LiveConfig = { ...given.config };
    const options = { ...given, config };
    const { clock, log } = options;
    const lock = lockDataDir(config.dataDir);
    const front: Front = { node: null, draining: false };
    let http: HttpServer | null = null;
    let operator: OperatorServer | null = null;
    let node: RunningNode | null = null;
    try {
      http = await createHttp(options, front);
      const url = await http.listen(config.host, config.port);
      // Somebody could not be let in; nobody else is concerned.
      http.server.on("error", (error) => log.warn({ reason: error.message }, "http.not_accepted"));
      operator = await listenForOperators(options, front);
      const kind = config.profile === "production" ? "demo" : config.sandboxKeys;
      const keys = sandboxKeys(kind, config.dataDir);
      node = await RunningNode.start({ ...options, sandboxKeys: keys.keys }, lock);
      // When all threads are there that it must not share: they would inherit its core.
      if (config.decidingCore !== null) bindMainThread(config.decidingCore);
      front.node = node;
      return new Gateway(url, node, http, { config, lock, front, clock, operator, keys });
    } catch (error) {
      await letGo(operator && atOnce(operator), http && atOnce(http), node);
      lock.release();
      throw error;
    }
  }

  /** Takes over what can change while it runs; no connection notices. */
  reload(fresh: Config): Reloaded {
    const reloaded = applyReload(this.#config, fresh);
    const { tls } = this.#config;
    if (tls !== null && reloaded.applied.includes("tls")) {
      renewTls(this.#http.server, tls);
      this.#operator?.renewTls(tls);
    }
    return reloaded;
  }

  /** Opens the web console, signed in with a key, once. For a person who has that key anyway. */
  signInLink(apiKey: string): string {
    const fixedKey = { apiKey, secretSinceMs: 0 };
    const code = this.#node.console.codes.issue(fixedKey, WELCOME_CODE_LIFE_MS);
    return `${this.url}${CONSOLE_PATH}#code=${code}`;
  }

  /** Hash of the whole state, and the journal positions it stands at. */
  stateHash(): ReturnType<RunningNode["stateHash"]> {
    return this.#node.stateHash();
  }

  /**
   * Ends streams, lets answers under way leave, brings everything to the disk, lets the data go.
   */
  async stop(): Promise<void> {
    this.#front.draining = true;
    const deadline = new Promise<void>((resolve) => this.#clock.after(DRAIN_MS, resolve));
    await Promise.all([this.#node.endStreams(), this.#http.close(deadline)]);
    // Last of the listeners: it is there as long as anything can be stopped.
    await this.#operator?.close(deadline);
    await this.#node.close();
    this.#lock.release();
  }
}

/** What does not wait for answers under way: nobody was let in yet. */
function atOnce(server: HttpServer | OperatorServer) {
  return { close: () => server.close(Promise.resolve()) };
}

interface Rest {
  readonly config: LiveConfig;
  readonly keys: SandboxKeys;
  readonly operator: OperatorServer | null;
  readonly lock: DataDirLock;
  readonly front: Front;
  readonly clock: Clock;
}

/** Null where no token is set: then nobody operates over the network. */
async function listenForOperators(
  { config, clock, onFatal }: NodeOptions,
  front: Front,
): Promise<OperatorServer | null> {
  const { operatorToken, operatorHost, operatorPort } = config;
  if (operatorToken === null) return null;
  const options = {
    token: operatorToken,
    addressHeader: config.clientAddressHeader,
    tls: config.tls,
    wallMs: () => clock.wallMs(),
    parts: () => front.node?.operator ?? null,
    onBug: onFatal,
  };
  return await OperatorServer.listen(options, operatorHost, operatorPort);
}

async function createHttp(options: NodeOptions, front: Front): Promise<HttpServer> {
  const { config, clock, onFatal } = options;
  const http = await HttpServer.create({
    admits: () => front.node?.admits() ?? true,
    tls: config.tls,
    sandbox: config.profile === "sandbox",
    hasOperators: config.operatorToken !== null,
    signed: new SignedEndpoint({
      services: () => front.node?.services ?? null,
      isDraining: () => front.draining,
      onBug: onFatal,
    }),
    console: new ConsoleEdge({
      node: () => front.node?.console ?? null,
      isDraining: () => front.draining,
      onBug: onFatal,
    }),
    onAnswered: (route, httpStatus, tookMs) =>
      front.node?.metrics.answered(route, httpStatus, tookMs),
    monotonicMs: () => clock.monotonicMs(),
    unsigned: {
      wallMs: () => clock.wallMs(),
      notReady: () => {
        if (front.draining) return fault("DRAINING", "");
        return front.node === null ? fault("STARTING", "") : front.node.notReady();
      },
      readyDetails: () => front.node?.readyDetails() ?? "{}",
      metrics: () => front.node?.metrics.scrape() ?? null,
      receiptKeys: () => front.node?.receiptKeysJson ?? null,
      market: (route, rawQuery) => front.node?.market.answer(route, rawQuery) ?? null,
    },
  });
  http.server.on("upgrade", (request, socket, head) => {
    const { node } = front;
    const tooLong = headFault(request);
    if (tooLong !== null) {
      refuseUpgrade(request, socket, tooLong);
    } else if (node === null) {
      refuseUpgrade(request, socket, fault("STARTING", "the gateway is reading its journal"));
    } else if (pathOf(request.url ?? "") === MARKET_STREAM_PATH) {
      node.market.streams.handleUpgrade(request, socket, head);
    } else {
      node.streams.handleUpgrade(request, socket, head);
    }
  });
  return http;
}
