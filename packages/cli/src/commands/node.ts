/** Running a gateway on this machine, and looking whether one answers. */
import { ApiError, ConnectionError, CountermandClient, unsent } from "@countermand/client";
import { LIMITS } from "@countermand/contract/limits";
import type { Command } from "commander";
import { count } from "../arguments.ts";
import { ExitCode } from "../exit-codes.ts";
import { namesOperatorToken } from "../operator-client.ts";
import {
  addressAt,
  chosenProfile,
  credentialsOf,
  isPublicKey,
  type Profile,
  type ProfileChoice,
} from "../profiles.ts";
import { isJson, setExitCode } from "../session.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { API, operatorClient } from "./operator-command.ts";

export function addNodeCommands(program: Command, terminal: Terminal): void {
  program
    .command("serve")
    .description("run a gateway here, with its own exchange; Ctrl-C stops it")
    .addHelpText(
      "after",
      "\nSettings come from the environment, such as COUNTERMAND_PORT and COUNTERMAND_DATA_DIR.",
    )
    .action(async () => {
      // It has the process from here on: signals, output and exit code.
      await import("@countermand/gateway");
      await new Promise<never>(() => {});
    });
  program
    .command("replay")
    .description(
      "feed a file of real order messages (LOBSTER) through the exchange and compare the books",
    )
    .argument("<messages>", "the message file")
    .argument("<orderbook>", "the order book file that belongs to it")
    .option("--levels <n>", "price levels a side of the order book file; by default it says", count)
    .option("--symbol <symbol>", "name of the book in the report")
    .action(
      async (messages: string, orderbook: string, options: ReplayOptions, command: Command) => {
        const { replayCommand } = await import("@countermand/gateway/replay");
        const { levels, symbol } = options;
        const more = [
          ...(levels === undefined ? [] : ["--levels", String(levels)]),
          ...(symbol === undefined ? [] : ["--symbol", symbol]),
        ];
        setExitCode(command, replayCommand([messages, orderbook, ...more]));
      },
    );
  addDoctor(program, terminal);
}

interface ReplayOptions {
  readonly levels?: number;
  readonly symbol?: string;
}

interface Finding {
  readonly check: string;
  readonly isGood: boolean;
  readonly said: string;
}

interface MarketRow {
  readonly market: string;
  readonly holds: string;
}

const NOT_KNOWN = 401;
/** The smallest window a gateway can be set to: clocks that agree this far will do for each. */
const SKEW_MS_MAX = 1_000;
const ASK_TIMEOUT_MS = 3_000;
const STREAM_TIMEOUT_MS = 5_000;

function addDoctor(program: Command, terminal: Terminal): void {
  program
    .command("doctor")
    .description(
      "check that the gateway answers, clocks agree, certificate, disk, key and operator's token will do",
    )
    .action(async (_options, command: Command) => {
      const profile = chosenProfile(command.optsWithGlobals<ProfileChoice>(), terminal.environment);
      const { url } = profile;
      const client = new CountermandClient({
        baseUrl: url,
        credentials: credentialsOf(profile),
        callTimeoutMs: 3_000,
        attemptTimeoutMs: 2_000,
      });
      let isGood = true;
      for await (const finding of findings(client, profile, terminal)) {
        isGood &&= finding.isGood;
        if (isJson(command)) printJson(terminal, finding);
        else
          print(terminal, [
            `${finding.isGood ? "ok  " : "FAIL"}  ${finding.check}: ${finding.said}`,
          ]);
      }
      if (isGood) return;
      tell(
        terminal,
        `Each line marked FAIL says what is wrong. Asked: ${url}, key ${profile.apiKey}`,
      );
      setExitCode(command, ExitCode.Refused);
    });
}

/** Not where the message says what to do, as of a certificate: then somebody is there. */
function askWhetherItIsThere(error: unknown): never {
  if (!(error instanceof ConnectionError) || (unsent(error.cause)?.remedy ?? null) !== null) {
    throw error;
  }
  throw new Error(`${error.message}. Is it running, and is that its address? See --url`);
}

