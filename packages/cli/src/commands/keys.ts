/** API keys, as an operator makes and ends them. */
import { writeFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { collected, wholeNumber } from "../arguments.ts";
import { newPrivateKey, publicKeyText } from "../ed25519.ts";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { isJson, setExitCode } from "../session.ts";
import { confirm, print, printJson, readNamed, type Terminal, tell } from "../terminal.ts";
import {
  API,
  clientOf,
  type OperatorOptions,
  operated,
  show,
  showRead,
  writing,
} from "./operator-command.ts";

interface CreateOptions extends OperatorOptions {
  readonly account?: readonly string[];
  readonly permission: readonly string[];
  readonly portfolio?: readonly string[];
  readonly address?: readonly string[];
  readonly publicKey?: string;
  readonly label?: string;
  readonly expiresAt?: number;
}

interface RotateOptions extends OperatorOptions {
  readonly overlap: number;
  readonly publicKey?: string;
}

interface ExpireOptions extends OperatorOptions {
  readonly at?: number;
}

const PUBLIC_KEY = "of an Ed25519 key, in place of a secret: Base64, or @FILE in PEM";
const OWNER_ONLY = 0o600;

export function addKeyCommands(program: Command, terminal: Terminal): void {
  const keys = program
    .command("keys")
    .description("list, create, rotate, expire and revoke API keys");
  operated(
    keys
      .command("list", { isDefault: true })
      .description("list API keys, newest first")
      .addOption(
        new Option("--state <state>")
          .choices(["active", "expired", "revoked", "all"])
          .default("active"),
      ),
  ).action(({ state }: { readonly state: string }, command: Command) => {
    return showRead(terminal, command, `${API}/keys?state=${state}`);
  });
  writing(
    keys
      .command("create")
      .description("create a key; its secret is shown only this once")
      .option(
        "--account <account>",
        "account that it acts for; several make a drop copy",
        collected,
      )
      .requiredOption(
        "--permission <word>",
        "read, trade, cancel or operate; may be given again",
        collected,
      )
      .option("--portfolio <text>", "restrict it to this portfolio; may be given again", collected)
      .option(
        "--address <range>",
        "restrict it to this address or range; may be given again",
        collected,
      )
      .option("--public-key <key>", PUBLIC_KEY, publicKey)
      .option("--label <text>", "for people")
      .option("--expires-at <ms>", "Unix milliseconds", wholeNumber),
  ).action(async (options: CreateOptions, command: Command) => {
    const body = {
      reason: options.reason,
      accounts: options.account,
      permissions: options.permission,
      portfolios: options.portfolio,
      addresses: options.address,
      algorithm: options.publicKey === undefined ? undefined : "ed25519",
      public_key: options.publicKey,
      label: options.label,
      expires_at: options.expiresAt,
    };
    await showKey(terminal, command, `${API}/keys`, body);
  });
  addKeyEnds(keys, terminal);
  addGenerate(keys, terminal);
}

function addGenerate(keys: Command, terminal: Terminal): void {
  keys
    .command("generate")
    .description(
      "make an Ed25519 key on this machine: writes the private key, prints the public one",
    )
    .argument("<file>", "of the private key; must not exist yet")
    .addHelpText(
      "after",
      "\nThe gateway never sees the private key. An operator gives it the public one, and the file\n" +
        "becomes a profile:\n" +
        "  countermand keys create --account A --permission trade --public-key KEY --reason new\n" +
        "  countermand profiles add mine https://orders.example API_KEY < FILE",
    )
    .action((file: string, _options, command: Command) => {
      const pem = newPrivateKey();
      writeNew(file, pem);
      const publicText = publicKeyText(pem);
      if (isJson(command)) {
        printJson(terminal, { private_key_file: file, public_key: publicText });
      } else {
        print(terminal, [publicText]);
      }
    });
}

function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx", mode: OWNER_ONLY });
  } catch (error) {
    throw new UsageError(`cannot make ${file}: ${(error as Error).message}`);
  }
}

/** Base64 as it is, or what a file in PEM has. */
function publicKey(text: string): string {
  if (!text.startsWith("@")) return text;
  return publicKeyText(readNamed(text.slice(1)));
}

function addKeyEnds(keys: Command, terminal: Terminal): void {
  writing(
    keys
      .command("rotate")
      .description("give a key a new secret, shown only this once")
      .argument("<key>")
      .option("--overlap <seconds>", "how long the old secret stays valid", wholeNumber, 0)
      .option("--public-key <key>", PUBLIC_KEY, publicKey),
  ).action((key: string, options: RotateOptions, command: Command) => {
    const { overlap, publicKey, reason } = options;
    const body = { reason, overlap_seconds: overlap, public_key: publicKey };
    return showKey(terminal, command, `${pathOf(key)}/rotate`, body);
  });
  writing(
    keys
      .command("expire")
      .description("set when a key expires; at once without --at")
      .argument("<key>")
      .option("--at <ms>", "Unix milliseconds", wholeNumber),
  ).action((key: string, { at, reason }: ExpireOptions, command: Command) => {
    return showKey(terminal, command, `${pathOf(key)}/expire`, { reason, expires_at: at });
  });
  writing(
    keys
      .command("revoke")
      .description("end a key for good, and its streams at once; asks first")
      .argument("<key>")
      .option("--yes", "do not ask"),
  ).action(async (key: string, { reason, yes }: OperatorOptions, command: Command) => {
    await confirm(terminal, `Revoke ${key} for good?`, yes === true);
    await showKey(terminal, command, `${pathOf(key)}/revoke`, { reason });
  });
}

/** A secret is in one answer only: where that was lost, the key is of no use as it is. */
async function showKey(
  terminal: Terminal,
  command: Command,
  path: string,
  body: object,
): Promise<void> {
  const data = await clientOf(command, terminal).write(path, body);
  show(terminal, command, data);
  const { api_key, secret } = data as { readonly api_key: string; readonly secret?: string | null };
  if (secret !== null) return;
  tell(terminal, "The answer with the secret was lost on its way, and nobody can show it again.");
  tell(terminal, `Another one: countermand keys rotate ${api_key} --reason TEXT`);
  setExitCode(command, ExitCode.Partly);
}

function pathOf(key: string): string {
  return `${API}/keys/${encodeURIComponent(key)}`;
}
