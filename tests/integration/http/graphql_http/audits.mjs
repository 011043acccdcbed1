// Runs every audit of graphql-http against a server, with a token, and prints what came out as JSON.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const fetchFn = (address, options = {}) =>
  fetch(address, {
    ...options,
    headers: { ...options.headers, authorization: `Bearer ${token}` },
  });
const outcomes = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const outcome = await audit.fn();
  outcomes.push({
    id: audit.id,
    name: audit.name,
    status: outcome.status,
    reason: outcome.reason ?? null,
  });
}
console.log(JSON.stringify(outcomes));
