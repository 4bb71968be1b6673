/** A quota of one's own: a library in the gateway, which lets no file grow while it is used up. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Workplace } from "../gateway-process.ts";
import { preloaded } from "./preloaded.ts";
import type { Volume } from "./volume.ts";

export class SmallQuota implements Volume {
  readonly folder: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly #mark: string;

  /** @throws CannotRun there is no compiler */
  constructor(place: Workplace) {
    this.folder = place.path("quota");
    this.#mark = place.path("used-up");
    mkdirSync(this.folder);
    this.settings = {
      LD_PRELOAD: preloaded(place, "quota"),
      QUOTA_DIR: this.folder,
      QUOTA_MARK: this.#mark,
    };
  }

  fill(): void {
    writeFileSync(this.#mark, "");
  }

  free(): void {
    rmSync(this.#mark, { force: true });
  }

  unmount(): void {
    this.free();
  }
}
