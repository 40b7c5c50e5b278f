// Rows under names: what a chart shows, as a table and as CSV.

export interface Sheet {
  columns: string[];
  /** Texts as they are to be read, exact where they are exact. */
  rows: string[][];
}

export function csv(sheet: Sheet): string {
  // A text that a spreadsheet would take for a formula is not one, unless it is a number.
  const cell = (text: string): string => {
    const safe = /^[=@\t\r]/.test(text) || (/^[+-]/.test(text) && !/^[+-]?[\d.]+(e[+-]?\d+)?$/i.test(text)) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [sheet.columns, ...sheet.rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}
