import type { FastifyInstance } from 'fastify';

/** Bodies of forms, as `URLSearchParams`; JSON is not taken there, so that no other site's script can send one. */
export function readForms(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) =>
    done(null, new URLSearchParams(String(text))),
  );
}
