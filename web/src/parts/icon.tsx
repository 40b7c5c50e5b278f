// Small drawings, as paths on a grid of 16.
const PATHS: Record<string, string> = {
  table: 'M2 3h12v10H2zM2 6.5h12M2 10h12M6.5 3v10',
  alert: 'M8 2 14.5 13.5H1.5zM8 6.5v3.2M8 11.6v.2',
  empty: 'M2 12.5h12M3.5 10l3-3 2.2 2L12.5 5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3.1 3.1l1.1 1.1M11.8 11.8l1.1 1.1M12.9 3.1l-1.1 1.1M4.2 11.8l-1.1 1.1',
  moon: 'M13.5 9.7A6 6 0 0 1 6.3 2.5a6 6 0 1 0 7.2 7.2z',
  pause: 'M5 3v10M11 3v10',
  play: 'M4.5 2.8 13 8l-8.5 5.2z',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
  ok: 'M3 8.5 6.5 12 13 4.5',
  bad: 'M4 4l8 8M12 4l-8 8',
  close: 'M4.5 4.5l7 7M11.5 4.5l-7 7',
  overview: 'M2 3h12M2 8h12M2 13h12',
  coin: 'M2 12l4-5 3 3 5-7',
  share: 'M8 1.8A6.2 6.2 0 1 0 14.2 8H8z',
  exchanges: 'M2 5.5h11M10 2.5l3 3-3 3M14 10.5H3M6 7.5l-3 3 3 3',
  pipeline: 'M1.8 6h3.7v4H1.8zM10.5 2.5h3.7v4h-3.7zM10.5 9.5h3.7v4h-3.7zM5.5 8H8M10.5 4.5H8v7h2.5',
  logout: 'M6 2.5H2.5v11H6M6.5 8H14M11 5l3 3-3 3',
};

export function Icon({ name }: { name: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name] ?? ''} />
    </svg>
  );
}
