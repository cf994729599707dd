import { Module } from '@nestjs/common';
import { WriteProbe } from '#database';
import { MetricsModule } from '#metrics';
import { BacklogMetrics } from '#trading';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { Readiness } from './readiness.js';

@Module({
  imports: [MetricsModule],
  controllers: [HealthController, MetricsController],
  providers: [BacklogMetrics, Readiness, WriteProbe],
})
export class OperationsModule {}
