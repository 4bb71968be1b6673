/**
 * The gateway's configuration: one typed object, read once from the environment and a file, checked
 * whole, every fault reported at once, then frozen. The only reader of the environment.
 */
import { resolve } from "node:path";
import { LIMITS } from "@countermand/contract";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import { RULE_PROFILE_NAMES, type RuleProfileName } from "@countermand/core/rules";
import { type MasterKey, readMasterKey } from "./auth/master-key.ts";
import { type Environment, readConfigFile, underEnvironment } from "./config-file.ts";
import { BUDGET_SETTINGS, limitSettings } from "./limit-settings.ts";
import type { BudgetRules } from "./limits/budgets.ts";
import { PROFILES, type Profile, profileFaults } from "./profile.ts";
import { NO_RECEIPT_KEY, OWN_RECEIPT_KEY } from "./receipts/receipt-keys.ts";
import { SANDBOX_KEY_KINDS, type SandboxKeyKind } from "./sandbox-keys.ts";
import {
  FILE,
  isPem,
  NO_FILE_NAME,
  readPemFile,
  readToken,
  settingText,
  type TlsFiles,
  tlsOf,
} from "./secret-settings.ts";
import { SettingFault, type SettingSpec } from "./setting.ts";
import { coreProblem } from "./sys/thread-core.ts";

export interface Config {
  readonly profile: Profile;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Absolute path of the folder that holds the journal. */
  readonly dataDir: string;
  /** Megabytes of the disk that are kept for cancels. */
  readonly diskReserveMb: number;
  readonly sandboxKeys: SandboxKeyKind;
  readonly sandboxMarket: "on" | "off";
  readonly marketRules: RuleProfileName;
  /** Decides the random ends of auctions. */
  readonly marketSeed: number;
  readonly sandboxSeed: number;
  readonly sandboxRecipes: "on" | "off";
  /** Largest distance between a request's timestamp and the server's clock, either way. */
  readonly signatureWindowMs: number;
  readonly logLevel: LogLevel;
  /** The core that the thread which decides is bound to; null: it runs where the system puts it. */
  readonly decidingCore: number | null;
  /** Null: the listeners speak plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Whether a proxy in front of the gateway has TLS. */
  readonly behindProxy: "on" | "off";
  /** In lower case; null: the address of the socket counts. */
  readonly clientAddressHeader: string | null;
  readonly operatorHost: string;
  /** 0 takes any free port. */
  readonly operatorPort: number;
  /** Null: there is no operator API. */
  readonly operatorToken: string | null;
  /** Path of the key that signs receipts, or `auto` or `off`. */
  readonly receiptKeyFile: string;
  /** Seals the secrets of API keys; null: none can be made or read. */
  readonly masterKey: MasterKey | null;
  /** The one before: what it sealed is brought under the present one. */
  readonly previousMasterKey: MasterKey | null;
  /** What every account and every key has to keep to. */
  readonly accountLimits: LimitSet;
  readonly keyLimits: LimitSet;
  /** What every key may ask for; null is no bounds. */
  readonly budgets: BudgetRules | null;
  /** Names that look like settings and are none: misspellings, to be said aloud. */
  readonly unknownSettings: readonly string[];
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Raised with every fault of the configuration at once; each is one clear line. */
class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "CONFIG_INVALID";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.faults = faults;
  }
}

export const SIGNATURE_WINDOW_MS_MAX: number = LIMITS.timestampWindowMsMax.value;

const ACCOUNT_LIMITS = limitSettings("ACCOUNT");
const KEY_LIMITS = limitSettings("KEY");

