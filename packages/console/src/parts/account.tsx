import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type uPlot from "uplot";
import * as desk from "../desk.ts";
import { after, monotonicMs } from "../system.ts";
import { Chart, type Colours } from "./chart.tsx";
import { grouped } from "./format.ts";

export function Account({ onStatement }: { readonly onStatement: () => void }) {
  return (
    <section class="panel account" aria-label="Account">
      <h2>
        Balances
        <span class="grow" />
        <button
          type="button"
          aria-label="History: executions and transactions"
          onClick={onStatement}
        >
          History
        </button>
      </h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Currency</th>
            <th scope="col">Cash</th>
            <th scope="col">On hold</th>
          </tr>
        </thead>
        <tbody>
          {desk.balances.value.map(({ base_currency, cash, cash_on_hold }) => (
            <tr key={base_currency}>
              <th scope="row">{base_currency}</th>
              <td>{grouped(cash)}</td>
              <td>{grouped(cash_on_hold)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>Positions</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Product</th>
            <th scope="col">Quantity</th>
            <th scope="col">Sellable</th>
          </tr>
        </thead>
        <tbody>
          {desk.positions.value.map(({ product_code, qty, avail_sell_qty }) => (
            <tr key={product_code}>
              <th scope="row">{product_code}</th>
              <td>{grouped(qty)}</td>
              <td>{grouped(avail_sell_qty)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {desk.positionCount.value > desk.positions.value.length && (
        <p class="dim">
          {desk.positions.value.length} of {grouped(String(desk.positionCount.value))} shown
        </p>
      )}
      <Meters />
    </section>
  );
}

function Meters() {
  const past = useSignal(desk.meter.past(monotonicMs()));
  useEffect(() => {
    let timer = after(1_000, tick);
    function tick(): void {
      past.value = desk.meter.past(monotonicMs());
      timer = after(1_000, tick);
    }
    return () => timer.cancel();
  }, []);
  const seconds = past.value.map(({ second }) => second);
  const replies = past.value.map(({ replyMs }) => replyMs);
  const orders = past.value.map(({ orders: count }) => count);
  const market = past.value.map(({ market: count }) => count);
  const slowest = replies.reduce<number>((max, ms) => Math.max(max, ms ?? 0), 0);
  return (
    <>
      <h2>
        Reply time <span class="dim">ms, slowest a second</span>
      </h2>
      <Chart
        label={`Reply time, slowest ${slowest.toFixed(0)} ms`}
        data={[seconds, replies]}
        options={replyOptions}
      />
      <h2>
        Messages a second <span class="key one">orders</span> <span class="key two">market</span>
      </h2>
      <Chart
        label={`Messages a second, now ${orders.at(-1) ?? 0} of orders, ${market.at(-1) ?? 0} of the market`}
        data={[seconds, orders, market]}
        options={rateOptions}
      />
    </>
  );
}

function meterOptions(
  colours: Colours,
  series: uPlot.Series[],
): Omit<uPlot.Options, "width" | "height"> {
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 4, 8, 4],
    scales: {
      x: { time: false },
      y: { range: (_plot, _low, high) => [0, Math.max(5, high * 1.1)] },
    },
    axes: [
      { show: false },
      {
        stroke: colours.text,
        size: 36,
        ticks: { show: false },
        grid: { stroke: colours.grid, width: 1 },
      },
    ],
    series: [{}, ...series],
  };
}

function replyOptions(colours: Colours) {
  const points = { show: true, size: 4, fill: colours.accent };
  return meterOptions(colours, [{ stroke: colours.accent, width: 1, spanGaps: true, points }]);
}

function rateOptions(colours: Colours) {
  const points = { show: false };
  return meterOptions(colours, [
    { stroke: colours.accent, width: 1.5, points },
    { stroke: colours.warn, width: 1.5, points },
  ]);
}
