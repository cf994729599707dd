import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { oldestCommitSeconds } from '#database';
import { showGauge } from '#metrics';
import { Histogram, Registry } from 'prom-client';
import { DataSource } from 'typeorm';

const SIZE_BUCKETS = [1, 2, 4, 8, 12, 16, 24];
const WAIT_BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** How many calls share a transaction, how long they waited for it, and how long its commit takes. */
@Injectable()
export class QueueMetrics {
  private readonly sizes: Histogram;
  private readonly waits: Histogram;

  constructor(registry: Registry, @InjectDataSource() dataSource: DataSource) {
    const registers = [registry];
    this.sizes = new Histogram({
      name: 'lockstep_group_commit_calls',
      help: 'Calls on orders that were committed together, in one transaction',
      buckets: SIZE_BUCKETS,
      registers,
    });
    this.waits = new Histogram({
      name: 'lockstep_group_commit_wait_seconds',
      help: 'From when a call on an order was ready to be written to the start of its transaction',
      buckets: WAIT_BUCKETS_S,
      registers,
    });
    showGauge(registry, {
      name: 'lockstep_oldest_commit_seconds',
      help:
        'Since the oldest commit under way was sent to the database, 0 without any; one that was given up counts for 30 s ' +
        'more, unless a later one is done',
      collect() {
        this.set(oldestCommitSeconds(dataSource));
      },
    });
  }

  committed(calls: number): void {
    this.sizes.observe(calls);
  }

  waited(seconds: number): void {
    this.waits.observe(seconds);
  }
}
