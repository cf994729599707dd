export { MetricsModule } from './metrics.module.js';
export { ScrapeReading } from './scrape-reading.js';
export { serveMetrics, stopServing } from './serve-metrics.js';
export { showGauge } from './show-gauge.js';
