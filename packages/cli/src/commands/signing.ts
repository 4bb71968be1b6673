/** Making a signature, and finding out why one was refused. */
import { type Command, Option } from "commander";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { chosenProfile, type Profile } from "../profiles.ts";
import { isJson, setExitCode } from "../session.ts";
import {
  type SignedAttempt,
  sha256,
  signatureOf,
  signedText,
  verdictOf,
} from "../signature-variants.ts";
import { factLines } from "../table.ts";
import { print, printJson, readAll, readNamed, type Terminal } from "../terminal.ts";
import { nowMs } from "../time.ts";

const BODY_BYTES_MAX = 65_536;

interface SignOptions {
  readonly body?: string;
  readonly timestamp?: string;
  readonly signature: string;
  readonly seen?: string;
}

export function addSigningCommands(program: Command, terminal: Terminal): void {
  addSign(program, terminal);
  addExplain(program, terminal);
}

const BODY = "the body: text, @FILE, or - for the standard input";

function addSign(program: Command, terminal: Terminal): void {
  program
    .command("sign")
    .description("print the headers of a signed request, made with the profile's key")
    .argument("<method>", "GET, POST, PUT or DELETE; CONNECT for the handshake of a stream")
    .argument("<target>", "path and query: /trade/v1/orders?page_size=1")
    .option("--body <body>", BODY)
    .option("--timestamp <ms>", "Unix milliseconds; now unless given")
    .action(async (method: string, target: string, options: SignOptions, command) => {
      const profile = profileOf(command, terminal);
      const { timestamp = String(nowMs()), body } = options;
      const attempt = await attemptOf(
        method,
        target,
        { timestamp, body, signature: "" },
        profile,
        terminal,
      );
      const headers = {
        "X-API-Key": profile.apiKey,
        "X-API-Timestamp": timestamp,
        "X-API-Signature": signatureOf(attempt),
      };
      if (isJson(command)) {
        printJson(terminal, { ...headers, string_to_sign: signedText(attempt) });
        return;
      }
      print(
        terminal,
        Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      );
    });
}

function addExplain(program: Command, terminal: Terminal): void {
  program
    .command("explain")
    .description(
      "find out why a signature was refused: what should have been signed, and which mistake was made",
    )
    .argument("<method>", "as sent")
    .argument("<target>", "path and query as sent")
    .requiredOption("--timestamp <ms>", "X-API-Timestamp as sent")
    .requiredOption("--signature <text>", "X-API-Signature as sent")
    .option("--body <body>", `${BODY}; as sent, byte for byte`)
    .addOption(new Option("--seen <details>", "`details` of the gateway's 401: what it saw"))
    .addHelpText(
      "after",
      "\nThe secret or private key is the profile's. Exit code 0: the signature is right; 1: it is not.",
    )
    .action(async (method: string, target: string, options: SignOptions, command) => {
      const profile = profileOf(command, terminal);
      const { timestamp = "", body, signature, seen } = options;
      const sent = { timestamp, body, signature };
      const attempt = await attemptOf(method, target, sent, profile, terminal);
      const verdict = verdictOf(attempt);
      const differences = seen === undefined ? [] : differencesFrom(seen, attempt);
      if (isJson(command)) {
        const { payload } = attempt;
        const string_to_sign = signedText(attempt);
        printJson(terminal, {
          ...verdict,
          differences,
          string_to_sign,
          payload_sha256: sha256(payload),
        });
      } else {
        print(terminal, explanation(attempt, differences));
      }
      const isRight = verdict.verdict === "right" && differences.length === 0;
      if (!isRight) setExitCode(command, ExitCode.Refused);
    });
}

function explanation(attempt: SignedAttempt, differences: readonly string[]): string[] {
  const verdict = verdictOf(attempt);
  const { payload, signature } = attempt;
  const facts = factLines([
    ["to be signed", JSON.stringify(signedText(attempt))],
    ["payload", `${Buffer.byteLength(payload)} bytes, SHA-256 ${sha256(payload)}`],
    ["right signature", `${signatureOf(attempt)} (hex ${signatureOf(attempt, "hex")})`],
    ["sent signature", signature],
  ]);
  const seen = differences.map((difference) => `The gateway saw something else: ${difference}`);
  if (verdict.verdict === "right") {
    const end = seen.length > 0 ? seen : ["The signature is right for what you say was sent."];
    return [...facts, ...end, ...(seen.length > 0 ? [] : CLOCK_HINT)];
  }
  if (verdict.verdict === "mistake")
    return [...facts, ...seen, `${sentence(verdict.mistake)}.`, verdict.cure];
  return [
    ...facts,
    ...seen,
    "No known mistake gives the signature that was sent: most likely key and secret do not belong together.",
  ];
}

const CLOCK_HINT = [
  "If it was refused all the same, compare the clocks (countermand doctor) and the key, and give the",
  "details of the refusal with --seen.",
];

/** The gateway says: METHOD|path|timestamp|<raw body: 56 bytes, SHA-256 …>. */
const SEEN =
  /([A-Z]+)\|([^|]*)\|([^|]*)\|<raw (?:body|query string): (\d+) bytes, SHA-256 ([0-9a-f]{64})>/;

function differencesFrom(details: string, attempt: SignedAttempt): string[] {
  const match = SEEN.exec(details);
  if (match === null) throw new UsageError("--seen is not the details of a refused signature");
  const [, method, path, timestamp, bytes, digest] = match;
  const { payload } = attempt;
  const pairs = [
    ["method", attempt.method, method],
    ["path", attempt.path, path],
    ["timestamp", attempt.timestamp, timestamp],
    ["payload length", String(Buffer.byteLength(payload)), bytes],
    ["payload SHA-256", sha256(payload), digest],
  ] as const;
  const differences = pairs
    .filter(([, mine, theirs]) => mine !== theirs)
    .map(([name, mine, theirs]) => `${name} ${theirs}, not ${mine}`);
  const isUnbroken = payload !== unbroken(payload) && sha256(unbroken(payload)) === digest;
  return isUnbroken ? [...differences, UNBROKEN] : differences;
}

const UNBROKEN =
  "the same without its line breaks. curl drops them with -d @FILE: use --data-binary @FILE";

function unbroken(payload: string): string {
  return payload.replaceAll(/[\r\n]/g, "");
}

interface SentSignature {
  readonly timestamp: string;
  readonly body: string | undefined;
  readonly signature: string;
}

async function attemptOf(
  method: string,
  target: string,
  { timestamp, body, signature }: SentSignature,
  { secret, url }: Profile,
  terminal: Terminal,
): Promise<SignedAttempt> {
  if (!target.startsWith("/"))
    throw new UsageError("the target begins with a slash, after the host");
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  const text = body === undefined ? "" : await bodyText(body, terminal);
  if (text !== "" && query !== "") {
    throw new UsageError("a request has a body or a query string, never both");
  }
  const payload = text === "" ? query : text;
  return { method, path, timestamp, payload, secret, signature, url };
}

async function bodyText(body: string, terminal: Terminal): Promise<string> {
  if (body === "-") return await readAll(terminal.input, BODY_BYTES_MAX);
  return body.startsWith("@") ? readNamed(body.slice(1)) : body;
}

function profileOf(command: Command, terminal: Terminal): Profile {
  return chosenProfile(command.optsWithGlobals(), terminal.environment);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
