/** Which gateways and keys the command line knows. */
import type { Command } from "commander";
import { isPrivateKey, privateKeyText } from "../ed25519.ts";
import { UsageError } from "../exit-codes.ts";
import {
  addressOf,
  DEFAULT_PROFILE,
  type Profile,
  profilePath,
  readProfiles,
  SANDBOX_PROFILE,
  writeProfile,
} from "../profiles.ts";
import { isJson } from "../session.ts";
import { type Column, tableLines } from "../table.ts";
import { print, printJson, readAll, readHidden, type Terminal } from "../terminal.ts";

const SECRET_BYTES_MAX = 4_096;

interface Row {
  readonly name: string;
  readonly profile: Profile;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "PROFILE", of: ({ name }) => name },
  { title: "URL", of: ({ profile }) => profile.url },
  { title: "KEY", of: ({ profile }) => profile.apiKey },
  { title: "SIGNS WITH", of: ({ profile }) => algorithmOf(profile) },
];

export function addProfileCommands(program: Command, terminal: Terminal): void {
  const profiles = program
    .command("profiles")
    .description("list and add the gateways and keys that --profile chooses from")
    .addHelpText(
      "after",
      "\nWithout --profile, COUNTERMAND_API_KEY with COUNTERMAND_API_SECRET or\n" +
        "COUNTERMAND_API_SECRET_FILE is used where it is set. --url and COUNTERMAND_URL replace\n" +
        "the address of any profile.",
    );
  profiles
    .command("list", { isDefault: true })
    .description("list the profiles; never shows a secret")
    .action((_options, command: Command) => {
      const path = profilePath(terminal.environment);
      const known = { [DEFAULT_PROFILE]: SANDBOX_PROFILE, ...readProfiles(path) };
      const rows = Object.entries(known).map(([name, profile]) => ({ name, profile }));
      if (isJson(command)) {
        for (const { name, profile } of rows) {
          const { apiKey, url } = profile;
          printJson(terminal, { name, url, apiKey, algorithm: algorithmOf(profile) });
        }
        return;
      }
      print(terminal, [...tableLines(COLUMNS, rows), "", `File: ${path}`]);
    });
  profiles
    .command("add")
    .description(
      "add or replace a profile; reads its secret, or its private key in PEM, from standard input",
    )
    .argument("<name>")
    .argument("<url>", "address of the gateway")
    .argument("<api-key>")
    .addHelpText(
      "after",
      "\nExamples:\n" +
        "  countermand profiles add live https://orders.example key-1 < secret.txt\n" +
        "  countermand profiles add mine https://orders.example key-2 < key.pem",
    )
    .action(async (name: string, url: string, apiKey: string) => {
      addressOf(url);
      const isTyped = terminal.input.isTTY === true;
      const given = isTyped
        ? (await readHidden(terminal, "Secret or private key (not shown): ", isWhole)).trim()
        : (await readAll(terminal.input, SECRET_BYTES_MAX)).trim();
      if (given === "") throw new UsageError("the secret comes on the standard input; none came");
      const secret = isPrivateKey(given) ? privateKeyText(given) : given;
      const path = profilePath(terminal.environment);
      writeProfile(path, name, { url, apiKey, secret });
      print(terminal, [`profile ${name} is in ${path}`]);
    });
}

/** A private key in PEM has many lines, any other secret one. */
function isWhole(text: string): boolean {
  return !isPrivateKey(text.trim()) || /^-----END /m.test(text);
}

function algorithmOf({ secret }: Profile): "ed25519" | "hmac" {
  return isPrivateKey(secret) ? "ed25519" : "hmac";
}
