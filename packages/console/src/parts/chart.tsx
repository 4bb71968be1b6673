import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "./theme.ts";

export interface Colours {
  readonly text: string;
  readonly grid: string;
  readonly buy: string;
  readonly sell: string;
  readonly accent: string;
  readonly warn: string;
}

export interface ChartProps {
  readonly label: string;
  readonly data: uPlot.AlignedData;
  /** Called again when the colours change. */
  readonly options: (colours: Colours) => Omit<uPlot.Options, "width" | "height">;
}

/** A chart that fills its element and follows its size and the colours. Drawing only. */
export function Chart({ label, data, options }: ChartProps) {
  const ref = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;
  const { value: shade } = theme;
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const size = (): { width: number; height: number } => {
      return { width: element.clientWidth, height: element.clientHeight };
    };
    const made = new uPlot({ ...options(colours()), ...size() }, latest.current, element);
    plot.current = made;
    const watch = new ResizeObserver(() => made.setSize(size()));
    watch.observe(element);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shade]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div ref={ref} class="chart" role="img" aria-label={label} />;
}

function colours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of("dim"),
    grid: of("line"),
    buy: of("buy"),
    sell: of("sell"),
    accent: of("accent"),
    warn: of("warn"),
  };
}
