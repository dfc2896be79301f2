import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath, repositoryRoot } from '@drover/testing';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's Chromium; undefined where it is not installed. */
export const chromiumPath = onPath('chromium');
/** Why a test is skipped; false: it is not. */
export const withoutBrowser = chromiumPath === undefined && 'chromium is not installed (apt-get install chromium)';

/** Screenshots lie here, and git ignores them: they are for eyes. */
const screenshots = join(repositoryRoot, 'tests/browser/screenshots');

/** How pages are looked at: narrow as a telephone and wide, light and dark. */
const looks = (['light', 'dark'] as const).flatMap(colorScheme =>
  [360, 1280].map(width => ({ colorScheme, width, height: width < 500 ? 740 : 800 })),
);

/** Starts Chromium. It runs what the hub sends alone, and the tests may run as root. */
export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox', '--disable-gpu'] });

/** A person with a browser of his own; no page of the hub needs a script, so that none runs. */
export const newPerson = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false, locale: 'en-GB' });

/** Photographs a page in each look. */
export async function photograph(page: Page, name: string): Promise<void> {
  await mkdir(screenshots, { recursive: true });
  for (const { colorScheme, width, height } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: join(screenshots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
  }
}
