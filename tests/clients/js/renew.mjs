// Uses one client twice with a role whose session is about to end; argv: ARN of the role, seconds of its sessions.
import { IAMClient, ListUsersCommand } from "@aws-sdk/client-iam";
import { fromEnv, fromTemporaryCredentials } from "@aws-sdk/credential-providers";

const [RoleArn, seconds] = process.argv.slice(2);
const credentials = fromTemporaryCredentials({
  masterCredentials: fromEnv(),
  params: { RoleArn, RoleSessionName: "renewed", DurationSeconds: Number(seconds) },
});
const iam = new IAMClient({ credentials, maxAttempts: 1 });
await iam.send(new ListUsersCommand({}));
await iam.send(new ListUsersCommand({}));
console.log("done");
