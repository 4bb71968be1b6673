/** A server for assistants, over the standard streams. */
import type { Command } from "commander";
import { session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { version } from "../version.ts";

interface McpFlags {
  readonly allowCancel?: boolean;
  readonly allowPlace?: boolean;
}

const AFTER = `
An assistant starts it as its program, for instance with
  {"mcpServers": {"countermand": {"command": "npx", "args": ["countermand", "mcp"]}}}
It uses the profile's key, which is never told to the assistant.`;

export function addMcpCommand(program: Command, terminal: Terminal): void {
  program
    .command("mcp")
    .description(
      "serve an AI assistant over standard input and output (MCP); read-only unless allowed",
    )
    .option("--allow-cancel", "allow it to cancel single orders")
    .option("--allow-place", "allow it to place orders, each after you confirm it")
    .addHelpText("after", AFTER)
    .action(async ({ allowCancel, allowPlace }: McpFlags, command: Command) => {
      const { client } = session(command, terminal);
      const { serveMcp } = await import("../mcp/mcp-server.ts");
      const options = { allowCancel: allowCancel === true, allowPlace: allowPlace === true };
      await serveMcp({ client, version: version(), ...options }, terminal);
    });
}
