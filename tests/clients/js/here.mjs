// An agent for which a host name is this machine's, as a name server would have it: every name, or one only.
import http from "node:http";
import https from "node:https";

export function agentHere(protocol, only) {
  const lookup = (name, { all }, found) => {
    if (only && name !== only) return found(new Error(`no such host: ${name}`));
    return all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4);
  };
  return new (protocol === "https:" ? https : http).Agent({ lookup });
}
