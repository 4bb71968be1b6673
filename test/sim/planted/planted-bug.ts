/** A bug that is put into the product to show that the simulator finds it. */
import type { Plant } from "../doors/install.ts";

export interface PlantedBug {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly what: string;
  /** It is found by one of the seeds from 1 to this one. */
  readonly seedsMax: number;
  readonly plants: readonly Plant[];
}
