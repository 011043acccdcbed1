// Ask, and open what only you can open (docs/receiving.md). Node 18 or newer, with the package jose 6.
//
//   node receiving_client.mjs HUB CLIENT KEY.jwk PURPOSE ENCRYPTION.jwk FILE.graphql [VARIABLES] [FORM]
//
// KEY.jwk signs in; ENCRYPTION.jwk is the private half of the registered encryption key. FORM is
// fields, response (without it) or signed-response.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

import { compactDecrypt, compactVerify, createLocalJWKSet, importJWK, SignJWT } from "jose";

const TO_US = {
  keyManagementAlgorithms: ["ECDH-ES+A256KW"],
  contentEncryptionAlgorithms: ["A256GCM"],
};
const VALUES = { keyManagementAlgorithms: ["dir"], contentEncryptionAlgorithms: ["A256GCM"] };
const SEALED = /^eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/;
const text = new TextDecoder();

async function openedTree(tree, path, content, response) {
  if (Array.isArray(tree)) {
    return Promise.all(tree.map((each, n) => openedTree(each, `${path}/${n}`, content, response)));
  }
  if (tree !== null && typeof tree === "object") {
    const opened = {};
    for (const [key, each] of Object.entries(tree)) {
      opened[key] = await openedTree(each, `${path}/${key}`, content, response);
    }
    return opened;
  }
  if (typeof tree !== "string" || !SEALED.test(tree)) return tree;
  const { plaintext, protectedHeader } = await compactDecrypt(tree, content, VALUES);
  if (protectedHeader.rid !== response || protectedHeader.path !== path) {
    throw new Error(`The value at ${path} belongs somewhere else.`);
  }
  return JSON.parse(text.decode(plaintext));
}

async function openedAnswer(body, own) {
  const told = body.extensions?.encryption;
  if (told === undefined) return body;
  const { plaintext, protectedHeader } = await compactDecrypt(told.key, own, TO_US);
  const content = await importJWK(JSON.parse(text.decode(plaintext)), "dir");
  return { ...body, data: await openedTree(body.data, "/data", content, protectedHeader.rid) };
}

async function openedWhole(sealed, own, hubKeys) {
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, own, TO_US);
  if (hubKeys === null) return JSON.parse(text.decode(plaintext));
  if (protectedHeader.cty !== "jose") throw new Error("The answer is not signed.");
  const signed = await compactVerify(plaintext, hubKeys, { algorithms: ["ES256"] });
  const inside = signed.protectedHeader;
  if (inside.typ !== "hub-answer+jws" || inside.rid !== protectedHeader.rid) {
    throw new Error("What is signed is not this answer.");
  }
  return JSON.parse(text.decode(signed.payload));
}

async function signedIn(hub, client, jwk, purpose) {
  const assertion = await new SignJWT({})
    .setProtectedHeader({ alg: "ES256", typ: "JWT", kid: jwk.kid })
    .setIssuer(client).setSubject(client).setAudience(hub)
    .setIssuedAt().setExpirationTime("2m").setJti(randomUUID())
    .sign(await importJWK(jwk, "ES256"));
  const reply = await fetch(`${hub}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      authorization_details: JSON.stringify([{ type: "hub_query", purpose }]),
    }),
  });
  if (!reply.ok) throw new Error(`Not signed in: ${await reply.text()}`);
  return (await reply.json()).access_token;
}

const [hub, client, keyFile, purpose, ownFile, document, variables, chosen] = process.argv.slice(2);
const read = (file) => JSON.parse(readFileSync(file, "utf-8"));
const form = chosen || "response";
const token = await signedIn(hub, client, read(keyFile), purpose);
const answer = await fetch(`${hub}/graphql`, {
  method: "POST",
  headers: {
    accept: form === "fields" ? "application/json" : "application/jose",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "hub-encryption": form,
  },
  body: JSON.stringify({
    query: readFileSync(document, "utf-8"),
    variables: JSON.parse(variables || "{}"),
  }),
});
if (!answer.ok) throw new Error(`Not answered: ${await answer.text()}`);
const own = await importJWK(read(ownFile), "ECDH-ES+A256KW");
let opened;
if (answer.headers.get("content-type") === "application/jose") {
  const published = form === "signed-response" ? await fetch(`${hub}/keys/outbound`) : null;
  const keys = published === null ? null : createLocalJWKSet(await published.json());
  opened = await openedWhole(await answer.text(), own, keys);
} else {
  opened = await openedAnswer(await answer.json(), own);
}
console.log(JSON.stringify(opened, null, 2));
