import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AuditNote, auditNoteHeader, writeAuditNote } from '@drover/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The answer to each request that is under way. */
const answers = new WeakMap<IncomingMessage, ServerResponse>();

/** Lets {@link tellAudit} reach the answers of this server's requests. */
export function allowAuditNotes(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    answers.set(request.raw, reply.raw);
  });
}

/** Says in the front door's audit record what the request came to; the last word counts. */
export function tellAudit(request: FastifyRequest, note: AuditNote): void {
  const answer = answers.get(request.raw);
  // Set on the raw answer: the front door may be in this process, and reads it there.
  if (answer !== undefined && !answer.headersSent) answer.setHeader(auditNoteHeader, writeAuditNote(note));
}
