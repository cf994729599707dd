import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadSettings } from '#config';
import dataSource from '../../ormconfig.js';
import { AppModule } from '../app.module.js';
import { httpAdapter } from '../http/http-adapter.js';
import { openApiDocument } from './docs.js';

/**
 * Writes `openapi.json`, the committed document that clients are generated from: `npm run openapi`. Preview mode finds
 * the routes without making a single provider, so neither a database nor real secrets are needed.
 */
const unused = 'a secret that nothing is made with';
const settings = loadSettings({ JWT_SECRET: unused, MASTER_KEY: unused, SANDBOX: 'off' });
const app = await NestFactory.create<NestFastifyApplication>(
  AppModule.with(settings, dataSource),
  httpAdapter(settings),
  { preview: true, logger: false, abortOnError: false },
);
writeFileSync('openapi.json', `${JSON.stringify(openApiDocument(app), null, 2)}\n`);
