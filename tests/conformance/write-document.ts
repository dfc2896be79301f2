/** Part of `npm run generate`: writes docs/conformance.md. */
import { writeFileSync } from 'node:fs';
import { conformanceDocument, documentPath } from './document.ts';

writeFileSync(documentPath, conformanceDocument());
