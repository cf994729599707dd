import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { AlreadyTold, Refused } from './refusals.js';
import type { Screen } from './screen.js';

/** Beside this program in a clone's build and in the image; not in the published package. */
const ADMIN = fileURLToPath(new URL('../../../apps/admin/src/main.js', import.meta.url));

/** Hands on to the operator's tool, which works on the database. */
export function adminCommand(screen: Screen): Command {
  return new Command('admin')
    .description("the operator's tool, where the service is installed: lockstep admin --help")
    .argument('[args...]', "the tool's own arguments")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => {
      if (!existsSync(ADMIN)) {
        throw new Refused(
          'the operator’s tool comes with the service: run it in a clone (npm run -s lockstep -- admin …) or in the image',
        );
      }
      const child = spawn(process.execPath, [ADMIN, ...args], { stdio: 'inherit' });
      // it does not leave a command half done either, and tells its end
      screen.takeInterrupts().addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new AlreadyTold();
    });
}
