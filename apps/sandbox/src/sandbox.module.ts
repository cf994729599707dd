import { Module } from '@nestjs/common';
import { Sandbox, type SandboxOptions } from './sandbox.js';
import { ScenariosController } from './scenarios/scenarios.controller.js';
import { Scenarios } from './scenarios/scenarios.service.js';

export { Sandbox, type SandboxOptions };

@Module({ controllers: [ScenariosController], providers: [Sandbox, Scenarios] })
export class SandboxModule {}
