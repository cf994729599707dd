import { Module } from '@nestjs/common';
import { EventPartitions } from '#events';
import { TradingModule } from '../trading.module.js';
import { TimersService } from './timers.service.js';

/** To be imported by the one application of a process that runs the worker. */
@Module({ imports: [TradingModule], providers: [TimersService, EventPartitions] })
export class TimersModule {}
