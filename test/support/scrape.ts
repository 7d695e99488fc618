import type { Metrics } from "../../src/observe/metrics.ts";

/** What Prometheus would read now. */
export const scrapeText = async (metrics: Metrics): Promise<string> =>
  Buffer.concat((await metrics.scrape()).body).toString("utf8");
