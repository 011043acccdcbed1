// Composes the hub with another graph as a gateway does; prints the supergraph, or what is wrong.
import { readFileSync } from "node:fs";
import { parse } from "graphql";
import composition from "@apollo/composition";

const subgraphs = process.argv.slice(2).map((path) => ({
  name: path.replace(/^.*\//, "").replace(".graphql", ""),
  url: "http://127.0.0.1/graphql",
  typeDefs: parse(readFileSync(path, "utf8")),
}));
const result = composition.composeServices(subgraphs);
if (result.errors) {
  for (const error of result.errors) console.error(error.message);
  process.exit(1);
}
console.log(result.supergraphSdl);
