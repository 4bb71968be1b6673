/** The web console, signed in with the profile's key. */
import { spawn } from "node:child_process";
import type { Command } from "commander";
import { session } from "../session.ts";
import { print, printJson, type Terminal, tell } from "../terminal.ts";

/** What opens a link in the browser of the desktop. */
const OPENERS: Readonly<Record<string, readonly [program: string, ...args: string[]]>> = {
  darwin: ["open"],
  linux: ["xdg-open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};

export function addConsoleCommand(program: Command, terminal: Terminal): void {
  program
    .command("console")
    .description("a link that signs a browser in to the web console, once")
    .option("--open", "open it in this desktop's browser, too")
    .addHelpText(
      "after",
      "\nThe link works for a minute. The browser gets a session with this key's permissions and\n" +
        "never the secret.",
    )
    .action(async (options: { readonly open?: boolean }, command: Command) => {
      const { client, profile, asJson } = session(command, terminal);
      const { sign_in_code, expires_in } = await client.signInCode();
      const link = `${profile.url.replace(/\/$/, "")}/console#code=${sign_in_code}`;
      if (asJson) printJson(terminal, { link, expires_in });
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
