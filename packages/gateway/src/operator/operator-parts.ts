/** What the operator API serves with, and what is said while it is not there. */
import { fault } from "@countermand/contract";
import type { Authenticator } from "../auth/authenticate.ts";
import type { OperatorConsole } from "../console/operator-sessions.ts";
import type { TlsFiles } from "../secret-settings.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { OperatorService } from "./operator-service.ts";

/** There once the gateway has recovered. */
export interface OperatorParts {
  readonly service: OperatorService;
  readonly sequencer: Sequencer;
  readonly awaited: AwaitedAnswers;
  readonly authenticator: Authenticator;
  readonly console: OperatorConsole;
}

export interface OperatorServerOptions {
  readonly token: string;
  /** Certificate and key in PEM; null speaks plain HTTP. */
  readonly tls: TlsFiles | null;
  readonly wallMs: () => number;
  /** Header in which a proxy names the client; null where there is none. */
  readonly addressHeader: string | null;
  /** Null while the gateway is starting. */
  readonly parts: () => OperatorParts | null;
  readonly onBug: (error: Error) => void;
}

export const STARTING = fault("STARTING", "the gateway reads its journal");
