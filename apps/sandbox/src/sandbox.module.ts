import { Module } from '@nestjs/common';
import { Sandbox } from './sandbox.js';
import { ScenariosController } from './scenarios/scenarios.controller.js';
import { Scenarios } from './scenarios/scenarios.service.js';

export { Sandbox };

@Module({ controllers: [ScenariosController], providers: [Sandbox, Scenarios] })
export class SandboxModule {}
