// Does one thing with minio-js and prints what came of it.
//
// minio.mjs ENDPOINT put BUCKET KEY FILE | get BUCKET KEY FILE | list BUCKET PREFIX | remove BUCKET KEY
//   | link BUCKET KEY | linkput BUCKET KEY | form BUCKET KEY
// Keys come from AWS's variables; ROLE_ARN in the environment has a role assumed first, OPTIONS is JSON for the client
// (`partSize`, `pathStyle` …), HOW=stream hides the size of what is put, and HERE is a host name that leads to
// 127.0.0.1, as a name server would say. Exits 1 with the error's name.
import { createReadStream } from "node:fs";
import { PassThrough } from "node:stream";
import * as Minio from "minio";
import AssumeRoleProvider from "minio/dist/esm/AssumeRoleProvider.mjs";
import { agentHere } from "./here.mjs";

const [endpoint, command, ...rest] = process.argv.slice(2);
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, HERE, HOW, OPTIONS, ROLE_ARN } =
  process.env;
const { hostname, port, protocol } = new URL(endpoint);
const keys = { accessKey: AWS_ACCESS_KEY_ID, secretKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
const address = { endPoint: hostname, port: Number(port), useSSL: protocol === "https:", region: AWS_REGION };

if (HERE) address.transportAgent = agentHere(protocol, HERE);
const client = new Minio.Client({ ...address, ...keys, ...JSON.parse(OPTIONS ?? "{}") });
if (ROLE_ARN) {
  client.setCredentialsProvider(
    new AssumeRoleProvider({ stsEndpoint: endpoint, ...keys, roleArn: ROLE_ARN, roleSessionName: "script", region: AWS_REGION }),
  );
}

const commands = {
  put: (bucket, key, file) =>
    HOW === "stream"
      ? client.putObject(bucket, key, createReadStream(file).pipe(new PassThrough()))
      : client.fPutObject(bucket, key, file),
  get: (bucket, key, file) => client.fGetObject(bucket, key, file),
  remove: (bucket, key) => client.removeObject(bucket, key),
  link: async (bucket, key) => console.log(await client.presignedGetObject(bucket, key, 60)),
  linkput: async (bucket, key) => console.log(await client.presignedPutObject(bucket, key, 60)),
  async form(bucket, key) {
    const policy = client.newPostPolicy();
    policy.setBucket(bucket);
    policy.setKey(key);
    policy.setExpires(new Date(Date.now() + 60_000));
    policy.setContentLengthRange(1, 1024);
    console.log(JSON.stringify(await client.presignedPostPolicy(policy)));
  },
  async list(bucket, prefix) {
    for await (const { name, size } of client.listObjectsV2(bucket, prefix, true)) console.log(`${size} ${name}`);
  },
};

try {
  await commands[command](...rest);
} catch (error) {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
