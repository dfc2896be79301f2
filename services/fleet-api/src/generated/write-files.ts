/** `npm run generate`: writes the files that come from the declarations of the hub's resources. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { crdFiles } from './crd-files.ts';

const folder = resolve(import.meta.dirname, '../../../../k8s/crds');
const files = crdFiles();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) writeFileSync(join(folder, name), text);
