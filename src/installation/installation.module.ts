import { Module } from '@nestjs/common';
import { ConfigController } from './config.controller.js';

/** What clients are told of this installation. */
@Module({ controllers: [ConfigController] })
export class InstallationModule {}
