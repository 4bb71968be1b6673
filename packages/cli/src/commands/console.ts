/** The web consoles: of traders, signed in with the profile's key, and of operators. */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import { addressAt } from "../profiles.ts";
import { isJson, session } from "../session.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";
import { API, clientOf, operated } from "./operator-command.ts";

/** What opens a link in the browser of the desktop. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  linux: ["xdg-open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

const OPEN =
  "open it in this desktop's browser, too; other users of the machine may see it in passing";

export function addConsoleCommand(program: Command, terminal: Terminal): void {
  program
    .command("console")
    .description("make a one-time link that signs a browser in to the web console")
    .option("--open", OPEN)
    .addHelpText(
      "after",
      "\nThe link works for a minute. The browser gets a session with this key's permissions and\n" +
        "never the secret.",
    )
    .action(async (options: { readonly open?: boolean }, command: Command) => {
      const { client, profile, asJson } = session(command, terminal);
      const { sign_in_code, expires_in } = await client.signInCode();
      const link = addressAt(profile.url, `/console#code=${sign_in_code}`);
      if (asJson) printJson(terminal, { link, expires_in });
      else print(terminal, [link]);
      if (options.open === true) openLink(terminal, link);
    });
}

export function addOperatorConsoleCommand(program: Command, terminal: Terminal): void {
  operated(
    program
      .command("operator-console")
      .description("make a one-time link that signs a browser in to the operators' console")
      .option("--open", OPEN),
  )
    .addHelpText(
      "after",
      "\nThe link works for a minute, at the operator's listener. The browser never gets the token;\n" +
        "the journal names you for whatever is done in the session.",
    )
    .action(async (options: { readonly open?: boolean }, command: Command) => {
      const client = clientOf(command, terminal);
      const { sign_in_code, expires_in } = (await client.write(`${API}/sign-in-codes`, {})) as {
        readonly sign_in_code: string | null;
        readonly expires_in: number;
      };
      if (sign_in_code === null) throw new Error("the answer with the link was lost: ask again");
      const link = `${client.url}/console#code=${sign_in_code}`;
      if (isJson(command)) printJson(terminal, { link, expires_in });
      else print(terminal, [link]);
      if (options.open === true) openLink(terminal, link);
    });
}

function openLink(terminal: Terminal, link: string): void {
  const [opener = "xdg-open", ...args] = OPENERS[process.platform] ?? [];
  const child = spawn(opener, [...args, link], { stdio: "ignore", detached: true });
  child.on("error", () => tell(terminal, `${opener} is missing: open the link yourself`));
  child.unref();
}
