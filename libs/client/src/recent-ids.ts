/** Far more than a service pushes again. */
const CAPACITY = 10_000;

/** The last ids that were seen. */
export class RecentIds {
  private readonly ids = new Set<string>();

  has(id: string): boolean {
    return this.ids.has(id);
  }

  /** Returns whether the id is new. */
  add(id: string): boolean {
    if (this.ids.has(id)) return false;
    this.ids.add(id);
    if (this.ids.size > CAPACITY) this.ids.delete(this.ids.values().next().value!);
    return true;
  }
}
