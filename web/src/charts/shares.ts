// Donut, treemap and stacked areas, on ECharts with only these parts of it. Loaded when a page wants it.
import { LineChart, PieChart, TreemapChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { EChartsOption } from 'echarts';

use([LineChart, PieChart, TreemapChart, AriaComponent, GridComponent, TooltipComponent, CanvasRenderer]);

export class ShareChart {
  private chart: EChartsType;
  private observer: ResizeObserver;

  constructor(root: HTMLElement, clicked: (name: string) => void) {
    this.chart = init(root, null, { renderer: 'canvas' });
    this.chart.on('click', (event) => {
      if (typeof event.name === 'string') clicked(event.name);
    });
    this.observer = new ResizeObserver(() => this.chart.resize());
    this.observer.observe(root);
  }

  set(option: EChartsOption): void {
    this.chart.setOption(option, { notMerge: false, lazyUpdate: false, replaceMerge: ['series'] });
  }

  picture(background: string): HTMLCanvasElement {
    return this.chart.renderToCanvas({ pixelRatio: devicePixelRatio, backgroundColor: background });
  }

  remove(): void {
    this.observer.disconnect();
    this.chart.dispose();
  }
}