export const SETTINGS = {
  configFile: setting({
    env: "COUNTERMAND_CONFIG_FILE",
    defaultText: "",
    range: "none, or a file with one NAME=value a line; from the environment only",
    effect: "more settings; the environment wins over them",
    read: (text) => text,
  }),
  profile: setting({
    env: "COUNTERMAND_PROFILE",
    defaultText: "sandbox",
    range: "sandbox, production; fixed when a data directory begins",
    effect: "whether there are demo keys, or a start refuses what is not safe",
    read: readWord(PROFILES),
  }),
  host: setting({
    env: "COUNTERMAND_HOST",
    defaultText: "127.0.0.1",
    range: "an address or name; loopback only with the fixed demo keys",
    effect: "address the gateway listens on",
    read: readHost,
  }),
  port: setting({
    env: "COUNTERMAND_PORT",
    defaultText: "8080",
    range: "0 to 65535; 0 takes any free port and prints it",
    effect: "TCP port the gateway listens on",
    read: readInteger(0, 65_535),
  }),
  dataDir: setting({
    env: "COUNTERMAND_DATA_DIR",
    defaultText: "./data",
    range: "a folder that can be created and written",
    effect: "where journal, head, snapshots and archive are kept",
    read: (text) => resolve(text),
  }),
  diskReserveMb: setting({
    env: "COUNTERMAND_DISK_RESERVE_MB",
    defaultText: "16",
    range: "1 to 999999999",
    effect: "megabytes of the disk that are kept for cancels when it is full",
    read: readInteger(1, 999_999_999),
  }),
  sandboxKeys: setting({
    env: "COUNTERMAND_SANDBOX_KEYS",
    defaultText: "demo",
    range: "demo, random",
    effect: "the public keys, or two of the data directory's own, printed when they are made",
    read: readWord(SANDBOX_KEY_KINDS),
  }),
  sandboxMarket: setting({
    env: "COUNTERMAND_SANDBOX_MARKET",
    defaultText: "on",
    range: "on, off",
    effect: "whether simulated participants trade on the embedded exchange",
    read: readWord(["on", "off"] as const),
  }),
  sandboxSeed: setting({
    env: "COUNTERMAND_SANDBOX_SEED",
    defaultText: "1",
    range: "0 to 999999999",
    effect: "what the simulated participants draw their chances from",
    read: readInteger(0, 999_999_999),
  }),
  marketRules: setting({
    env: "COUNTERMAND_MARKET_RULES",
    defaultText: "reference",
    range: "reference, strict; fixed when a data directory begins",
    effect: "rules of the markets: always open and lenient, or the exchanges' own",
    read: readWord(RULE_PROFILE_NAMES),
  }),
  marketSeed: setting({
    env: "COUNTERMAND_MARKET_SEED",
    defaultText: "1",
    range: "0 to 999999999; fixed when a data directory begins",
    effect: "seed of the random ends of auctions (strict rules)",
    read: readInteger(0, 999_999_999),
  }),
  sandboxRecipes: setting({
    env: "COUNTERMAND_SANDBOX_RECIPES",
    defaultText: "on",
    range: "on, off",
    effect: "whether orders of the demo keys with a recipe quantity bring about its fault",
    read: readWord(["on", "off"] as const),
  }),
  signatureWindowMs: setting({
    env: "COUNTERMAND_SIGNATURE_WINDOW_MS",
    defaultText: "300000",
    range: "1000 to 300000 milliseconds",
    effect: "how far a request's timestamp may be from the server's clock",
    read: readInteger(1000, SIGNATURE_WINDOW_MS_MAX),
  }),
  tlsCertFile: setting({
    env: "COUNTERMAND_TLS_CERT_FILE",
    defaultText: "",
    range: "none, or a file in PEM: the certificate, then its chain",
    effect: "both listeners speak TLS; goes with the key file",
    read: readPemFile,
  }),
  tlsKeyFile: setting({
    env: "COUNTERMAND_TLS_KEY_FILE",
    defaultText: "",
    range: "none, or a file in PEM",
    effect: "key of the certificate; let nobody else read it",
    read: readPemFile,
  }),
  behindProxy: setting({
    env: "COUNTERMAND_BEHIND_PROXY",
    defaultText: "off",
    range: "on, off",
    effect: "states that a proxy in front of the gateway has TLS",
    read: readWord(["on", "off"] as const),
  }),
  clientAddressHeader: setting({
    env: "COUNTERMAND_CLIENT_ADDRESS_HEADER",
    defaultText: "",
    range: "none, or a header's name; only with COUNTERMAND_BEHIND_PROXY=on",
    effect:
      "header in which the proxy names the client: its last element counts for keys with addresses",
    read: readHeaderName,
  }),
  operatorHost: setting({
    env: "COUNTERMAND_OPERATOR_HOST",
    defaultText: "127.0.0.1",
    range: "an address or name; loopback only in the sandbox",
    effect: "address the operator API listens on",
    read: readHost,
  }),
  operatorPort: setting({
    env: "COUNTERMAND_OPERATOR_PORT",
    defaultText: "8081",
    range: "0 to 65535; 0 takes any free port and prints it",
    effect: "TCP port the operator API listens on",
    read: readInteger(0, 65_535),
  }),
  operatorToken: setting({
    env: "COUNTERMAND_OPERATOR_TOKEN",
    defaultText: "",
    range: "none, or 32 to 512 characters of printable ASCII without blanks",
    effect: "secret of the operator API, which is off without one",
    secret: true,
    read: readToken,
  }),
  receiptKeyFile: setting({
    env: "COUNTERMAND_RECEIPT_KEY_FILE",
    defaultText: OWN_RECEIPT_KEY,
    range: "a PEM file with an Ed25519 key; auto, off",
    effect: "key that signs receipts; auto makes one in the data directory, off signs none",
    read: readReceiptKeyFile,
  }),
  masterKey: setting({
    env: "COUNTERMAND_MASTER_KEY",
    defaultText: "",
    range: "none, or 32 bytes in Base64",
    effect: "what secrets of API keys are sealed with; HMAC keys cannot be made without one",
    secret: true,
    read: readMasterKey,
  }),
  previousMasterKey: setting({
    env: "COUNTERMAND_MASTER_KEY_PREVIOUS",
    defaultText: "",
    range: "none, or 32 bytes in Base64",
    effect: "the master key before: what it sealed is brought under the present one at the start",
    secret: true,
    read: readMasterKey,
  }),
  logLevel: setting({
    env: "COUNTERMAND_LOG_LEVEL",
    defaultText: "info",
    range: LOG_LEVELS.join(", "),
    effect: "least severe log line written to standard error",
    read: readWord(LOG_LEVELS),
  }),
  decidingCore: setting({
    env: "COUNTERMAND_DECIDING_CORE",
    defaultText: "",
    range: "none, or the number of a core that the process may use, from 0; on Linux, with taskset",
    effect: "core that the thread which decides and answers is bound to; the others keep all",
    read: readCore,
  }),
  accountOrderQty: ACCOUNT_LIMITS.orderQty,
  accountOrderValue: ACCOUNT_LIMITS.orderValue,
  accountPriceDistance: ACCOUNT_LIMITS.priceDistance,
  accountDuplicateMs: ACCOUNT_LIMITS.duplicateMs,
  accountOpenOrders: ACCOUNT_LIMITS.openOrders,
  accountGrossExposure: ACCOUNT_LIMITS.grossExposure,
  accountOrderRate: ACCOUNT_LIMITS.orderRate,
  keyOrderQty: KEY_LIMITS.orderQty,
  keyOrderValue: KEY_LIMITS.orderValue,
  keyPriceDistance: KEY_LIMITS.priceDistance,
  keyDuplicateMs: KEY_LIMITS.duplicateMs,
  keyOpenOrders: KEY_LIMITS.openOrders,
  keyGrossExposure: KEY_LIMITS.grossExposure,
  keyOrderRate: KEY_LIMITS.orderRate,
  budgetPlaces: BUDGET_SETTINGS.places,
  budgetFillSeconds: BUDGET_SETTINGS.fillSeconds,
  budgetCancelFactor: BUDGET_SETTINGS.cancelFactor,
} as const;

