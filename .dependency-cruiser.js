/** Imports point one way: src and apps use libs; trading uses events; nothing uses src or apps. */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-does-not-import-apps',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(apps|test|bench)/' },
    },
    {
      name: 'apps-stand-alone',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-do-not-import-src',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(src|apps|test|bench)/' },
    },
    {
      name: 'apps-do-not-import-src',
      severity: 'error',
      from: { path: '^apps/' },
      to: { path: '^(src|test|bench)/' },
    },
    {
      name: 'config-is-the-ground',
      severity: 'error',
      from: { path: '^libs/config/' },
      to: { path: '^libs/(database|dev-postgres|events|metrics|trading)/' },
    },
    {
      name: 'metrics-know-nobody',
      severity: 'error',
      from: { path: '^libs/metrics/' },
      to: { path: '^libs/(?!metrics/)' },
    },
    {
      name: 'database-knows-config-only',
      severity: 'error',
      from: { path: '^libs/database/' },
      to: { path: '^libs/(dev-postgres|events|trading)/' },
    },
    {
      name: 'dev-postgres-knows-database-and-config',
      severity: 'error',
      from: { path: '^libs/dev-postgres/' },
      to: { path: '^libs/(?!(config|database|dev-postgres)/)' },
    },
    {
      name: 'the-domain-does-not-know-dev-postgres',
      severity: 'error',
      from: { path: '^libs/(events|trading)/' },
      to: { path: '^libs/dev-postgres/' },
    },
    {
      name: 'events-do-not-know-trading',
      severity: 'error',
      from: { path: '^libs/events/' },
      to: { path: '^libs/trading/' },
    },
    {
      name: 'the-client-stands-alone',
      severity: 'error',
      from: { path: '^libs/client/' },
      to: { path: '^(src|apps|libs|test)/', pathNot: '^libs/client/' },
    },
    {
      name: 'the-client-is-for-those-outside',
      severity: 'error',
      from: { path: '^(src|libs|apps)/', pathNot: '^(libs/client|apps/demo)/' },
      to: { path: '^libs/client/' },
    },
    {
      name: 'libs-through-their-index',
      severity: 'error',
      from: { path: '^(src|apps|test|bench|ormconfig)' },
      to: { path: '^libs/[^/]+/src/(?!index\\.ts$)' },
    },
    {
      name: 'libs-through-each-others-index',
      severity: 'error',
      from: { path: '^libs/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/(?!index\\.ts$)', pathNot: '^libs/$1/' },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-packages-at-run-time',
      severity: 'error',
      from: { path: '^(src|apps|libs|ormconfig)', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: ['node_modules', 'artifacts'] },
    exclude: { path: '^libs/client/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
    },
  },
};
