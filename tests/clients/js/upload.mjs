// Uploads a file in parts, several at once, with the AWS SDK for JavaScript's lib-storage, from a stream of unknown length.
//
// Arguments: BUCKET KEY FILE PART_BYTES [ABORT_AFTER_BYTES]. With the last, the upload is given up when that much is there.
// Prints {"ETag", "parts", "checksum"} or {"aborted": true}.
import { createReadStream } from "node:fs";
import { PassThrough } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";

const [bucket, key, file, partBytes, abortAfter] = process.argv.slice(2);
const client = new S3Client({ forcePathStyle: true, maxAttempts: 1 });
const upload = new Upload({
  client,
  params: { Bucket: bucket, Key: key, Body: createReadStream(file).pipe(new PassThrough()), ContentType: "text/plain" },
  partSize: Number(partBytes),
  queueSize: 4,
});
let parts = 0;
upload.on("httpUploadProgress", ({ loaded }) => {
  parts += 1;
  if (abortAfter && loaded >= Number(abortAfter)) upload.abort();
});
try {
  const { ETag, ChecksumCRC32 } = await upload.done();
  console.log(JSON.stringify({ ETag, parts, checksum: ChecksumCRC32 }));
} catch (error) {
  if (error.name !== "AbortError") throw error;
  console.log(JSON.stringify({ aborted: true }));
}
