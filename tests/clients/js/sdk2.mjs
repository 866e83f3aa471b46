// Does one thing with the AWS SDK for JavaScript v2 and prints what came of it.
//
// sdk2.mjs ENDPOINT put BUCKET KEY FILE | get BUCKET KEY FILE | list BUCKET PREFIX | remove BUCKET KEY | link BUCKET KEY
// Keys come from AWS's variables; ROLE_ARN in the environment has a role assumed first, and OPTIONS is JSON for the
// client (`signatureVersion`, `computeChecksums`, `s3DisableBodySigning` …), HERE is a host name that leads to
// 127.0.0.1, as a name server would say. Exits 1 with the error's name.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { agentHere } from "./here.mjs";

process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
const { default: AWS } = await import("aws-sdk");
const [endpoint, command, ...rest] = process.argv.slice(2);
const { AWS_REGION, HERE, OPTIONS, ROLE_ARN } = process.env;
AWS.config.update({ region: AWS_REGION, maxRetries: 0 });
if (ROLE_ARN) {
  const stsConfig = { endpoint };
  const params = { RoleArn: ROLE_ARN, RoleSessionName: "script" };
  AWS.config.credentials = new AWS.ChainableTemporaryCredentials({ params, stsConfig, masterCredentials: new AWS.EnvironmentCredentials("AWS") });
}
if (HERE) AWS.config.update({ httpOptions: { agent: agentHere(new URL(endpoint).protocol, HERE) } });
const s3 = new AWS.S3({ endpoint, s3ForcePathStyle: true, ...JSON.parse(OPTIONS ?? "{}") });

const commands = {
  put: (Bucket, Key, file) => s3.upload({ Bucket, Key, Body: createReadStream(file) }).promise(),
  get: (Bucket, Key, file) => pipeline(s3.getObject({ Bucket, Key }).createReadStream(), createWriteStream(file)),
  remove: (Bucket, Key) => s3.deleteObject({ Bucket, Key }).promise(),
  async list(Bucket, Prefix) {
    const { Contents } = await s3.listObjectsV2({ Bucket, Prefix }).promise();
    for (const { Key, Size } of Contents) console.log(`${Size} ${Key}`);
  },
  link: async (Bucket, Key) => console.log(await s3.getSignedUrlPromise("getObject", { Bucket, Key, Expires: 60 })),
};

try {
  await commands[command](...rest);
} catch (error) {
  console.error(`${error.code ?? error.name}: ${error.message}`);
  process.exit(1);
}
