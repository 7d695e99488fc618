/** Before every test file: what random cases are made of, and that a property which does not hold says why. */
import { configureGlobal } from "fast-check";

const { SEED } = process.env;
configureGlobal({ includeErrorInReport: true, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
