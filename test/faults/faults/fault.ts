import type { Fleet } from '../fleet.js';
import type { Traffic } from '../traffic.js';

/** What a fault has to do with. */
export interface Scene {
  fleet: Fleet;
  traffic: Traffic;
}

/** Something that goes wrong, and comes right again. */
export interface Fault {
  name: string;
  /** How often it is injected in the short form. */
  times: number;
  /**
   * Does the damage once, makes sure that it was done, and undoes it; resolves when every process works again, to how
   * often it was done by that. `round` counts from 0.
   */
  inject(scene: Scene, round: number): Promise<number>;
  /** What it takes to inject it, before there is traffic, and what undoes that. */
  prepare?(fleet: Fleet): Promise<void>;
  restore?(fleet: Fleet): Promise<void>;
  /** Why it cannot be injected here, if it cannot. */
  impossible?(fleet: Fleet): string | undefined;
}
