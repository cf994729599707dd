import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ASYNC_API_DOCUMENT } from './async-api.js';

const DESCRIPTION = `
Makers sign orders; takers lock one, trade it elsewhere and fill it. When a maker asks to cancel an order that a taker
holds locked, only the taker knows whether the trade has begun, so the taker decides:

1. The maker calls \`cancelOrder\` and is answered 202.
2. The taker's socket (\`/ws/taker/v1?types=cancellation_request\`) gets a \`cancellation_request\`.
3. The taker calls \`answerCancellation\`: true releases the order, false keeps it for the trade to go on.
4. The maker's socket (\`/ws/maker/v1?types=order_status_change,cancellation_update\`) tells the outcome.

Answers come in an envelope: \`{"code":0,"data":…}\`, or \`{"code":…,"message":…,"details":…}\` with a matching HTTP
status. Every answer carries \`X-Request-Id\`. Amounts are uint256 as decimal strings, times are ISO 8601 in UTC,
deadlines Unix seconds. Unknown fields are refused. The sockets' frames are described in /asyncapi.json.
`.trim();

/** The OpenAPI document, from the code. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Lockstep')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addServer('/', 'this service')
    .addTag('Takers: orders', 'Calls of brokers and custodians, with an API key')
    .addTag('Makers: login', 'From a wallet signature to a token')
    .addTag('Makers: orders', 'Calls of wallet users, with their token')
    .addTag('Operations', 'For those who run the service')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key', description: "A taker's API key" }, 'taker')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "A maker's token" },
      'maker',
    )
    .build();
  return SwaggerModule.createDocument(app, config);
}

/** Serves `/docs`, `/openapi.json`, `/openapi.yaml` and `/asyncapi.json`. */
export function serveDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Lockstep API',
    swaggerOptions: { persistAuthorization: true, displayOperationId: true },
  });
  const adapter = app.getHttpAdapter();
  adapter.get('/asyncapi.json', (_, reply: FastifyReply) => reply.send(ASYNC_API_DOCUMENT));
}