async function* findings(
  client: CountermandClient,
  profile: Profile,
  terminal: Terminal,
): AsyncGenerator<Finding> {
  const { url } = profile;
  const major = Number(process.versions.node.split(".")[0]);
  yield { check: "Node", isGood: major >= 22, said: process.version };
  const reach = await finding("gateway", async () => {
    await client.measureClock().catch(askWhetherItIsThere);
    return `${url}, version ${await versionOf(url)}`;
  });
  yield reach;
  if (!reach.isGood) return;
  const { offsetMs, errorMs } = client.clock;
  yield clockFinding(Math.round(-offsetMs), Math.ceil(errorMs));
  if (url.startsWith("https:")) {
    yield await finding("certificate", async () => {
      const { certificateOf } = await import("../certificate.ts");
      return await certificateOf(url);
    });
  }
  yield await finding("disk", () => diskOf(url));
  const hasToken = namesOperatorToken(terminal.environment);
  if (hasToken) yield await finding("operators", () => operatorsOf(terminal));
  if (isPublicKey(profile) && (await isRefused(client))) {
    // Whoever operates a gateway needs no key of a client.
    yield { check: "key", isGood: hasToken, said: "none chosen: --profile NAME, to check one" };
    return;
  }
  yield await finding("key", async () => {
    const { total_records } = await client.orders({ page_size: 1 }).catch(dropCopyOnly);
    if (total_records === null)
      return "signature accepted; it is a drop copy, for the stream alone";
    return `signature accepted; orders in the account: ${total_records}`;
  });
  yield await finding("stream", () => firstMessage(client));
}

/** Two clocks do not tell which of them is wrong: a third one does, of the network's time. */
function clockFinding(aheadMs: number, errorMs: number): Finding {
  const side = aheadMs < 0 ? "behind" : "ahead of";
  const differ = `this machine is ${Math.abs(aheadMs)} ms ${side} the gateway, give or take ${errorMs} ms`;
  if (Math.abs(aheadMs) <= SKEW_MS_MAX) return { check: "clock", isGood: true, said: differ };
  const windowMs = LIMITS.timestampWindowMsMax.value;
  const remedy =
    "One is wrong: check NTP on this machine, then on the gateway's. A signature may be " +
    `${windowMs} ms off, or what the gateway's COUNTERMAND_SIGNATURE_WINDOW_MS says, ` +
    `${SKEW_MS_MAX} at least`;
  return { check: "clock", isGood: false, said: `${differ}. ${remedy}` };
}

/** As its API's document tells everybody; a gateway's metrics do, too, but proxies hide them. */
async function versionOf(url: string): Promise<string> {
  try {
    const response = await fetch(addressAt(url, "/openapi.json"), {
      signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
    });
    const { info } = (await response.json()) as { readonly info?: { readonly version?: unknown } };
    return typeof info?.version === "string" ? info.version : "not told";
  } catch {
    return "not told";
  }
}

/** Whether the gateway does not know the key at all. */
async function isRefused(client: CountermandClient): Promise<boolean> {
  try {
    await client.orders({ page_size: 1 });
    return false;
  } catch (error) {
    return error instanceof ApiError && error.httpStatus === NOT_KNOWN;
  }
}

/** What operators hold back is what they look for first. */
async function operatorsOf(terminal: Terminal): Promise<string> {
  const client = operatorClient({}, terminal);
  const { blocks } = (await client.read(`${API}/blocks`)) as { readonly blocks: unknown[] };
  const { markets } = (await client.read(`${API}/modes`)) as { readonly markets: MarketRow[] };
  const held = markets.filter(({ holds }) => holds !== "open");
  const modes = held.map(({ market, holds }) => `${market} ${holds}`).join(", ");
  return `token accepted; blocks: ${blocks.length}; markets not open: ${modes || "none"}`;
}

/** A key of several accounts is in order, and may ask for no orders. */
function dropCopyOnly(error: unknown): { readonly total_records: null } {
  if (error instanceof ApiError && error.reason === "drop_copy_only")
    return { total_records: null };
  throw error;
}

interface ReadyAnswer {
  readonly data?: { readonly disk?: string };
  readonly details?: string;
}

async function diskOf(url: string): Promise<string> {
  const response = await fetch(addressAt(url, "/health/ready"), {
    signal: AbortSignal.timeout(ASK_TIMEOUT_MS),
  });
  const { data, details = "" } = (await response.json()) as ReadyAnswer;
  if (!response.ok) throw new Error(details || `not told: HTTP status ${response.status}`);
  if (data?.disk !== "full") return "has room";
  throw new Error("full: cancels work, new orders are refused until there is room");
}

async function firstMessage(client: CountermandClient): Promise<string> {
  const stream = client.stream({ heartbeatSeconds: 1 });
  // A gateway whose disk does not answer takes it, and has nothing that it may tell.
  const patience = setTimeout(() => stream.close(), STREAM_TIMEOUT_MS);
  try {
    for await (const event of stream) {
      if (event.type === "snapshot")
        return `open orders: ${event.orders.length}, at seq ${event.seq}`;
      if (event.type === "disconnected") throw new Error(event.reason);
    }
    throw new Error(`it told nothing in ${STREAM_TIMEOUT_MS / 1_000} s`);
  } finally {
    clearTimeout(patience);
    stream.close();
  }
}

async function finding(check: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { check, isGood: true, said: await look() };
  } catch (error) {
    return { check, isGood: false, said: error instanceof Error ? error.message : String(error) };
  }
}
