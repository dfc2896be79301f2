import { DroverError } from '@drover/errors';
import type { ObjectEvent } from './object-watch.ts';

/** A write of the bucket. */
export type ObjectWrite = Extract<ObjectEvent, { readonly operation: 'put' | 'delete' }>;

/**
 * The bucket as of one revision, while it is written to: every write that a watch tells, in order, up to that revision,
 * which is returned. A key that was written meanwhile comes again, and the last time counts.
 *
 * The bucket keeps one value of a key and no past: what is overwritten before the watch comes to it is a gap in what is
 * told, and what replaced it comes later. So not every revision is whole. Who asks for the last revision, L, after having
 * been told R, knows that whatever was missing up to R was replaced by L at the latest; where there is no gap from R to L,
 * nothing is missing at L. Otherwise another L is tried; writers would have to overwrite their own writes within
 * milliseconds, all the time, to keep this from ending.
 *
 * @param lastRevision asks the server for the last write that there is
 */
export async function* snapshotOf(
  watch: AsyncIterable<ObjectEvent>,
  lastRevision: () => Promise<number>,
): AsyncGenerator<ObjectWrite, number, void> {
  let told = 0;
  let goal = Number.POSITIVE_INFINITY;
  let withoutGap = false;
  for await (const event of watch) {
    if (event.operation === 'reset')
      throw new DroverError('store-unavailable', 'the store went back in time meanwhile');
    if (event.operation === 'initialised') goal = told;
    else {
      withoutGap &&= event.revision === told + 1;
      told = event.revision;
      yield event;
    }
    if (told === goal && withoutGap) return told;
    if (told < goal) continue;
    goal = await lastRevision();
    if (goal <= told) return told;
    withoutGap = true;
  }
  throw new DroverError('store-unavailable', 'the store was closed meanwhile');
}
