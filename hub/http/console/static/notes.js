// Signed notes, verifier keys and proofs of the log, checked in this browser by WebCrypto alone.
//
// Spec: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof; RFC 9162, 2.1.3; the
// commitment of docs/audit.md. What does not check says which part and why, in both languages.

const BYTES = new TextEncoder();
const ED25519 = 1;
const COSIGNATURE = 4;
const HASH = 32;

export class NotProven extends Error {
  constructor(zh, en) {
    super(en);
    this.zh = zh;
    this.en = en;
  }
}

// ---- bytes --------------------------------------------------------------------------------------

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function unhex(text) {
  if (!/^([0-9a-f]{2})*$/.test(text)) throw new NotProven("不是十六进制", "this is not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function unbase64(text, zh, en) {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (base64(bytes) === text) return bytes;
  } catch { /* said below */ }
  throw new NotProven(`${zh}不是 base64`, `${en} is not base64`);
}

export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

export const isSame = (one, two) => hex(one) === hex(two);
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
const number8 = (value) => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
};

// ---- keys and notes -----------------------------------------------------------------------------

// Returns {name, id, key, kind} of a verifier key `name+id+key`.
export async function readKey(text) {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim()) ?? [];
  if (!encoded) throw new NotProven("验证公钥的形式是 名称+编号+公钥", "a verifier key has the form name+id+key");
  const bytes = unbase64(encoded, "验证公钥", "the verifier key");
  if (bytes.length !== 1 + HASH || ![ED25519, COSIGNATURE].includes(bytes[0])) {
    throw new NotProven("这不是 Ed25519 验证公钥", "this is no Ed25519 verifier key");
  }
  const found = hex((await sha256(BYTES.encode(`${name}\n`), bytes)).slice(0, 4));
  if (found !== id) throw new NotProven("公钥与其编号不符", "the id of the key does not belong to it");
  return { name, id, kind: bytes[0], key: bytes.slice(1) };
}

// The keys in a text, a line each.
export async function readKeys(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  if (lines.length === 0) throw new NotProven("没有验证公钥", "there is no verifier key");
  return Promise.all(lines.map(readKey));
}

// Returns {text, origin, size, root, signatures} of a signed note; nothing of it is verified yet.
export function readNote(note) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0 || !note.endsWith("\n")) throw new NotProven("检查点没有签名", "the checkpoint carries no signature");
  const text = note.slice(0, cut + 1);
  const [origin, size, root, end] = text.split("\n");
  if (!origin || end === undefined) throw new NotProven("检查点应有来源、条数与根", "a checkpoint has an origin, a size and a root");
  if (!/^(0|[1-9][0-9]{0,14})$/.test(size)) throw new NotProven("检查点的条数不是整数", "the size of the checkpoint is no number");
  const hash = unbase64(root, "根", "the root");
  if (hash.length !== HASH) throw new NotProven("根的长度不是 32 字节", "the root has not 32 bytes");
  const signatures = note.slice(cut + 2, -1).split("\n").map((line) => {
    const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    if (!encoded) throw new NotProven("有一行签名不合格式", "a signature line is malformed");
    const raw = unbase64(encoded, "签名", "the signature");
    return { name, id: hex(raw.slice(0, 4)), raw: raw.slice(4) };
  });
  return { text, origin, size: Number(size), root: hash, signatures };
}

export const canVerify = () => globalThis.isSecureContext && crypto?.subtle !== undefined;

async function isSigned(key, signature, text) {
  let made;
  try {
    made = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch {
    throw new NotProven("此浏览器不能验证 Ed25519 签名", "this browser cannot verify Ed25519 signatures");
  }
  return crypto.subtle.verify("Ed25519", made, signature, BYTES.encode(text));
}

// The key among `keys` that signed the note. A wrong signature of any known key spoils it.
export async function signedBy(note, keys) {
  let found = null;
  for (const key of keys.filter((each) => each.kind === ED25519 && each.name === note.origin)) {
    for (const line of note.signatures.filter((each) => each.name === key.name && each.id === key.id)) {
      if (!(await isSigned(key.key, line.raw, note.text))) {
        throw new NotProven(`${key.name} 的签名不符`, `the signature of ${key.name} does not verify`);
      }
      found ??= key;
    }
  }
  if (found) return found;
  throw new NotProven("没有所给公钥的签名", "none of the given keys signed it");
}

// What each of the known witnesses says: {name, at} where its cosignature verifies, `problem` where not.
export async function witnessedBy(note, keys) {
  const told = [];
  for (const key of keys.filter((each) => each.kind === COSIGNATURE)) {
    const line = note.signatures.find((each) => each.name === key.name && each.id === key.id);
    if (!line) continue;
    const seconds = line.raw.length === 8 + 64 ? Number(new DataView(line.raw.buffer, line.raw.byteOffset).getBigUint64(0)) : 0;
    const isGood = seconds > 0 && await isSigned(key.key, line.raw.slice(8), `cosignature/v1\ntime ${seconds}\n${note.text}`);
    told.push({ name: key.name, at: new Date(seconds * 1000).toISOString(), isGood });
  }
  return told;
}

// ---- entries ------------------------------------------------------------------------------------

// The 34 bytes that the tree holds of an entry: docs/audit.md, "The commitment, byte by byte".
export async function commitmentOver({ kindByte, salt, record, subjectsRoot, subjectCount }) {
  const body = joined(BYTES.encode("hub-audit/v1\0"), unhex(salt), await sha256(BYTES.encode(record)),
    unhex(subjectsRoot), number8(subjectCount));
  return joined(Uint8Array.of(1, kindByte), await sha256(body));
}

export const leafOf = (commitment) => sha256(Uint8Array.of(0), commitment);
const node = (left, right) => sha256(Uint8Array.of(1), left, right);

// The root that a path leads to. Spec: RFC 9162, 2.1.3.2.
export async function rootOf(index, size, leaf, path) {
  if (!(index < size)) throw new NotProven("检查点没有包含这一条", "the checkpoint does not reach this entry");
  let [fn, sn, root] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const hash of path) {
    if (sn === 0n) throw new NotProven("证明的哈希过多", "the proof has too many hashes");
    if (fn % 2n === 1n || fn === sn) {
      root = await node(hash, root);
      while (fn % 2n === 0n && fn !== 0n) [fn, sn] = [fn / 2n, sn / 2n];
    } else root = await node(root, hash);
    [fn, sn] = [fn / 2n, sn / 2n];
  }
  if (sn !== 0n) throw new NotProven("证明的哈希过少", "the proof has too few hashes");
  return root;
}

