/** `npm run generate`: writes the files that come from the declarations of the hub's resources. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crdFiles } from './crd-files.ts';
import { referencePage } from './reference-page.ts';

const root = resolve(import.meta.dirname, '../../../..');
const folder = join(root, 'k8s/crds');
const files = crdFiles();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
writeFileSync(join(root, 'docs/reference.md'), referencePage());
