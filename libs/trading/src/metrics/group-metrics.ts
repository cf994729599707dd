import { Injectable } from '@nestjs/common';
import { Histogram, Registry } from 'prom-client';

const SIZE_BUCKETS = [1, 2, 4, 8, 16, 32, 64];

/** How many calls share a transaction. */
@Injectable()
export class GroupMetrics {
  private readonly sizes: Histogram;

  constructor(registry: Registry) {
    this.sizes = new Histogram({
      name: 'lockstep_group_commit_calls',
      help: 'Calls on orders that were committed together, in one transaction',
      buckets: SIZE_BUCKETS,
      registers: [registry],
    });
  }

  committed(calls: number): void {
    this.sizes.observe(calls);
  }
}
