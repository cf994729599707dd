import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { OpenAPIObject } from '@nestjs/swagger';
import { stringify } from 'yaml';
import { ASYNC_API_DOCUMENT } from './async-api.js';
import { type Document, document, JSON_TYPE, pageDocument, SCRIPT_TYPE, STYLE_TYPE } from './document.js';
import { inVersion30 } from './openapi-3-0.js';

/** Swagger UI runs scripts of its own files alone, sets styles in its elements, and has pictures in its sheet. */
const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/** Links are relative, so that the page works under whatever prefix a proxy gives it. */
const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="UTF-8">
  <title>Lockstep API</title>
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png" sizes="32x32">
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <style>body { margin: 0; background: #fafafa } .swagger-ui .topbar { display: none }</style>
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/swagger-ui-standalone-preset.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
`;

/** Keys are kept for as long as the page is open. */
const START = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
  persistAuthorization: false,
  displayOperationId: true,
  defaultModelsExpandDepth: 0,
});
`;

/** `/docs`, `/openapi.json`, `/openapi-3.0.json`, `/openapi.yaml` and `/asyncapi.json`. */
export function apiDocuments(openApi: () => OpenAPIObject): Record<string, Document> {
  return {
    '/openapi.json': document(JSON_TYPE, () => JSON.stringify(openApi())),
    '/openapi-3.0.json': document(JSON_TYPE, () => JSON.stringify(inVersion30(openApi()))),
    '/openapi.yaml': document('text/yaml; charset=utf-8', () =>
      stringify(openApi(), { aliasDuplicateObjects: false }),
    ),
    '/asyncapi.json': document(JSON_TYPE, () => JSON.stringify(ASYNC_API_DOCUMENT)),
    '/docs': pageDocument(PAGE_POLICY, () => PAGE),
    '/docs/start.js': document(SCRIPT_TYPE, () => START),
    ...swaggerUi({
      'swagger-ui.css': STYLE_TYPE,
      'swagger-ui-bundle.js': SCRIPT_TYPE,
      'swagger-ui-standalone-preset.js': SCRIPT_TYPE,
      'favicon-32x32.png': 'image/png',
    }),
  };
}

/** Files of its distribution. */
function swaggerUi(files: Record<string, string>): Record<string, Document> {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  return Object.fromEntries(
    Object.entries(files).map(([name, type]) => [
      `/docs/${name}`,
      document(type, () => readFileSync(join(folder, name))),
    ]),
  );
}
