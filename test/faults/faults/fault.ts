import type { Cluster } from '../cluster.js';
import type { Database } from '../database.js';
import type { Fleet } from '../fleet.js';
import type { Traffic } from '../traffic.js';

/** What a fault has to do with. */
export interface Scene<D extends Database = Cluster> {
  fleet: Fleet<D>;
  traffic: Traffic;
}

/** Something that goes wrong, and comes right again. */
export interface Fault<D extends Database = Cluster> {
  name: string;
  /** How often it is injected in the short form. */
  times: number;
  /**
   * Does the damage once, makes sure that it was done, and undoes it; resolves when every process works again, to how
   * often it was done by that. `round` counts from 0.
   */
  inject(scene: Scene<D>, round: number): Promise<number>;
  /** What it takes to inject it, before there is traffic, and what undoes that. */
  prepare?(fleet: Fleet<D>): Promise<void>;
  restore?(fleet: Fleet<D>): Promise<void>;
  /** Why it cannot be injected here, if it cannot. */
  impossible?(fleet: Fleet<D>): string | undefined;
}
