import { Gauge, type GaugeConfiguration, type Registry } from 'prom-client';

type AtScrape<T extends string> = Omit<GaugeConfiguration<T>, 'registers' | 'collect'> &
  Required<Pick<GaugeConfiguration<T>, 'collect'>>;

/** Shows a value that is read when Prometheus asks for it. */
export function showGauge<T extends string>(registry: Registry, gauge: AtScrape<T>): void {
  registry.registerMetric(new Gauge<T>({ ...gauge, registers: [] }));
}