/** Throws {@link ConfigError}. */
export function readConfig(environment: Environment = process.env): Config {
  const { settings, faults } = allSettings(environment);
  const read = <T>(spec: SettingSpec<T>): T => {
    const text = settingText(spec, settings);
    const value = text instanceof SettingFault ? text : spec.read(text);
    if (value instanceof SettingFault) {
      const isHidden = spec.secret === true || typeof text !== "string" || isPem(text);
      const shown = isHidden ? "" : `=${JSON.stringify(text)}`;
      faults.push(`${spec.env}${shown}: ${value.message}`);
    }
    return value as T;
  };
  const [cert, key] = [read(SETTINGS.tlsCertFile), read(SETTINGS.tlsKeyFile)];
  const unread = [cert, key].some((text: unknown) => text instanceof SettingFault);
  const tls = unread ? null : tlsOf(cert, key);
  if (tls instanceof SettingFault) faults.push(tls.message);
  const namesTls = cert !== null || key !== null;
  const profile = read(SETTINGS.profile);
  const config: Config = {
    profile,
    host: read(SETTINGS.host),
    port: read(SETTINGS.port),
    dataDir: read(SETTINGS.dataDir),
    diskReserveMb: read(SETTINGS.diskReserveMb),
    sandboxKeys: read(SETTINGS.sandboxKeys),
    sandboxMarket: read(sandboxMarketSetting(profile)),
    marketRules: read(SETTINGS.marketRules),
    marketSeed: read(SETTINGS.marketSeed),
    sandboxSeed: read(SETTINGS.sandboxSeed),
    sandboxRecipes: read(SETTINGS.sandboxRecipes),
    signatureWindowMs: read(SETTINGS.signatureWindowMs),
    logLevel: read(SETTINGS.logLevel),
    decidingCore: read(SETTINGS.decidingCore),
    tls: tls instanceof SettingFault ? null : tls,
    behindProxy: read(SETTINGS.behindProxy),
    clientAddressHeader: read(SETTINGS.clientAddressHeader),
    operatorHost: read(SETTINGS.operatorHost),
    operatorPort: read(SETTINGS.operatorPort),
    operatorToken: read(SETTINGS.operatorToken),
    receiptKeyFile: read(SETTINGS.receiptKeyFile),
    masterKey: read(SETTINGS.masterKey),
    previousMasterKey: read(SETTINGS.previousMasterKey),
    accountLimits: readLimits(ACCOUNT_LIMITS, read),
    keyLimits: readLimits(KEY_LIMITS, read),
    budgets: readBudgets(read),
    unknownSettings: unknownSettings(environment),
  };
  faults.push(...combinationFaults(config, namesTls));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** A setting that is wrong itself was told already: nothing follows from it. */
function combinationFaults(config: Config, namesTls: boolean): string[] {
  const { profile, host, operatorHost } = config;
  if (!PROFILES.includes(profile)) return [];
  const given = (text: string) => (typeof text === "string" ? text : "localhost");
  const hosts = { host: given(host), operatorHost: given(operatorHost) };
  return profileFaults({ ...config, ...hosts, namesTls });
}

/** On by default in the sandbox only. */
function sandboxMarketSetting(profile: Profile): SettingSpec<Config["sandboxMarket"]> {
  const { sandboxMarket } = SETTINGS;
  return profile === "production" ? { ...sandboxMarket, defaultText: "off" } : sandboxMarket;
}

type ReadSetting = <T>(spec: SettingSpec<T>) => T;

/** {@link NO_LIMITS} itself where all are off: that costs an order nothing. */
function readLimits(settings: ReturnType<typeof limitSettings>, read: ReadSetting): LimitSet {
  const limits: LimitSet = {
    orderQty: read(settings.orderQty),
    orderValue: read(settings.orderValue),
    priceDistance: read(settings.priceDistance),
    duplicateMs: read(settings.duplicateMs),
    openOrders: read(settings.openOrders),
    grossExposure: read(settings.grossExposure),
    orderRate: read(settings.orderRate),
  };
  return Object.values(limits).every((limit) => limit === null) ? NO_LIMITS : limits;
}

function readBudgets(read: ReadSetting): BudgetRules | null {
  const places = read(BUDGET_SETTINGS.places);
  const fillSeconds = read(BUDGET_SETTINGS.fillSeconds);
  const cancelFactor = read(BUDGET_SETTINGS.cancelFactor);
  return places === null ? null : { places, fillSeconds, cancelFactor };
}

/** Those of the file, too, where one is named; its faults come first. */
function allSettings(environment: Environment): { settings: Environment; faults: string[] } {
  const { env } = SETTINGS.configFile;
  const path = environment[env]?.trim() ?? "";
  if (path === "") return { settings: environment, faults: [] };
  const known = knownNames();
  // A file does not name another.
  known.delete(env);
  const { settings, faults } = readConfigFile(path, known);
  return {
    settings: underEnvironment(environment, settings),
    faults: faults.map((problem) => `${env}: ${problem}`),
  };
}

function knownNames(): Set<string> {
  const known = new Set<string>();
  for (const spec of Object.values(SETTINGS) as readonly SettingSpec<unknown>[]) {
    known.add(spec.env);
    if (spec.secret === true) known.add(spec.env + FILE);
  }
  return known;
}

/** What the command line reads, from the same shell as a rule. */
const COMMAND_LINE_NAMES = [
  "COUNTERMAND_API_KEY",
  "COUNTERMAND_API_SECRET",
  "COUNTERMAND_API_SECRET_FILE",
  "COUNTERMAND_OPERATOR",
  "COUNTERMAND_OPERATOR_URL",
  "COUNTERMAND_PROFILES",
  "COUNTERMAND_PROFILE_NAME",
  "COUNTERMAND_URL",
];

function unknownSettings(environment: Environment): string[] {
  const known = new Set([...knownNames(), ...COMMAND_LINE_NAMES]);
  return Object.keys(environment).filter((name) => {
    return name.startsWith("COUNTERMAND_") && !known.has(name);
  });
}

function readReceiptKeyFile(text: string): string | SettingFault {
  if (isPem(text)) return new SettingFault(NO_FILE_NAME);
  return text === OWN_RECEIPT_KEY || text === NO_RECEIPT_KEY ? text : resolve(text);
}

function readHeaderName(text: string): string | null | SettingFault {
  if (text === "") return null;
  const isName = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text);
  return isName ? text.toLowerCase() : new SettingFault("is no name of a header");
}

function setting<T>(spec: SettingSpec<T>): SettingSpec<T> {
  return spec;
}

function readHost(text: string): string | SettingFault {
  const isHost = /^[A-Za-z0-9.:_-]+$/.test(text);
  return isHost ? text : new SettingFault("must be an address or a name");
}

function readInteger(min: number, max: number): (text: string) => number | SettingFault {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
    return value >= min && value <= max
      ? value
      : new SettingFault(`must be a whole number from ${min} to ${max}`);
  };
}

function readCore(text: string): number | null | SettingFault {
  if (text === "") return null;
  const core = readInteger(0, 9_999)(text);
  if (core instanceof SettingFault) return core;
  const problem = coreProblem(core);
  return problem === null ? core : new SettingFault(problem);
}

function readWord<const T extends string>(words: readonly T[]): (text: string) => T | SettingFault {
  return (text) =>
    words.find((word) => word === text) ?? new SettingFault(`must be ${words.join(" or ")}`);
}
