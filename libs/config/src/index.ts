export { keptSecret } from './kept-secrets.js';
export { loadSettings } from './load-settings.js';
export { endLaunch, LaunchError, onStopSignal } from './process-lifecycle.js';
export { SETTINGS, type Settings } from './settings.js';
export { SettingsModule } from './settings.module.js';
