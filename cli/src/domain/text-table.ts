const gap = 3;

/** Rows in columns, as kubectl lays them out; the first row is the heading. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length);
  }
  return rows
    .map(row =>
      row
        .map((cell, at) => cell.padEnd((widths[at] ?? 0) + gap))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}
