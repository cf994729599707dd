import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { ConfigController } from './config.controller.js';

/** What clients are told of this installation. */
@Module({ imports: [AuthModule], controllers: [ConfigController] })
export class InstallationModule {}
