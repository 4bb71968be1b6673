import type { Candle } from "@countermand/client";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import * as desk from "../desk.ts";
import { axisTimeText } from "../system.ts";
import { Chart, type Colours } from "./chart.tsx";
import { priceText } from "./price-text.ts";
import { Segments } from "./segments.tsx";

const INTERVALS = ["1m", "5m", "1h", "1d"] as const;
const INTERVAL_SECONDS: Readonly<Record<string, number>> = {
  "1m": 60,
  "5m": 300,
  "1h": 3_600,
  "1d": 86_400,
};
const CANDLES_MIN = 60;
const LABEL_HALF_PX = 20;

export function CandleChart() {
  const { value: candles } = desk.candles;
  const data = useMemo(() => columns(candles), [candles]);
  const last = candles.at(-1);
  const instrument = desk.instrumentOf(desk.symbol.value);
  const inTicks = (price: string) => priceText(desk.symbol.value, price);
  // Without a price a chart would draw axes of its own making.
  const isUntraded = candles.length === 0 && instrument?.last_price === "0";
  return (
    <section class="panel candles" aria-label="Candles">
      <h2>
        {desk.symbol.value} <span class="dim">{instrument?.name}</span>
        {last !== undefined && (
          <span class="ohlc">
            O {inTicks(last.open)} H {inTicks(last.high)} L {inTicks(last.low)} C{" "}
            {inTicks(last.close)}
          </span>
        )}
        <span class="grow" />
        <Segments
          label="Interval"
          choices={INTERVALS}
          chosen={desk.interval.value}
          onChoose={(next) => desk.follow(desk.symbol.value, next)}
        />
      </h2>
      {isUntraded ? (
        <p class="dim">No trades yet: the chart begins with the first one.</p>
      ) : (
        <Chart
          key={`${desk.symbol.value} ${desk.interval.value}`}
          label={`Candles of ${desk.symbol.value}, ${candles.length} of ${desk.interval.value}`}
          data={data}
          options={options}
        />
      )}
    </section>
  );
}

/** Floats are good enough for pixels. */
function columns(candles: readonly Candle[]): uPlot.AlignedData {
  const of = (name: "open" | "high" | "low" | "close" | "qty") => {
    return candles.map((candle) => Number(candle[name]));
  };
  return [
    candles.map(({ start_time }) => start_time),
    of("open"),
    of("high"),
    of("low"),
    of("close"),
    of("qty"),
  ];
}

function options(colours: Colours): Omit<uPlot.Options, "width" | "height"> {
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
  };
  const hidden = { paths: () => null, points: { show: false } };
  return {
    legend: { show: false },
    cursor: { y: true, points: { show: false }, drag: { x: false, y: false } },
    padding: [8, 4, 0, 4],
    scales: {
      x: { time: true, range: (plot) => timeRange(plot.data[0]) },
      y: { range: (_plot, low, high) => spread(low, high) },
      qty: { range: (_plot, _low, high) => [0, Math.max(1, high * 5)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        // At the very edge a label would be cut.
        values: (plot, splits, _axis, _space, step) => {
          const isInside = (seconds: number) => plot.valToPos(seconds, "x") > LABEL_HALF_PX;
          return splits.map((seconds) => (isInside(seconds) ? axisTimeText(seconds, step) : ""));
        },
      },
      { ...axis, side: 1, size: 62 },
    ],
    series: [{}, hidden, hidden, hidden, hidden, { ...hidden, scale: "qty" }],
    hooks: { draw: [(plot) => drawCandles(plot, colours)] },
  };
}

/** The present on the right, and room for so many candles at least. */
function timeRange(times: uPlot.AlignedData[0]): [number, number] {
  const step = INTERVAL_SECONDS[desk.interval.value] ?? 60;
  const last = times.at(-1) ?? 0;
  return [Math.min(times[0] ?? 0, last - CANDLES_MIN * step), last + 2 * step];
}

function spread(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const room = Math.max((high - low) * 0.08, high * 0.0005);
  return [low - room, high + room];
}

function drawCandles(plot: uPlot, { buy, sell }: Colours): void {
  const [times, opens = [], highs = [], lows = [], closes = [], qtys = []] = plot.data;
  const { ctx } = plot;
  const seconds = INTERVAL_SECONDS[desk.interval.value] ?? 60;
  const [first] = times;
  const step = Math.abs(
    plot.valToPos((first ?? 0) + seconds, "x", true) - plot.valToPos(first ?? 0, "x", true),
  );
  const width = Math.max(1, Math.min(24, Math.floor(step * 0.65)));
  const bottom = plot.bbox.top + plot.bbox.height;
  const y = (value: number | null | undefined, scale = "y"): number => {
    return Math.round(plot.valToPos(value ?? 0, scale, true));
  };
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (const [index, time] of times.entries()) {
    const x = Math.round(plot.valToPos(time, "x", true));
    const isUp = (closes[index] ?? 0) >= (opens[index] ?? 0);
    ctx.fillStyle = isUp ? buy : sell;
    const top = y(Math.max(opens[index] ?? 0, closes[index] ?? 0));
    const low = y(Math.min(opens[index] ?? 0, closes[index] ?? 0));
    ctx.fillRect(x, y(highs[index]), 1, y(lows[index]) - y(highs[index]));
    ctx.fillRect(x - (width >> 1), top, width, Math.max(1, low - top));
    ctx.globalAlpha = 0.25;
    const qtyTop = y(qtys[index], "qty");
    ctx.fillRect(x - (width >> 1), qtyTop, width, bottom - qtyTop);
    ctx.globalAlpha = 1;
  }
  ctx.restore();
}
