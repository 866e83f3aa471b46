// Sends commands with the AWS SDK for JavaScript, one after the other, and prints what came of each, as JSON.
//
// Standard input: {"options": {…}, "credentials": {…}, "steps": [{"service": "S3", "command": "PutObject", "input": {…}}]}
//   options      of the clients; {"everywhereIsHere": true} sends every host name to 127.0.0.1, as a name server would
//   credentials  {"from": "ini", "profile": NAME} or {"from": "role", "arn": ARN}; the default chain when left out
//   steps        with "presign": seconds, the step gives a URL; a file's path in "file" becomes the body
// Prints a list of {"output": {…}} and {"error": {name, message, status}}; of a body, its size and its SHA-256.
import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import * as IAM from "@aws-sdk/client-iam";
import * as S3 from "@aws-sdk/client-s3";
import * as STS from "@aws-sdk/client-sts";
import { fromIni, fromTemporaryCredentials } from "@aws-sdk/credential-providers";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { agentHere } from "./here.mjs";

const SDKS = { IAM, S3, STS };
const SOURCES = {
  ini: ({ profile }) => fromIni({ profile }),
  role: ({ arn }) => fromTemporaryCredentials({ params: { RoleArn: arn, RoleSessionName: "script" } }),
};

const { options: { everywhereIsHere, ...options } = {}, credentials, steps } = JSON.parse(readFileSync(0, "utf8"));
if (credentials) options.credentials = SOURCES[credentials.from](credentials);
if (everywhereIsHere) {
  options.requestHandler = { httpAgent: agentHere("http:"), httpsAgent: agentHere("https:") };
}

const clients = {};
const client = (service) => (clients[service] ??= new SDKS[service][`${service}Client`]({ maxAttempts: 1, ...options }));

async function take({ service, command, input = {}, file, presign }) {
  if (file) input.Body = statSync(file).size > 2 ** 16 ? createReadStream(file) : readFileSync(file);
  const asked = new SDKS[service][`${command}Command`](input);
  if (presign) return { url: await getSignedUrl(client(service), asked, { expiresIn: presign }) };
  const { $metadata, Body, ...output } = await client(service).send(asked);
  if (!Body) return output;
  const bytes = await Body.transformToByteArray();
  return { ...output, size: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

const results = [];
for (const step of steps) {
  try {
    results.push({ output: await take(step) });
  } catch (error) {
    results.push({ error: { name: error.name, message: error.message, status: error.$metadata?.httpStatusCode } });
  }
}
console.log(JSON.stringify(results));
