/**
 * The bytes of a view in a buffer that may be kept. Who holds a small view of a large buffer keeps all of it alive, and
 * node cuts buffers from pools of 64 KiB, so that what waits for a slow reader would cost several times its size.
 */
export function keptBytes(view: Buffer): Buffer {
  if (view.length * 2 > view.buffer.byteLength) return view;
  const kept = Buffer.allocUnsafeSlow(view.length); // of no pool
  view.copy(kept);
  return kept;
}
