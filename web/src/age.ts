// From which age on, in milliseconds, prices are called delayed, and stale. Sources that are polled give a price a minute.
export const DELAYED = 90_000;
export const STALE = 600_000;
