// Does one thing with minio-js and prints what came of it.
//
// minio.mjs ENDPOINT put BUCKET KEY FILE | get BUCKET KEY FILE | list BUCKET PREFIX | remove BUCKET KEY
// Keys come from AWS's variables; ROLE_ARN in the environment has a role assumed first, and
// PART_SIZE is the size from which an object goes in parts. Exits 1 with the error's name.
import * as Minio from "minio";
import AssumeRoleProvider from "minio/dist/esm/AssumeRoleProvider.mjs";

const [endpoint, command, ...rest] = process.argv.slice(2);
const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, PART_SIZE, ROLE_ARN } = process.env;
const { hostname, port, protocol } = new URL(endpoint);
const keys = { accessKey: AWS_ACCESS_KEY_ID, secretKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN };
const address = { endPoint: hostname, port: Number(port), useSSL: protocol === "https:", region: AWS_REGION };

if (PART_SIZE) address.partSize = Number(PART_SIZE);
const client = new Minio.Client({ ...address, ...keys });
if (ROLE_ARN) {
  client.setCredentialsProvider(
    new AssumeRoleProvider({ stsEndpoint: endpoint, ...keys, roleArn: ROLE_ARN, roleSessionName: "script", region: AWS_REGION }),
  );
}

const commands = {
  put: (bucket, key, file) => client.fPutObject(bucket, key, file),
  get: (bucket, key, file) => client.fGetObject(bucket, key, file),
  remove: (bucket, key) => client.removeObject(bucket, key),
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
