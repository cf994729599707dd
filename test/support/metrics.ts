/** A figure of a `/metrics` page: its name, its labels and its value. */
interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export type Figure = [name: string, labels?: Record<string, string>];

/** A `/metrics` page, read once. */
export class MetricsPage {
  private readonly samples: Sample[];

  private constructor(readonly text: string) {
    this.samples = text.split('\n').flatMap((line) => {
      const [, name, labels = '', value] = /^([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      return name ? [{ name, labels: labelsOf(labels), value: Number(value) }] : [];
    });
  }

  static async of(url: string): Promise<MetricsPage> {
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    if (response.status !== 200) throw new Error(`/metrics answered ${response.status}: ${text}`);
    return new MetricsPage(text);
  }

  /** How much each figure rises while something happens. */
  static async rises(url: string, figures: Figure[], happens: () => Promise<unknown>): Promise<number[]> {
    const before = await MetricsPage.of(url);
    await happens();
    const after = await MetricsPage.of(url);
    return figures.map((figure) => (after.value(...figure) ?? 0) - (before.value(...figure) ?? 0));
  }

  /** The sum of all samples of this name that have these labels; undefined when there is none. */
  value(name: string, labels: Record<string, string> = {}): number | undefined {
    const found = this.samples.filter(
      (sample) =>
        sample.name === name &&
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
    );
    return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
  }

  /** The names under which queries can ask for figures. */
  get names(): Set<string> {
    const declared = [...this.text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    return new Set(
      declared.flatMap(([, name, type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
      ),
    );
  }

  /** The names of a figure's labels. */
  labelsOf(name: string): Set<string> {
    const labels = this.samples.filter((sample) => sample.name === name).map((sample) => sample.labels);
    return new Set(labels.flatMap((label) => Object.keys(label)));
  }

  /** Each figure with its labels. */
  get series(): Set<string> {
    return new Set(this.samples.map(({ name, labels }) => name + JSON.stringify(labels)));
  }
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
  );
}