// ---- proofs as files ----------------------------------------------------------------------------

const HEADER = "c2sp.org/tlog-proof@v1";

// Returns {index, path, checkpoint, opening} of a `.tlog-proof`; nothing of it is verified yet.
export function readProof(text) {
  const cut = text.indexOf("\n\n");
  const lines = cut < 0 ? [] : text.slice(0, cut).split("\n");
  if (lines.shift() !== HEADER) throw new NotProven("这不是 tlog-proof 文件", "this is no tlog-proof file");
  const extra = lines[0]?.startsWith("extra ") ? lines.shift().slice(6) : null;
  const [, index] = /^index (0|[1-9][0-9]{0,14})$/.exec(lines.shift() ?? "") ?? [];
  if (index === undefined) throw new NotProven("文件没有条目序号", "the file names no entry");
  let opening;
  try {
    opening = JSON.parse(new TextDecoder().decode(unbase64(extra ?? "", "附加内容", "the extra data")));
  } catch {
    throw new NotProven("文件没有条目的承诺值", "the file holds no commitment of the entry");
  }
  return { index: Number(index), path: lines.map((line) => unbase64(line, "哈希", "a hash")), checkpoint: text.slice(cut + 2), opening };
}

// The same as a file, with the record in it: for auditors only, as every record is.
export function writeProof({ index, path, checkpoint, opening }) {
  const extra = base64(BYTES.encode(JSON.stringify(opening)));
  return [HEADER, `extra ${extra}`, `index ${index}`, ...path.map(base64), "", checkpoint].join("\n");
}

// ---- all of it, step by step --------------------------------------------------------------------

// Checks a proof with `keys`: [{step, isGood, zh, en}], where isGood null says that there was nothing to
// check, and what follows a step that failed is left out.
export async function checked({ index, path, checkpoint, opening }, keys) {
  const told = [];
  const good = (step, zh, en) => told.push({ step, isGood: true, zh, en });
  let step = "record";
  try {
    const commitment = unhex(opening.commitment ?? "");
    if (commitment.length !== 34 || commitment[0] !== 1) throw new NotProven("承诺值应为 34 字节", "a commitment has 34 bytes");
    if (opening.record === undefined) {
      told.push({ step, isGood: null, zh: "此证明不含记录内容，只证明其承诺值", en: "this proof leaves the record closed: it is about its commitment alone" });
    } else {
      const parts = { kindByte: commitment[1], salt: opening.salt, record: opening.record, subjectsRoot: opening.subjects, subjectCount: opening.count };
      if (!isSame(await commitmentOver(parts), commitment)) throw new NotProven("记录、盐值与主体根得出的不是这个承诺值", "record, salt and root of the subjects do not give this commitment");
      good(step, "记录、盐值与主体根得出这个承诺值", "record, salt and root of the subjects give this commitment");
    }
    step = "path";
    const note = readNote(checkpoint);
    const root = await rootOf(index, note.size, await leafOf(commitment), path);
    if (!isSame(root, note.root)) throw new NotProven("承诺值经此路径得出的不是检查点的根", "the path does not lead from the commitment to the root of the checkpoint");
    good(step, `第 ${index} 条经 ${path.length} 个哈希到达 ${note.size} 条的根`, `entry ${index} leads over ${path.length} hashes to the root over ${note.size} entries`);
    step = "signature";
    const key = await signedBy(note, keys);
    good(step, `${key.name} 以编号 ${key.id} 的公钥签名`, `${key.name} signed it under the key ${key.id}`);
    step = "witness";
    const witnesses = await witnessedBy(note, keys);
    const bad = witnesses.find((each) => !each.isGood);
    if (bad) throw new NotProven(`见证方 ${bad.name} 的副署不符`, `the cosignature of ${bad.name} does not verify`);
    if (witnesses.length > 0) good(step, `见证方：${witnesses.map((each) => each.name).join("、")}`, `cosigned by ${witnesses.map((each) => each.name).join(", ")}`);
    else told.push({ step, isGood: null, zh: "所给公钥中没有副署此检查点的见证方", en: "no witness whose key is given cosigned this checkpoint" });
  } catch (problem) {
    told.push({ step, isGood: false, zh: problem.zh ?? "无法读取", en: problem.en ?? "it cannot be read" });
  }
  return told;
}
