import type { ClientRules } from './access.ts';
import type { ApiRequest, ApiResponse } from './api-exchange.ts';
import { ReadVerbs } from './read-verbs.ts';
import type { ResourceRequest } from './request.ts';
import type { VerbParts } from './verb-parts.ts';
import { WriteVerbs } from './write-verbs.ts';

/** What a request about objects does, once it is read and allowed. */
export class ResourceVerbs {
  readonly #read: ReadVerbs;
  readonly #write: WriteVerbs;

  constructor(parts: VerbParts) {
    this.#read = new ReadVerbs(parts);
    this.#write = new WriteVerbs(parts);
  }

  /** Answers the request by the rules for its caller. */
  serve(request: ApiRequest, response: ApiResponse, asked: ResourceRequest, rules: ClientRules): Promise<void> {
    const { exists } = rules;
    switch (asked.verb) {
      case 'get':
        return this.#read.get(response, asked, exists);
      case 'list':
        return this.#read.list(response, asked, exists);
      case 'watch':
        return this.#read.watch(response, asked, exists);
      case 'create':
        return this.#write.create(request, response, asked, rules);
      case 'update':
      case 'patch':
        return this.#write.change(request, response, asked, rules);
      case 'delete':
        return this.#write.delete(request, response, asked, exists);
      case 'deletecollection':
        return this.#write.deleteCollection(request, response, asked, exists);
    }
  }
}
