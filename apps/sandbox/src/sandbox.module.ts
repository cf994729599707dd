import { Module } from '@nestjs/common';
import { CertificatesController } from './certificates/certificates.controller.js';
import { Certificates } from './certificates/certificates.service.js';
import { Sandbox, type SandboxOptions } from './sandbox.js';
import { ScenariosController } from './scenarios/scenarios.controller.js';
import { Scenarios } from './scenarios/scenarios.service.js';

export { Sandbox, type SandboxOptions };

@Module({
  controllers: [ScenariosController, CertificatesController],
  providers: [Sandbox, Scenarios, Certificates],
})
export class SandboxModule {}
