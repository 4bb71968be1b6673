// A second knip reporter beside the usual one: says how many files were analysed.

import type { Reporter } from "knip";

const report: Reporter = ({ counters }) => {
  process.stdout.write(`knip: ${counters.processed} files checked\n`);
};

export default report;
