// A panel with a donut, treemap or stacked areas.
import type { EChartsOption } from 'echarts';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ApiError } from '../api';
import type { ShareChart } from '../charts/shares';
import { themeColour } from '../colours';
import { useTheme } from '../hooks';
import type { Sheet } from '../sheet';
import { Panel } from './panel';

interface Props {
  name: string;
  title: string;
  note?: ComponentChildren;
  tools?: ComponentChildren;
  option: () => EChartsOption;
  /** What the option is made of; when it changes the chart does. */
  changes: unknown[];
  sheet: () => Sheet;
  label: string;
  height: number;
  loading?: boolean;
  outdated?: boolean;
  empty?: string | false | undefined;
  error?: ApiError | undefined;
  clicked?: (name: string) => void;
  class?: string;
}

export function SharePanel(props: Props) {
  const theme = useTheme();
  const root = useRef<HTMLDivElement>(null);
  const chart = useRef<ShareChart | undefined>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    let gone = false;
    void import('../charts/shares').then(({ ShareChart }) => {
      if (gone || !root.current) return;
      chart.current = new ShareChart(root.current, (name) => latest.current.clicked?.(name));
      chart.current.set(latest.current.option());
    });
    return () => {
      gone = true;
      chart.current?.remove();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => chart.current?.set(props.option()), [...props.changes, theme]);

  return (
    <Panel {...props} picture={() => chart.current?.picture(themeColour('panel'))}>
      <div ref={root} class="chart" style={{ height: `${props.height}px` }} role="img" aria-label={props.label} />
    </Panel>
  );
}
