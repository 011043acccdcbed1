// Days of Beijing, as texts and as moments.

export const DAY_MS = 86_400_000;
const ZONE = "Asia/Shanghai";

// The day in which a moment is, as YYYY-MM-DD.
export const isoDay = (moment, timeZone = ZONE) => new Intl.DateTimeFormat("en-CA", { timeZone }).format(new Date(moment));

// When a day of Beijing begins.
export const midnight = (day) => new Date(`${day}T00:00:00+08:00`).toISOString();

// Every day from one to another, both told.
export function spanned(first, last) {
  const days = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) days.push(isoDay(at, "UTC"));
  return days;
}
