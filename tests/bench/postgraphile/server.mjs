// The peer: PostGraphile over the schema `clear`, doing only the query, in one process of Node.
//
// The first line of stdin is JSON: the connection, and how many of them. Prints the port it listens
// on (127.0.0.1, of the system's choosing) and ends when stdin is closed. No settings of PostgreSQL
// are given for a request, so a query needs no transaction; statements are prepared, documents and
// plans are remembered, as PostGraphile does by itself.
import { once } from "node:events";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const lines = createInterface({ input: process.stdin });
const [told] = await once(lines, "line");
const { connection, size } = JSON.parse(told);
lines.on("close", () => process.exit(0));

const service = makePgService({
  // A pool of node-postgres is made of `poolConfig`; an empty address leaves it as it is.
  connectionString: "",
  poolConfig: { ...connection, min: size, max: size, idleTimeoutMillis: 0 },
  schemas: ["clear"],
  pubsub: false,
});
const peer = postgraphile({
  extends: [PostGraphileAmberPreset],
  disablePlugins: ["NodePlugin"],
  schema: { defaultBehavior: "-insert -update -delete +list" },
  grafserv: { watch: false, graphiql: false, websockets: false, maxRequestLength: 1_000_000 },
  grafast: { explain: false },
  pgServices: [service],
});
const server = createServer();
await peer.createServ(grafserv).addTo(server);
server.keepAliveTimeout = 0;
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
