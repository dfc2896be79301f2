/** One measured figure. */
export interface Figure {
  /** Its name, which stays the same from run to run. */
  readonly figure: string;
  /** Drover's. */
  readonly value: number;
  readonly unit: string;
  /** What the same load gave beside it in the same run; null where there is no such thing. */
  readonly beside: number | null;
  /** `value / beside`. */
  readonly ratio: number | null;
  /** The bound of `ratio`, or of `value` where there is no ratio; null where none was set. */
  readonly aim: number | null;
  /** Which side of the aim is good. */
  readonly better: 'higher' | 'lower';
}

/** A figure beside its peer's. */
export function compared(
  figure: string,
  unit: string,
  better: Figure['better'],
  { value, beside, aim = null }: { value: number; beside: number; aim?: number | null },
): Figure {
  return { figure, value, unit, beside, ratio: value / beside, aim, better };
}

/** A figure by itself. */
export function alone(
  figure: string,
  unit: string,
  better: Figure['better'],
  { value, aim = null }: { value: number; aim?: number | null },
): Figure {
  return { figure, value, unit, beside: null, ratio: null, aim, better };
}

/** Whether a figure reached its aim; undefined where none was set. */
export function reached({ value, ratio, aim, better }: Figure): boolean | undefined {
  if (aim === null) return undefined;
  const measured = ratio ?? value;
  return better === 'higher' ? measured >= aim : measured <= aim;
}

/** The median: of an even number of values the lower of the two in the middle, so that it was really seen. */
export function median(values: readonly number[]): number {
  const middle = [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
  if (middle === undefined) throw new Error('the median of nothing');
  return middle;
}

/** Figures as a table for people (and for docs/performance.md). */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(figure => [
    figure.figure,
    `${rounded(figure.value)} ${figure.unit}`,
    figure.beside === null ? '–' : `${rounded(figure.beside)} ${figure.unit}`,
    figure.ratio === null ? '–' : `${figure.ratio.toFixed(2)}×`,
    aimText(figure),
  ]);
  return toMarkdown([['figure', 'drover', 'beside', 'ratio', 'aim'], ...rows]);
}

function aimText(figure: Figure): string {
  const { aim, better, ratio } = figure;
  if (aim === null) return '–';
  const bound = `${better === 'higher' ? '≥' : '≤'} ${aim}${ratio === null ? ` ${figure.unit}` : '×'}`;
  return reached(figure) ? bound : `${bound} (missed)`;
}

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);

function toMarkdown(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const lines = rows.map(row => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`);
  return lines.join('\n');
}
