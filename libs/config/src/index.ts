export type { Tls } from './database-tls.js';
export { type DatabaseAddress, parseDatabaseUrl } from './database-url.js';
export { addressIn, IP_RANGE_RULE, isIpRange, networkOf, withinRanges } from './ip-ranges.js';
export { keptSecret, makeDataDir } from './kept-secrets.js';
export { loadSettings, loadToolSettings } from './load-settings.js';
export { isOriginOfHost, originOf } from './origins.js';
export { ADDRESS_PATTERN, TICKER_PATTERN } from './patterns.js';
export { printable, printableLines } from './printable.js';
export { lastLine, LaunchError, runUntilStopped, STOP_TIMEOUT_MS } from './process-lifecycle.js';
export {
  type DatabaseSettings,
  type Environment,
  loadDatabaseSettings,
  loadSandboxSettings,
  LONGEST_LOCK_SECONDS,
  MIN_EVENT_RETENTION_DAYS,
  readEnvironment,
  type SandboxSettings,
  secretsOf,
  SETTINGS,
  type Settings,
  settingsSchema,
} from './settings.js';
export { SettingsModule } from './settings.module.js';
export { isSite, siteOf } from './sites.js';
export { WAITS_MS } from './waits.js';
