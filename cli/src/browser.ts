import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Environment } from './environment.ts';

/** What opens a URL for a person here; undefined: nothing does, as on a machine that one reached by SSH. */
export function browserOf({ browser, display, remote, platform }: Environment): string | undefined {
  if (browser !== undefined) return browser === 'none' ? undefined : browser;
  // The browser of a person who came by SSH is on another machine, and finds no loopback of this one.
  if (remote) return undefined;
  if (platform === 'darwin') return 'open';
  return display ? 'xdg-open' : undefined;
}

/** Starts the browser, which outlives this process. Returns whether it could be started. */
export async function openBrowser(program: string, url: URL): Promise<boolean> {
  const child = spawn(program, [url.href], { stdio: 'ignore', detached: true });
  try {
    await once(child, 'spawn');
    child.unref();
    return true;
  } catch {
    return false;
  }
}
